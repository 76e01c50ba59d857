package sim

import (
	"math"
	"strings"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/radio"
)

// sharedProfiles returns two carriers of one radio unit: 40 W for all, 100 W of
// chains and amplifiers, 10 W of each carrier's own; the first is the anchor.
func sharedProfiles() []power.Profile {
	anchor := power.Profile{Name: "anchor", Family: power.Field, TRX: 64}
	awake := power.StateData{Available: true, ChainShare: 1, PowerShare: 1, CapacityShare: 1}
	half := awake
	half.ChainShare = 0.5
	added := anchor
	added.Name = "added"
	anchor.States[power.Full], anchor.States[power.HalfTRX] = awake, half
	anchor.States[power.Full].BaseW, anchor.States[power.HalfTRX].BaseW = 40+100+10, 40+50+10
	anchor.States[power.DeepSleep] = power.StateData{Available: true, BaseW: 5}
	added.States[power.Full], added.States[power.HalfTRX] = awake, half
	added.States[power.Full].BaseW, added.States[power.HalfTRX].BaseW = 10, 10
	added.States[power.Sleep] = power.StateData{Available: true}
	anchor.Shared = &power.Shared{Unit: "u", CommonW: 40}
	anchor.Shared.StaticW[power.Full], anchor.Shared.StaticW[power.HalfTRX] = 100, 50
	added.Shared = &power.Shared{Unit: "u", Added: true}
	return []power.Profile{anchor, added}
}

// The unit's common part and the chains that any of its carriers needs are drawn
// as long as one is awake, through a supply that loses a fifth.
func TestSharedUnitByHand(t *testing.T) {
	site := bare()
	site.RectifierEfficiency = 0.8
	for _, c := range []struct {
		anchor, added power.State
		want          float64
	}{
		{power.Full, power.Full, 40 + 100 + 20}, {power.Full, power.Sleep, 40 + 100 + 10},
		{power.HalfTRX, power.Full, 40 + 100 + 20}, {power.HalfTRX, power.HalfTRX, 40 + 50 + 20},
		{power.DeepSleep, power.Full, 40 + 100 + 10}, {power.DeepSleep, power.HalfTRX, 40 + 50 + 10},
		{power.DeepSleep, power.Sleep, 5},
	} {
		n, err := New(DefaultSpec(), Parts{Topology: towers(1), Radio: radio.DefaultSpec(), Site: site, Profiles: sharedProfiles(), Workers: 1})
		must(t, err)
		must(t, n.Start(0, constant{0}))
		must(t, n.Request(0, c.anchor))
		must(t, n.Request(1, c.added))
		n.BeginInterval()
		must(t, n.RunUntil(des.Hour))
		got := (float64(n.View().EnergyJ[0]) + float64(n.View().EnergyJ[1])) / des.Hour.Seconds() * site.RectifierEfficiency
		if math.Abs(got-c.want) > 1e-6*c.want { // the view is in single precision
			t.Errorf("anchor %v, added %v: %v W, want %v", c.anchor, c.added, got, c.want)
		}
	}
}

func TestAddedCarrierNeedsItsAnchor(t *testing.T) {
	profiles := sharedProfiles()
	for name, list := range map[string][]power.Profile{"none": {testProfile(), profiles[1]}, "of another unit": {profiles[0], profiles[1]}} {
		if name == "of another unit" {
			other := *list[0].Shared
			other.Unit = "v"
			list[0].Shared = &other
		}
		_, err := New(DefaultSpec(), Parts{Topology: towers(1), Radio: radio.DefaultSpec(), Site: bare(), Profiles: list, Workers: 1})
		if err == nil || !strings.Contains(err.Error(), "carrier high (profile added) is added to a radio unit u, of which the sector must have one anchor, got 0") {
			t.Errorf("anchor %s: got %v", name, err)
		}
	}
}
