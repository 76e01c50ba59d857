package fit

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// sketchPoints bounds the points of one cloud.
const sketchPoints = 1200

// sketch gathers points for figures: energy against load with the clocks as
// they were labelled and as they were found, for stations of one cell and rows
// without a mode; and what was predicted of what was held out.
func (d *Data) sketch(g *group, f *regression, lags []Lag, v *verdict, level float64) *Sketch {
	k := &Sketch{}
	keep := stride(len(v.sketch.Measured))
	for i := 0; i < len(v.sketch.Measured); i += keep {
		k.Measured = append(k.Measured, v.sketch.Measured[i])
		k.Table = append(k.Table, v.sketch.Table[i])
		k.Own = append(k.Own, v.sketch.Own[i])
	}
	if len(f.m.slope) != 1 {
		return k
	}
	k.Load, k.After = d.cloud(g, f, func(m int) int { return lags[m].Steps }, level)
	k.BeforeLoad, k.Before = d.cloud(g, f, func(int) int { return 0 }, level)
	return k
}

// cloud returns loads and energies at given lags, the stations' deviations from
// the type's level taken off.
func (d *Data) cloud(g *group, f *regression, lag func(int) int, level float64) (load, energy []float64) {
	for i, m := range g.members {
		st := &d.Stations[m]
		for _, p := range st.pairs(lag(m)) {
			active := st.Act[p[1]*len(d.Modes) : (p[1]+1)*len(d.Modes)]
			if slices.ContainsFunc(active, func(a float64) bool { return a > 0 }) {
				continue
			}
			load = append(load, st.Load[p[1]])
			energy = append(energy, st.Energy[p[0]]-f.m.level[i]+level)
		}
	}
	return thin(load), thin(energy)
}

func stride(n int) int { return max(1, int(math.Ceil(float64(n)/sketchPoints))) }

// thin keeps so many points that are spread over all, not evenly spaced: rows
// are hours of stations, and every 24th of them is the same hour.
func thin(x []float64) []float64 {
	n := len(x)
	if n <= sketchPoints {
		return x
	}
	// Steps of about the golden section of n that share no factor with it meet
	// every point once, each far from those before.
	step := int(float64(n) / math.Phi)
	for gcd(step, n) != 1 {
		step++
	}
	out := make([]float64, sketchPoints)
	for k := range out {
		out[k] = x[k*step%n]
	}
	return out
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func sortClocks(c []Clock) {
	slices.SortFunc(c, func(a, b Clock) int {
		return cmp.Or(strings.Compare(a.Batch, b.Batch), cmp.Compare(b.Stations, a.Stations), cmp.Compare(a.LagSteps, b.LagSteps))
	})
}
