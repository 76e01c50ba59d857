package scenarios

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"hibernet/agents"
	"hibernet/agents/oracle"
	"hibernet/env"
	"hibernet/sim/kpi"
)

// boundWorld builds a small world with changes to the preset tiny.
func boundWorld(t *testing.T, sets ...string) *World {
	t.Helper()
	sc, err := Preset("tiny", sets)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Build(context.Background(), sc, Inputs{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// On several worlds no policy that keeps the limit comes below the bound, and a
// policy's own drops as the limit bound its own energy.
func TestNoPolicyBeatsTheBound(t *testing.T) {
	for _, load := range []float64{0.05, 0.3} {
		for seed := range uint64(2) {
			w := boundWorld(t, fmt.Sprintf("seed=%d", seed), fmt.Sprintf("load.target_mean=%g", load), "split.evaluate_days=[3]")
			for _, rule := range []string{"always_on", "threshold", "random"} {
				p, err := w.Baseline(rule)
				if err != nil {
					t.Fatal(err)
				}
				e, err := w.Environment(Evaluate, agents.Columns(p), nil)
				if err != nil {
					t.Fatal(err)
				}
				r, err := agents.Rollout(context.Background(), e, p, env.NewBatch(e), &seed)
				if err != nil {
					t.Fatal(err)
				}
				figures := map[string]float64{}
				for _, f := range r.Figures {
					figures[f.Name] = f.Value
				}
				limit := NoDropLimit()
				limit.EpisodeGbit = figures["dropped_gbit"]
				bound, err := w.Bound(context.Background(), seed, limit, oracle.Options{Workers: 1})
				if err != nil {
					t.Fatal(err)
				}
				if bound > figures["energy_kwh"] {
					t.Errorf("load %g, seed %d: %s needs %g kWh, less than the bound %g", load, seed, rule, figures["energy_kwh"], bound)
				}
				if bound < 0.3*figures["energy_kwh"] { // always-on is far above what is possible
					t.Errorf("load %g, seed %d: the bound %g kWh says little about %s, which needs %g", load, seed, bound, rule, figures["energy_kwh"])
				}
			}
		}
	}
}

// A bit loads a cell by its own carrier's link budget, which is worked out anew
// here from the carrier table: the layers differ in subcarriers, bandwidth,
// antenna, layers and noise.
func TestABitLoadsACellByItsCarriersBudget(t *testing.T) {
	w := boundWorld(t, "topology.carriers.n41.noise_figure_db=13")
	n, err := w.Network()
	if err != nil {
		t.Fatal(err)
	}
	relaxed, topo, spec := w.relax(n), w.Topology, w.Scenario.Radio
	gains := w.linkCells(&oracle.Network{LinkOff: make([]int32, topo.NumCells()+1)})
	const thermalWHz = 1.380649e-23 * 290
	compared := map[float64]int{}
	for c := range topo.NumCells() {
		carrier := topo.Carriers[topo.CellCarrier[c]]
		prbHz := 12 * 1e3 * carrier.SCSKHz
		hz := float64(carrier.PRBs) * prbHz * carrier.DLShare * (1 - carrier.Overhead)
		sentW := carrier.TxPowerW / float64(carrier.PRBs) * math.Pow(10, carrier.BeamGainDB/10)
		noiseW := thermalWHz * prbHz * math.Pow(10, carrier.NoiseFigureDB/10)
		full := relaxed.Options[relaxed.OptionOff[c]] // power.Full is the first state
		for i, got := range full.LoadPerBit {
			snr := sentW * float64(gains[int(relaxed.LinkOff[c])+i]) / noiseW
			bpsHz := spec.RateAlpha * math.Log2(1+snr/carrier.Layers)
			if bpsHz < spec.RateCapBpsHz {
				compared[carrier.NoiseFigureDB]++
			}
			want := 1 / (hz * carrier.Layers * min(bpsHz, spec.RateCapBpsHz))
			if math.Abs(float64(got)/want-1) > 2*(rateSlack-1) { // and the noise is of a rounded level in dBm
				t.Fatalf("cell %d, link %d: a bit is a load of %g, by its carrier %g", c, i, got, want)
			}
		}
	}
	if compared[9] < 50 || compared[13] < 50 {
		t.Errorf("links whose rate depends on the noise, by noise figure: %v", compared)
	}
}

func TestBoundIsRefusedWhereItWouldNotHold(t *testing.T) {
	for set, want := range map[string]string{
		"network.overload=queue":        "network.overload: the bound needs drop",
		"network.transition_grid_s=60":  "network.transition_grid_s: the bound needs 0, got 60 s",
		"faults.random=true":            "faults: the bound does not hold",
		"shift.growth={min: 1, max: 2}": "shift: the bound is for",
	} {
		w := boundWorld(t, set)
		if _, err := w.Bound(context.Background(), 1, NoDropLimit(), oracle.Options{Workers: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", set, err, want)
		}
	}
}

// Guards on drops become limits; others are left out.
func TestGuarded(t *testing.T) {
	var guards []kpi.Guard
	for _, text := range []string{"dropped_pct <= always_on + 0.5", "dropped_pct <= 0.7", "throughput_p5_mbps >= 3", "dropped_gbit <= 2 * always_on"} {
		g, err := kpi.ParseGuard(text)
		if err != nil {
			t.Fatal(err)
		}
		guards = append(guards, g)
	}
	if got, want := Guarded(guards, 0.1, 8), (DropLimit{SharePct: 0.6, EpisodeGbit: 16}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Guarded(guards[2:3], 0.1, 8); got != NoDropLimit() {
		t.Errorf("got %+v", got)
	}
}
