package scenarios

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// LoadSpec says how loaded the network is to be.
type LoadSpec struct {
	TargetMean float64 `yaml:"target_mean" doc:"mean load over cells and the week, with every cell on, that the demand is scaled to; 0 leaves the demand as it is" unit:"1" min:"0" max:"0.9"`
	Cells      string  `yaml:"cells" doc:"cells that the mean is over: all, or those of capacity layers (all cells of a network that has none)" enum:"all,capacity"`
	Tolerance  float64 `yaml:"tolerance" doc:"relative error at which the scaling stops" unit:"1" min:"0.0001" max:"0.1"`
}

// The sets of cells that a mean load is over.
const (
	allCells      = "all"
	capacityCells = "capacity"
)

// DefaultLoad scales to the mean load of cells in use.
func DefaultLoad() LoadSpec {
	// 0.249 is the mean of 670 5G cells' mean loads (share of resource blocks)
	// in the first week of 2023, measured on the ITU "AI/ML in 5G: 5G energy
	// consumption modelling" data set (Huawei, 2023). Which layers they belong
	// to is not published; nearly all of them carry traffic, as capacity cells
	// do here, while coverage cells under capacity cells stand almost idle. A
	// mean over both would overload the capacity layer for a tenth of the
	// time, where 2 % of the measured cell-hours exceed a load of 0.9.
	return LoadSpec{TargetMean: 0.249, Cells: capacityCells, Tolerance: 0.005}
}

// Validate returns every broken bound.
func (s LoadSpec) Validate() []error {
	var errs []error
	if !(s.TargetMean >= 0 && s.TargetMean <= 0.9) {
		errs = append(errs, fmt.Errorf("target_mean: must be in 0..0.9, got %g", s.TargetMean))
	}
	if s.Cells != allCells && s.Cells != capacityCells {
		errs = append(errs, fmt.Errorf("cells: must be all or capacity, got %q", s.Cells))
	}
	if !(s.Tolerance >= 1e-4 && s.Tolerance <= 0.1) {
		errs = append(errs, fmt.Errorf("tolerance: must be in 0.0001..0.1, got %g", s.Tolerance))
	}
	return errs
}

// Scaling is how the demand came to the wanted load.
type Scaling struct {
	// Factor multiplies the demand of the traffic section; 1 without a target.
	Factor float64
	// MeanLoad is the mean load over the cells asked for and the sampled
	// hours, with every cell on, that the factor leads to.
	MeanLoad float64
	// Rounds is how many factors were tried, on all or on a part of the sampled
	// hours.
	Rounds int
}

const (
	maxRounds = 40
	// maxFactor bounds the search: by then every cell that serves anybody is
	// full.
	maxFactor = 1e9
)

// errIdle says that there is nothing to scale.
var errIdle = errors.New("load.target_mean: no cell of the set has any load at any sampled hour: there is no demand, or nobody is covered")

// scale searches the factor on the demand at which the mean load is the
// target.
func (s *sample) scale(ctx context.Context, spec LoadSpec, report func(Scaling)) (Scaling, error) {
	f := finder{sample: s, spec: spec, report: report}
	if s.large {
		return f.findLarge(ctx)
	}
	return f.find(ctx, s.hours(1), spec.Tolerance, 0, usualGain)
}

// finder searches a factor.
type finder struct {
	*sample
	spec   LoadSpec
	report func(Scaling)
	rounds int
	points [2]struct{ x, y float64 } // the last two: logarithms of the factor and of the mean load over the target
}

const (
	// roughTolerance is the relative error of the mean load at which a search
	// on a part of the hours stops: they differ from the whole by about as much.
	roughTolerance = 0.05
	// nearTolerance is the one up to which the ratio of the whole to the part
	// is taken to stay what it is.
	nearTolerance = 0.1
)

// findLarge looks at a part of the hours until the factor is near, then at all
// of them, which tells the ratio of the whole to the part, and with that ratio
// at the part again.
func (f *finder) findLarge(ctx context.Context) (Scaling, error) {
	part, whole := f.hours(roughStride), f.hours(1)
	if _, err := f.find(ctx, part, roughTolerance, 0, usualGain); errors.Is(err, errIdle) {
		return f.find(ctx, whole, f.spec.Tolerance, 0, usualGain)
	} else if err != nil {
		return Scaling{}, err
	}
	x, gain := f.ahead()
	now, err := f.try(ctx, whole, x)
	if err != nil || f.off(now) <= f.spec.Tolerance {
		return now, err
	}
	x = f.points[1].x - gain*f.points[1].y
	if f.off(now) > nearTolerance {
		return f.find(ctx, whole, f.spec.Tolerance, x, gain)
	}
	mean, err := f.meanLoad(ctx, part, now.Factor)
	if err != nil {
		return Scaling{}, err
	}
	f.ratio = now.MeanLoad / mean
	return f.find(ctx, part, f.spec.Tolerance/2, x, gain)
}

// find searches on some hours from the logarithm x of a factor on, by secant
// steps in the logarithms of factor and load, in which the two are almost
// proportional, kept inside a bracket (the Illinois method), so that it
// converges whatever the shape. gain is the change of x for one of the
// logarithm of the load, as far as it is known.
func (f *finder) find(ctx context.Context, hours []int, tolerance, x, gain float64) (Scaling, error) {
	b := bracket{gain: gain}
	for range maxRounds {
		now, err := f.try(ctx, hours, x)
		if err != nil || f.off(now) <= tolerance {
			return now, err
		}
		x = b.next(f.points[1].x, f.points[1].y)
	}
	return Scaling{}, fmt.Errorf("load.target_mean: no factor within tolerance %g of %g found in %d rounds", tolerance, f.spec.TargetMean, maxRounds)
}

// try finds the mean load over some hours at the factor of logarithm x.
func (f *finder) try(ctx context.Context, hours []int, x float64) (Scaling, error) {
	factor := math.Exp(x)
	if factor > maxFactor {
		return Scaling{}, fmt.Errorf("load.target_mean: %g cannot be reached: the mean load stays at %.3f however large the demand, because some cells serve nobody", f.spec.TargetMean, f.spec.TargetMean*math.Exp(f.points[1].y))
	}
	mean, err := f.meanLoad(ctx, hours, factor)
	if err != nil {
		return Scaling{}, err
	}
	f.rounds++
	now := Scaling{Factor: factor, MeanLoad: mean, Rounds: f.rounds}
	f.report(now)
	if mean == 0 {
		return Scaling{}, errIdle
	}
	last := &f.points[1]
	f.points[0] = *last
	last.x, last.y = math.Log(factor), math.Log(mean/f.spec.TargetMean) // of the factor as it is rounded
	return now, nil
}

// off returns the relative error of a mean load.
func (f *finder) off(now Scaling) float64 { return math.Abs(now.MeanLoad/f.spec.TargetMean - 1) }

// usualGain takes a step a fifth further than in proportion.
const usualGain = 1.2

// ahead returns where the line through the last two points meets the target
// and its gain.
func (f *finder) ahead() (x, gain float64) {
	a, b := f.points[0], f.points[1]
	gain = usualGain
	if b.y != a.y {
		gain = max(0.1, min(usualGain, (b.x-a.x)/(b.y-a.y)))
	}
	return b.x - gain*b.y, gain
}

// bracket holds two points around the root of a growing function, as far as
// they are known.
type bracket struct {
	lowX, lowY   float64 // lowY < 0
	highX, highY float64 // highY > 0
	haveLow      bool
	haveHigh     bool
	lastHigh     bool    // the last point replaced the upper end
	gain         float64 // step for the function's value while one end is missing
	outside      float64 // steps made while one end was missing
}

// maxStep bounds a step outside a bracket: a factor of 16.
var maxStep = math.Log(16)

// next takes the function's value y at log factor x and returns the log factor
// to try next. While one end is missing, the step goes twice as far each time,
// so that the other side is met soon.
func (b *bracket) next(x, y float64) float64 {
	if y < 0 {
		if b.haveLow && !b.lastHigh {
			b.highY /= 2
		}
		b.lowX, b.lowY, b.haveLow, b.lastHigh = x, y, true, false
	} else {
		if b.haveHigh && b.lastHigh {
			b.lowY /= 2
		}
		b.highX, b.highY, b.haveHigh, b.lastHigh = x, y, true, true
	}
	if b.haveLow && b.haveHigh {
		return b.lowX - b.lowY*(b.highX-b.lowX)/(b.highY-b.lowY)
	}
	step := -b.gain * math.Exp2(b.outside) * y
	b.outside++
	return x + max(-maxStep, min(maxStep, step))
}
