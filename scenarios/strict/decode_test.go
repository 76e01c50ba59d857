package strict_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"hibernet/scenarios/strict"
)

// TestFiles reads every testdata/*.good.yaml without a fault, and compares the
// faults of every testdata/*.bad.yaml with the file beside it. The first line
// of a file may hold overrides: "# --set a=1 --set b=2".
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dst := toyDefault()
			err = strict.Decode(&dst, strict.Input{Name: filepath.Base(file), Data: data, Sets: setsOf(data)})
			if strings.HasSuffix(file, ".good.yaml") {
				if err != nil {
					t.Errorf("faults in a good file:\n%v", err)
				}
				return
			}
			var faults strict.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("no faults in a bad file (%v)", err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", []byte(faults.Error()+"\n"))
		})
	}
}

func setsOf(data []byte) []string {
	first, _, _ := strings.Cut(string(data), "\n")
	sets := strings.Split(first, "--set ")[1:]
	for i := range sets {
		sets[i] = strings.TrimSpace(sets[i])
	}
	return sets
}

func TestOverlay(t *testing.T) {
	got, err := decodeToy("count: 7\ndays: [5]\nprices: {night: 0.25, noon: 2}\nnested: {delay_ms: 9}\ntariffs:\n  x: {kind: rural, isd_m: 1732}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := toyDefault()
	want.Count = 7
	want.Days = []int{5} // a list replaces
	want.Prices = map[string]float64{"day": 1, "night": 0.25, "noon": 2}
	want.Nested.DelayMs = 9 // a struct merges
	want.Tariffs = map[string]toyArea{"x": {Kind: "rural", IsdM: 1732}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestOverrides(t *testing.T) {
	file := "areas:\n- {kind: urban, isd_m: 400}\n- {kind: rural, isd_m: 1732}\ntariffs:\n  x: {kind: rural, isd_m: 1732}\n"
	got, err := decodeToy(file, "areas[1].isd_m=2000", "tariffs.x.isd_m=99", "prices.day=3", "days=[2, 3]", "name=other", "count=1", "count=2", "on=true")
	if err != nil {
		t.Fatal(err)
	}
	if got.Areas[1].IsdM != 2000 || got.Areas[0].IsdM != 400 || got.Tariffs["x"] != (toyArea{Kind: "rural", IsdM: 99}) ||
		got.Prices["day"] != 3 || got.Prices["night"] != 0.5 || !reflect.DeepEqual(got.Days, []int{2, 3}) ||
		got.Name != "other" || got.Count != 2 || !got.On {
		t.Errorf("got %+v", got)
	}
}

// An override changes a copy: defaults are often shared.
func TestOverrideLeavesDefaults(t *testing.T) {
	shared := toyDefault()
	dst := shared
	if err := strict.Override(&dst, "toy", []string{"areas[0].isd_m=900", "prices.day=9", "days[0]=4"}); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(shared, toyDefault()) {
		t.Errorf("the defaults changed: %+v", shared)
	}
	if dst.Areas[0].IsdM != 900 || dst.Prices["day"] != 9 || dst.Days[0] != 4 {
		t.Errorf("got %+v", dst)
	}
}

func TestTooLarge(t *testing.T) {
	_, err := decodeToy("name: x\n" + strings.Repeat("#\n", strict.MaxBytes/2))
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	_, err := decodeToy("labels: [" + strings.Repeat("1,", 100_000) + "]")
	var faults strict.Faults
	if !errors.As(err, &faults) || len(faults) > 201 {
		t.Errorf("%d faults", len(faults))
	}
}

// A bomb of aliases is refused without being expanded.
func TestAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for _, c := range "123456789" {
		p := string(c - 1)
		b.WriteString("a" + string(c) + ": &a" + string(c) + " [" + strings.Repeat("*a"+p+", ", 9) + "]\n")
	}
	_, err := decodeToy(b.String())
	if err == nil || !strings.Contains(err.Error(), "an alias") {
		t.Errorf("got %v", err)
	}
}

func TestLint(t *testing.T) {
	v := toyDefault()
	for _, err := range strict.Lint(&v) {
		t.Error(err)
	}
	bad := struct {
		A float64 `yaml:"a_km" doc:"x" unit:"m" min:"1" max:"2"`
		B int     `yaml:"b" doc:"x" min:"1"`
		C string  `yaml:"c" unit:"m"`
	}{}
	if errs := strict.Lint(&bad); len(errs) != 6 {
		t.Errorf("got %d errors: %v", len(errs), errs)
	}
}
