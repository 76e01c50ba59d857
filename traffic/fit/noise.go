package fit

import (
	"context"
	"math"

	"hibernet/sim/rng"
)

const (
	// noiseRounds and noiseCities are the rounds of the search for the
	// noise and the cities generated in each. The later rounds are averaged,
	// which leaves about a per cent of a figure to chance.
	noiseRounds, noiseCities = 9, 2
	// longRun is the number of days from which the autocorrelation at 24 h
	// can tell the slow drift from the weekly course.
	longRun = 28
)

// fitNoise finds the settings of noise, and the share of the deviations that
// lasts, by indirect inference: cities are generated at the places of c, the
// same figures are taken on the same days, and each setting is moved by what
// its figure misses. That way the bias of each estimator, which is large for
// means of four or five days, is the same on both sides.
func (m *Model) fitNoise(ctx context.Context, c *City, days []int, key rng.Key, progress func(float64)) error {
	target := m.Targets
	spread := c.MeanSpread(days, m.Classes)
	sum, rounds := make([]float64, len(m.free(c))), 0.0
	for k := range noiseRounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		got, gotSpread, err := m.measure(c, days, key)
		if err != nil {
			return err
		}
		m.adjust(target, got, spread, gotSpread, c.Days >= longRun)
		if k >= noiseRounds/2 {
			rounds++
			for i, p := range m.free(c) {
				sum[i] += *p
			}
		}
		if progress != nil {
			progress(float64(k+1) / noiseRounds)
		}
	}
	for i, p := range m.free(c) {
		*p = sum[i] / rounds
	}
	round(&m.Spec)
	var err error
	m.Reached, _, err = m.measure(c, days, key)
	return err
}

// free returns the settings that fitNoise finds.
func (m *Model) free(c *City) []*float64 {
	n := &m.Spec.Noise
	p := []*float64{&n.CV, &n.HourExponent, &n.MeanExponent, &n.HourPhi, &n.DayShare, &n.CommonShare, &m.Spec.Classes.Spread}
	if c.Days >= longRun {
		p = append(p, &n.DriftShare)
	}
	return p
}

// measure returns the mean figures of generated cities. The same key gives
// the same random numbers, so that a figure changes only with the settings.
func (m *Model) measure(c *City, days []int, key rng.Key) (n Noise, spread float64, err error) {
	var all []Noise
	for k := range noiseCities {
		g, err := m.Generate(c, key.At(uint64(k)))
		if err != nil {
			return n, 0, err
		}
		all = append(all, g.Noise(days))
		spread += g.MeanSpread(days, m.Classes) / noiseCities
	}
	return meanNoise(all), spread, nil
}

// meanNoise returns the mean of some cities' figures.
func meanNoise(all []Noise) (m Noise) {
	w := 1 / float64(len(all))
	for _, n := range all {
		m.CV += w * n.CV
		m.NightOverDay += w * n.NightOverDay
		m.Exponent += w * n.Exponent
		m.Days += w * n.Days
		m.Common += w * n.Common
		m.Neighbours += w * n.Neighbours
		m.Own += w * n.Own
		for h := range n.ByHour {
			m.ByHour[h] += w * n.ByHour[h]
		}
		for lag := range n.ACF {
			m.ACF[lag] += w * n.ACF[lag]
		}
	}
	return m
}

// adjust moves each setting by what its figure misses.
func (m *Model) adjust(want, got Noise, wantSpread, gotSpread float64, long bool) {
	n := &m.Spec.Noise
	n.CV = clamp(n.CV*ratio(want.CV, got.CV), 1e-4, 2)
	n.HourExponent = clamp(n.HourExponent*ratio(math.Log(want.NightOverDay), math.Log(got.NightOverDay)), 0, 2)
	n.MeanExponent = clamp(n.MeanExponent+want.Exponent-got.Exponent, -1, 0)
	n.HourPhi = clamp(n.HourPhi+want.ACF[1]-got.ACF[1], 0, 0.9)
	n.DayShare = clamp(n.DayShare+want.Days-got.Days, 0, 0.5)
	n.CommonShare = clamp(n.CommonShare+want.Common-got.Common, 0, 0.9)
	if long {
		n.DriftShare = clamp(n.DriftShare+want.ACF[hoursPerDay]-got.ACF[hoursPerDay], 0, 0.5)
	}
	// Variances add: what lasts, and what the noise of a few days leaves.
	s := &m.Spec.Classes.Spread
	*s = math.Sqrt(clamp(*s**s+(wantSpread*wantSpread-gotSpread*gotSpread)/(wantSpread*wantSpread), 0.01, 4))
}

// ratio returns want/got, bounded so that one round cannot run away; 1 where
// it has no meaning.
func ratio(want, got float64) float64 {
	r := want / got
	if !(r > 0) || math.IsInf(r, 0) {
		return 1
	}
	return clamp(r, 0.5, 2)
}

// clamp returns x moved into the bounds; the lower one for NaN.
func clamp(x, lo, hi float64) float64 {
	if !(x >= lo) {
		return lo
	}
	return math.Min(x, hi)
}

// kept names the settings that a city of hourly data cannot tell.
func kept(c *City) []string {
	list := []string{
		"noise.day_phi: needs many weeks",
		"within_hour: the data are hourly means",
	}
	if c.Days < longRun {
		list = append(list, "noise.drift_share: needs four weeks; in one it cannot be told from the weekly course")
	}
	if c.Bps == 0 {
		list = append(list, "mean.*_mbps: the unit of the data is not one of traffic")
	}
	return list
}
