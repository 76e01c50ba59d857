package fit

import (
	"context"
	"fmt"
	"math"
	"slices"

	"hibernet/sim/rng"
	"hibernet/traffic"
)

// fieldRounds and fieldCities are the rounds of the search for the two random
// fields and the cities drawn in each. One city's correlation of neighbours
// scatters by about 0.05.
const fieldRounds, fieldCities = 7, 16

// fitFields finds nugget and range of the field of the means and of the field
// of the classes. Their correlations have a closed form (fieldNearest), but
// what is to be met is the correlation of the logs of the means and the share
// of pairs in the same class in generated cities, which distributions, classes
// and the size of the area bend: so each round draws cities, and moves what
// the closed form aims at by what they miss.
func (m *Model) fitFields(ctx context.Context, c *City, days []int, class []int, key rng.Key, progress func(float64)) error {
	near := c.pairsUpTo(fitReach, allPairs)
	table, err := c.rangeTable()
	if err != nil {
		return err
	}
	wantMean, wantClass := near.correlogram(Logs(c.Means(days))), near.sameClass(class)
	aimMean, aimClass := slices.Clone(wantMean), slices.Clone(wantClass)
	shares := make([]float64, len(m.Members))
	for k, n := range m.Members {
		shares[k] = float64(n) / float64(len(class))
	}
	mean, classes := &m.Spec.Mean, &m.Spec.Classes
	set := func(nugget, rangeM *float64, bins []Bin) {
		n, r := fieldNearest(bins, table)
		*nugget, *rangeM = n, r*c.UnitM
	}
	for round := range fieldRounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		set(&mean.Nugget, &mean.RangeM, aimMean)
		set(&classes.Nugget, &classes.RangeM, latentCorrelation(aimClass, shares))
		if round == fieldRounds-1 {
			break
		}
		gotMean, gotClass, err := m.drawFields(c, near, key)
		if err != nil {
			return err
		}
		move(aimMean, wantMean, gotMean)
		move(aimClass, wantClass, gotClass)
		if progress != nil {
			progress(float64(round+1) / (fieldRounds - 1))
		}
	}
	return nil
}

// drawFields returns the mean correlogram of the logs of the means, and the
// mean share of pairs in the same class, over some cities.
func (m *Model) drawFields(c *City, near *pairs, key rng.Key) (mean, class []Bin, err error) {
	for k := range fieldCities {
		src, err := traffic.New(m.Spec, c.places(), nil, key.At(uint64(k)))
		if err != nil {
			return nil, nil, fmt.Errorf("draw a city: %w", err)
		}
		bps, classes := make([]float32, src.Len()), make([]int, src.Len())
		src.MeanBps(bps)
		logs := make([]float64, src.Len())
		for i, v := range bps {
			logs[i] = math.Log(float64(v))
			classes[i] = int(src.Class(i))
		}
		mean, class = accumulate(mean, near.correlogram(logs)), accumulate(class, near.sameClass(classes))
	}
	for i := range mean {
		mean[i].Value /= fieldCities
		class[i].Value /= fieldCities
	}
	return mean, class, nil
}

// accumulate adds the values of bins to those of sum, or begins with them.
func accumulate(sum, bins []Bin) []Bin {
	if sum == nil {
		return bins
	}
	for i := range sum {
		sum[i].Value += bins[i].Value
	}
	return sum
}

// move moves an aim by what got misses of want.
func move(aim, want, got []Bin) {
	const gain = 0.7 // one would overshoot where the field is at its bounds
	for i := range aim {
		aim[i].Value += gain * (want[i].Value - got[i].Value)
	}
}
