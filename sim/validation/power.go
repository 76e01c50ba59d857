package validation

import (
	"fmt"
	"math"
	"strings"

	"hibernet/sim/power"
)

// tr38864Source is where the base-station power model of the study is quoted.
const tr38864Source = "3GPP TR 38.864 V18.1.0 clause 5.1, as quoted by the energy model of ns-3 5G-LENA"

// exact is the tolerance of formulas against the same formulas worked out
// elsewhere: the digits of the reference files.
const exact = 1e-8

// powerCheck sets the power models and every number of the profiles beside
// tables and values worked out without this program.
func powerCheck() Check {
	return Check{
		Name: "power",
		Doc:  "power models and every state of every embedded profile against published tables and values worked out independently; the energy of a macro site",
		Run: func(ctx Context) (Result, error) {
			var r Result
			for _, part := range []func(Context) ([]Row, error){
				activeRows, tablesRows, breakEvenRows, emptyRows, spreadRows, earthRows,
				typeRows, stateRows, mimoRows, sleepModeRows, unitRows, standInRows, aggregateRows, siteRows, overrideRows, ownRows,
			} {
				rows, err := part(ctx)
				if err != nil {
					return r, err
				}
				r.Rows = append(r.Rows, rows...)
			}
			f, err := loadFigure(ctx)
			r.Figures = append(r.Figures, f)
			return r, err
		},
	}
}

// fromRef makes a row of each line of a reference.
func fromRef(name string, row func(ref *Reference, i int) (Row, error)) ([]Row, error) {
	ref, err := Ref(name)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, 0, ref.Len())
	for i := range ref.Len() {
		r, err := row(ref, i)
		if err != nil {
			return nil, fmt.Errorf("reference %s, row %d: %w", name, i+1, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// activeRows compares the formulas of active symbols.
func activeRows(Context) ([]Row, error) {
	m := power.TR38864{Deep: 1, Light: 25, Micro: 55, DL: 280, UL: 110, A: 0.4}
	rows, err := fromRef("power_active", func(ref *Reference, i int) (Row, error) {
		m := m
		m.DualEta = ref.Text(i, "dual") == "1"
		sa, sf, sp := ref.Number(i, "sa"), ref.Number(i, "sf"), ref.Number(i, "sp")
		c := Claim{
			Quantity: fmt.Sprintf("downlink symbol, s_a %g, s_f %g, s_p %g, %s eta", sa, sf, sp, eta(m.DualEta)),
			Unit:     "unit", Source: tr38864Source, Trust: Secondary,
		}
		return c.Relative(ref.Number(i, "units"), m.ActiveDL(sa, sf, sp), exact), nil
	})
	for _, u := range []struct{ sa, want float64 }{{1, 110}, {0.5, 82.5}, {0, 55}, {1.04, 110}} {
		c := Claim{Quantity: fmt.Sprintf("uplink symbol, s_a %g", u.sa), Unit: "unit", Source: tr38864Source, Trust: Secondary}
		rows = append(rows, c.Relative(u.want, m.ActiveUL(u.sa), exact))
	}
	return rows, err
}

func eta(dual bool) string {
	if dual {
		return "dual"
	}
	return "single"
}

// reference returns the cell that a profile was made of.
func reference(ctx Context, profile string) (power.Profile, power.Cell, float64, error) {
	p, err := power.Lookup(ctx.Profiles, profile)
	if err != nil {
		return p, power.Cell{}, 0, err
	}
	c, unitW, ok := p.Reference()
	if !ok || len(c.Time.Signals) != 1 {
		return p, c, unitW, fmt.Errorf("%s: not made of the reference model with SSB", profile)
	}
	return p, c, unitW, nil
}

// tablesRows compares the report's tables and what it leaves open with what
// the embedded profiles were made of, and with what their watts give back.
func tablesRows(ctx Context) ([]Row, error) {
	rows, err := fromRef("power_tr38864", func(ref *Reference, i int) (Row, error) {
		name, quantity := ref.Text(i, "profile"), ref.Text(i, "quantity")
		p, c, unitW, err := reference(ctx, name)
		if err != nil {
			return Row{}, err
		}
		m, b := c.Model, c.Time.Signals[0]
		got, ok := map[string]float64{
			"deep sleep": m.Deep, "light sleep": m.Light, "micro sleep": m.Micro, "active DL": m.DL, "active UL": m.UL,
			"light transition time": m.LightMs, "light transition energy": m.LightE,
			"deep transition time": m.DeepMs, "deep transition energy": m.DeepE, "static share A": m.A,
			"downlink share": c.Time.Frame.DLShare, "uplink share": c.Time.Frame.ULShare, "length of a symbol": c.Time.Frame.SymbolMs,
			"SSB period": b.PeriodMs, "SSB window": b.WindowMs, "SSB symbols": b.Symbols, "SSB resource block share": b.RBShare,
			"power at full load": p.PowerW(power.Full, 1),
		}[quantity]
		if !ok || (quantity == "power at full load" && !(unitW > 0)) {
			return Row{}, fmt.Errorf("%s: no such quantity", quantity)
		}
		source := ref.Text(i, "source")
		if strings.HasPrefix(source, "Table") || strings.HasPrefix(source, "clause") {
			source = "3GPP TR 38.864 V18.1.0 " + source + ", as quoted by ns-3 5G-LENA"
		}
		claim := Claim{Quantity: name + ": " + quantity, Unit: ref.Text(i, "unit"), Source: source, Trust: ref.Text(i, "trust")}
		return claim.Relative(ref.Number(i, "value"), got, exact), nil
	})
	if err != nil {
		return nil, err
	}
	watts, err := wattRows(ctx)
	return append(rows, watts...), err
}

// wattRows recovers the report's units from the watts of a profile's states.
func wattRows(ctx Context) ([]Row, error) {
	_, cell, _, err := reference(ctx, "tr38864-cat1-set1")
	if err != nil {
		return nil, err
	}
	whole := Claim{"reference cell: shares of chains, data power and signal power together", "1", "the reference configuration", Derived}
	rows := []Row{whole.Absolute(3, cell.ChainShare+cell.DataPower+cell.SignalPower, 0)}
	for _, s := range []struct {
		name               string
		light, micro, full float64
	}{
		// Full load: P3 + 52/70 (P4 - P3) + 16/70 (P5 - P3) for TDD, P4 for FDD.
		{"tr38864-cat1-set1", 25, 55, 55 + 52.0/70*225 + 16.0/70*55},
		{"tr38864-cat1-set2", 25, 50, 200},
		{"tr38864-cat1-set3", 25, 38, 38 + 52.0/70*114 + 16.0/70*42},
		{"tr38864-cat2-set1", 2.1, 5.5, 5.5 + 52.0/70*26.5 + 16.0/70*1},
		{"tr38864-cat2-set2", 2.1, 5, 26},
		{"tr38864-cat2-set3", 2.1, 3, 3 + 52.0/70*14.6 + 16.0/70*1.2},
	} {
		p, _, _, err := reference(ctx, s.name)
		if err != nil {
			return nil, err
		}
		unit := p.PowerW(power.DeepSleep, 0)
		// Idle power is P3 plus bursts that follow the chains.
		micro := 2*p.PowerW(power.HalfTRX, 0) - p.PowerW(power.Full, 0)
		for _, q := range []struct {
			name      string
			want, got float64
		}{
			{"light sleep", s.light, p.PowerW(power.Sleep, 0) / unit},
			{"micro sleep", s.micro, micro / unit},
			{"full load", s.full, p.PowerW(power.Full, 1) / unit},
		} {
			c := Claim{Quantity: s.name + ": " + q.name + ", recovered from watts", Unit: "unit", Source: tr38864Source, Trust: Secondary}
			rows = append(rows, c.Relative(q.want, q.got, exact))
		}
	}
	// Set 2's anchor follows from set 1's efficiency and radiated power.
	p1, err := power.Lookup(ctx.Profiles, "tr38864-cat1-set1")
	if err != nil {
		return nil, err
	}
	p2, err := power.Lookup(ctx.Profiles, "tr38864-cat1-set2")
	if err != nil {
		return nil, err
	}
	radiated := func(dbm float64) float64 { return math.Pow(10, dbm/10-3) }
	efficiency := radiated(55) / (0.6 * 225 * p1.PowerW(power.DeepSleep, 0))
	c := Claim{Quantity: "tr38864-cat1-set2: power at full load from 49 dBm at the efficiency of set 1", Unit: "W",
		Source: "3GPP TR 38.864 V18.1.0 Table 5.1-1, as quoted by ns-3 5G-LENA", Trust: Derived}
	return append(rows, c.Relative(200*radiated(49)/efficiency/(0.6*150), p2.PowerW(power.Full, 1), 0.005)), nil
}

// depths by the names of the reference files.
var depths = map[string]power.Depth{"micro": power.MicroSleep, "light": power.LightSleep, "deep": power.DeeperSleep}

func breakEvenRows(ctx Context) ([]Row, error) {
	return fromRef("power_breakeven", func(ref *Reference, i int) (Row, error) {
		name := ref.Text(i, "profile")
		_, c, _, err := reference(ctx, name)
		if err != nil {
			return Row{}, err
		}
		claim := Claim{Quantity: fmt.Sprintf("%s: gap above which %s sleep beats %s", name, ref.Text(i, "depth"), ref.Text(i, "over")),
			Unit: "ms", Source: "3GPP TR 38.864 V18.1.0 Tables 5.1-3 and 5.1-5, worked by hand", Trust: Derived}
		got := c.Model.BreakEvenMs(depths[ref.Text(i, "over")], depths[ref.Text(i, "depth")])
		return claim.Relative(ref.Number(i, "gap_ms"), got, exact), nil
	})
}

func emptyRows(ctx Context) ([]Row, error) {
	return fromRef("power_empty", func(ref *Reference, i int) (Row, error) {
		name, depth := ref.Text(i, "profile"), ref.Text(i, "depth")
		_, c, _, err := reference(ctx, name)
		if err != nil {
			return Row{}, err
		}
		s := c.Time.Signals[0]
		b := power.SSB{PeriodMs: ref.Number(i, "period_ms"), WindowMs: s.WindowMs, Symbols: s.Symbols, RBShare: s.RBShare}
		got, ok := c.Model.EmptyCell(c.Time.Frame, b, depths[depth])
		if !ok {
			got = math.NaN()
		}
		claim := Claim{Quantity: fmt.Sprintf("%s: empty cell, SSB every %g ms, %s sleep between", name, b.PeriodMs, depth),
			Unit: "unit", Source: tr38864Source, Trust: Secondary}
		return claim.Relative(ref.Number(i, "units"), got, exact), nil
	})
}

func spreadRows(ctx Context) ([]Row, error) {
	_, c, _, err := reference(ctx, "tr38864-cat1-set1")
	if err != nil {
		return nil, err
	}
	return fromRef("power_spread", func(ref *Reference, i int) (Row, error) {
		sa, sp, rho := ref.Number(i, "sa"), ref.Number(i, "sp"), ref.Number(i, "load")
		claim := Claim{Quantity: fmt.Sprintf("traffic spread over frequency, s_a %g, s_p %g, load %g", sa, sp, rho),
			Unit: "unit", Source: tr38864Source, Trust: Secondary}
		return claim.Relative(ref.Number(i, "units"), c.Model.Spread(c.Time.Frame, sa, sp, rho), exact), nil
	})
}

// earthRows compares whole stations with EARTH's table.
func earthRows(ctx Context) ([]Row, error) {
	ref, err := Ref("power_earth")
	if err != nil {
		return nil, err
	}
	var rows []Row
	for i := range ref.Len() {
		name, units := ref.Text(i, "profile"), ref.Number(i, "units")
		p, err := power.Lookup(ctx.Profiles, name)
		if err != nil {
			return nil, err
		}
		for _, q := range []struct {
			what, column string
			got          float64
		}{
			{"full load", "full_w", p.PowerW(power.Full, 1)}, {"idle", "idle_w", p.PowerW(power.Full, 0)},
			{"asleep", "sleep_w", p.PowerW(power.Sleep, 0)}, {"deeply asleep", "sleep_w", p.PowerW(power.DeepSleep, 0)},
		} {
			c := Claim{Quantity: name + ": whole station, " + q.what, Unit: "W",
				Source: "Auer et al., IEEE Wireless Communications 18(5), 2011, eq. 1 and Table II", Trust: Secondary}
			rows = append(rows, c.Relative(ref.Number(i, q.column), units*q.got, exact))
		}
	}
	return rows, nil
}
