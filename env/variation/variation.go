// Package variation says what may differ from one episode to the next beside
// the noise that traffic has anyway: how much traffic there is, how many
// surges, how often things break, what radio units draw against what their
// profiles say, and how well readings can be trusted. Drawn anew for each training episode it is domain
// randomisation (Tobin et al., arXiv:1703.06907): a policy that has met a
// range of worlds is to do well in one that lies in it, or near it.
//
// The way of the data: the scenario's Spec -> Draw of an episode, which depends
// on the episode's key alone -> the demand, the faults and the network of that
// episode. The package only draws; who builds environments applies it.
//
// DefaultSpec varies nothing.
package variation

import (
	"fmt"
	"math"

	"hibernet/sim/rng"
)

// Spec holds the ranges.
type Spec struct {
	Growth          Range   `yaml:"growth" doc:"factor on all traffic of an episode, drawn evenly on its logarithm; both ends 1: off"`
	SurgesPerDay    float64 `yaml:"surges_per_day" doc:"greatest mean number of surges a day: an episode's is drawn evenly from 0 to this, and their sizes and lengths are those of traffic.random_surges; 0: as traffic.random_surges says" unit:"1/d" min:"0" max:"1000"`
	FaultFactor     float64 `yaml:"fault_factor" doc:"random faults this many times as often as the rates of the section faults say, even where faults.random is off; 0: as that section says" unit:"1" min:"0" max:"1000000"`
	StaticPowerSD   float64 `yaml:"static_power_sd" doc:"relative standard deviation, between episodes, of the power that a type of radio unit draws without load, in all its states, against its profile; 0: off" unit:"1" min:"0" max:"1"`
	LoadPowerSD     float64 `yaml:"load_power_sd" doc:"the same of the power that load adds; 0: off" unit:"1" min:"0" max:"1"`
	SensorNoiseSD   float64 `yaml:"sensor_noise_sd" doc:"in place of sleep.sensor.noise_sd; 0: as that says" unit:"1" min:"0" max:"1"`
	SensorLostShare float64 `yaml:"sensor_lost_share" doc:"in place of sleep.sensor.lost_share; 0: as that says" unit:"1" min:"0" max:"0.99"`
}

// Range is a range of factors.
type Range struct {
	Min float64 `yaml:"min" doc:"lowest" unit:"1" gt:"0" max:"100"`
	Max float64 `yaml:"max" doc:"highest" unit:"1" gt:"0" max:"100"`
}

// DefaultSpec returns a Spec that varies nothing.
func DefaultSpec() Spec { return Spec{Growth: Range{1, 1}} }

// Validate returns every fault of the settings.
func (s Spec) Validate() []error {
	var faults []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	bad(s.Growth.Min > 0 && s.Growth.Min <= 100, "growth.min: must be in (0, 100], got %g", s.Growth.Min)
	bad(s.Growth.Max > 0 && s.Growth.Max <= 100, "growth.max: must be in (0, 100], got %g", s.Growth.Max)
	bad(!(s.Growth.Min > s.Growth.Max), "growth.min: must not exceed growth.max, got %g and %g", s.Growth.Min, s.Growth.Max)
	bad(s.SurgesPerDay >= 0 && s.SurgesPerDay <= 1000, "surges_per_day: must be in [0, 1000], got %g", s.SurgesPerDay)
	bad(s.FaultFactor >= 0 && s.FaultFactor <= 1e6, "fault_factor: must be in [0, 1000000], got %g", s.FaultFactor)
	bad(s.StaticPowerSD >= 0 && s.StaticPowerSD <= 1, "static_power_sd: must be in [0, 1], got %g", s.StaticPowerSD)
	bad(s.LoadPowerSD >= 0 && s.LoadPowerSD <= 1, "load_power_sd: must be in [0, 1], got %g", s.LoadPowerSD)
	bad(s.SensorNoiseSD >= 0 && s.SensorNoiseSD <= 1, "sensor_noise_sd: must be in [0, 1], got %g", s.SensorNoiseSD)
	bad(s.SensorLostShare >= 0 && s.SensorLostShare <= 0.99, "sensor_lost_share: must be in [0, 0.99], got %g", s.SensorLostShare)
	return faults
}

// Draw is what was drawn for an episode.
type Draw struct {
	Growth       float64 // factor on all traffic
	SurgesPerDay float64 // mean number of surges a day, where Surges
	Surges       bool    // whether the number of surges was drawn at all
	power        rng.Key
	spec         Spec
}

// Draw returns what differs in the episode with the key: equal keys, equal
// draws. Each quantity has randomness of its own, so that turning one on does
// not move another.
func (s Spec) Draw(episode rng.Key) Draw {
	key := episode.Named("variation")
	lo, hi := math.Log(s.Growth.Min), math.Log(s.Growth.Max)
	d := Draw{Growth: 1, Surges: s.SurgesPerDay > 0, power: key.Named("power"), spec: s}
	if lo != 0 || hi != 0 {
		d.Growth = math.Exp(lo + (hi-lo)*key.Named("growth").Float64(0))
	}
	d.SurgesPerDay = s.SurgesPerDay * key.Named("surges").Float64(0)
	return d
}

// Power reports whether the draw changes what radio units draw.
func (d Draw) Power() bool { return d.spec.StaticPowerSD > 0 || d.spec.LoadPowerSD > 0 }

// PowerTo writes the factor on the power without load, and that on the power
// that load adds, of each type of radio unit to static and load [carriers].
// Factors are log-normal with a mean of 1.
func (d Draw) PowerTo(static, load []float64) {
	for k := range static {
		static[k] = factor(d.power.Named("static").Norm(uint64(k)), d.spec.StaticPowerSD)
	}
	for k := range load {
		load[k] = factor(d.power.Named("load").Norm(uint64(k)), d.spec.LoadPowerSD)
	}
}

// factor returns a log-normal factor of mean 1 and standard deviation sd from a
// standard normal number.
func factor(z, sd float64) float64 {
	variance := math.Log1p(sd * sd)
	return math.Exp(math.Sqrt(variance)*z - variance/2)
}
