package kpi

import (
	"math"
	"reflect"
	"testing"
)

func faultSample() *Totals {
	t := sample()
	t.Faults = &Faults{
		Kinds: []string{"radio_unit", "mains"}, Count: []int64{3, 1}, LostBit: []float64{2e9, 1e9},
		DownCellS: 7200, Cuts: 2, RestoreS: 600, RestoreMaxS: 480, Emptied: 4, Wakes: 5,
		BatteryJ: 0.36e6, ChargeJ: 0.72e6, StoredJ: 0.54e6,
	}
	return t
}

func TestFaultFigures(t *testing.T) {
	tot := faultSample()
	want := map[string]float64{
		"fault_down_cell_h": 2, "fault_lost_gbit": 3, "fault_cuts": 2, "fault_restore_mean_min": 5, "fault_restore_max_min": 8,
		"fault_wakes": 5, "battery_empty": 4, "battery_kwh": 0.1, "grid_kwh": 1 - 0.1 + 0.2,
		"faults_radio_unit": 3, "faults_mains": 1, "fault_lost_radio_unit_gbit": 2, "fault_lost_mains_gbit": 1,
	}
	for name, value := range want {
		if got := figure(t, tot, name); math.Abs(got-value) > 1e-12 {
			t.Errorf("%s is %v, want %v", name, got, value)
		}
	}
	defs := FaultDefs(tot.Faults.Kinds)
	if len(defs) != len(want) || len(tot.Figures()) != len(Defs())+len(want)+2 {
		t.Errorf("%d definitions, %d figures", len(defs), len(tot.Figures()))
	}
	for _, d := range defs {
		if got, ok := Find(d.Name); !ok || got != d {
			t.Errorf("Find(%q) = %+v, %v", d.Name, got, ok)
		}
	}
	for _, name := range []string{"faults_", "fault_lost__gbit", "fault_lost_mains", "fault_"} {
		if d, ok := Find(name); ok {
			t.Errorf("Find(%q) = %+v must fail", name, d)
		}
	}
	tot.Faults.Cuts = 0
	if v := figure(t, tot, "fault_restore_mean_min"); !math.IsNaN(v) {
		t.Errorf("time to restore of nothing is %v", v)
	}
}

func TestFaultsMergeAndReset(t *testing.T) {
	a, b := faultSample(), faultSample()
	b.Faults.RestoreMaxS = 500
	a.Merge(b)
	if f := a.Faults; f.Count[0] != 6 || f.LostBit[1] != 2e9 || f.RestoreS != 1200 || f.RestoreMaxS != 500 || f.Emptied != 8 ||
		f.Wakes != 10 || f.Cuts != 4 || f.DownCellS != 14400 || f.BatteryJ != 0.72e6 || f.ChargeJ != 1.44e6 || f.StoredJ != 1.08e6 {
		t.Errorf("merged: %+v", f)
	}
	plain := sample()
	plain.Merge(b)
	if !reflect.DeepEqual(plain.Faults, b.Faults) || &plain.Faults.Count[0] == &b.Faults.Count[0] {
		t.Errorf("merged into none: %+v", plain.Faults)
	}
	b.Merge(sample())
	if b.Faults.Count[0] != 3 {
		t.Errorf("an episode without faults changes them: %+v", b.Faults)
	}
	a.Reset()
	if want := (&Faults{Kinds: a.Faults.Kinds, Count: make([]int64, 2), LostBit: make([]float64, 2)}); !reflect.DeepEqual(a.Faults, want) {
		t.Errorf("after Reset: %+v", a.Faults)
	}
	defer func() {
		if recover() == nil {
			t.Error("merging other kinds must panic")
		}
	}()
	b.Merge(&Totals{StateJ: make([]float64, 3), CarrierJ: make([]float64, 2), StateS: make([]float64, 3), ShieldCounts: make([]int64, 2), Faults: &Faults{}})
}
