package power

import (
	"math"
	"strings"
	"testing"
)

// Always active, the cell is Packed; in the ladder's DTX it is TR38864.DTX.
func TestCellAgreesWithTheReferenceModel(t *testing.T) {
	m := category(1)
	c := Cell{Model: m, Time: Timetable{Frame: dddsu, Signals: []Signal{bursts.Signal()}, Deepest: LightSleep}, ChainShare: 0.5, DataPower: 0.5, SignalPower: 0.5}
	base, slope, err := c.Line()
	if err != nil {
		t.Fatal(err)
	}
	wantBase, wantSlope := m.Packed(dddsu, bursts, 0.5, 0.5)
	near(t, "base", base, wantBase, 1e-9)
	near(t, "slope", slope, wantSlope, 1e-9)
	c.ChainShare, c.DataPower, c.SignalPower = 1, 1, 1
	c.Time.CycleMs, c.Time.OnMs = 160, 80
	c.Time.Signals[0].PeriodMs = 160
	base, slope, err = c.Line()
	if err != nil {
		t.Fatal(err)
	}
	wantBase, wantSlope, ok := m.DTX(dddsu, bursts, CellDTX{CycleMs: 160, OnMs: 80, SSBPeriodMs: 160})
	near(t, "base in DTX", base, wantBase, 1e-9)
	near(t, "slope in DTX", slope, wantSlope, 1e-9)
	near(t, "capacity in DTX", c.CapacityShare(), 0.5, 0)
	if !ok {
		t.Error("DTX must hold light sleep")
	}
}

// The signals' power is theirs: an offset on data leaves them alone.
func TestOffsetLeavesSignals(t *testing.T) {
	m := category(1)
	c := Cell{Model: m, Time: Timetable{Frame: dddsu, Signals: []Signal{bursts.Signal()}}, ChainShare: 1, DataPower: 0.1, SignalPower: 1}
	base, slope, err := c.Line()
	if err != nil {
		t.Fatal(err)
	}
	wantBase, _ := m.Packed(dddsu, bursts, 1, 1)
	near(t, "idle", base, wantBase, 1e-9)
	busy := dddsu.DLShare*225*(0.4+0.6*0.1) + dddsu.ULShare*55
	near(t, "full load", base+slope, 55+busy, 1e-9)
}

func TestMechanisms(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Mechanisms() {
		if seen[m.Name] || m.Name == "" || strings.Trim(m.Name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
			t.Errorf("name %q", m.Name)
		}
		seen[m.Name] = true
		for _, text := range []string{m.Standard, m.Clause, m.Cells, m.Limits, m.Radio, m.Setting} {
			if text == "" {
				t.Errorf("%s: a field is empty: %+v", m.Name, m)
			}
		}
		if m.Release < 15 || m.Release > 19 {
			t.Errorf("%s: release %d", m.Name, m.Release)
		}
	}
	p := find(t, "tr38864-cat1-set1")
	plain, _, ok := p.Reference()
	if !ok {
		t.Fatal("no reference cell")
	}
	for _, c := range Cases(plain) {
		if !seen[c.Mechanism] {
			t.Errorf("case of %q, which is not listed", c.Mechanism)
		}
		for _, l := range LoadClasses() {
			if s := c.Saving(plain, l.Load); !(s >= -1e-12 && s < 1) {
				t.Errorf("%s, %s: saves %v at %s load", c.Mechanism, c.Label, s, l.Name)
			}
		}
	}
	if len(plain.Time.Signals) != 1 {
		t.Error("Cases must not change the plain cell")
	}
}

// A case that cannot carry the traffic has no power.
func TestCaseOverload(t *testing.T) {
	p := find(t, "tr38864-cat1-set1")
	plain, _, _ := p.Reference()
	c := Cases(plain)[0] // half of the time
	if w := c.Units(0.51); !math.IsNaN(w) {
		t.Errorf("beyond the capacity: %v units", w)
	}
	if w := c.Units(0.49); math.IsNaN(w) {
		t.Error("within the capacity there is a power")
	}
	near(t, "rate at full power", RateShare(1), 1, 1e-12)
}
