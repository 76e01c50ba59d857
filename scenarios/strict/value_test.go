package strict_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"hibernet/scenarios/strict"
)

type holder struct {
	Values []strict.Value          `yaml:"values" doc:"values of any kind"`
	Named  map[string]strict.Value `yaml:"named" doc:"values by name"`
}

func TestValueTakesAnything(t *testing.T) {
	var got holder
	text := "values:\n  - 400\n  - 1e3\n  - n41\n  - \"5\"\n  - true\n  - [3, 6] # days\n  - {kind: mains, at:\n      [1]}\n  - |\n    two\n    lines\nnamed: {a: -0.5}\n"
	if err := strict.Decode(&got, strict.Input{Name: "v.yaml", Data: []byte(text)}); err != nil {
		t.Fatal(err)
	}
	want := []strict.Value{"400", "1e3", "n41", `"5"`, "true", "[3, 6]", "{kind: mains, at: [1]}", `"two\nlines\n"`}
	if !reflect.DeepEqual(got.Values, want) || got.Named["a"] != "-0.5" {
		t.Errorf("got %q", got)
	}
	shown, err := strict.Marshal(&got)
	if err != nil {
		t.Fatal(err)
	}
	var back holder
	if err := strict.Decode(&back, strict.Input{Name: "back.yaml", Data: shown}); err != nil || !reflect.DeepEqual(back, got) {
		t.Errorf("%q comes back as %q (%v)\n%s", got, back, err, shown)
	}
	if strict.Hash(&got) != strict.Hash(&back) {
		t.Error("another hash after writing and reading")
	}
}

// Every value is fit for an override as it is.
func TestValueInAnOverride(t *testing.T) {
	var h holder
	if err := strict.Decode(&h, strict.Input{Name: "v.yaml", Data: []byte("values: [99, [2, 3], other, true]")}); err != nil {
		t.Fatal(err)
	}
	toy, err := decodeToy("count: 1", "count="+string(h.Values[0]), "days="+string(h.Values[1]), "name="+string(h.Values[2]), "on="+string(h.Values[3]))
	if err != nil || toy.Count != 99 || !reflect.DeepEqual(toy.Days, []int{2, 3}) || toy.Name != "other" || !toy.On {
		t.Errorf("%+v, %v", toy, err)
	}
}

func TestValueRefuses(t *testing.T) {
	for _, text := range []string{"values: [&a 1, *a]", "values: [null]", "values: [!!int 3]", "values: [[&a 1]]", "values: 3"} {
		var h holder
		err := strict.Decode(&h, strict.Input{Name: "v.yaml", Data: []byte(text)})
		var faults strict.Faults
		if !errors.As(err, &faults) || !strings.HasPrefix(faults.Error(), "v.yaml:1:") {
			t.Errorf("%s: got %v", text, err)
		}
	}
	if errs := strict.Lint(&holder{}); len(errs) > 0 {
		t.Errorf("%v", errs)
	}
	if _, err := strict.Schema(&holder{}, "id", "title"); err != nil {
		t.Error(err)
	}
}
