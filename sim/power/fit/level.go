package fit

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// typeTable predicts the level of a station of which no energy was read.
type typeTable struct {
	level   float64
	details []DetailLevel // by detail, sorted
}

// newTypeTable makes the table from the levels of stations, their typical
// energies and what is known of each. The level of a type is the one with the
// least mean error relative to the energies. That
// of a detail is drawn towards it: the weight of its n stations is
// n/(n + within/between), with the variances of log levels within and between
// details (best linear unbiased prediction; Robinson, Statistical Science 6(1),
// 1991).
func newTypeTable(level, energy []float64, detail []string) typeTable {
	t := typeTable{level: leastRelative(level, energy)}
	if !(t.level > 0) {
		return t
	}
	by, energies := map[string][]float64{}, map[string][]float64{}
	for i, d := range detail {
		by[d] = append(by[d], level[i])
		energies[d] = append(energies[d], energy[i])
	}
	var names []string
	for d := range by {
		names = append(names, d)
	}
	slices.Sort(names)
	if len(names) < 2 {
		return t
	}
	ratio := varianceRatio(by, names, t.level)
	for _, d := range names {
		n := float64(len(by[d]))
		own := leastRelative(by[d], energies[d])
		l := t.level
		if own > 0 {
			l *= math.Exp(n / (n + ratio) * math.Log(own/t.level))
		}
		t.details = append(t.details, DetailLevel{Detail: d, Stations: len(by[d]), Level: l})
	}
	return t
}

// of returns the level of a station by what is known of it.
func (t *typeTable) of(detail string) float64 {
	i, ok := slices.BinarySearchFunc(t.details, detail, func(d DetailLevel, s string) int { return cmp.Compare(d.Detail, s) })
	if ok {
		return t.details[i].Level
	}
	return t.level
}

// varianceRatio returns the variance of log levels within details over that
// between them (moments of a one-way layout); infinite if details do not differ.
func varianceRatio(by map[string][]float64, names []string, floor float64) float64 {
	var all, within float64
	n, squares := 0.0, 0.0
	var logs [][]float64
	var every []float64
	for _, d := range names {
		var l []float64
		for _, v := range by[d] {
			l = append(l, math.Log(max(v, floor/100)))
		}
		logs = append(logs, l)
		every = append(every, l...)
		n += float64(len(l))
		squares += float64(len(l) * len(l))
	}
	k := float64(len(names))
	if n <= k {
		return math.Inf(1)
	}
	grand := stat.Mean(every, nil)
	for _, l := range logs {
		m := stat.Mean(l, nil)
		all += float64(len(l)) * (m - grand) * (m - grand)
		for _, v := range l {
			within += (v - m) * (v - m)
		}
	}
	within /= n - k
	between := (all/(k-1) - within) / ((n - squares/n) / (k - 1))
	if between <= 0 {
		return math.Inf(1)
	}
	return within / between
}

// leastRelative returns the value v with the least sum of |x - v|/energy: a
// median with weights 1/energy.
func leastRelative(x, energy []float64) float64 {
	s, w := slices.Clone(x), make([]float64, len(x))
	for i, e := range energy {
		w[i] = 1 / e
	}
	stat.SortWeighted(s, w)
	return stat.Quantile(0.5, stat.Empirical, s, w)
}
