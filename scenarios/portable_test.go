package scenarios

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/rng"
)

// TestFiguresWithAndWithoutVectors simulates a morning in which a third of the
// capacity cells sleep and wake in turn, and compares the figures with those on
// record. The record is the same for vector kernels and for the portable code
// (-tags purego), so that the two agree within 1e-4.
func TestFiguresWithAndWithoutVectors(t *testing.T) {
	const path, tolerance = "testdata/portable.json", 1e-4
	sc, err := Preset("quickstart", []string{"load.target_mean=0.25"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := Build(context.Background(), sc, Inputs{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	n, err := w.Network()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Start(6*des.Hour, w.Demand.Reseeded(rng.Root(1))); err != nil {
		t.Fatal(err)
	}
	for at := 6 * des.Hour; at < 12*des.Hour; at += 15 * des.Minute {
		n.BeginInterval()
		for c := range w.Topology.NumCells() {
			if w.Topology.Carriers[w.Topology.CellCarrier[c]].Coverage {
				continue
			}
			state := power.Full
			if (c/2+int(at/des.Hour))%3 == 0 {
				state = power.Sleep
			}
			if err := n.Request(c, state); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.RunUntil(at + 15*des.Minute); err != nil {
			t.Fatal(err)
		}
	}
	totals := n.Totals()
	got := map[string]float64{
		"served_bit": totals.ServedBit, "dropped_bit": totals.DroppedBit,
		"throughput_mean_mbps": totals.Throughput.Mean(),
	}
	for _, f := range totals.Figures() {
		switch f.Def.Name {
		case "energy_kwh", "load_mean":
			got[f.Def.Name] = f.Value
		}
	}
	if *update {
		text, err := json.MarshalIndent(got, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]float64
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for name, v := range want {
		if g, ok := got[name]; !ok || !(math.Abs(g-v) <= tolerance*math.Abs(v)) {
			t.Errorf("%s = %.9g, on record %.9g", name, g, v)
		}
	}
	if len(want) != len(got) {
		t.Errorf("%d figures on record, %d found", len(want), len(got))
	}
}
