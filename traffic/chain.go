package traffic

import "fmt"

// Chain returns the coefficient of the demand's noise where all of it is one
// autoregression of order 1 from hour to hour, with unit variance, that every
// sector shares and that holds within an hour: a law that a planner can carry
// as one number. The error names the setting for which it is more than that.
//
// The noise is that autoregression but for a thousandth at any lag.
func (s *Source) Chain() (phi float64, err error) {
	n, within := s.spec.Noise, s.spec.WithinHour
	for _, c := range []struct {
		ok   bool
		text string
	}{
		{s.overlay == nil, "source: must be synthetic"},
		{s.spec.Interpolation == "step", "interpolation: must be step, so that an hour does not tell of the next"},
		{n.CV > 0, "noise.cv: must be above 0"},
		{n.CommonShare == 1, "noise.common_share: must be 1, so that all sectors share the noise"},
		{n.DayShare == 0, "noise.day_share: must be 0"},
		{n.DriftShare == 0, "noise.drift_share: must be 0"},
		{!within.Enabled || within.CV == 0, "within_hour.enabled: must be false"},
		{s.spec.RandomSurges.PerDay == 0, "random_surges.per_day: must be 0"},
	} {
		if !c.ok {
			return 0, fmt.Errorf("traffic.%s", c.text)
		}
	}
	return n.HourPhi, nil
}

// Noise returns the noise that all sectors share in an hour since the start of
// time: standard normal. Where Chain has no error it is all there is.
func (s *Source) Noise(hour int64) float64 {
	z := make([]float32, 1)
	newHourNoise(s.spec.Noise, s.noiseKey.Named("hourly"), span{0, 0, len(s.mean)}).zTo(z, 0, hour)
	return float64(z[0])
}

// WithNoise returns the Source with the same shared noise in every hour instead of
// its own. It panics where Chain has an error or z is not finite.
func (s *Source) WithNoise(z float64) *Source {
	if _, err := s.Chain(); err != nil || !finite(z) {
		panic("traffic: WithNoise: the noise must be a chain and z finite")
	}
	c, shared := s.Clone(), float32(z)
	c.makeParts()
	for _, p := range c.parts {
		p.shared = &shared
	}
	return c
}
