package validation

import (
	"fmt"
	"math"

	"hibernet/sim/des"
	"hibernet/sim/micro"
	"hibernet/sim/power"
	"hibernet/sim/rng"
)

// microSource is where the powers and transitions of the micro simulator and
// of the closed form are quoted.
const microSource = "3GPP TR 38.864 V18.1.0 clause 5.1, as quoted by the energy model of ns-3 5G-LENA"

// simulatedCell names the micro simulator as the source of an expected value.
const simulatedCell = "simulation of the cell symbol by symbol (sim/micro)"

// microCheck sets the closed form of sub-second energy, and the simulator of
// one cell that it is compared with, beside values worked by hand, the theory
// of queues, and each other on a few points.
func microCheck() Check {
	return Check{
		Name: "micro",
		Doc:  "sub-second sleep: the closed form and a simulation of one cell symbol by symbol against values worked by hand, queueing theory and each other",
		Run: func(ctx Context) (Result, error) {
			sets, err := microSets()
			if err != nil {
				return Result{}, err
			}
			var r Result
			for _, part := range []func(Context, []microSet) ([]Row, error){microGapRows, microEmptyRows, microRateRows, microProfileRows, microFlowRows, microCoarseRows} {
				rows, err := part(ctx, sets)
				if err != nil {
					return Result{}, err
				}
				r.Rows = append(r.Rows, rows...)
			}
			return r, nil
		},
	}
}

// microSet is a reference configuration of the study.
type microSet struct {
	name       string
	category   string
	set        string
	model      power.TR38864
	scs        float64 // kHz
	symbols    string
	symbolBits float64
	ssb        power.Signal
}

// microSets reads the reference configurations.
func microSets() ([]microSet, error) {
	ref, err := Ref("micro_sets")
	if err != nil {
		return nil, err
	}
	var out []microSet
	for i := range ref.Len() {
		n := func(column string) float64 { return ref.Number(i, column) }
		s := microSet{
			category: ref.Text(i, "category"), set: ref.Text(i, "set"),
			model: power.TR38864{
				Deep: n("deep"), Light: n("light"), Micro: n("micro"), DL: n("dl"), UL: n("ul"),
				LightMs: n("light_ms"), LightE: n("light_e"), DeepMs: n("deep_ms"), DeepE: n("deep_e"), A: 0.4,
			},
			scs: n("scs_khz"), symbols: micro.DDDSU, symbolBits: n("symbol_bits"),
			ssb: power.Signal{PeriodMs: 20, WindowMs: 5, Symbols: n("ssb_symbols"), RBShare: n("ssb_rb") / n("rb")},
		}
		if ref.Text(i, "duplex") == "FDD" {
			s.symbols = micro.FDD
		}
		s.name = "category " + s.category + ", set " + s.set
		out = append(out, s)
	}
	return out, nil
}

// config returns an empty cell without signals.
func (s *microSet) config(d des.Time) micro.Config {
	return micro.Config{
		Model: s.model, SCSkHz: int(s.scs), Symbols: s.symbols, SymbolBits: int64(s.symbolBits),
		ChainShare: 1, PowerShare: 1, Duration: d,
	}
}

// find returns the set of a row of a reference.
func findMicroSet(sets []microSet, ref *Reference, row int) (*microSet, error) {
	for i := range sets {
		if sets[i].category == ref.Text(row, "category") && sets[i].set == ref.Text(row, "set") {
			return &sets[i], nil
		}
	}
	return nil, fmt.Errorf("reference %s: row %d has an unknown set", ref.name, row)
}

// depth returns the sleep of a name.
func sleepDepth(name string) power.Depth {
	switch name {
	case "light":
		return power.LightSleep
	case "deep":
		return power.DeeperSleep
	}
	return power.MicroSleep
}

// microGapRows: from which length on does a gap pay for which sleep.
func microGapRows(_ Context, sets []microSet) ([]Row, error) {
	ref, err := Ref("micro_gaps")
	if err != nil {
		return nil, err
	}
	var rows []Row
	for i := range ref.Len() {
		s, err := findMicroSet(sets, ref, i)
		if err != nil {
			return nil, err
		}
		shallow, deep := sleepDepth(ref.Text(i, "shallow")), sleepDepth(ref.Text(i, "deep"))
		what := fmt.Sprintf("%s, %s against %s sleep", s.name, ref.Text(i, "deep"), ref.Text(i, "shallow"))
		want := ref.Number(i, "break_even_ms")
		c := Claim{Quantity: "break-even gap: " + what, Unit: "ms", Source: microSource + "; worked by hand", Trust: Derived}
		rows = append(rows, c.Relative(want, s.model.BreakEvenMs(shallow, deep), 1e-8))
		if deep != shallow+1 {
			continue // a depth lies between, which a cell would take
		}
		slotMs := 15 / s.scs
		want = math.Ceil(max(want, ref.Number(i, "at_least_ms"))/slotMs) * slotMs
		got, err := shortestGap(s, deep, 2*want)
		if err != nil {
			return nil, err
		}
		c.Quantity = "shortest gap slept through by a simulated cell, in whole slots: " + what
		rows = append(rows, c.Relative(want, got, 1e-12))
	}
	return rows, nil
}

// shortestGap searches for the shortest gap up to a bound in ms that a cell
// sleeps through at a depth, when a signal without symbols wakes it for a slot.
func shortestGap(s *microSet, d power.Depth, boundMs float64) (float64, error) {
	slotMs := 15 / s.scs
	lo, hi := 0, int(boundMs/slotMs) // not slept through; slept through
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		period := float64(mid+1) * slotMs
		if period < 1 { // the shortest period of a signal
			lo = mid
			continue
		}
		cfg := s.config(des.Time(period * 1e3))
		cfg.Signals, cfg.Deepest = []power.Signal{{PeriodMs: period, WindowMs: slotMs}}, d
		r, err := micro.Run(cfg, rng.Root(0))
		if err != nil {
			return 0, err
		}
		if r.StateMs[micro.Light] > 0 && d == power.LightSleep || r.StateMs[micro.Deep] > 0 && d == power.DeeperSleep {
			hi = mid
		} else {
			lo = mid
		}
	}
	return float64(hi) * slotMs, nil
}

// microEmptyRows: an empty cell between its SSB windows.
func microEmptyRows(_ Context, sets []microSet) ([]Row, error) {
	ref, err := Ref("micro_empty")
	if err != nil {
		return nil, err
	}
	var rows []Row
	s := &sets[0]
	for i := range ref.Len() {
		b := power.SSB{PeriodMs: ref.Number(i, "period_ms"), WindowMs: s.ssb.WindowMs, Symbols: s.ssb.Symbols, RBShare: s.ssb.RBShare}
		d, units := sleepDepth(ref.Text(i, "depth")), ref.Number(i, "units")
		closed, ok := s.model.EmptyCell(power.SymbolFrame(s.symbols, s.scs), b, d)
		cfg := s.config(160 * des.Millisecond)
		cfg.Signals, cfg.Deepest = []power.Signal{b.Signal()}, d
		r, err := micro.Run(cfg, rng.Root(0))
		if err != nil {
			return nil, err
		}
		c := Claim{Unit: "unit", Source: microSource + "; worked by hand", Trust: Derived}
		what := fmt.Sprintf("%s, SSB period %g ms, %s sleep between", s.name, b.PeriodMs, ref.Text(i, "depth"))
		if math.IsNaN(units) { // not allowed
			allowed := 0.0
			if ok {
				allowed = 1
			}
			c.Unit, c.Quantity = "1", "whether the gap allows it, closed form: "+what
			rows = append(rows, c.AtMost(0, allowed))
			c.Quantity = "how often it slept so, simulated: " + what
			rows = append(rows, c.AtMost(0, float64(r.Sleeps[micro.Deep])))
			continue
		}
		c.Quantity = "empty cell, closed form: " + what
		rows = append(rows, c.Relative(units, closed, 1e-8))
		c.Quantity = "empty cell, simulated: " + what
		rows = append(rows, c.Relative(units, r.Units, 1e-8))
	}
	return rows, nil
}

// microRateRows: light sleep in gaps at load, and the ends of ranges.
func microRateRows(_ Context, sets []microSet) ([]Row, error) {
	ref, err := Ref("micro_slept")
	if err != nil {
		return nil, err
	}
	s := &sets[0]
	var rows []Row
	for i := range ref.Len() {
		t := power.Timetable{Frame: power.SymbolFrame(s.symbols, s.scs), Deepest: power.LightSleep}
		what := "no SSB, downlink only"
		if ssb := s.ssb; ref.Number(i, "period_ms") > 0 {
			ssb.PeriodMs = ref.Number(i, "period_ms")
			t.Signals = []power.Signal{ssb}
			what = fmt.Sprintf("SSB period %g ms", ssb.PeriodMs)
		} else {
			t.Frame = power.Frame{DLShare: 1, SymbolMs: t.Frame.SymbolMs}
		}
		rho, files := ref.Number(i, "rho"), ref.Number(i, "files_per_ms")
		got, err := s.model.Slept(t, 1, 1, rho, files)
		if err != nil {
			return nil, err
		}
		rows = append(rows, Claim{
			Quantity: fmt.Sprintf("light sleep in gaps at load %g, %g files a ms, %s: %s", rho, files, what, s.name),
			Unit:     "unit", Source: "rates of busy periods and sleeps, integrals worked out by hand", Trust: Derived,
		}.Relative(ref.Number(i, "units"), got, 1e-8))
	}
	c := Claim{Unit: "unit", Source: microSource, Trust: Secondary}
	c.Quantity = "downlink symbol, shares of chains and blocks beyond 1: " + s.name
	rows = append(rows, c.Relative(s.model.DL, s.model.ActiveDL(2, 3, 2), 1e-9))
	c.Quantity = "uplink symbol, share of chains beyond 1: " + s.name
	rows = append(rows, c.Relative(s.model.UL, s.model.ActiveUL(2), 1e-9))
	return rows, nil
}
