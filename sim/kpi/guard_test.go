package kpi

import (
	"math"
	"strings"
	"testing"
)

func TestParseGuard(t *testing.T) {
	for _, c := range []struct {
		text string
		want Guard
	}{
		{"dropped_pct <= 1", Guard{"dropped_pct", true, 0, 1}},
		{"dropped_pct <= always_on", Guard{"dropped_pct", true, 1, 0}},
		{"  dropped_pct  <=\talways_on + 0.5 ", Guard{"dropped_pct", true, 1, 0.5}},
		{"throughput_p5_mbps >= 0.8 * always_on", Guard{"throughput_p5_mbps", false, 0.8, 0}},
		{"throughput_p5_mbps >= 0.8 * always_on - 1e-1", Guard{"throughput_p5_mbps", false, 0.8, -0.1}},
		{"shield_min_on_time <= 3", Guard{"shield_min_on_time", true, 0, 3}},
	} {
		got, err := ParseGuard(c.text)
		if err != nil || got != c.want {
			t.Errorf("%q: %+v, %v; want %+v", c.text, got, err, c.want)
		}
	}
}

func TestParseGuardRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "too short",
		"dropped_pct 1":                     "too short",
		"dropped <= 1":                      "no figure is called \"dropped\"",
		"load_mean <= 1":                    "neither good nor bad",
		"dropped_pct < 1":                   "comparison \"<\"",
		"dropped_pct >= 1":                  "use <=",
		"throughput_p5_mbps <= 1":           "use >=",
		"dropped_pct <= NaN":                "must be finite",
		"dropped_pct <= inf * always_on":    "must be finite",
		"dropped_pct <= 0 * always_on":      "must be above 0",
		"dropped_pct <= -1 * always_on":     "must be above 0",
		"dropped_pct <= 1 2":                "limit \"1 2\"",
		"dropped_pct <= always_on 0.5":      "FIGURE <= LIMIT",
		"dropped_pct <= always_on * 0.5":    "FIGURE <= LIMIT",
		"dropped_pct <= 2 * always_off":     "FIGURE <= LIMIT",
		"dropped_pct <= 2 *":                "FIGURE <= LIMIT",
		"dropped_pct <= always_on + 1 + 1":  "FIGURE <= LIMIT",
		"dropped_pct <= always_on + 1e999":  "must be finite",
		"dropped_pct <= always_on + twelve": "number \"twelve\"",
	} {
		if g, err := ParseGuard(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, error %v, want one with %q", text, g, err, want)
		}
	}
}

func TestGuardLimit(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		text                    string
		alwaysOn, value, excess float64
	}{
		{"dropped_pct <= always_on + 0.5", 0.5, 1.5, 0.5},
		{"dropped_pct <= always_on + 0.5", 0.5, 1, 0},
		{"dropped_pct <= always_on + 0.5", 0.5, 0.5, -0.5},
		{"dropped_pct <= always_on + 0.5", nan, 0, inf},
		{"dropped_pct <= 0", nan, 0.25, 0.25},
		{"dropped_pct <= 2", nan, nan, inf},
		{"throughput_p5_mbps >= 0.8 * always_on", 10, 6, 0.25},
		{"throughput_p5_mbps >= 0.8 * always_on", 10, 10, -0.25},
		{"throughput_p5_mbps >= 0.8 * always_on", 10, nan, inf},
	} {
		g, err := ParseGuard(c.text)
		if err != nil {
			t.Fatal(err)
		}
		limit := g.Limit(c.alwaysOn)
		got := g.Excess(c.value, limit)
		if math.Abs(got-c.excess) > 1e-12 && got != c.excess {
			t.Errorf("%s at %g of %g: excess %g, want %g", c.text, c.value, c.alwaysOn, got, c.excess)
		}
		if broken := g.Broken(c.value, limit); broken != (c.excess > 0) {
			t.Errorf("%s at %g of %g: broken %v", c.text, c.value, c.alwaysOn, broken)
		}
	}
}

func FuzzParseGuard(f *testing.F) {
	for _, text := range []string{"dropped_pct <= 1", "throughput_p5_mbps >= 0.8 * always_on - 2", "outage_min <= always_on + 1.44", "x", "dropped_pct <= always_on - -0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ParseGuard(text)
		if err != nil {
			return
		}
		again, err := ParseGuard(g.String())
		if err != nil || again != g {
			t.Fatalf("%q reads as %+v, written %q, which reads as %+v, %v", text, g, g, again, err)
		}
		if limit := g.Limit(1); math.IsNaN(limit) || !g.Broken(math.NaN(), limit) {
			t.Fatalf("%q: limit %g", text, limit)
		}
	})
}

func TestTightenedTakesAShareOfTheRoom(t *testing.T) {
	for _, c := range []struct {
		guard    string
		alwaysOn float64
		want     float64 // of a quarter
	}{
		{"dropped_pct <= always_on + 0.5", 7, 7.375},
		{"throughput_p5_mbps >= 0.5 * always_on", 200, 125},
		{"throughput_p5_mbps >= 2 * always_on - 10", 20, 32.5}, // more than always-on's is asked
		{"dropped_pct <= 1", 7, 0.75},
		{"throughput_p5_mbps >= 20", 7, 25},
		{"dropped_pct <= 0.5 * always_on", 4, 1.5}, // less than always-on's is asked
	} {
		g, err := ParseGuard(c.guard)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Tightened(g.Limit(c.alwaysOn), 0.25); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s, always-on %g: %g, want %g", c.guard, c.alwaysOn, got, c.want)
		}
		if got, limit := g.Tightened(g.Limit(c.alwaysOn), 0), g.Limit(c.alwaysOn); math.Abs(got-limit) > 1e-12 {
			t.Errorf("%s: %g without a margin, want %g", c.guard, got, limit)
		}
	}
}
