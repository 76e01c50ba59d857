package cli

import (
	"math"
	"testing"

	"hibernet/results/record"
	"hibernet/scenarios"
	"hibernet/sim/power"
)

// tolerance is a relative error that rounding explains, of sums of demands,
// loads, rates and what the network's view shows, which are float32 (2^-24
// each).
const tolerance = 2e-7

// near fails unless got and want agree up to rounding; scale is the size of
// the terms that they were summed from.
func near(t *testing.T, what string, got, want, scale float64) {
	t.Helper()
	within(t, what, got, want, tolerance*(math.Abs(scale)+1e-12))
}

func within(t *testing.T, what string, got, want, margin float64) {
	t.Helper()
	if !(math.Abs(got-want) <= margin) {
		t.Errorf("%s: got %g, want %g (difference %g)", what, got, want, got-want)
	}
}

// scopes splits the steps of one episode by scope, then by time.
func scopes(rows []record.Step) map[string]map[float64][]record.Step {
	split := map[string]map[float64][]record.Step{}
	for _, r := range rows {
		if split[r.Scope] == nil {
			split[r.Scope] = map[float64][]record.Step{}
		}
		split[r.Scope][r.TimeS] = append(split[r.Scope][r.TimeS], r)
	}
	return split
}

// recorded runs simulations of a network of four area classes whose tables
// the tests below share: traffic that overload drops, and that it queues.
func recorded(t *testing.T) (*shell, []string) {
	s := newShell(t)
	s.write("mixed.yaml", `name: mixed
topology:
  wrap: false
  areas:
    - {class: dense_urban, sites: 3}
    - {class: urban, sites: 3}
    - {class: suburban, sites: 2}
    - {class: rural, sites: 1}
load: {target_mean: 0.3}
`)
	for _, overload := range []string{"drop", "queue"} {
		s.do("run", "mixed.yaml", "--policy", "random", "--from-day", "2", "--days", "0.5", "--cell-steps",
			"--set", "network.overload="+overload, "--out", overload)
	}
	return s, []string{"drop", "queue"}
}

// TestTrafficIsConserved: in every row of the scopes network and area, what
// was offered was served, dropped, or added to the queue; and the figures of
// the episode are the sums of its steps.
func TestTrafficIsConserved(t *testing.T) {
	s, runs := recorded(t)
	for _, name := range runs {
		folder := s.open(name)
		steps := table[record.Step](t, folder)
		queued := map[string]float64{}
		most := 0.0
		var offered, served, dropped, energy float64
		for _, r := range steps {
			if r.Scope == record.ScopeCarrier {
				continue
			}
			key := r.Scope + r.Name
			within(t, name+" "+key+" offered", r.OfferedGbit, r.ServedGbit+r.DroppedGbit+r.QueuedGbit-queued[key],
				tolerance*(r.OfferedGbit+queued[key]))
			queued[key] = r.QueuedGbit
			most = max(most, r.QueuedGbit)
			if r.Scope == record.ScopeNetwork {
				offered, served, dropped, energy = offered+r.OfferedGbit, served+r.ServedGbit, dropped+r.DroppedGbit, energy+r.EnergyKWh
			}
		}
		if offered <= 0 || dropped <= 0 || dropped >= offered/2 {
			t.Errorf("%s: of %g Gbit %g were dropped: the test is void", name, offered, dropped)
		}
		if (most > 0) != (name == "queue") {
			t.Errorf("%s: the longest queue was %g Gbit", name, most)
		}
		figures := map[string]float64{}
		for _, e := range table[record.Episode](t, folder) {
			figures[e.Figure] = e.Value
		}
		near(t, name+" offered_gbit", figures["offered_gbit"], offered, offered)
		// Of the episode it is summed over cells, of the steps over sectors.
		within(t, name+" served_gbit", figures["served_gbit"], served, tolerance*offered)
		near(t, name+" dropped_gbit", figures["dropped_gbit"], dropped, offered)
		near(t, name+" queued_gbit", figures["queued_gbit"], queued["networkall"], offered)
		near(t, name+" energy_kwh", figures["energy_kwh"], energy, energy)
	}
}

// TestEnergyIsConserved: power times time is energy; sites, states and the
// transitions in the table events make up the power; the cells of the table cells and of cell_steps make up the energy
// of the steps.
func TestEnergyIsConserved(t *testing.T) {
	s, runs := recorded(t)
	for _, name := range runs {
		folder := s.open(name)
		transitions := newTransitions(t, folder)
		var carriers, sites, network float64
		for _, r := range table[record.Step](t, folder) {
			near(t, name+" power", r.PowerW*r.DurationS/joulePerKWh, r.EnergyKWh, r.EnergyKWh)
			near(t, name+" power of states in "+r.Scope, sum(r.StatePower.Array())+r.PowerSiteW+
				transitions.watts(r), r.PowerW, r.PowerW)
			near(t, name+" cells of states in "+r.Scope, sum(r.StateCells.Array()), float64(r.Cells), float64(r.Cells))
			switch r.Scope {
			case record.ScopeNetwork:
				network += r.EnergyKWh
				sites += r.PowerSiteW * r.DurationS / joulePerKWh
			case record.ScopeCarrier:
				carriers += r.EnergyKWh
			}
		}
		cells, served, loads := 0.0, 0.0, 0.0
		for _, c := range table[record.Cell](t, folder) {
			cells += c.EnergyKWh
			served += c.ServedGbit
			loads += c.LoadMean * c.DurationS
			near(t, name+" share of states", sum(c.StateShares.Array()), 1, 1)
		}
		near(t, name+" carriers", carriers+sites, network, network)
		near(t, name+" cells", cells, carriers, carriers)
		stepCells, stepServed, stepLoads := 0.0, 0.0, 0.0
		for _, c := range table[record.CellStep](t, folder) {
			stepCells += float64(c.EnergyKWh)
			stepServed += float64(c.ServedGbit)
			stepLoads += float64(c.Load) * 900
		}
		// The columns of cell_steps are float32.
		for what, pair := range map[string][2]float64{"energy": {stepCells, cells}, "traffic": {stepServed, served}, "load": {stepLoads, loads}} {
			within(t, name+" "+what+" of cell_steps", pair[0], pair[1], tolerance*pair[1])
		}
	}
}

// transitions knows what the transitions in the table events cost.
type transitions struct {
	cells     []record.Cell
	joule     map[string][power.NumStates]float64 // by carrier, at entry into a state
	intervals map[float64][]record.Event          // by their starts, s
}

func newTransitions(t *testing.T, folder *record.Folder) *transitions {
	t.Helper()
	tr := &transitions{cells: table[record.Cell](t, folder), joule: map[string][power.NumStates]float64{}, intervals: map[float64][]record.Event{}}
	sc, err := scenarios.Load("manifest", []byte(folder.Manifest.Scenario), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range tr.cells {
		profile, err := power.Find(c.Profile)
		if err != nil {
			t.Fatal(err)
		}
		profile = sc.Power.Apply(profile)
		var joule [power.NumStates]float64
		for s, d := range profile.States {
			if !power.State(s).Awake() {
				joule[s] = d.TransitionJ * sc.Power.RadioFactor(&profile)
			}
		}
		tr.joule[c.Carrier] = joule
	}
	for _, e := range table[record.Event](t, folder) {
		start := math.Floor(e.TimeS/sc.Network.ControlS) * sc.Network.ControlS
		tr.intervals[start] = append(tr.intervals[start], e)
	}
	return tr
}

// watts returns the energy of the transitions that a row covers over its
// time: what its power holds beside that of states and sites.
func (tr *transitions) watts(r record.Step) float64 {
	joule := 0.0
	for _, e := range tr.intervals[r.TimeS] {
		c := tr.cells[e.Cell]
		if r.Scope == record.ScopeNetwork || r.Name == c.Area || r.Name == c.Carrier {
			to, _ := power.ParseState(e.To)
			joule += tr.joule[c.Carrier][to]
		}
	}
	return joule / r.DurationS
}

func sum(values [record.NumStates]float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// TestScopesSumToTheNetwork: areas sum to the network in every extensive
// column, carriers in every one that belongs to cells.
func TestScopesSumToTheNetwork(t *testing.T) {
	ofCells := map[string]func(r record.Step) float64{
		"cells":           func(r record.Step) float64 { return float64(r.Cells) },
		"energy of cells": func(r record.Step) float64 { return r.EnergyKWh - r.PowerSiteW*r.DurationS/joulePerKWh },
		"load":            func(r record.Step) float64 { return r.LoadMean * float64(r.Cells) },
		"awake_cells":     func(r record.Step) float64 { return r.AwakeCells },
		"switches":        func(r record.Step) float64 { return float64(r.Switches) },
		"overload_cell_h": func(r record.Step) float64 { return r.OverloadCellH },
		"cells_full":      func(r record.Step) float64 { return r.CellsFull },
		"cells_deep":      func(r record.Step) float64 { return r.CellsDeepSleep },
		"power_full_w":    func(r record.Step) float64 { return sum(r.StatePower.Array()) },
	}
	ofServed := func(r record.Step) float64 { return r.ServedGbit }
	ofAll := map[string]func(r record.Step) float64{
		"energy_kwh":   func(r record.Step) float64 { return r.EnergyKWh },
		"power_w":      func(r record.Step) float64 { return r.PowerW },
		"power_site_w": func(r record.Step) float64 { return r.PowerSiteW },
		"offered_gbit": func(r record.Step) float64 { return r.OfferedGbit },
		"dropped_gbit": func(r record.Step) float64 { return r.DroppedGbit },
		"queued_gbit":  func(r record.Step) float64 { return r.QueuedGbit },
	}
	total := func(rows []record.Step, of func(record.Step) float64) float64 {
		s := 0.0
		for _, r := range rows {
			s += of(r)
		}
		return s
	}
	s, runs := recorded(t)
	for _, name := range runs {
		split := scopes(table[record.Step](t, s.open(name)))
		if len(split[record.ScopeNetwork]) != 48 {
			t.Fatalf("%s: %d intervals", name, len(split[record.ScopeNetwork]))
		}
		for at, network := range split[record.ScopeNetwork] {
			areas, carriers := split[record.ScopeArea][at], split[record.ScopeCarrier][at]
			if len(network) != 1 || len(areas) != 4 || len(carriers) < 2 {
				t.Fatalf("%s at %g s: %d rows of the network, %d of areas, %d of carriers", name, at, len(network), len(areas), len(carriers))
			}
			for column, of := range ofCells {
				near(t, name+" areas "+column, total(areas, of), of(network[0]), of(network[0]))
				near(t, name+" carriers "+column, total(carriers, of), of(network[0]), of(network[0]))
			}
			served := network[0].ServedGbit
			near(t, name+" areas served_gbit", total(areas, ofServed), served, served)
			within(t, name+" carriers served_gbit", total(carriers, ofServed), served, tolerance*served) // of cells, not of sectors
			for column, of := range ofAll {
				near(t, name+" areas "+column, total(areas, of), of(network[0]), of(network[0]))
			}
			// Cells lose what they cannot carry; what nobody covers is lost by
			// none of them. What waits belongs to a sector, not to a cell.
			lost := total(carriers, ofAll["dropped_gbit"])
			if name == "queue" != math.IsNaN(lost) || lost > network[0].DroppedGbit+tolerance*network[0].OfferedGbit || lost < 0 {
				t.Errorf("%s at %g s: carriers lost %g Gbit, the network %g", name, at, lost, network[0].DroppedGbit)
			}
		}
	}
}

// TestEventsTellTheSwitches: the transitions in events are as many as steps
// and cells count, each begins in the state in which the last ended, and each
// has a cause that exists.
func TestEventsTellTheSwitches(t *testing.T) {
	s, runs := recorded(t)
	for _, name := range runs {
		folder := s.open(name)
		events := table[record.Event](t, folder)
		causes := map[string]int{}
		perCell, state, last := map[int32]int32{}, map[int32]string{}, -1.0
		for _, e := range events {
			if was, seen := state[e.Cell]; seen && was != e.From {
				t.Errorf("%s: cell %d at %g s goes from %s, it was in %s", name, e.Cell, e.TimeS, e.From, was)
			}
			if e.From == e.To || e.TimeS < last {
				t.Errorf("%s: event %+v after %g s", name, e, last)
			}
			if e.Cause != "policy" && e.Cause != "shield" && e.Cause != "emergency" {
				t.Errorf("%s: cause %q", name, e.Cause)
			}
			// The policy acts at the beginning of an interval, and nobody but the
			// shield in between.
			if (e.Cause == "emergency") != (math.Mod(e.TimeS, 900) != 0) {
				t.Errorf("%s: %s at %g s", name, e.Cause, e.TimeS)
			}
			causes[e.Cause]++
			state[e.Cell], last = e.To, e.TimeS
			perCell[e.Cell]++
		}
		var inSteps, inEvents int32
		for _, r := range table[record.Step](t, folder) {
			if r.Scope == record.ScopeNetwork {
				inSteps += r.Switches
			}
		}
		for _, c := range table[record.Cell](t, folder) {
			inEvents += perCell[c.Cell]
			if perCell[c.Cell] != c.Switches {
				t.Errorf("%s: cell %d: %d events, %d switches", name, c.Cell, perCell[c.Cell], c.Switches)
			}
		}
		if len(causes) != 3 {
			t.Errorf("%s: causes %v, want three", name, causes)
		}
		if inSteps != inEvents || inSteps == 0 {
			t.Errorf("%s: %d switches in steps, %d events", name, inSteps, inEvents)
		}
	}
}
