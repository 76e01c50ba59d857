package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// faulty returns a network in which the given things break.
func faulty(t testing.TB, spec Spec, faults fault.Spec, site power.Spec, topo *topology.Topology, workers int) *Network {
	t.Helper()
	model := radio.DefaultSpec()
	model.Tolerance = 1e-6
	n, err := New(spec, Parts{
		Topology: topo, Radio: model, Site: site, Workers: workers, Faults: faults,
		Profiles: []power.Profile{testProfile(), testProfile()}, Key: rng.Root(7),
	})
	must(t, err)
	return n
}

// quiet is a Spec of scheduled faults only, with no battery and no restart.
func quiet(list ...fault.Scheduled) fault.Spec {
	s := fault.DefaultSpec()
	s.RestartS, s.Battery.CapacityKWh, s.Compensation = 0, 0, fault.Compensation{}
	s.Scheduled = list
	return s
}

func down(n *Network) string {
	out := ""
	for c, d := range n.View().Down {
		if d {
			out += fmt.Sprint(" ", c)
		}
	}
	return out
}

func TestWhatEachKindTakesDown(t *testing.T) {
	for _, c := range []struct {
		what fault.Scheduled
		want string
	}{
		{fault.Scheduled{Kind: "radio_unit", Sector: 1, Carrier: "high"}, " 3"},
		{fault.Scheduled{Kind: "radio_unit", Sector: 1}, " 2 3"},
		{fault.Scheduled{Kind: "baseband", Site: 2}, " 4 5"},
		{fault.Scheduled{Kind: "mains", Site: 0}, " 0 1"},
		{fault.Scheduled{Kind: "mains", Site: 1, RadiusM: 500}, " 0 1 2 3 4 5"},
	} {
		c.what.StartH, c.what.DurationH = 1, 0.5
		n := faulty(t, DefaultSpec(), quiet(c.what), bare(), towers(4), 1)
		must(t, n.Start(0, constant{1e6, 1e6, 1e6, 1e6}))
		must(t, n.RunUntil(des.Hour-1))
		if got := down(n); got != "" {
			t.Errorf("%+v: down before:%s", c.what, got)
		}
		must(t, n.RunUntil(des.Hour))
		if got := down(n); got != c.want {
			t.Errorf("%+v: down:%s, want%s", c.what, got, c.want)
		}
		for cell, is := range n.View().Down {
			err := n.Request(cell, power.Sleep)
			if is != errors.Is(err, ErrDown) || is && n.View().Serving[cell] {
				t.Errorf("%+v: cell %d: request %v, serving %v", c.what, cell, err, n.View().Serving[cell])
			}
		}
		must(t, n.RunUntil(2*des.Hour))
		if got := down(n); got != "" {
			t.Errorf("%+v: down after:%s", c.what, got)
		}
		traffic, energy := n.Totals().Imbalance()
		near(t, "traffic", 1+traffic, 1, closing)
		near(t, "energy", 1+energy, 1, closing)
	}
}

// A dark cell draws nothing; a restarting one what Full draws without load.
func TestEnergyOfAFault(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "radio_unit", Carrier: "low", StartH: 1, DurationH: 2})
	spec.RestartS = 600
	n := faulty(t, DefaultSpec(), spec, bare(), towers(1), 1)
	var seen []Transition
	n.OnTransition(func(tr Transition) { seen = append(seen, tr) })
	must(t, n.Start(0, constant{0}))
	must(t, n.RunUntil(4*des.Hour))
	cell := n.CellTotals(0)
	near(t, "energy", cell.EnergyJ, 2*3600*100, closing)
	near(t, "time down", cell.DownS, 2*3600+600, closing)
	near(t, "time in full", cell.StateS[power.Full], 2*3600, closing)
	want := []Transition{{des.Hour, 0, power.Full, power.Full, ByFault}, {3 * des.Hour, 0, power.Full, power.Full, ByRepair}}
	if !slices.Equal(seen, want) {
		t.Errorf("transitions %v, want %v", seen, want)
	}
	if f := n.Totals().Faults; f.DownCellS != 2*3600+600 || f.Cuts != 1 || f.RestoreS != 0 || f.Count[fault.RadioUnit] != 1 {
		t.Errorf("sums %+v", f)
	}
	must(t, n.Start(0, constant{0}))
	must(t, n.RunUntil(des.Hour))
	near(t, "time in full, before it breaks in the run after", n.CellTotals(0).StateS[power.Full], 3600, closing)
}

// A transition under way when the cell breaks must not end afterwards.
func TestAFaultBreaksATransitionOff(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "radio_unit", Carrier: "high", StartH: 1, DurationH: 1. / 3600})
	n := faulty(t, DefaultSpec(), spec, bare(), towers(1), 1)
	must(t, n.Start(0, constant{0}))
	must(t, n.RunUntil(des.Hour-des.Second))
	must(t, n.Request(1, power.DeepSleep)) // 10 s of entry
	must(t, n.RunUntil(des.Hour+2*des.Second))
	v := n.View()
	if v.State[1] != power.Full || !v.Serving[1] || v.Until[1] != 0 || v.Down[1] {
		t.Errorf("state %v, serving %v, until %v, down %v", v.State[1], v.Serving[1], v.Until[1], v.Down[1])
	}
	// The end of the broken one is not that of the next.
	must(t, n.Request(1, power.DeepSleep))
	must(t, n.RunUntil(des.Hour+11*des.Second))
	if v.Until[1] != des.Hour+12*des.Second {
		t.Errorf("the second transition ends at %v", v.Until[1])
	}
}

// Traffic lost is put down to one fault at a time: to the first that hit the
// sector, and when that is over to the next.
func TestLossIsPutDownOnce(t *testing.T) {
	spec := quiet(
		fault.Scheduled{Kind: "baseband", StartH: 1, DurationH: 2},
		fault.Scheduled{Kind: "mains", StartH: 2, DurationH: 2},
		fault.Scheduled{Kind: "radio_unit", Carrier: "low", StartH: 2.5, DurationH: 3})
	n := faulty(t, DefaultSpec(), spec, bare(), towers(1), 1)
	must(t, n.Start(0, constant{1e6}))
	must(t, n.RunUntil(10*des.Hour))
	f, v := n.Totals().Faults, n.View()
	// The cells stay the baseband's until they serve again: at 4 h the one, at
	// 5.5 h the other.
	near(t, "lost", v.LostBit[0], 3*3600e6, 1e-6)
	near(t, "lost to the baseband", f.LostBit[fault.Baseband], 3*3600e6, 1e-6)
	near(t, "to the others", f.LostBit[fault.Mains]+f.LostBit[fault.RadioUnit]+1, 1, closing)
	if f.Cuts != 1 || len(n.outages.open) != 0 {
		t.Errorf("%d faults cut service, %d are open", f.Cuts, len(n.outages.open))
	}
	near(t, "time to restore", f.RestoreS, 3*3600, 1e-6)

	// The first fault takes the low cell and ends while
	// the second still has the high one.
	spec = quiet(
		fault.Scheduled{Kind: "radio_unit", Carrier: "low", StartH: 1, DurationH: 2},
		fault.Scheduled{Kind: "radio_unit", Carrier: "high", StartH: 2, DurationH: 3})
	n = faulty(t, DefaultSpec(), spec, bare(), towers(1), 1)
	must(t, n.Start(0, constant{1e9}))
	must(t, n.RunUntil(2*des.Hour))
	v = n.View()
	n.BeginInterval()
	must(t, n.RunUntil(3*des.Hour))
	first := n.Totals().Faults.LostBit[fault.RadioUnit]
	near(t, "lost with both down", v.LostBit[0], 3600e9, 1e-6)
	n.BeginInterval()
	must(t, n.RunUntil(4*des.Hour))
	if v.LostBit[0] <= 0 || n.Totals().Faults.LostBit[fault.RadioUnit] <= first {
		t.Error("what the low cell cannot carry is put down to nobody")
	}
}

// What was shed comes back with the mains.
func TestShedCellsComeBack(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "mains", StartH: 1, DurationH: 0.1})
	spec.Battery = fault.Battery{CapacityKWh: 1, ChargeW: 100, ChargeEfficiency: 1, Shed: []fault.Shed{{Carrier: "high", Below: 1}}}
	n := faulty(t, DefaultSpec(), spec, bare(), towers(1), 1)
	must(t, n.Start(0, constant{0}))
	must(t, n.RunUntil(des.Hour+des.Minute))
	if got := down(n); got != " 1" {
		t.Errorf("on the battery: down:%s", got)
	}
	must(t, n.RunUntil(2*des.Hour))
	if got := down(n); got != "" {
		t.Errorf("on the mains: down:%s", got)
	}
}

// One site of 200 W idle, without baseband, on a battery of 0.2 kWh: an hour.
func TestBatteryAutonomy(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "mains", StartH: 1, DurationH: 5})
	spec.Battery = fault.Battery{CapacityKWh: 0.2, ChargeW: 100, ChargeEfficiency: 0.5}
	run := func(shed []fault.Shed, sleep bool, until des.Time) *Network {
		spec.Battery.Shed = shed
		n := faulty(t, DefaultSpec(), spec, bare(), towers(1), 1)
		must(t, n.Start(0, constant{0}))
		must(t, n.RunUntil(des.Hour))
		if sleep {
			must(t, n.Request(1, power.DeepSleep)) // 10 W and 100 J
		}
		must(t, n.RunUntil(until))
		return n
	}
	for _, c := range []struct {
		name  string
		shed  []fault.Shed
		sleep bool
		lasts float64 // s
	}{
		{"both awake", nil, false, 3600},
		{"one asleep", nil, true, (720e3 - 100) / 110},
		{"one shed at once", []fault.Shed{{Carrier: "high", Below: 1}}, false, 7200},
		{"one shed half-way", []fault.Shed{{Carrier: "high", Below: 0.5}}, false, 5400},
	} {
		empty := des.Hour + des.FromSeconds(c.lasts)
		if n := run(c.shed, c.sleep, empty-des.Millisecond); n.View().Down[0] || n.outages.sums.emptied != 0 {
			t.Errorf("%s: empty before %v", c.name, empty)
		}
		n := run(c.shed, c.sleep, empty+des.Millisecond)
		if !n.View().Down[0] || n.outages.sums.emptied != 1 {
			t.Errorf("%s: not empty after %v", c.name, empty)
		}
		near(t, c.name+": taken", n.outages.sums.batteryJ, 720e3, 1e-6)
	}
	// From 6 h on 50 W are stored: full after four hours, and again ready.
	n := run(nil, false, 10*des.Hour+des.Second)
	f := n.Totals().Faults
	near(t, "charged", f.ChargeJ, 2*720e3, 1e-6)
	near(t, "stored", f.StoredJ, 720e3, 1e-6)
	near(t, "charge", n.outages.chargeJ[0], 720e3, 1e-6)
	if len(n.outages.busy) != 0 {
		t.Error("a full battery still charges")
	}
}

// The rectifier's loss falls away on the battery, cooling does not; baseband
// is fed too.
func TestWhatABatteryFeeds(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "mains", StartH: 1, DurationH: 1})
	spec.Battery = fault.Battery{CapacityKWh: 10, ChargeEfficiency: 1}
	site := bare()
	site.SiteBasebandW, site.RectifierEfficiency, site.CoolingShare = 300, 0.8, 0.2
	n := faulty(t, DefaultSpec(), spec, site, towers(1), 1)
	must(t, n.Start(0, constant{0}))
	must(t, n.RunUntil(3*des.Hour))
	total := n.Totals()
	near(t, "from the battery", total.Faults.BatteryJ, 500*1.2*3600, closing)
	near(t, "all", total.EnergyJ, 500*3600*(1.2+2*1.45), closing)
	near(t, "baseband", total.SiteJ, 300*3600*(1.2+2*1.45), closing)
}

func TestNeighboursStandIn(t *testing.T) {
	// Two sectors that hear each other at -90.8 dBm in their first bin.
	spec := quiet(fault.Scheduled{Kind: "baseband", Site: 0, StartH: 1, DurationH: 1})
	spec.Compensation = fault.Compensation{Wake: true, Neighbours: 2, CIODB: 4, PowerDB: 2}
	n := faulty(t, DefaultSpec(), spec, bare(), towers(2), 1)
	must(t, n.Start(0, constant{1e6, 1e6}))
	must(t, n.RunUntil(des.Minute))
	must(t, n.Request(3, power.DeepSleep))
	must(t, n.SetCIO(2, 5))
	must(t, n.RunUntil(des.Hour))
	v := n.View()
	if v.Target[3] != power.Full || !v.Helping[3] || !v.Helping[2] || v.Helping[0] || n.Totals().Faults.Wakes != 1 {
		t.Errorf("target %v, helping %v", v.Target[3], v.Helping)
	}
	for c, want := range []float64{0, 0, 6, 4} {
		if got := n.CIO(c); got != want {
			t.Errorf("offset of cell %d: %g dB, want %g", c, got, want)
		}
	}
	near(t, "power", float64(n.radio.Power[2]), math.Pow(10, 0.2), 1e-6)
	must(t, n.RunUntil(2*des.Hour))
	for c, want := range []float64{0, 0, 5, 0} {
		if got := n.CIO(c); got != want || n.PowerDB(c) != 0 || v.Helping[c] {
			t.Errorf("after: offset of cell %d: %g dB, want %g; power %g dB, helping %v", c, got, want, n.PowerDB(c), v.Helping[c])
		}
	}
	near(t, "power after", float64(n.radio.Power[2]), 1, 1e-9)
}

// Priority and offset add up, the offset alone is bounded by its own range, and
// a fault's raise of it leaves the priority alone.
func TestPriorityAddsToTheOffset(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "baseband", Site: 0, StartH: 1, DurationH: 1})
	spec.Compensation = fault.Compensation{Neighbours: 2, CIODB: 4}
	n := faulty(t, DefaultSpec(), spec, bare(), towers(2), 1)
	if err := n.ShiftPriority(0, 1); !errors.Is(err, ErrNotStarted) {
		t.Errorf("before Start: %v", err)
	}
	must(t, n.Start(0, constant{1e6, 1e6}))
	for _, db := range []float64{40.01, -40.01, math.NaN()} {
		if err := n.ShiftPriority(0, db); !errors.Is(err, ErrRange) {
			t.Errorf("%g dB: %v", db, err)
		}
	}
	must(t, n.ShiftPriority(2, -20))
	must(t, n.SetCIO(2, 5))
	must(t, n.RunUntil(des.Minute))
	for _, c := range []struct {
		until     des.Time
		cio, bias float64
	}{{2 * des.Minute, 5, -15}, {des.Hour, 6, -14}, {2 * des.Hour, 5, -15}} {
		must(t, n.RunUntil(c.until))
		if n.CIO(2) != c.cio || n.PriorityShift(2) != -20 || float64(n.radio.CIODB[2]) != c.bias {
			t.Errorf("at %v: offset %g dB, priority %g dB, together %g dB, want %g, -20, %g",
				c.until, n.CIO(2), n.PriorityShift(2), n.radio.CIODB[2], c.cio, c.bias)
		}
	}
	must(t, n.Start(0, constant{1e6, 1e6}))
	if n.PriorityShift(2) != 0 || n.radio.CIODB[2] != 0 {
		t.Error("a new start keeps the priority")
	}
}

func TestSetCIO(t *testing.T) {
	n := network(t, DefaultSpec(), bare(), towers(2), 1)
	if err := n.SetCIO(0, 1); !errors.Is(err, ErrNotStarted) {
		t.Errorf("before Start: %v", err)
	}
	must(t, n.Start(0, constant{1e6, 1e6}))
	for _, db := range []float64{6.01, -6.01, math.NaN(), math.Inf(1)} {
		if err := n.SetCIO(0, db); !errors.Is(err, ErrRange) {
			t.Errorf("%g dB: %v", db, err)
		}
	}
	if n.SetCIO(4, 0) == nil || n.SetCIO(-1, 0) == nil {
		t.Error("a cell that is none must be refused")
	}
	must(t, n.SetCIO(3, -6))
	must(t, n.Request(3, power.Sleep))
	must(t, n.RunUntil(des.Hour))
	if n.CIO(3) != -6 {
		t.Errorf("%g dB", n.CIO(3))
	}
	must(t, n.Start(0, constant{1e6, 1e6}))
	if n.CIO(3) != 0 {
		t.Error("an offset outlives its run")
	}
}

// randomSpec breaks things often.
func randomSpec(r *rand.Rand) fault.Spec {
	s := fault.DefaultSpec()
	s.Random = true
	s.RadioUnit = fault.Rates{MTBFH: 2 + 20*r.Float64(), MTTRH: 0.1 + r.Float64(), RepairCV: r.Float64()}
	s.Baseband = fault.Rates{MTBFH: 4 + 30*r.Float64(), MTTRH: 0.1 + r.Float64(), RepairCV: 2 * r.Float64()}
	s.Mains = fault.Rates{MTBFH: 3 + 10*r.Float64(), MTTRH: 0.5 + 3*r.Float64(), RepairCV: 1}
	s.FeederM = []float64{0, 800, 1600}[r.IntN(3)]
	s.RestartS = []float64{0, 90}[r.IntN(2)]
	s.Battery = fault.Battery{CapacityKWh: []float64{0, 0.3, 1}[r.IntN(3)], ChargeW: []float64{0, 400}[r.IntN(2)], ChargeEfficiency: 0.8}
	if r.IntN(2) == 0 {
		s.Battery.Shed = []fault.Shed{{Carrier: "high", Below: 0.7}, {Carrier: "low", Below: 0.2}}
	}
	s.Compensation = fault.Compensation{Wake: r.IntN(2) == 0, Neighbours: 2, CIODB: 6 * r.Float64(), PowerDB: 3 * r.Float64()}
	s.Scheduled = []fault.Scheduled{{Kind: "mains", Site: 3, RadiusM: 1200, StartH: 2, DurationH: 4}}
	return s
}

// drive plays eight hours with random requests, looked at in steps that are
// not those of the events.
func drive(t *testing.T, seed uint64, workers int, chop des.Time) *Network {
	t.Helper()
	const sectors = 9
	r := rand.New(rand.NewPCG(seed, 1))
	faults, site := randomSpec(r), power.DefaultSpec()
	spec := DefaultSpec()
	spec.Overload = []string{OverloadDrop, OverloadQueue}[r.IntN(2)]
	demand := stepped{epoch: spec.Epoch()}
	for range 100 {
		row := make([]float32, sectors)
		for s := range row {
			row[s] = float32(2e9 * r.Float64() * r.Float64())
		}
		demand.rates = append(demand.rates, row)
	}
	n := faulty(t, spec, faults, site, towers(sectors), workers)
	n.SeedFaults(rng.Root(seed))
	must(t, n.Start(0, demand))
	for i := range 32 {
		n.BeginInterval()
		for c := range 2 * sectors {
			to := []power.State{power.Full, power.HalfTRX, power.DTX, power.Sleep, power.DeepSleep}[r.IntN(5)]
			if err := n.Request(c, to); err != nil && !errors.Is(err, ErrBusy) && !errors.Is(err, ErrDown) {
				t.Fatal(err)
			}
		}
		end := des.Time(i+1) * spec.Control()
		for at := n.View().Now + chop; chop > 0 && at < end; at += chop {
			must(t, n.RunUntil(at))
		}
		must(t, n.RunUntil(end))
	}
	return n
}

func TestBooksUnderRandomFaults(t *testing.T) {
	hit := 0.0
	for seed := range uint64(12) {
		n := drive(t, seed, 1, 0)
		total, o := n.Totals(), n.outages
		name := fmt.Sprintf("seed %d: ", seed)
		traffic, energy := total.Imbalance()
		near(t, name+"traffic", 1+traffic, 1, 1e-6)
		near(t, name+"energy", 1+energy, 1, 1e-9)
		// Time: each cell is in a state, or down and not yet starting.
		sameStateTimes(t, name, n)
		for c := range n.until {
			cell, inStates := n.CellTotals(c), 0.0
			for _, s := range cell.StateS {
				inStates += s
			}
			if inStates > n.Seconds()*(1+1e-6) || inStates+cell.DownS < n.Seconds()*(1-1e-6) {
				t.Errorf("%scell %d: %g s in states and %g s down of %g s", name, c, inStates, cell.DownS, n.Seconds())
			}
		}
		// Batteries: what they hold is what they held, less what was taken,
		// and what was stored.
		held := 0.0
		for i, j := range o.chargeJ {
			held += j
			if j < -0.1 || j > o.capacity {
				t.Errorf("%sbattery %d holds %g J of %g", name, i, j, o.capacity)
			}
		}
		full := float64(len(o.chargeJ)) * o.capacity
		near(t, name+"batteries", full+held+1, 2*full-total.Faults.BatteryJ+total.Faults.StoredJ+1, 1e-9)
		near(t, name+"charging", total.Faults.ChargeJ*0.8+1, total.Faults.StoredJ+1, 1e-9)
		lost := 0.0
		for _, bit := range total.Faults.LostBit {
			lost += bit
		}
		if lost > total.DroppedBit*(1+1e-9) {
			t.Errorf("%slost %g bit of %g dropped", name, lost, total.DroppedBit)
		}
		hit += lost
		if n.View().Down == nil || total.Faults.Count[fault.Mains] == 0 {
			t.Errorf("%snothing broke", name)
		}
	}
	if hit == 0 {
		t.Error("nothing was lost")
	}
}

// Looking at the network does not move it, and neither do workers.
func TestFaultsAreDeterministic(t *testing.T) {
	for seed := range uint64(4) {
		want := drive(t, seed, 1, 0)
		many := drive(t, seed, 3, 0)
		if a, b := want.Totals(), many.Totals(); !reflect.DeepEqual(a, b) {
			t.Errorf("seed %d: other totals with 3 workers:\n%+v\n%+v", seed, a, b)
		}
		looked := drive(t, seed, 1, 47*des.Second).Totals()
		near(t, "energy", looked.EnergyJ, want.Totals().EnergyJ, 1e-9)
		near(t, "from batteries", looked.Faults.BatteryJ+1, want.Totals().Faults.BatteryJ+1, 1e-9)
		near(t, "dropped", looked.DroppedBit, want.Totals().DroppedBit, 1e-6)
		if looked.Faults.DownCellS-want.Totals().Faults.DownCellS > 1e-3 || looked.Faults.Emptied != want.Totals().Faults.Emptied {
			t.Errorf("seed %d: looked at every 47 s: %+v, otherwise %+v", seed, looked.Faults, want.Totals().Faults)
		}
	}
}

// A network in which something may break but nothing does gives the same bits
// as one in which nothing may.
func TestFaultsThatNeverComeChangeNothing(t *testing.T) {
	spec := fault.DefaultSpec()
	spec.Scheduled = []fault.Scheduled{{Kind: "mains", StartH: 1000, DurationH: 1}}
	var totals [2]any
	for i, s := range []fault.Spec{{}, spec} {
		n := faulty(t, DefaultSpec(), s, power.DefaultSpec(), towers(4), 1)
		must(t, n.Start(0, constant{3e8, 1e8, 0, 2e9}))
		must(t, n.Request(1, power.Sleep))
		must(t, n.RunUntil(des.Day))
		total := n.Totals()
		if (total.Faults != nil) != (i == 1) {
			t.Errorf("faults %+v", total.Faults)
		}
		near(t, "site energy", total.SiteJ, n.SitesW()*86400, closing)
		total.Faults, total.SiteJ, total.EnergyJ = nil, 0, 0
		totals[i] = *total
	}
	if !reflect.DeepEqual(totals[0], totals[1]) {
		t.Errorf("%+v\n%+v", totals[0], totals[1])
	}
}

// A battery that runs empty after the fault that took the mains is repaired,
// because another one still holds them.
func TestOverlappingMains(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "mains", StartH: 1, DurationH: 1}, fault.Scheduled{Kind: "mains", StartH: 1.5, DurationH: 4.5})
	spec.Battery = fault.Battery{CapacityKWh: 0.5, ChargeEfficiency: 1} // 2.5 h
	n := faulty(t, DefaultSpec(), spec, bare(), towers(1), 1)
	must(t, n.Start(0, constant{0}))
	for _, c := range []struct {
		at   des.Time
		want string
	}{{3*des.Hour + 30*des.Minute - 1, ""}, {3*des.Hour + 30*des.Minute + des.Millisecond, " 0 1"}, {6*des.Hour - 1, " 0 1"}, {6 * des.Hour, ""}} {
		must(t, n.RunUntil(c.at))
		if got := down(n); got != c.want {
			t.Errorf("at %v: down:%s, want%s", c.at, got, c.want)
		}
	}
	if len(n.outages.open) != 0 {
		t.Errorf("%d faults are still open", len(n.outages.open))
	}
}

// A neighbour that is falling asleep when it is called wakes as soon as it can.
func TestCalledWhileFallingAsleep(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "baseband", StartH: 1, DurationH: 1})
	spec.Compensation.Wake = true
	n := faulty(t, DefaultSpec(), spec, bare(), towers(2), 1)
	must(t, n.Start(0, constant{1e6, 1e6}))
	must(t, n.RunUntil(des.Hour-5*des.Second))
	must(t, n.Request(3, power.DeepSleep)) // 10 s down, 10 s up
	must(t, n.RunUntil(des.Hour+6*des.Second))
	if v := n.View(); v.Target[3] != power.Full || v.Until[3] != des.Hour+15*des.Second {
		t.Errorf("target %v until %v", v.Target[3], v.Until[3])
	}
}

// What a full queue drops counts as lost as well.
func TestLossWithQueue(t *testing.T) {
	net := DefaultSpec()
	net.Overload, net.QueueMaxS = OverloadQueue, 30
	n := faulty(t, net, quiet(fault.Scheduled{Kind: "radio_unit", Carrier: "high", StartH: 1, DurationH: 1}), bare(), towers(1), 1)
	must(t, n.Start(0, constant{4e8}))
	must(t, n.RunUntil(2*des.Hour-1)) // what waits after the repair is dropped for another reason
	total := n.Totals()
	near(t, "lost", total.Faults.LostBit[fault.RadioUnit], total.DroppedBit, 1e-9)
	if total.DroppedBit < 1e11 {
		t.Errorf("%g bit dropped: the test is void", total.DroppedBit)
	}
}

// Cells on a battery are not called to stand in.
func TestBatteriesAreSpared(t *testing.T) {
	spec := quiet(fault.Scheduled{Kind: "mains", Site: 1, StartH: 0.5, DurationH: 5}, fault.Scheduled{Kind: "baseband", StartH: 1, DurationH: 1})
	spec.Battery = fault.Battery{CapacityKWh: 10, ChargeEfficiency: 1}
	spec.Compensation = fault.Compensation{Wake: true, Neighbours: 5, CIODB: 3, PowerDB: 3}
	n := faulty(t, DefaultSpec(), spec, bare(), towers(2), 1)
	must(t, n.Start(0, constant{1e6, 1e6}))
	must(t, n.Request(3, power.DeepSleep))
	must(t, n.RunUntil(des.Hour))
	if v := n.View(); v.Helping[2] || v.Helping[3] || v.State[3] != power.DeepSleep || n.CIO(2) != 0 || n.PowerDB(2) != 0 {
		t.Errorf("helping %v, state %v, offset %g dB", v.Helping, v.State[3], n.CIO(2))
	}
}
