package validation

import (
	"fmt"
	"math"

	"hibernet/sim/power"
)

// rise returns the largest rise from one value to the next: the measure by
// which a sequence fails to fall. NaN counts as infinite.
func rise(values []float64) float64 {
	worst := 0.0
	for i := 1; i < len(values); i++ {
		if d := values[i] - values[i-1]; !(d <= worst) {
			worst = d
			if math.IsNaN(d) {
				return math.Inf(1)
			}
		}
	}
	return worst
}

// monotoneRows states that more of a mechanism never draws more.
func monotoneRows(ctx Context) ([]Row, error) {
	plain, _, err := plainCell(ctx)
	if err != nil {
		return nil, err
	}
	var failed error
	units := func(change func(c *power.Cell), rho float64) float64 {
		c := plain
		c.Time.Signals = append([]power.Signal(nil), plain.Time.Signals...)
		change(&c)
		base, slope, err := c.Line()
		if err != nil {
			failed = err
		}
		return base + slope*rho
	}
	var period, empty, chains, offset, on []float64
	for _, ms := range power.SIB1PeriodsMs() {
		every := func(c *power.Cell) { c.Time.Signals[0].PeriodMs, c.Time.Signals[1].PeriodMs = ms, ms }
		period = append(period, units(every, 0))
		c := plain
		c.Time.Signals = append([]power.Signal(nil), plain.Time.Signals...)
		every(&c)
		e, err := c.EmptyUnits()
		if err != nil {
			failed = err
		}
		empty = append(empty, e)
	}
	for share := 1.0; share >= 0.125; share /= 2 {
		chains = append(chains, units(func(c *power.Cell) { c.ChainShare = share }, 0.5))
	}
	for db := 0.0; db <= 18; db += 3 {
		offset = append(offset, units(func(c *power.Cell) { c.DataPower = math.Pow(10, -db/10) }, 0.5))
	}
	durations := power.DTXOnDurationsMs()
	for i := len(durations) - 1; i >= 0; i-- {
		if ms := durations[i]; ms < 160 {
			on = append(on, units(func(c *power.Cell) { c.Time.CycleMs, c.Time.OnMs = 160, ms }, 0))
		}
	}
	var rows []Row
	for _, q := range []struct {
		what   string
		values []float64
	}{
		{"longer periods of SSB and SIB1, no load", period}, {"longer periods of SSB and SIB1, no users", empty},
		{"fewer chains at equal load", chains}, {"more back-off at equal load", offset}, {"shorter on-durations of DTX, no load", on},
	} {
		c := Claim{"power never rises with " + q.what + ": largest rise", "unit", "order of the mechanisms' settings", Derived}
		rows = append(rows, c.AtMost(1e-9, rise(q.values)))
	}
	var without []float64
	for _, class := range power.LoadClasses() {
		var saving []float64 // falls from SSB-less to SSB on demand to SIB1 on demand
		for _, name := range []string{"ssb_less", "on_demand_ssb", "on_demand_sib1"} {
			for _, c := range power.Cases(plain) {
				if c.Mechanism == name {
					saving = append(saving, c.Saving(plain, class.Load))
					break
				}
			}
		}
		without = append(without, rise(saving))
	}
	c := Claim{"each signal given up saves as much or more: largest violation over the classes of load", "1", "order of the mechanisms", Derived}
	worst := 0.0
	for _, v := range without {
		worst = math.Max(worst, v)
	}
	return append(rows, c.AtMost(1e-9, worst)), failed
}

// backoffRows compares power-domain adaptation with what the study reports.
func backoffRows(ctx Context) ([]Row, error) {
	_, plain, _, err := reference(ctx, target)
	if err != nil {
		return nil, err
	}
	const source = "3GPP TR 38.864 V18.1.0 clause 6.4.1, as quoted by an O-RAN conflict benchmark (E6)"
	saving := func(db, rho, rate float64) float64 {
		c := power.Case{Cell: plain, Unused: plain, RateShare: rate}
		c.Cell.DataPower = math.Pow(10, -db/10)
		return c.Saving(plain, rho)
	}
	var rows []Row
	// The range over all companies' settings, -3 to -18 dB: 2.3 to 51.5 %.
	for _, class := range power.LoadClasses()[1:] {
		for _, db := range []float64{3, 18} {
			c := Claim{fmt.Sprintf("power domain, -%g dB, %s load: saving in the study's range", db, class.Name), "1", source, Secondary}
			rows = append(rows, c.Within(0.023, 0.515, saving(db, class.Load, 1)))
		}
	}
	// One company's figures at light load (category 1), with its own loss of
	// user throughput: that is (rate - rho)/(1 - rho) of before.
	rho := power.LoadClasses()[2].Load
	for _, q := range []struct{ db, want, loss, lo, hi float64 }{
		{3, 0.087, 0.020, 0.107, 0.110}, {6, 0.111, 0.057, 0.157, 0.161}, {9, 0.090, 0.108, 0.178, 0.182},
	} {
		rate := rho + (1-rho)*(1-q.loss)
		c := Claim{fmt.Sprintf("power domain, -%g dB, light load: saving at %.3g %% loss of user throughput", q.db, 100*q.loss), "1", source, Secondary}
		rows = append(rows, c.Still("D8", q.want, q.lo, q.hi, saving(q.db, rho, rate)))
	}
	return rows, nil
}

// ladderRows asserts what the ladder's back-off does that the standard's does
// not, and that each mechanism has its cases.
func ladderRows(ctx Context) ([]Row, error) {
	p, cell, unitW, err := reference(ctx, target)
	if err != nil {
		return nil, err
	}
	cell.DataPower = p.States[power.Backoff].PowerShare
	kept, _, err := cell.Line()
	if err != nil {
		return nil, err
	}
	c := Claim{"back-off of 3 dB, no load: SSB at full power in the standard, lowered on the ladder", "W", "3GPP Release 18: an offset on PDSCH", Secondary}
	rows := []Row{c.Still("D9", kept*unitW, 0.99*kept*unitW, 0.998*kept*unitW, p.PowerW(power.Backoff, 0))}
	count := map[string]float64{}
	for _, c := range power.Cases(cell) {
		count[c.Mechanism]++
	}
	listed := 0.0
	for _, m := range power.Mechanisms() {
		if count[m.Name] == 0 {
			return nil, fmt.Errorf("mechanism %s: no case", m.Name)
		}
		listed += count[m.Name]
	}
	c = Claim{"cases of mechanisms that are not listed", "1", "power.Mechanisms", Derived}
	return append(rows, c.AtMost(0, float64(len(power.Cases(cell)))-listed)), nil
}

// caseFigure draws the saving of each case over the classes of load.
func caseFigure(ctx Context) (Figure, error) {
	f := Figure{
		Name: "mechanism_saving", Title: "What each mechanism saves on the reference cell (TR 38.864, category 1, set 1) at the classes of load",
		XLabel: "load (share of resources; 0: no users)", YLabel: "saving (% of the plain cell's power)",
	}
	plain, _, err := plainCell(ctx)
	if err != nil {
		return f, err
	}
	for _, c := range power.Cases(plain) {
		s := Series{Name: c.Mechanism + ": " + c.Label}
		for _, class := range power.LoadClasses() {
			s.X = append(s.X, class.Load)
			s.Y = append(s.Y, 100*c.Saving(plain, class.Load))
		}
		f.Series = append(f.Series, s)
	}
	return f, nil
}
