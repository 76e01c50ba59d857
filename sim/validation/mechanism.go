package validation

import (
	"fmt"
	"math"
	"strings"

	"hibernet/sim/power"
)

// mechanismCheck sets the energy-saving mechanisms of Releases 18 and 19 beside
// the values that the standard allows, the savings worked out independently, and
// what the study reports.
func mechanismCheck() Check {
	return Check{
		Name: "mechanism",
		Doc:  "5G-Advanced mechanisms: allowed values, limits and savings of cell DTX, SSB and SIB1 adaptation, SSB-less cells, spatial and power domain",
		Run: func(ctx Context) (Result, error) {
			var r Result
			for _, part := range []func(Context) ([]Row, error){
				allowedRows, caseRows, mostRows, limitRows, settingRows, monotoneRows, backoffRows, ladderRows,
			} {
				rows, err := part(ctx)
				if err != nil {
					return r, err
				}
				r.Rows = append(r.Rows, rows...)
			}
			f, err := caseFigure(ctx)
			r.Figures = append(r.Figures, f)
			return r, err
		},
	}
}

// target is the profile of the reference cell.
const target = "tr38864-cat1-set1"

// adapted returns a profile of TR 38.864 with mechanisms in use.
func adapted(ctx Context, name string, a power.Adaptation) (power.Profile, error) {
	p, err := power.Lookup(ctx.Profiles, name)
	if err != nil {
		return p, err
	}
	s := power.DefaultSpec()
	s.Target = map[string]power.Adaptation{name: a}
	if errs := s.ValidateWith(ctx.Profiles); len(errs) > 0 {
		return p, errs[0]
	}
	return s.Apply(p), nil
}

// plainCell returns the reference cell with SSB and SIB1 every 20 ms, and the
// watts of a unit.
func plainCell(ctx Context) (power.Cell, float64, error) {
	p, err := adapted(ctx, target, power.Adaptation{SIB1PeriodMs: 20})
	if err != nil {
		return power.Cell{}, 0, err
	}
	c, unitW, ok := p.Reference()
	if !ok {
		return c, 0, fmt.Errorf("%s: not made of the reference model", target)
	}
	return c, unitW, nil
}

// allowedRows counts where the lists of allowed values differ from the
// standard's.
func allowedRows(Context) ([]Row, error) {
	got := map[string][]float64{
		"DTX cycle": power.DTXCyclesMs(), "DTX on-duration": power.DTXOnDurationsMs(),
		"SSB period": power.SSBPeriodsMs(), "SIB1 period": power.SIB1PeriodsMs(),
	}
	return fromRef("mechanism_values", func(ref *Reference, i int) (Row, error) {
		what, want := ref.Text(i, "what"), strings.Fields(ref.Text(i, "values"))
		have := got[what]
		wrong := math.Abs(float64(len(have) - len(want)))
		for k := range min(len(have), len(want)) {
			var v float64
			if _, err := fmt.Sscanf(want[k], "%g", &v); err != nil {
				return Row{}, err
			}
			if v != have[k] {
				wrong++
			}
		}
		c := Claim{Quantity: fmt.Sprintf("%s: values that differ, of %d", what, len(want)), Unit: "1",
			Source: "TS 38.331, as in a Go transcription of its ASN.1 (lvdund); SIB1 recalled", Trust: Secondary}
		return c.AtMost(0, wrong), nil
	})
}

// mostRows finds the largest load that each case can carry, by bisection.
func mostRows(ctx Context) ([]Row, error) {
	plain, _, err := plainCell(ctx)
	if err != nil {
		return nil, err
	}
	var rows []Row
	seen := map[string]bool{}
	for _, c := range power.Cases(plain) {
		lo, hi := 0.0, 2.0
		for hi-lo > 1e-9 {
			if mid := (lo + hi) / 2; math.IsNaN(c.Units(mid)) {
				hi = mid
			} else {
				lo = mid
			}
		}
		claim := Claim{Quantity: fmt.Sprintf("%s: largest load of the plain cell that it carries", strings.ReplaceAll(c.Label, ";", ",")), Unit: "1",
			Source: "share of the rate times share of the time that the mechanism leaves", Trust: Derived}
		if !seen[claim.Quantity] {
			seen[claim.Quantity] = true
			rows = append(rows, claim.Relative(c.RateShare*c.Cell.CapacityShare(), lo, 1e-6))
		}
	}
	return rows, nil
}

// caseRows compares each case at each class of load.
func caseRows(ctx Context) ([]Row, error) {
	plain, _, err := plainCell(ctx)
	if err != nil {
		return nil, err
	}
	cases, classes := power.Cases(plain), power.LoadClasses()
	ref, err := Ref("mechanism_saving")
	if err != nil {
		return nil, err
	}
	if ref.Len() != len(cases)*len(classes) {
		return nil, fmt.Errorf("reference mechanism_saving: %d rows, want %d cases at %d classes", ref.Len(), len(cases), len(classes))
	}
	var rows []Row
	for i := range ref.Len() {
		c, class := &cases[i%len(cases)], classes[i/len(cases)]
		label := strings.ReplaceAll(ref.Text(i, "label"), ";", ",")
		if c.Mechanism != ref.Text(i, "mechanism") || c.Label != label || class.Name != ref.Text(i, "class") {
			return nil, fmt.Errorf("reference mechanism_saving: row %d is %s, %s, %s, and there is %s, %s, %s",
				i+1, ref.Text(i, "mechanism"), label, ref.Text(i, "class"), c.Mechanism, c.Label, class.Name)
		}
		off := math.Abs(class.Lo-ref.Number(i, "lo")) + math.Abs(class.Hi-ref.Number(i, "hi")) + math.Abs(class.Load-ref.Number(i, "load"))
		claim := Claim{Unit: "unit", Source: tr38864Source + "; time line laid out independently", Trust: Independent}
		claim.Quantity = fmt.Sprintf("%s, %s, %s load: power", c.Mechanism, c.Label, class.Name)
		// A class at another load fails too.
		rows = append(rows, claim.Relative(ref.Number(i, "units"), c.Units(class.Load)+off, exact))
		claim.Unit, claim.Quantity = "1", fmt.Sprintf("%s, %s, %s load: saving", c.Mechanism, c.Label, class.Name)
		rows = append(rows, claim.Absolute(ref.Number(i, "saving"), c.Saving(plain, class.Load), exact))
	}
	return rows, nil
}

// limitRows states what bounds sleep: the SSB, and when it does not.
func limitRows(ctx Context) ([]Row, error) {
	const sleepBound = "longest silence: SSB period less its window (TS 38.331, TS 38.213 4.1); times of TR 38.864 Table 5.1-4"
	_, cell2, unit2, err := reference(ctx, "tr38864-cat2-set1")
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, period := range power.SSBPeriodsMs() {
		t := cell2.Time
		t.Signals = []power.Signal{t.Signals[0]}
		t.Signals[0].PeriodMs = period
		gap, err := t.LongestGapMs()
		if err != nil {
			return nil, err
		}
		c := Claim{fmt.Sprintf("longest silence of a serving cell, SSB every %g ms", period), "ms", sleepBound, Derived}
		rows = append(rows, c.Absolute(period-5, gap, 1e-9))
		depth, _ := cell2.Model.Cheapest(gap, power.DeeperSleep)
		c = Claim{fmt.Sprintf("category 2, SSB every %g ms: deepest sleep between bursts (0 micro)", period), "1", sleepBound, Derived}
		rows = append(rows, c.Absolute(0, float64(depth), 0))
	}
	// An SSB-less cell of category 2 may use the long cycles. In units of the
	// report: 5.5 awake, 2.1 in light sleep, 1088 unit ms of transitions.
	p, err := adapted(ctx, "tr38864-cat2-set1", power.Adaptation{SSBLess: true, DTXCycleMs: 1024, DTXOnMs: 200})
	if err != nil {
		return nil, err
	}
	c := Claim{"category 2, SSB-less, DTX 200 of 1024 ms, no load", "W", tr38864Source, Secondary}
	rows = append(rows, c.Relative((200*5.5+824*2.1+1088)/1024*unit2, p.PowerW(power.DTX, 0), exact))
	for _, q := range []struct {
		cycle, on float64
		want      power.Depth
	}{{640, 100, power.MicroSleep}, {1024, 200, power.LightSleep}, {10240, 200, power.LightSleep}} {
		depth, _ := cell2.Model.Cheapest(q.cycle-q.on, power.DeeperSleep)
		c := Claim{fmt.Sprintf("category 2, SSB-less, DTX %g of %g ms: cheapest sleep (0 micro, 1 light, 2 deep)", q.on, q.cycle), "1",
			tr38864Source + ": deep sleep pays over light only above 14.5 s", Derived}
		rows = append(rows, c.Absolute(float64(q.want), float64(depth), 0))
	}
	return append(rows, refusalRows(ctx)...), nil
}

// refusalRows counts the faults of settings that the standard does not have, or
// that a cell with SSB cannot use.
func refusalRows(ctx Context) []Row {
	var rows []Row
	for _, q := range []struct {
		what, profile string
		a             power.Adaptation
		want          float64
	}{
		{"category 2, DTX 200 of 1024 ms with SSB", "tr38864-cat2-set1", power.Adaptation{DTXCycleMs: 1024, DTXOnMs: 200}, 1},
		{"category 2, DTX 200 of 1024 ms without SSB", "tr38864-cat2-set1", power.Adaptation{DTXCycleMs: 1024, DTXOnMs: 200, SSBLess: true}, 0},
		{"SSB every 30 ms", target, power.Adaptation{SSBPeriodMs: 30}, 1},
		{"SSB period of a cell without SSB", target, power.Adaptation{SSBPeriodMs: 20, SSBLess: true}, 1},
		{"on-duration of 1/64 ms", target, power.Adaptation{DTXCycleMs: 160, DTXOnMs: 1.0 / 64}, 1},
		{"on-duration of 31/32 ms", target, power.Adaptation{DTXCycleMs: 160, DTXOnMs: 31.0 / 32}, 0},
		{"SIB1 on demand of a secondary cell", target, power.Adaptation{SIB1PeriodMs: 20, OnDemandSIB1: true, OnDemandSSB: true}, 1},
		{"SSB both never and on demand", target, power.Adaptation{OnDemandSSB: true, SSBLess: true}, 1},
		{"mechanisms of a field profile", "field-64t", power.Adaptation{SSBPeriodMs: 40}, 1},
	} {
		s := power.DefaultSpec()
		s.Target = map[string]power.Adaptation{q.profile: q.a}
		c := Claim{"faults of a setting: " + q.what, "1", "TS 38.331; limits of each mechanism", Derived}
		rows = append(rows, c.Absolute(q.want, float64(len(s.ValidateWith(ctx.Profiles))), 0))
	}
	return rows
}

// settingRows compares what settings make of a profile with figures by hand, in
// units of the report: idle 55; a burst is 32 symbols of 1/28 ms at 225 (0.4 +
// 0.6 20/273) above it, SIB1 the same at 48/273.
func settingRows(ctx Context) ([]Row, error) {
	_, unitW, err := plainCell(ctx)
	if err != nil {
		return nil, err
	}
	const (
		ssb  = 32.0 / 28 * 225 * (0.4 + 0.6*20/273)
		sib1 = 32.0 / 28 * 225 * (0.4 + 0.6*48/273)
		busy = 52.0/70*225 + 16.0/70*55
	)
	light := func(gap float64) float64 { return 90 + 25*gap }
	var rows []Row
	for _, q := range []struct {
		what  string
		a     power.Adaptation
		state power.State
		rho   float64
		want  float64
	}{
		{"SIB1 every 20 ms", power.Adaptation{SIB1PeriodMs: 20}, power.Full, 0, 55 + (ssb+sib1)/20},
		{"SIB1 on demand", power.Adaptation{SIB1PeriodMs: 20, OnDemandSIB1: true}, power.Full, 0, 55 + ssb/20},
		{"SIB1 every 80 ms and SSB every 160 ms", power.Adaptation{SIB1PeriodMs: 80, SSBPeriodMs: 160}, power.Full, 0, 55 + ssb/160 + sib1/80},
		{"SSB-less", power.Adaptation{SSBLess: true}, power.Full, 0, 55},
		{"SSB on demand, in use", power.Adaptation{OnDemandSSB: true}, power.Full, 0, 55 + ssb/20},
		{"SSB-less, full load", power.Adaptation{SSBLess: true}, power.Full, 1, 55 + busy},
		// 20 ms: active 0 to 31/32 and 10 to 10 31/32, a window to 5; a gap of
		// 5 ms too short for light sleep and one of 9 1/32 ms.
		{"DTX 31/32 of 10 ms, SSB every 20 ms", power.Adaptation{DTXCycleMs: 10, DTXOnMs: 31.0 / 32, SSBPeriodMs: 20}, power.DTX, 0,
			(55*(20-9-1.0/32) + light(9+1.0/32) + ssb) / 20},
		// The window of 20 ms falls on 80 and 100 in the silent part: gaps 60 to 80, 85 to 100, ...
		{"DTX 60 of 160 ms, SSB every 20 ms", power.Adaptation{DTXCycleMs: 160, DTXOnMs: 60, SSBPeriodMs: 20}, power.DTX, 0,
			(55*(60+5*5) + 5*light(15) + 8*ssb) / 160},
		{"DTX 60 of 160 ms, SSB every 20 ms, full load", power.Adaptation{DTXCycleMs: 160, DTXOnMs: 60, SSBPeriodMs: 20}, power.DTX, 1,
			(55*(60+5*5) + 5*light(15) + 5*ssb + 60*busy) / 160},
		{"back-off of 6 dB, full load", power.Adaptation{BackoffDB: 6}, power.Backoff, 1,
			55 + 52.0/70*225*(0.4+0.6*math.Pow(10, -0.6)) + 16.0/70*55},
	} {
		p, err := adapted(ctx, target, q.a)
		if err != nil {
			return nil, err
		}
		c := Claim{"category 1, set 1, " + q.what, "W", tr38864Source + "; worked by hand", Derived}
		rows = append(rows, c.Relative(q.want*unitW, p.PowerW(q.state, q.rho), exact))
	}
	more, err := wakeRows(ctx)
	return append(rows, more...), err
}

// wakeRows compares the time back to service of sleeping secondary cells.
func wakeRows(ctx Context) ([]Row, error) {
	var rows []Row
	for _, q := range []struct {
		what, profile string
		a             power.Adaptation
		sleep, deep   float64 // s
	}{
		{"a cell set up anew", target, power.Adaptation{SSBPeriodMs: 20}, 0.003 + 2, 0.025 + 10},
		{"SSB on demand", target, power.Adaptation{OnDemandSSB: true}, 0.003 + 0.030, 0.025 + 0.030},
		{"SSB-less", target, power.Adaptation{SSBLess: true}, 0.003 + 0.010, 0.025 + 0.010},
		{"category 2, SSB-less", "tr38864-cat2-set1", power.Adaptation{SSBLess: true}, 0.32 + 0.010, 5 + 0.010},
	} {
		p, err := adapted(ctx, q.profile, q.a)
		if err != nil {
			return nil, err
		}
		c := Claim{Unit: "s", Source: "half of TR 38.864 Table 5.1-4; activation of a configured cell 10 or 30 ms (TS 38.133 8.3, recalled)", Trust: Recalled}
		c.Quantity = "wake from carrier sleep: " + q.what
		rows = append(rows, c.Relative(q.sleep, float64(p.States[power.Sleep].ExitUs)/1e6, exact))
		c.Quantity = "wake from deep sleep: " + q.what
		rows = append(rows, c.Relative(q.deep, float64(p.States[power.DeepSleep].ExitUs)/1e6, exact))
	}
	return rows, nil
}
