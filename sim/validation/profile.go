package validation

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"hibernet/sim/power"
)

// typeOf says where the numbers of a profile's states come from.
type typeOf struct {
	source, trust string
	row           int
}

// types reads the sources of the profiles.
func types() (map[string]typeOf, *Reference, error) {
	ref, err := Ref("power_types")
	if err != nil {
		return nil, nil, err
	}
	out := map[string]typeOf{}
	for i := range ref.Len() {
		out[ref.Text(i, "profile")] = typeOf{ref.Text(i, "source"), ref.Text(i, "trust"), i}
	}
	return out, ref, nil
}

// typeRows compares what the profiles say of whole units, and the spread that
// comes of base_cv.
func typeRows(ctx Context) ([]Row, error) {
	of, ref, err := types()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, p := range ctx.Profiles {
		t, ok := of[p.Name]
		if !ok {
			return nil, fmt.Errorf("reference power_types: no profile %s", p.Name)
		}
		whole := 0.0
		if p.WholeSite {
			whole = 1
		}
		for _, q := range []struct {
			what, unit, column string
			got                float64
		}{
			{"chains", "1", "trx", float64(p.TRX)}, {"spread between units", "1", "base_cv", p.BaseCV}, {"whole site", "1", "whole_site", whole},
		} {
			c := Claim{Quantity: p.Name + ": " + q.what, Unit: q.unit, Source: t.source, Trust: t.trust}
			rows = append(rows, c.Absolute(ref.Number(t.row, q.column), q.got, exact))
		}
	}
	// One unit's factor: log-normal with mean 1, exp(sigma z - sigma^2/2),
	// sigma^2 = ln(1 + cv^2).
	p := power.Profile{BaseCV: 0.2}
	sigma := math.Sqrt(math.Log(1.04))
	for _, z := range []float64{-1, 0, 2} {
		c := Claim{Quantity: fmt.Sprintf("factor of a unit %g deviations from the middle, spread 0.2", z), Unit: "1",
			Source: "log-normal distribution with mean 1", Trust: Derived}
		rows = append(rows, c.Relative(math.Exp(sigma*z-sigma*sigma/2), p.Offset(z, 1), exact))
	}
	if len(of) != len(ctx.Profiles) {
		return nil, fmt.Errorf("reference power_types: %d profiles, and there are %d", len(of), len(ctx.Profiles))
	}
	return rows, nil
}

// stateRows compares every number of every state: powers in watts each on a row,
// times, energies and shares together as the worst relative error.
func stateRows(ctx Context) ([]Row, error) {
	of, _, err := types()
	if err != nil {
		return nil, err
	}
	ref, err := Ref("power_states")
	if err != nil {
		return nil, err
	}
	var rows []Row
	states := 0
	for i := range ref.Len() {
		name := ref.Text(i, "profile")
		p, err := power.Lookup(ctx.Profiles, name)
		if err != nil {
			return nil, err
		}
		s, err := power.ParseState(ref.Text(i, "state"))
		if err != nil {
			return nil, err
		}
		t := of[name]
		claim := func(what, unit string) Claim {
			return Claim{Quantity: fmt.Sprintf("%s: %v, %s", name, s, what), Unit: unit, Source: t.source, Trust: t.trust}
		}
		rows = append(rows, claim("no load", "W").Absolute(ref.Number(i, "base_w"), p.PowerW(s, 0), exact*p.PowerW(power.Full, 1)))
		if s.Awake() {
			rows = append(rows, claim("full load", "W").Relative(ref.Number(i, "full_w"), p.PowerW(s, 1), exact))
		}
		rows = append(rows, claim("worst error of times, energy and shares", "1").AtMost(exact, worstError(ref, i, &p.States[s])))
	}
	for _, p := range ctx.Profiles {
		for _, d := range p.States {
			if d.Available {
				states++
			}
		}
	}
	c := Claim{Quantity: "states that the profiles offer", Unit: "1", Source: "count of the reference file", Trust: Derived}
	return append(rows, c.Absolute(float64(ref.Len()), float64(states), 0)), nil
}

// worstError returns the largest relative error of a state's numbers beside its
// powers. Times are whole microseconds.
func worstError(ref *Reference, i int, d *power.StateData) float64 {
	worst := 0.0
	for _, q := range []struct {
		column string
		got    float64
	}{
		{"entry_s", float64(d.EntryUs) / 1e6}, {"wake_s", float64(d.WakeUs) / 1e6}, {"control_s", float64(d.ControlUs) / 1e6},
		{"transition_j", d.TransitionJ}, {"chain", d.ChainShare}, {"power", d.PowerShare}, {"capacity", d.CapacityShare}, {"layers", d.MaxLayers},
	} {
		want := ref.Number(i, q.column)
		e := math.Abs(q.got - want)
		if want != 0 {
			e /= math.Abs(want)
		}
		// max would hide a NaN.
		if !(e <= worst) {
			worst = e
		}
	}
	if d.ExitUs != d.WakeUs+d.ControlUs {
		return math.Inf(1)
	}
	return worst
}

func mimoRows(Context) ([]Row, error) {
	m := power.MIMO{
		Epsilon: 8.2e-3, Eta: 0.25, PAMaxW: 3.125, ChainW: 1, SyncW: 1, FixedW: 18, TxW: 0.2,
		CodingWPerGbps: 1, BandwidthGHz: 0.02, GflopsPerW: 12.8, Coherence: 5000,
	}
	ref, err := Ref("power_mimo")
	if err != nil {
		return nil, err
	}
	var rows []Row
	for i := range ref.Len() {
		antennas, users, gbps := ref.Number(i, "antennas"), ref.Number(i, "users"), ref.Number(i, "gbps")
		c := Claim{Unit: "W", Source: "Cai et al., ICC 2024 (arXiv 2402.03204): the published environment", Trust: Primary}
		c.Quantity = fmt.Sprintf("massive MIMO, %g antennas for %g users at %g Gbit/s: no load", antennas, users, gbps)
		rows = append(rows, c.Relative(ref.Number(i, "no_load_w"), m.NoLoadW(antennas), exact))
		c.Quantity = fmt.Sprintf("massive MIMO, %g antennas for %g users at %g Gbit/s: load", antennas, users, gbps)
		rows = append(rows, c.Relative(ref.Number(i, "load_w"), m.LoadW(antennas, users, gbps), exact))
	}
	return rows, nil
}

// sleepModeRows compares the profile's modes SM1 to SM4 in gaps.
func sleepModeRows(ctx Context) ([]Row, error) {
	const source = "Debaillie et al. 2015, Salem et al. 2018, as in wghaotian/IC_Institutsprojekt; SM4's power recalled"
	p, err := power.Lookup(ctx.Profiles, "asm-macro")
	if err != nil {
		return nil, err
	}
	sleepModes := p.SleepModes()
	ref, err := Ref("power_asm")
	if err != nil {
		return nil, err
	}
	var rows []Row
	for i := range ref.Len() {
		gap := ref.Number(i, "gap_ms")
		c := Claim{Unit: "1", Source: source, Trust: Secondary, Quantity: fmt.Sprintf("deepest sleep mode in a gap of %g ms", gap)}
		rows = append(rows, c.Absolute(ref.Number(i, "mode"), float64(1+power.DeepestMode(sleepModes, gap)), 0))
		c.Unit, c.Quantity = "W", fmt.Sprintf("mean power in a gap of %g ms", gap)
		rows = append(rows, c.Relative(ref.Number(i, "watt"), power.GapW(p.PowerW(power.Full, 0), sleepModes, gap), exact))
	}
	more, err := fromRef("power_asm_ssb", func(ref *Reference, i int) (Row, error) {
		period, window, load := ref.Number(i, "period_ms"), ref.Number(i, "window_ms"), ref.Number(i, "load")
		c := Claim{Unit: "W", Source: source, Trust: Secondary,
			Quantity: fmt.Sprintf("sleep modes in the gaps of SSB every %g ms, load %g", period, load)}
		return c.Relative(ref.Number(i, "watt"), power.SSBGapsW(250, 109, sleepModes, period, window, load), exact), nil
	})
	return append(rows, more...), err
}

// referenceUnit is the unit of reference/power_unit.csv.
func referenceUnit() power.Unit {
	shares := [power.NumStates]power.StateShares{
		power.Full: {Chain: 1, Power: 1, Time: 1}, power.HalfTRX: {Chain: 0.5, Power: 1, Time: 1},
		power.QuarterTRX: {Chain: 0.25, Power: 1, Time: 1}, power.Backoff: {Chain: 1, Power: 0.5, Time: 1},
		power.DTX: {Chain: 1, Power: 1, Time: 0.5},
	}
	return power.Unit{
		SupervisorW: 100, DeepW: 80, BasebandW: 120, Chains: 64, ChainW: 1.5, PAW: 2,
		Carriers: []power.UnitCarrier{
			{OwnW: 30, TxW: 200, Eta: 0.4, PA: 0, Shares: shares},
			{OwnW: 20, TxW: 100, Eta: 0.5, PA: 0, Shares: shares},
			{OwnW: 25, TxW: 160, Eta: 0.32, PA: 1, Shares: shares},
		},
	}
}

func unitRows(Context) ([]Row, error) {
	const source = "structure of Piovesan et al., IEEE Communications Magazine 60(10), 2022 (recalled); coefficients of the test"
	ref, err := Ref("power_unit")
	if err != nil {
		return nil, err
	}
	u := referenceUnit()
	var rows []Row
	for i := range ref.Len() {
		names, numbers := strings.Fields(ref.Text(i, "states")), strings.Fields(ref.Text(i, "loads"))
		if len(names) != len(u.Carriers) || len(numbers) != len(names) {
			return nil, errors.New("reference power_unit: want three states and loads")
		}
		states, loads := make([]power.State, len(names)), make([]float64, len(names))
		for k := range names {
			if states[k], err = power.ParseState(names[k]); err != nil {
				return nil, err
			}
			if _, err := fmt.Sscanf(numbers[k], "%g", &loads[k]); err != nil {
				return nil, fmt.Errorf("reference power_unit: %w", err)
			}
		}
		var dst [3]float64
		total := u.PowerTo(dst[:], states, loads)
		worst := 0.0
		for k, column := range []string{"first_w", "second_w", "third_w"} {
			worst = math.Max(worst, math.Abs(dst[k]-ref.Number(i, column)))
		}
		c := Claim{Quantity: fmt.Sprintf("unit of three carriers, %s, loads %s", strings.Join(names, " "), ref.Text(i, "loads")), Unit: "W", Source: source, Trust: Recalled}
		rows = append(rows, c.Relative(ref.Number(i, "unit_w"), total, exact))
		c.Quantity += ": worst error of a carrier's part"
		rows = append(rows, c.AtMost(1e-6, worst))
	}
	return rows, nil
}

// ownFile is a profile as a user states one.
const ownFile = `
profiles:
  - name: own
    family: field
    source: a test
    trx: 8
    max_layers: 4
    base_cv: 0.1
    control_s: {carrier_sleep: 2}
    states:
      full: {base_w: 300, slope_w: 200}
      half_trx: {base_w: 220, slope_w: 100, chain_share: 0.5, entry_ms: 7, wake_ms: 11}
      dtx: {base_w: 210, slope_w: 90, capacity_share: 0.4, max_layers: 3}
      carrier_sleep: {base_w: 100, entry_ms: 5, wake_ms: 20.00049, transition_j: 3}
`

// ownRows compares what a profile of the direct form is decoded to. Times are
// rounded to whole microseconds.
func ownRows(Context) ([]Row, error) {
	ps, err := power.Decode("own", []byte(ownFile))
	if err != nil {
		return nil, err
	}
	half, dtx, sleep := ps[0].States[power.HalfTRX], ps[0].States[power.DTX], ps[0].States[power.Sleep]
	var rows []Row
	for _, q := range []struct {
		what, unit string
		want, got  float64
	}{
		{"half of the chains, half loaded", "W", 270, half.BaseW + half.SlopeW/2},
		{"half of the chains: entry", "us", 7000, float64(half.EntryUs)},
		{"half of the chains: exit", "us", 11000, float64(half.ExitUs)},
		{"half of the chains: layers", "1", 2, half.MaxLayers},
		{"half of the chains: shares of chains, power, capacity", "1", 0.5, half.ChainShare * half.PowerShare * half.CapacityShare},
		{"DTX: share of chains", "1", 1, dtx.ChainShare},
		{"DTX: share of capacity", "1", 0.4, dtx.CapacityShare},
		{"DTX: layers", "1", 3, dtx.MaxLayers},
		{"carrier sleep: entry", "us", 5000, float64(sleep.EntryUs)},
		{"carrier sleep: exit", "us", 20000 + 2e6, float64(sleep.ExitUs)},
		{"carrier sleep: energy", "J", 3 + 2*200, sleep.TransitionJ},
	} {
		c := Claim{"profile of a user's file, " + q.what, q.unit, "the form's definition", Derived}
		rows = append(rows, c.Absolute(q.want, q.got, 1e-9))
	}
	return append(rows, boundRows()...), nil
}

// boundRows states which numbers of a file are refused.
func boundRows() []Row {
	const modes = `
profiles:
  - name: own
    family: literature
    source: a test
    trx: 1
    asm:
      active_w: 250
      idle_w: 109
      ssb_period_ms: 20
      ssb_window_ms: 5
      modes: [{power_w: 50, change_ms: 0.1}, {power_w: 40, change_ms: 0.5}, {power_w: 30, change_ms: 5}, {power_w: 20, change_ms: 500}]
`
	var rows []Row
	for _, q := range []struct {
		what, file, old, new string
		want                 float64
	}{
		{"none", ownFile, "", "", 0},
		{"none, of sleep modes", modes, "", "", 0},
		{"a unit of 100 kW", ownFile, "base_w: 300", "base_w: 100000", 0},
		{"a unit of 101 kW", ownFile, "base_w: 300", "base_w: 101000", 1},
		{"an entry of an hour", ownFile, "entry_ms: 5,", "entry_ms: 3600000,", 0},
		{"an entry of 61 minutes", ownFile, "entry_ms: 5,", "entry_ms: 3660000,", 1},
		{"an SSB window of 5.1 ms", modes, "window_ms: 5", "window_ms: 5.1", 1},
	} {
		refused := 0.0
		if _, err := power.Decode("own", []byte(strings.Replace(q.file, q.old, q.new, 1))); err != nil {
			refused = 1
		}
		c := Claim{"whether a file of profiles is refused for " + q.what, "1", "bounds of files: 100 kW, an hour; half a frame (TS 38.213 4.1)", Derived}
		rows = append(rows, c.Absolute(q.want, refused, 0))
	}
	return rows
}
