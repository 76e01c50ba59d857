package strict_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"hibernet/scenarios/strict"
	"hibernet/sim/rng"
)

func TestMarshalGolden(t *testing.T) {
	v := toyDefault()
	v.Tariffs = map[string]toyArea{"b": {Kind: "rural", IsdM: 1732}, "a": {Kind: "urban", IsdM: 1e-7 + 350}}
	got, err := strict.Marshal(&v)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/marshal.yaml.txt", got)
}

// Texts that YAML readers like to take for something else.
var trickyTexts = []string{
	"", "yes", "true", "null", "~", "123", "0x10", "1e3", "2024-01-01", "a: b", "# no comment", "- x",
	" lead", "trail ", "a\nb", "\ttab", "'q'", `"q"`, "é", "\\", "*a", "&a", "!t", "<<", "%", "@", "1:30", ".nan", "{", "[", "日本",
}

func randomToy(r *rng.Stream) toy {
	text := func() string { return trickyTexts[r.IntN(len(trickyTexts))] }
	v := toyDefault()
	v.Name = "x" + text()
	v.Seed = r.Uint64()
	v.Count = r.IntN(1006) - 5
	v.Small = int8(r.IntN(256) - 128)
	v.PowerW = math.Exp(-20 + 26*r.Float64())
	v.Share = math.Nextafter(r.Float64(), 1) * 0.999
	v.Gain32 = float32(r.Norm())
	v.On = r.IntN(2) == 0
	v.Layout = []string{"hex", "poisson_disc", "imported"}[r.IntN(3)]
	v.Days = []int{r.IntN(7)}
	v.Labels = []string{}
	for range r.IntN(4) {
		v.Labels = append(v.Labels, text())
	}
	v.Areas = nil
	for range 1 + r.IntN(3) {
		v.Areas = append(v.Areas, toyArea{Kind: "rural", IsdM: 10 + 1000*r.Float64()})
	}
	v.Tariffs = map[string]toyArea{}
	for i := range r.IntN(3) {
		v.Tariffs[fmt.Sprint("t", i)] = toyArea{Kind: "urban", IsdM: 1e4 * (1 - 0.9*r.Float64())}
	}
	return v
}

// Writing and reading gives the same struct, bit for bit, and so the same
// hash.
func TestMarshalRoundTrip(t *testing.T) {
	const seed = 7
	r := rng.Root(seed).Stream()
	for i := range 300 {
		v := randomToy(r)
		text, err := strict.Marshal(&v)
		if err != nil {
			t.Fatal(err)
		}
		var back toy
		if err := strict.Decode(&back, strict.Input{Name: "x.yaml", Data: text}); err != nil {
			t.Fatalf("case %d of seed %d: %v\n%s", i, seed, err, text)
		}
		if !reflect.DeepEqual(v, back) {
			t.Fatalf("case %d of seed %d:\nwrote %+v\nread  %+v\n%s", i, seed, v, back, text)
		}
		if strict.Hash(v) != strict.Hash(&back) {
			t.Fatal("the hash changed")
		}
	}
}

// The hash follows the meaning, not the spelling, and every value counts.
func TestHash(t *testing.T) {
	a, err := decodeToy("count: 7\npower_w: 1e2\nlabels: [x]\n")
	if err != nil {
		t.Fatal(err)
	}
	b, err := decodeToy("labels:\n- 'x'\npower_w: 100.0 # W\ncount: 1\n", "count=7")
	if err != nil {
		t.Fatal(err)
	}
	if strict.Hash(&a) != strict.Hash(&b) {
		t.Error("two spellings of one struct have two hashes")
	}
	seen := map[string]string{strict.Hash(&a): ""}
	for _, set := range []string{"seed=2", "name=y", "on=true", "labels=[x, x]", "labels=[]", "areas[0].isd_m=501", "prices.day=2", "prices.new=0", "tariffs={a: {kind: urban, isd_m: 20}}"} {
		c := a
		if err := strict.Override(&c, "x", []string{set}); err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[strict.Hash(&c)]; twice {
			t.Errorf("%q has the hash of %q", set, other)
		}
		seen[strict.Hash(&c)] = set
	}
}
