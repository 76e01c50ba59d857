package strict_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"hibernet/scenarios/strict"
)

// Whatever the bytes: no panic; either faults that name their origin, or a
// struct that is written and read back without a fault and with equal hash.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "count=3")
	}
	f.Add([]byte("count: 1"), "areas[0].isd_m=5 km")
	f.Add([]byte("count: 1"), "prices.x={a: [b")
	f.Fuzz(func(t *testing.T, data []byte, set string) {
		dst := toyDefault()
		err := strict.Decode(&dst, strict.Input{Name: "f.yaml", Data: data, Sets: []string{set}})
		if err != nil {
			var faults strict.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("not Faults: %v", err)
			}
			for _, fault := range faults {
				if fault.Origin == "" || fault.Problem == "" {
					t.Fatalf("fault without origin or problem: %+v", fault)
				}
			}
			return
		}
		text, err := strict.Marshal(&dst)
		if err != nil {
			t.Fatal(err)
		}
		back := toy{}
		if err := strict.Decode(&back, strict.Input{Name: "back.yaml", Data: text}); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if strict.Hash(&dst) != strict.Hash(&back) {
			t.Fatalf("another hash after writing and reading\n%s", text)
		}
	})
}
