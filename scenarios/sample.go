package scenarios

import (
	"cmp"
	"context"
	"math"
	"slices"

	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/radio"
	"hibernet/sim/topology"
)

// The sample of the week: 24 hours, 7 apart, so that each hour of the day
// occurs once and every day of the week three or four times (7 and 24 have no
// common divisor). sampleOffset avoids the start of the hour.
const (
	sampleHours  = 24
	sampleStride = 7 * des.Hour
	sampleOffset = 30 * des.Minute
)

// In a network of more than largeNetwork cells, where a solution of all hours
// takes long, their order saves most of it: by falling total demand, each from
// the loads and rates of the hour before, which differ from its own by the
// demand and little else. After largePasses passes the coupling is left as it
// is. The mean load then is within 0.03 % of that of the coupling solved to
// 1e-5 (measured at 75,000 cells and mean loads of 0.02, 0.12 and 0.25; solved
// to the usual tolerance from nothing, as in smaller networks, it is within
// 0.1 %), in under a third of the time.
const (
	largeNetwork = 200_000
	largePasses  = 2
)

// roughStride takes one in so many hours, by rank of total demand, while the
// factor is far from the one that is sought.
const roughStride = 6

// sample holds the demand of the sampled hours and the loads found last, from
// which the next solution starts.
type sample struct {
	model  *radio.Model
	state  *radio.State
	large  bool
	order  []int       // the hours as they are solved
	demand [][]float32 // [sampleHours][sectors] bit/s at factor 1
	load   [][]float32 // [sampleHours][cells]; one for all hours in a large network
	scaled []float32   // [sectors] scratch
	cells  []int32     // those that the mean is over
	total  []float64   // [sampleHours] demand of all sectors, bit/s at factor 1
	ratio  float64     // of the mean load of all hours to what is estimated from some of them, where it is known; else 1
	most   int         // passes at most of a solution that is not cut off
}

// newSample takes the sample of a demand. The loads of a large network are
// solved as such.
func newSample(d sim.DemandSource, spec radio.Spec, t *topology.Topology, set string, large bool, workers int) (*sample, error) {
	s := &sample{
		state: radio.NewState(&t.Cells), large: large, scaled: make([]float32, t.Sectors()), cells: cellsOf(t, set),
		most: spec.MaxIterations, ratio: 1,
	}
	for h := range sampleHours {
		demand := make([]float32, t.Sectors())
		d.DemandTo(demand, des.Time(h)*sampleStride+sampleOffset)
		s.demand, s.order = append(s.demand, demand), append(s.order, h)
		s.total = append(s.total, sum(demand))
		if h == 0 || !large {
			s.load = append(s.load, make([]float32, t.NumCells()))
		} else {
			s.load = append(s.load, s.load[0])
		}
	}
	if large {
		spec.MaxIterations = min(spec.MaxIterations, largePasses)
		s.sortHours()
	}
	var err error
	if s.model, err = radio.NewModel(spec, &t.Links, &t.Cells, t.BinShare, workers); err != nil {
		return nil, err
	}
	s.model.Associate(s.state)
	return s, nil
}

// sum adds up the demand of all sectors.
func sum(demand []float32) float64 {
	total := 0.0
	for _, d := range demand {
		total += float64(d)
	}
	return total
}

// sortHours orders the hours by falling total demand.
func (s *sample) sortHours() {
	slices.SortStableFunc(s.order, func(a, b int) int { return cmp.Compare(s.total[b], s.total[a]) })
}

// hours returns one in stride of the hours, from the middle of the first
// stride on.
func (s *sample) hours(stride int) []int {
	var hours []int
	for i := stride / 2; i < len(s.order); i += stride {
		hours = append(hours, s.order[i])
	}
	return hours
}

// cellsOf returns the cells of a set.
func cellsOf(t *topology.Topology, set string) []int32 {
	n := 0
	for _, k := range t.CellCarrier {
		if !t.Carriers[k].Coverage {
			n++
		}
	}
	all := set == allCells || n == 0
	if all {
		n = t.NumCells()
	}
	cells := make([]int32, 0, n)
	for c, k := range t.CellCarrier {
		if all || !t.Carriers[k].Coverage {
			cells = append(cells, int32(c))
		}
	}
	return cells
}

// meanLoad returns the mean load over cells and sampled hours at a factor on
// the demand. It grows with the factor. Of some of the hours alone it is an
// estimate: their mean load in the ratio of the total demand of all hours to
// theirs, corrected by what is known of it.
func (s *sample) meanLoad(ctx context.Context, hours []int, factor float64) (float64, error) {
	load, part, all := 0.0, 0.0, 0.0
	for i, h := range hours {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		for j, d := range s.demand[h] {
			s.scaled[j] = float32(min(float64(d)*factor, math.MaxFloat32))
		}
		stats := s.model.Solve(s.load[h], s.scaled)
		if s.large && i == 0 && len(hours) == len(s.order) {
			// This one starts from a far hour, and the others go on from it.
			for passes := stats.Iterations; !stats.Converged && passes < s.most; passes += stats.Iterations {
				stats = s.model.Solve(s.load[h], s.scaled)
			}
		}
		for _, c := range s.cells {
			load += float64(s.load[h][c])
		}
		part += s.total[h]
	}
	if load == 0 {
		return 0, nil
	}
	for _, h := range s.order {
		all += s.total[h]
	}
	mean := load * (all / part) / float64(len(s.order)*len(s.cells))
	if len(hours) < len(s.order) {
		mean *= s.ratio
	}
	return mean, nil
}
