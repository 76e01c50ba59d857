package scenarios

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"hibernet/agents/oracle"
	"hibernet/env/sleep"
	"hibernet/sim/des"
	"hibernet/sim/power"
)

// siteChoices lets the capacity cells of one site sleep dormant, and those of the
// coverage layer stay full.
func siteChoices(w *World) [][]power.State {
	choices := make([][]power.State, w.Topology.NumCells())
	for c := range choices {
		choices[c] = []power.State{power.Full}
		if !w.Topology.Carriers[w.Topology.CellCarrier[c]].Coverage {
			choices[c] = append(choices[c], power.Dormant)
		}
	}
	return choices
}

// planned is a plan of joint states.
type planned struct {
	joint  [][]power.State
	states []int
}

// On one site in the morning: the bound is below the exact optimum under the same
// limit, the tables add up to what the simulator does when it plays the plan
// through, and always-on needs more.
func TestBoundExactAndPoliciesAreInOrder(t *testing.T) {
	for _, load := range []float64{0.05, 0.15} {
		for seed := range uint64(2) {
			w := boundWorld(t, fmt.Sprintf("seed=%d", seed), fmt.Sprintf("load.target_mean=%g", load), "split.evaluate_days=[3]",
				"topology.areas=[{class: urban, sites: 1}]", "sleep.episode_h=9")
			m, joint, err := w.Plans(context.Background(), seed, siteChoices(w))
			if err != nil {
				t.Fatal(err)
			}
			task := w.task(seed)
			offered, err := offeredBit(context.Background(), task)
			if err != nil {
				t.Fatal(err)
			}
			stay, err := oracle.Exact(stayOn(m), make([]int, m.Steps), math.Inf(1))
			if err != nil {
				t.Fatal(err)
			}
			limit := stay.DropBit + 0.005*offered
			plan, err := oracle.Exact(m, make([]int, m.Steps), limit)
			if err != nil {
				t.Fatal(err)
			}
			share := DropLimit{SharePct: 100 * limit / offered, EpisodeGbit: math.Inf(1)}
			bound, err := w.Bound(context.Background(), seed, share, oracle.Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("load %g, seed %d: bound %.3f, exact among full and dormant %.3f, always on %.3f kWh", load, seed, bound, plan.EnergyJ/3.6e6, stay.EnergyJ/3.6e6)
			if !(bound <= plan.EnergyJ/3.6e6 && plan.EnergyJ < stay.EnergyJ) {
				t.Errorf("load %g, seed %d: bound %g, exact %g, always on %g kWh", load, seed, bound, plan.EnergyJ/3.6e6, stay.EnergyJ/3.6e6)
			}
			energy, dropped := playPlan(t, w, seed, &planned{joint: joint, states: plan.States})
			if math.Abs(energy-plan.EnergyJ) > 2e-3*energy || math.Abs(dropped-plan.DropBit) > 2e-3*offered {
				t.Errorf("load %g, seed %d: played through the plan takes %g J and drops %g bit, the tables say %g and %g", load, seed, energy, dropped, plan.EnergyJ, plan.DropBit)
			}
		}
	}
}

// stayOn is the model with no decision but the first joint state.
func stayOn(m *oracle.Model) *oracle.Model {
	out := *m
	out.Outcomes, out.States = nil, 1
	for t := range m.Steps {
		out.Outcomes = append(out.Outcomes, m.Outcomes[t*m.States*m.States])
	}
	return &out
}

// playPlan plays a plan on a network without a shield.
func playPlan(t *testing.T, w *World, seed uint64, p *planned) (energyJ, dropBit float64) {
	t.Helper()
	n, err := w.Network()
	if err != nil {
		t.Fatal(err)
	}
	key, start := sleep.SequentialEpisode(seed, 0, w.Scenario.Split.Days(Evaluate))
	if err := n.Start(start, w.Demand.Reseeded(key)); err != nil {
		t.Fatal(err)
	}
	for i, s := range p.states {
		n.BeginInterval()
		for c, state := range p.joint[s] {
			if err := n.Request(c, state); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.RunUntil(start + w.Scenario.Network.Control()*des.Time(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	totals := n.Totals()
	return totals.EnergyJ, totals.DroppedBit
}

func TestPlansRefuse(t *testing.T) {
	w := boundWorld(t, "topology.areas=[{class: urban, sites: 1}]", "sleep.episode_h=1")
	for want, choices := range map[string][][]power.State{
		"choices for 1 of 6 cells":                    {{power.Full}},
		"cell 0: the first choice must be full":       {{power.Dormant}, {}, {}, {}, {}, {}},
		"cell 0: dtx is not there or does not settle": {{power.Full, power.DTX}, {power.Full}, {power.Full}, {power.Full}, {power.Full}, {power.Full}},
	} {
		if _, _, err := w.Plans(context.Background(), 1, choices); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
