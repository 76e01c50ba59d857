package cli

import (
	"testing"

	"hibernet/results/record"
)

// TestFaultsAreRecorded: what breaks shows in each table, and the tables agree
// with each other and with the figures.
func TestFaultsAreRecorded(t *testing.T) {
	s := newShell(t)
	s.do("run", "tiny", "--policy", "schedule", "--days", "1", "--out", "r",
		"--set", "faults.random=true", "--set", "faults.mains.mtbf_h=30", "--set", "faults.mains.mttr_h=3",
		"--set", "faults.radio_unit.mtbf_h=100", "--set", "faults.battery.capacity_kwh=2",
		"--set", "faults.scheduled=[{kind: baseband, site: 0, start_h: 3, duration_h: 1}]")
	folder := s.open("r")
	figures := map[string]float64{}
	for _, e := range table[record.Episode](t, folder) {
		figures[e.Figure] = e.Value
	}
	if figures["fault_lost_gbit"] <= 0 || figures["battery_kwh"] <= 0 || figures["faults_radio_unit"] < 1 || figures["fault_wakes"] < 1 {
		t.Fatalf("figures %v: the test is void", figures)
	}

	sums := map[string]record.Step{}
	for _, r := range table[record.Step](t, folder) {
		all := sums[r.Scope]
		all.DownCells += r.DownCells * r.DurationS / secondPerH
		all.FaultLostGbit += r.FaultLostGbit
		all.BatteryKWh += r.BatteryKWh
		all.EnergyKWh += r.EnergyKWh
		sums[r.Scope] = all
		if states := sum(r.StateCells.Array()); states > float64(r.Cells)*(1+tolerance) || states+r.DownCells < float64(r.Cells)*(1-tolerance) {
			t.Errorf("%s %s at %g s: %g cells in states, %g down, of %d", r.Scope, r.Name, r.TimeS, states, r.DownCells, r.Cells)
		}
	}
	for scope, all := range sums {
		near(t, scope+": time down", all.DownCells, figures["fault_down_cell_h"], all.DownCells)
		if scope != record.ScopeCarrier {
			near(t, scope+": traffic lost", all.FaultLostGbit, figures["fault_lost_gbit"], all.FaultLostGbit)
			near(t, scope+": energy from batteries", all.BatteryKWh, figures["battery_kwh"], all.BatteryKWh)
			near(t, scope+": energy", all.EnergyKWh, figures["energy_kwh"], all.EnergyKWh)
		}
	}

	down := 0.0
	for _, c := range table[record.Cell](t, folder) {
		down += c.DownShare * c.DurationS / secondPerH
	}
	near(t, "cells: time down", down, figures["fault_down_cell_h"], down)

	// Each cell goes down and comes back by turns; neighbours wake in between.
	isDown, woken := map[int32]bool{}, 0.0
	for _, e := range table[record.Event](t, folder) {
		switch e.Cause {
		case record.CauseFault:
			if isDown[e.Cell] || e.To != record.EventDown {
				t.Errorf("%+v: cell is down already", e)
			}
			isDown[e.Cell] = true
		case record.CauseRepair:
			if !isDown[e.Cell] || e.From != record.EventDown || e.To != "full" {
				t.Errorf("%+v: cell is not down", e)
			}
			isDown[e.Cell] = false
		case record.CauseCompensation:
			if e.To != "full" || isDown[e.Cell] {
				t.Errorf("%+v", e)
			}
			woken++
		}
	}
	if woken != figures["fault_wakes"] {
		t.Errorf("%g rows of cells that stand in, %g woken", woken, figures["fault_wakes"])
	}
}
