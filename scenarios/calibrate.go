package scenarios

import (
	"context"
	"errors"
	"fmt"
	"math"

	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/radio"
	"hibernet/sim/topology"
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
	// Rounds is how many factors were tried.
	Rounds int
}

// The sample of the week: 24 hours, 7 apart, so that each hour of the day
// occurs once and every day of the week three or four times (7 and 24 have no
// common divisor). sampleOffset avoids the start of the hour.
const (
	sampleHours  = 24
	sampleStride = 7 * des.Hour
	sampleOffset = 30 * des.Minute
)

const (
	maxRounds = 40
	// maxFactor bounds the search: by then every cell that serves anybody is
	// full.
	maxFactor = 1e9
)

// sample holds the demand of the sampled hours and the loads found last, from
// which the next solution starts.
type sample struct {
	model  *radio.Model
	state  *radio.State
	demand [][]float32 // [sampleHours][sectors] bit/s at factor 1
	load   [][]float32 // [sampleHours][cells]
	scaled []float32   // [sectors] scratch
	cells  []int       // those that the mean is over
}

func newSample(d sim.DemandSource, model *radio.Model, t *topology.Topology, set string) *sample {
	sectors := t.Sectors()
	s := &sample{model: model, state: radio.NewState(&t.Cells), scaled: make([]float32, sectors), cells: cellsOf(t, set)}
	for h := range sampleHours {
		demand := make([]float32, sectors)
		d.DemandTo(demand, des.Time(h)*sampleStride+sampleOffset)
		s.demand = append(s.demand, demand)
		s.load = append(s.load, make([]float32, t.NumCells()))
	}
	model.Associate(s.state)
	return s
}

// cellsOf returns the cells of a set.
func cellsOf(t *topology.Topology, set string) []int {
	var capacity, all []int
	for c := range t.NumCells() {
		all = append(all, c)
		if !t.Carriers[t.CellCarrier[c]].Coverage {
			capacity = append(capacity, c)
		}
	}
	if set == allCells || len(capacity) == 0 {
		return all
	}
	return capacity
}

// meanLoad returns the mean load over cells and sampled hours at a factor on
// the demand. It grows with the factor.
func (s *sample) meanLoad(ctx context.Context, factor float64) (float64, error) {
	sum := 0.0
	for h, demand := range s.demand {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		for i, d := range demand {
			s.scaled[i] = float32(min(float64(d)*factor, math.MaxFloat32))
		}
		s.model.Solve(s.load[h], s.scaled, s.state)
		for _, c := range s.cells {
			sum += float64(s.load[h][c])
		}
	}
	return sum / float64(sampleHours*len(s.cells)), nil
}

// scale searches the factor on the demand at which the mean load is the
// target: secant steps in the logarithms of factor and load, in which the two
// are almost proportional, kept inside a bracket (the Illinois method), so
// that it converges whatever the shape.
func (s *sample) scale(ctx context.Context, spec LoadSpec, report func(Scaling)) (Scaling, error) {
	factor := 1.0
	var b bracket
	for round := 1; round <= maxRounds; round++ {
		mean, err := s.meanLoad(ctx, factor)
		if err != nil {
			return Scaling{}, err
		}
		now := Scaling{Factor: factor, MeanLoad: mean, Rounds: round}
		report(now)
		if math.Abs(mean/spec.TargetMean-1) <= spec.Tolerance {
			return now, nil
		}
		if mean == 0 {
			return Scaling{}, errors.New("load.target_mean: no cell of the set has any load at any sampled hour: there is no demand, or nobody is covered")
		}
		factor = b.next(math.Log(factor), math.Log(mean/spec.TargetMean))
		if factor > maxFactor {
			return Scaling{}, fmt.Errorf("load.target_mean: %g cannot be reached: the mean load stays at %.3f however large the demand, because some cells serve nobody", spec.TargetMean, mean)
		}
	}
	return Scaling{}, fmt.Errorf("load.target_mean: no factor within tolerance %g of %g found in %d rounds", spec.Tolerance, spec.TargetMean, maxRounds)
}

// bracket holds two points around the root of a growing function, as far as
// they are known.
type bracket struct {
	lowX, lowY   float64 // lowY < 0
	highX, highY float64 // highY > 0
	haveLow      bool
	haveHigh     bool
	lastHigh     bool    // the last point replaced the upper end
	outside      float64 // steps made while one end was missing
}

// maxStep bounds a step outside a bracket: a factor of 16.
var maxStep = math.Log(16)

// next takes the function's value y at log factor x and returns the factor to
// try next. While one end is missing, the step goes a fifth further than in
// proportion, and twice as far each time, so that the other side is met soon.
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
		return math.Exp(b.lowX - b.lowY*(b.highX-b.lowX)/(b.highY-b.lowY))
	}
	step := -1.2 * math.Exp2(b.outside) * y
	b.outside++
	return math.Exp(x + max(-maxStep, min(maxStep, step)))
}
