package strict_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"hibernet/scenarios/strict"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff before you commit")

// toy has one field of every kind that the tags can describe.
type toy struct {
	Name    string             `yaml:"name" doc:"name of the file" minlen:"1" maxlen:"20"`
	Seed    uint64             `yaml:"seed" doc:"root of all randomness" min:"0" max:"18446744073709551615"`
	Count   int                `yaml:"count" doc:"whole number" min:"-5" max:"1000"`
	Small   int8               `yaml:"small" doc:"whole number of 8 bits" min:"-128" max:"127"`
	PowerW  float64            `yaml:"power_w" doc:"transmit power" unit:"W" gt:"0" max:"1000"`
	Share   float64            `yaml:"share" doc:"share of something" unit:"1" gt:"0" lt:"1"`
	Gain32  float32            `yaml:"gain_db" doc:"gain" unit:"dB" min:"-100" max:"100"`
	On      bool               `yaml:"on" doc:"a switch"`
	Layout  string             `yaml:"layout" doc:"kind of layout" enum:"hex,poisson_disc,imported"`
	Days    []int              `yaml:"days" doc:"days of the week" min:"0" max:"6" minlen:"1" maxlen:"7"`
	Labels  []string           `yaml:"labels" doc:"free labels"`
	Areas   []toyArea          `yaml:"areas" doc:"areas in order" minlen:"1"`
	Prices  map[string]float64 `yaml:"prices" doc:"price by name" unit:"CNY" min:"0" max:"100"`
	Tariffs map[string]toyArea `yaml:"tariffs" doc:"areas by name"`
	Nested  toyNested          `yaml:"nested" doc:"a struct below"`
	Unread  int
}

type toyArea struct {
	Kind         string  `yaml:"kind" doc:"class" enum:"urban,rural"`
	IsdM         float64 `yaml:"isd_m" doc:"inter-site distance" unit:"m" min:"10" max:"50000"`
	MinDistanceM float64 `yaml:"min_distance_m" doc:"closest sites" unit:"m" min:"0" max:"50000"`
	FreqMHz      float64 `yaml:"freq_mhz" doc:"carrier frequency" unit:"MHz" min:"0" max:"100000"`
}

type toyNested struct {
	PeriodS float64 `yaml:"period_s" doc:"period" unit:"s" min:"1" max:"3600"`
	DelayMs int64   `yaml:"delay_ms" doc:"delay" unit:"ms" min:"0" max:"1000"`
}

func toyDefault() toy {
	return toy{
		Name: "toy", Seed: 1, Count: 3, PowerW: 40, Share: 0.5, Layout: "hex",
		Days:   []int{0, 1},
		Labels: []string{"a", "b"},
		Areas:  []toyArea{{Kind: "urban", IsdM: 500, MinDistanceM: 100}},
		Prices: map[string]float64{"day": 1, "night": 0.5},
		Nested: toyNested{PeriodS: 300},
	}
}

// Validate holds a relation between fields, inside lists too.
func (t toy) Validate() []error {
	var errs []error
	for i, a := range t.Areas {
		if a.IsdM <= a.MinDistanceM {
			errs = append(errs, fmt.Errorf("areas[%d].isd_m: must exceed min_distance_m (%g), got %g", i, a.MinDistanceM, a.IsdM))
		}
	}
	if float64(t.Nested.DelayMs) > 1000*t.Nested.PeriodS {
		errs = append(errs, fmt.Errorf("nested.delay_ms: must not exceed period_s"))
	}
	return errs
}

func decodeToy(text string, sets ...string) (toy, error) {
	t := toyDefault()
	err := strict.Decode(&t, strict.Input{Name: "toy.yaml", Data: []byte(text), Sets: sets})
	return t, err
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (run with -update to rewrite it)\n--- got\n%s\n--- want\n%s", path, got, want)
	}
}
