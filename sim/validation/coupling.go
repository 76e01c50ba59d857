package validation

import (
	"fmt"
	"math"
	"slices"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// couplingSource is where the load coupling and its properties come from.
const couplingSource = "load coupling of Siomina and Yuan, IEEE Trans. Wireless Commun. 11(6), 2012; standard interference functions, Yates 1995"

// exactSource says how the expected loads are worked.
const exactSource = "the same equations in double precision, association in dB over all links, iterated from idle and from full until both meet within 1e-11"

// couplingTolerance is the bound on loads at the default tolerance of 1e-3 of
// the coupling, which stops at the change of one iteration: changes shrink by
// a factor of up to 0.8 in these networks, so what is left is up to five times
// the last.
const couplingTolerance = 5e-3

// couplingCheck compares loads with an independent solver and tries the
// properties that make the fixed point unique.
func couplingCheck() Check {
	return Check{
		Name: "coupling",
		Doc:  "loads of small networks against an independent double-precision solver with brute-force association, and the properties of the coupling: one fixed point, monotone, scalable",
		Run: func(ctx Context) (Result, error) {
			var r Result
			for _, part := range []func(Context) ([]Row, error){solverRows, propertyRows, symmetricRows, workersRow, feasibilityRows, fullRows} {
				rows, err := part(ctx)
				if err != nil {
					return Result{}, err
				}
				r.Rows = append(r.Rows, rows...)
			}
			return r, nil
		},
	}
}

// trial is a network with a state and demand.
type trial struct {
	links  *radio.Links
	cells  *radio.Cells
	state  *radio.State
	share  []float32
	demand []float32
}

// randomTrial draws a network of sectors with a cell on each carrier: gains
// over 60 dB, beams, leaks, layers, priorities, some cells asleep or reduced,
// some bins in outage.
func randomTrial(key rng.Key, sectors, carriers, bins int) trial {
	s := key.Stream()
	t := trial{links: &radio.Links{Bins: bins, Off: []int32{0}}, cells: &radio.Cells{}}
	for c := range sectors * carriers {
		k := c % carriers
		t.cells.Carrier = append(t.cells.Carrier, uint8(k))
		t.cells.TxRBW = append(t.cells.TxRBW, float32(0.2+0.8*s.Float64()))
		t.cells.BandwidthHz = append(t.cells.BandwidthHz, float32(2e7*(1+3*s.Float64())))
		t.cells.BeamGain = append(t.cells.BeamGain, float32(1+3*s.Float64()))
		t.cells.LeakGain = append(t.cells.LeakGain, float32(0.3+0.7*s.Float64()))
		t.cells.NoiseRBW = append(t.cells.NoiseRBW, 1e-14)
		t.cells.Layers = append(t.cells.Layers, float32(1+s.IntN(4)))
		t.cells.PRBs = append(t.cells.PRBs, 100)
		t.cells.PriorityDB = append(t.cells.PriorityDB, float32(6*k))
		t.cells.MinRSRPDBm = append(t.cells.MinRSRPDBm, -98)
	}
	for sector := range sectors {
		others := s.Perm(sectors)[:min(5, sectors)]
		for k := range carriers {
			t.link(s, sector*carriers+k, -85)
			for _, o := range others {
				if o != sector {
					t.link(s, o*carriers+k, -105)
				}
			}
		}
		t.links.Off = append(t.links.Off, int32(len(t.links.Cell)))
		t.demand = append(t.demand, float32(2e6+18e6*s.Float64()))
		for range bins {
			t.share = append(t.share, 1/float32(bins))
		}
	}
	t.state = radio.NewState(t.cells)
	for c := range t.state.Serving {
		t.state.Serving[c] = s.IntN(5) > 0
		t.state.Power[c] = []float32{1, 0.5, 0.25}[s.IntN(3)]
		t.state.Capacity[c] = []float32{1, 0.5}[s.IntN(2)]
		t.state.CIODB[c] = float32(s.IntN(7) - 3)
	}
	return t
}

// link adds a link whose gains lie within 30 dB below a level.
func (t *trial) link(s *rng.Stream, cell int, levelDB float64) {
	t.links.Cell = append(t.links.Cell, int32(cell))
	for range t.links.Bins {
		t.links.Gain = append(t.links.Gain, radio.PackGain(float32(math.Pow(10, (levelDB-30*s.Float64())/10))))
	}
}

// hexTrial is a built layout of two carriers with random demand.
func hexTrial(key rng.Key) (trial, error) {
	spec := topology.DefaultSpec()
	spec.Areas[0].Sites = 16
	top, err := topology.Build(spec, key, topology.Options{})
	if err != nil {
		return trial{}, err
	}
	t := trial{links: &top.Links, cells: &top.Cells, state: radio.NewState(&top.Cells), share: top.BinShare}
	s := key.Named("demand").Stream()
	for range top.Sectors() {
		t.demand = append(t.demand, float32(2e8*s.Float64()))
	}
	return t, nil
}

// exact returns the independent solver with the demand scaled.
func (t *trial) exact(spec radio.Spec, scale float64) *exactNetwork {
	demand := make([]float64, len(t.demand))
	for i, d := range t.demand {
		demand[i] = float64(float32(scale) * d)
	}
	return newExact(t.links, t.cells, t.state, t.share, demand, spec)
}

// solve runs the load model from a start, with the demand scaled.
func (t *trial) solve(spec radio.Spec, scale float64, start float32, workers int) (*radio.Model, []float32, error) {
	m, err := radio.NewModel(spec, t.links, t.cells, t.share, workers)
	if err != nil {
		return nil, nil, err
	}
	load, demand := make([]float32, len(t.cells.Carrier)), make([]float32, len(t.demand))
	for c := range load {
		load[c] = start
	}
	for i, d := range t.demand {
		demand[i] = float32(scale) * d
	}
	m.Associate(t.state)
	if stats := m.Solve(load, demand); !stats.Converged {
		return nil, nil, fmt.Errorf("load coupling: not converged after %d iterations", stats.Iterations)
	}
	return m, load, nil
}

// trials returns the networks to be solved, with their names.
func trials() ([]trial, []string, error) {
	var list []trial
	var names []string
	for i := range 6 {
		carriers := 1 + i%3
		list = append(list, randomTrial(rng.Root(11).Named("coupling").At(uint64(i)), 4+2*i, carriers, 1+i))
		names = append(names, fmt.Sprintf("random network %d (%d sectors, %d carriers)", i, 4+2*i, carriers))
	}
	hex, err := hexTrial(rng.Root(12))
	if err != nil {
		return nil, nil, err
	}
	return append(list, hex), append(names, "hexagonal layout of 16 sites, 2 carriers"), nil
}

// tightSpec solves as closely as single precision allows.
func tightSpec() radio.Spec {
	spec := radio.DefaultSpec()
	spec.Tolerance, spec.MaxIterations = 1e-6, 5000
	return spec
}

// solverRows compares servers, loads and overload at a low and a high demand.
func solverRows(Context) ([]Row, error) {
	list, names, err := trials()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for i := range list {
		t := &list[i]
		for _, scale := range []float64{1, 8} {
			e := t.exact(radio.DefaultSpec(), scale)
			want, gap := e.solve()
			offered := e.offered(want)
			what := fmt.Sprintf("%s, demand x %g", names[i], scale)
			m, load, err := t.solve(radio.DefaultSpec(), scale, 0, 1)
			if err != nil {
				return nil, err
			}
			tight, close, err := t.solve(tightSpec(), scale, 0, 1)
			if err != nil {
				return nil, err
			}
			servers := 0
			for b, want := range e.server {
				if int(m.Server(b)) != want {
					servers++
				}
			}
			rows = append(rows,
				Claim{what + ": bins with another server", "1", exactSource, Independent}.AtMost(0, float64(servers)),
				Claim{what + ": gap of the bracket of the independent solver", "1", exactSource, Independent}.AtMost(exactGap, gap),
				Claim{what + ": largest error of a cell's load at the default tolerance", "1", exactSource, Independent}.AtMost(couplingTolerance, worstOf(load, want)),
				Claim{what + ": largest error of a cell's load at a tolerance of 1e-6", "1", exactSource, Independent}.AtMost(2e-5, worstOf(close, want)),
				Claim{what + ": largest relative error of an unclipped load", "1", exactSource, Independent}.AtMost(1e-4, worstRatio(tight.Offered(), offered)),
				Claim{what + ": mean load of the cells", "1", exactSource, Independent}.Relative(meanOf(want), mean32(close), 1e-5),
			)
			e.dither = true
			plain, _ := e.solve()
			rows = append(rows, Claim{what + ": largest change of a load when each gain moves by up to the rounding of a bfloat16", "1", exactSource, Independent}.AtMost(couplingTolerance, apart(plain, want)))
		}
	}
	return rows, nil
}

func apart(x, y []float64) float64 {
	worst := 0.0
	for i := range x {
		worst = math.Max(worst, math.Abs(x[i]-y[i]))
	}
	return worst
}

func worstOf(got []float32, want []float64) float64 {
	worst := 0.0
	for i := range want {
		worst = math.Max(worst, math.Abs(float64(got[i])-want[i]))
	}
	return worst
}

func worstRatio(got []float32, want []float64) float64 {
	worst := 0.0
	for i := range want {
		if want[i] > 0 {
			worst = math.Max(worst, math.Abs(float64(got[i])/want[i]-1))
		}
	}
	return worst
}

func meanOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func mean32(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v)
	}
	return sum / float64(len(x))
}

// propertyRows tries that the solution is the same from idle and from full,
// rises with demand, and that the loads of k times the demand are at least k
// times as high where not clipped (f(k rho) < k f(rho): scalability).
func propertyRows(Context) ([]Row, error) {
	list, names, err := trials()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for i := range list {
		t := &list[i]
		_, below, err := t.solve(tightSpec(), 1, 0, 1)
		if err != nil {
			return nil, err
		}
		_, above, err := t.solve(tightSpec(), 1, 1, 1)
		if err != nil {
			return nil, err
		}
		_, more, err := t.solve(tightSpec(), 1.3, 0, 1)
		if err != nil {
			return nil, err
		}
		apart, fall, short := 0.0, 0.0, 0.0
		for c := range below {
			apart = math.Max(apart, math.Abs(float64(above[c]-below[c])))
			fall = math.Max(fall, float64(below[c]-more[c]))
			short = math.Max(short, math.Min(1.3*float64(below[c]), 1)-float64(more[c]))
		}
		rows = append(rows,
			Claim{names[i] + ": loads from idle and from full apart by", "1", couplingSource, Derived}.AtMost(2e-5, apart),
			Claim{names[i] + ": fall of a load when all demand rises by 30 %", "1", couplingSource, Derived}.AtMost(2e-5, fall),
			Claim{names[i] + ": a load's shortfall from 1.3 times its own when all demand rises by 30 %", "1", couplingSource, Derived}.AtMost(2e-5, short),
		)
	}
	return rows, nil
}

// symmetricRows solves two cells that are mirror images by bisection.
func symmetricRows(Context) ([]Row, error) {
	const own, other, noise, bandwidth = 0x1p-30, 0x1p-32, 1e-11, 2e7 // powers of two are kept exactly
	links, cells := gainLinks([][]float64{{own, other}, {other, own}}, []uint8{0, 0})
	for c := range 2 {
		cells.BandwidthHz[c], cells.NoiseRBW[c] = bandwidth, noise
	}
	var rows []Row
	for _, demand := range []float64{1e6, 5e6, 1e7, 2e7, 2.6e7} {
		t := trial{links: links, cells: cells, state: radio.NewState(cells), share: ones(2), demand: []float32{float32(demand), float32(demand)}}
		_, load, err := t.solve(tightSpec(), 1, 0, 1)
		if err != nil {
			return nil, err
		}
		low, high := 0.0, 1.0
		for range 60 {
			rho := (low + high) / 2
			if demand/(bandwidth*0.65*math.Log2(1+own/(rho*other+noise))) > rho {
				low = rho
			} else {
				high = rho
			}
		}
		for i, l := range load {
			c := Claim{fmt.Sprintf("load of symmetric cell %d of 2, %g Mbit/s each", i+1, demand*1e-6), "1",
				"rho = d/(B alpha log2(1 + g/(rho h + n))) by bisection", Derived}
			rows = append(rows, c.Relative(low, float64(l), 2e-5))
		}
	}
	return rows, nil
}

// workersRow counts the cells whose load differs in a bit between worker
// counts, in a network of several shards.
func workersRow(Context) ([]Row, error) {
	t := randomTrial(rng.Root(13), 1200, 2, 4)
	_, one, err := t.solve(radio.DefaultSpec(), 1, 0, 1)
	if err != nil {
		return nil, err
	}
	differ := 0
	for _, workers := range []int{2, 5} {
		_, load, err := t.solve(radio.DefaultSpec(), 1, 0, workers)
		if err != nil {
			return nil, err
		}
		for c := range load {
			if math.Float32bits(load[c]) != math.Float32bits(one[c]) {
				differ++
			}
		}
	}
	c := Claim{"cells of 2400 whose load differs in a bit between 1, 2 and 5 workers", "1", "one result for any number of workers", Derived}
	return []Row{c.AtMost(0, float64(differ))}, nil
}

// feasibilityRows compares the prediction of overload from the spectral radius
// with the loads, on two symmetric cells far above the noise, where
// H = ln 2 d h/(alpha B g), and on the networks of the other rows.
func feasibilityRows(Context) ([]Row, error) {
	const own, other, bandwidth = 0x1p-30, 0x1p-31, 2e7
	links, cells := gainLinks([][]float64{{own, other}, {other, own}}, []uint8{0, 0})
	for c := range 2 {
		cells.BandwidthHz[c], cells.NoiseRBW[c] = bandwidth, 1e-20
	}
	spec := tightSpec()
	critical := bandwidth * spec.RateAlpha * own / other / math.Ln2
	var rows []Row
	for _, share := range []float64{0.5, 2} {
		t := trial{links: links, cells: cells, state: radio.NewState(cells), share: ones(2), demand: []float32{float32(share * critical), float32(share * critical)}}
		radius := t.exact(spec, 1).spectralRadius()
		m, _, err := t.solve(spec, 1, 0, 1)
		if err != nil {
			return nil, err
		}
		rows = append(rows, Claim{fmt.Sprintf("spectral radius of two symmetric cells at %g of the critical demand", share), "1", "ln 2 d h/(alpha B g)", Derived}.Relative(share, radius, 1e-6))
		if share > 1 {
			// Beyond the limit no load below 1 can carry the demand.
			full := share * critical / (bandwidth * spec.RateAlpha * math.Log2(1+own/other))
			rows = append(rows, Claim{"unclipped load at twice the critical demand, both cells full", "1", "d/(B alpha log2(1 + g/h))", Derived}.Relative(full, float64(m.Offered()[0]), 1e-5))
		}
	}
	list, names, err := trials()
	if err != nil {
		return nil, err
	}
	for i := range list {
		// H grows in proportion to the demand. The rate lies below its tangent
		// alpha SINR/ln 2 and below the cap, so the real loads lie above H rho.
		scale := 1.02 / list[i].exact(spec, 1).spectralRadius()
		m, _, err := list[i].solve(spec, scale, 0, 1)
		if err != nil {
			return nil, err
		}
		most := float64(slices.Max(m.Offered()))
		rows = append(rows, Claim{names[i] + ": shortfall from 1 of the largest unclipped load where the spectral radius is 1.02", "1", couplingSource, Derived}.AtMost(0, math.Max(1-most, 0)))
	}
	return rows, nil
}

// fullRows takes capacity from one of many cells that stand alone, so that a
// little more is asked of it than it has: its load is 1, its offered load more.
func fullRows(Context) ([]Row, error) {
	const cells, before, after = 64, 0.9, 1.03
	gain := make([][]float64, cells)
	for s := range gain {
		gain[s] = make([]float64, cells)
		gain[s][s] = 4
	}
	links, table := gainLinks(gain, make([]uint8, cells))
	spec := radio.DefaultSpec()
	m, err := radio.NewModel(spec, links, table, ones(cells), 1)
	if err != nil {
		return nil, err
	}
	st, load, demand := radio.NewState(table), make([]float32, cells), make([]float32, cells)
	for s := range demand {
		demand[s] = float32(before * spec.RateAlpha * math.Log2(5))
	}
	m.Associate(st)
	m.Solve(load, demand)
	st.Capacity[7] = before / after
	m.Associate(st)
	m.Solve(load, demand)
	claim := func(what string) Claim {
		return Claim{Quantity: "a cell among 64 of which 1.03 times its capacity is asked: " + what, Unit: "1",
			Source: "load = min(offered load, 1), offered load = demand over rate", Trust: Derived}
	}
	return []Row{
		claim("load").Absolute(1, float64(load[7]), 1e-6),
		claim("offered load").Relative(after, float64(m.Offered()[7]), 1e-5),
		claim("load of another").Relative(before, float64(load[8]), 1e-5),
	}, nil
}
