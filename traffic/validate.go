package traffic

import (
	"fmt"
	"math"
)

// Validate returns every fault of the Spec: values out of range and relations
// that do not hold. Each message begins with the path of the field.
func (s Spec) Validate() []error {
	c := new(checker)
	c.oneOf("source", s.Source, "synthetic", "trace")
	c.oneOf("interpolation", s.Interpolation, "step", "linear")
	c.within("growth_per_year", s.GrowthPerYear, -0.9, 10)
	s.Mean.check(c)
	s.Classes.check(c)
	for i, p := range s.Profiles {
		p.check(c, fmt.Sprintf("profiles[%d]", i))
		for j, o := range s.Profiles[:i] {
			if p.Class == o.Class {
				c.fault("profiles[%d].class: %q stands in profiles[%d] already", i, p.Class, j)
			}
		}
	}
	s.Noise.check(c)
	s.WithinHour.check(c)
	s.Trace.check(c)
	for i, e := range s.Surges {
		e.check(c, fmt.Sprintf("surges[%d]", i))
	}
	s.RandomSurges.check(c)
	for i, h := range s.Holidays {
		h.check(c, fmt.Sprintf("holidays[%d]", i))
		for j, o := range s.Holidays[:i] {
			if h.FirstDay < o.FirstDay+o.Days && o.FirstDay < h.FirstDay+h.Days {
				c.fault("holidays[%d]: overlaps holidays[%d] (days %d to %d)", i, j, o.FirstDay, o.FirstDay+o.Days-1)
			}
		}
	}
	return c.faults
}

func (m MeanSpec) check(c *checker) {
	c.within("mean.dense_urban_mbps", m.DenseUrbanMbps, 0, 1e6)
	c.within("mean.urban_mbps", m.UrbanMbps, 0, 1e6)
	c.within("mean.suburban_mbps", m.SuburbanMbps, 0, 1e6)
	c.within("mean.rural_mbps", m.RuralMbps, 0, 1e6)
	c.oneOf("mean.family", m.Family, "weibull", "gamma", "lognormal")
	c.within("mean.shape", m.Shape, 0.3, 20)
	c.within("mean.nugget", m.Nugget, 0, 1)
	c.within("mean.range_m", m.RangeM, 10, 1e6)
}

func (s ClassSpec) check(c *checker) {
	s.DenseUrban.check(c, "classes.dense_urban")
	s.Urban.check(c, "classes.urban")
	s.Suburban.check(c, "classes.suburban")
	s.Rural.check(c, "classes.rural")
	c.within("classes.nugget", s.Nugget, 0, 1)
	c.within("classes.range_m", s.RangeM, 10, 1e6)
	c.within("classes.spread", s.Spread, 0, 2)
	c.within("classes.mean_weight", s.MeanWeight, 0, 2)
}

func (p Profile) check(c *checker, path string) {
	if _, ok := classOf(p.Class); !ok {
		c.fault("%s.class: must be one of the classes, got %q", path, p.Class)
	}
	c.factor(path+".relative_mean", p.RelativeMean)
	for d, day := range p.Days() {
		c.hours(path+"."+dayNames[d], day, 1e6)
	}
	c.hours(path+".spread", p.Spread, 5)
}

// dayNames are the keys of a Profile's days.
var dayNames = [daysPerWeek]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func (m Mix) check(c *checker, path string) {
	// Shares are typed by hand with three digits.
	const tolerance = 1e-3
	sum := 0.0
	for i, v := range m.shares() {
		c.within(path+"."+Class(i).String(), v, 0, 1)
		sum += v
	}
	if !(math.Abs(sum-1) <= tolerance) {
		c.fault("%s: the shares must sum to 1, got %g", path, sum)
	}
}

func (n NoiseSpec) check(c *checker) {
	c.within("noise.cv", n.CV, 0, 2)
	c.within("noise.hour_exponent", n.HourExponent, 0, 2)
	c.within("noise.mean_exponent", n.MeanExponent, -1, 0)
	c.within("noise.hour_phi", n.HourPhi, 0, 0.9)
	c.within("noise.day_phi", n.DayPhi, 0, 0.9)
	c.within("noise.day_share", n.DayShare, 0, 1)
	c.within("noise.drift_share", n.DriftShare, 0, 1)
	c.within("noise.common_share", n.CommonShare, 0, 1)
	if n.DayShare+n.DriftShare > 1 {
		c.fault("noise.drift_share: with day_share (%g) must not exceed 1, got %g", n.DayShare, n.DriftShare)
	}
}

func (w WithinSpec) check(c *checker) {
	if w.StepMin < 1 || w.StepMin > 30 || 60%w.StepMin != 0 {
		c.fault("within_hour.step_min: must divide 60 and lie in 1 to 30, got %d", w.StepMin)
	}
	c.within("within_hour.cv", w.CV, 0, 2)
	c.within("within_hour.phi", w.Phi, 0, 0.9)
}

func (t TraceSpec) check(c *checker) {
	c.within("trace.origin_x_m", t.OriginXM, -1e7, 1e7)
	c.within("trace.origin_y_m", t.OriginYM, -1e7, 1e7)
	c.within("trace.mean_mbps", t.MeanMbps, 0, 1e6)
	c.within("trace.within_place_shape", t.WithinShape, 0.1, 1e4)
}

func (e SurgeSpec) check(c *checker, path string) {
	c.within(path+".x_m", e.XM, -1e7, 1e7)
	c.within(path+".y_m", e.YM, -1e7, 1e7)
	c.within(path+".radius_m", e.RadiusM, 1, 1e6)
	c.factor(path+".factor", e.Factor)
	c.within(path+".start_h", e.StartH, 0, 1e6)
	c.within(path+".ramp_min", e.RampMin, 0, 1440)
	c.within(path+".plateau_min", e.PlateauMin, 0, 1e5)
	if e.RampMin == 0 && e.PlateauMin == 0 {
		c.fault("%s.plateau_min: an event needs a plateau or a ramp, both are 0", path)
	}
}

func (r RandomSpec) check(c *checker) {
	const path = "random_surges"
	c.within(path+".per_day", r.PerDay, 0, 1000)
	c.factor(path+".factor_min", r.FactorMin)
	c.factor(path+".factor_max", r.FactorMax)
	c.within(path+".radius_m", r.RadiusM, 1, 1e6)
	c.within(path+".ramp_min", r.RampMin, 0, 1440)
	c.within(path+".plateau_min_min", r.PlateauMinMin, 0, 1440)
	c.within(path+".plateau_max_min", r.PlateauMaxMin, 0, 1440)
	c.within(path+".from_hour", r.FromHour, 0, 24)
	c.within(path+".to_hour", r.ToHour, 0, 24)
	c.ordered(path, "factor_min", r.FactorMin, "factor_max", r.FactorMax)
	c.ordered(path, "plateau_min_min", r.PlateauMinMin, "plateau_max_min", r.PlateauMaxMin)
	c.ordered(path, "from_hour", r.FromHour, "to_hour", r.ToHour)
	// Only the present day's and the day before's events are looked at.
	if total := 2*r.RampMin + r.PlateauMaxMin; total > 1440 {
		c.fault("%s.plateau_max_min: with two ramps must not exceed 1440 min, got %g", path, total)
	}
}

func (h Holiday) check(c *checker, path string) {
	if h.FirstDay < 0 || h.FirstDay > 100000 {
		c.fault("%s.first_day: must lie in 0 to 100000, got %d", path, h.FirstDay)
	}
	if h.Days < 1 || h.Days > 366 {
		c.fault("%s.days: must lie in 1 to 366, got %d", path, h.Days)
	}
	c.oneOf(path+".profile", h.Profile, "own", "saturday", "sunday")
	for i, f := range h.factors() {
		c.factor(path+"."+Class(i).String(), f)
	}
}

// shares returns the mix in class order.
func (m Mix) shares() [NumClasses]float64 {
	return [NumClasses]float64{m.Residential, m.Mixed, m.Office, m.Transport, m.Leisure}
}

// factors returns the holiday's factors in class order.
func (h Holiday) factors() [NumClasses]float64 {
	return [NumClasses]float64{h.Residential, h.Mixed, h.Office, h.Transport, h.Leisure}
}

// checker collects faults.
type checker struct{ faults []error }

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}

// within also refuses NaN.
func (c *checker) within(path string, v, lo, hi float64) {
	if !(v >= lo && v <= hi) {
		c.fault("%s: must lie in %g to %g, got %g", path, lo, hi, v)
	}
}

func (c *checker) factor(path string, v float64) {
	if !(v > 0 && v <= 100) {
		c.fault("%s: must exceed 0 and not exceed 100, got %g", path, v)
	}
}

// hours wants one value for each hour of a day, above 0 and up to a limit.
func (c *checker) hours(path string, list []float64, limit float64) {
	if len(list) != hoursPerDay {
		c.fault("%s: must have %d values, got %d", path, hoursPerDay, len(list))
	}
	for h, v := range list {
		if !(v > 0 && v <= limit) {
			c.fault("%s[%d]: must exceed 0 and not exceed %g, got %g", path, h, limit, v)
		}
	}
}

func (c *checker) ordered(path, lowName string, low float64, highName string, high float64) {
	if low > high {
		c.fault("%s.%s: must not be below %s (%g), got %g", path, highName, lowName, low, high)
	}
}

func (c *checker) oneOf(path, v string, allowed ...string) {
	for _, a := range allowed {
		if v == a {
			return
		}
	}
	c.fault("%s: must be one of %q, got %q", path, allowed, v)
}
