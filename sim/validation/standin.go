package validation

import (
	"fmt"

	"hibernet/sim/power"
)

// standInRows holds what two carriers of one radio unit draw together, cell by
// cell as a network adds them up, to the unit's parts added by hand: 118.44 W
// always, 95.41 W unless all are dormant, 115.15 W unless all are deeply asleep,
// 64 chains and amplifiers of 2 and 2.6 W as far as a carrier needs them, and
// 34.6 W of each awake carrier.
func standInRows(ctx Context) ([]Row, error) {
	anchor, err := power.Lookup(ctx.Profiles, "shared-64t-anchor")
	if err != nil {
		return nil, err
	}
	added, err := power.Lookup(ctx.Profiles, "shared-64t-added")
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, c := range []struct {
		anchor, added power.State
		want          float64
	}{
		{power.Full, power.Full, 118.44 + 95.41 + 115.15 + 64*4.6 + 2*34.6},
		{power.HalfTRX, power.Full, 118.44 + 95.41 + 115.15 + 64*4.6 + 2*34.6},
		{power.QuarterTRX, power.HalfTRX, 118.44 + 95.41 + 115.15 + 32*4.6 + 2*34.6},
		{power.Sleep, power.Full, 118.44 + 95.41 + 115.15 + 64*4.6 + 34.6},
		{power.DeepSleep, power.HalfTRX, 118.44 + 95.41 + 115.15 + 32*4.6 + 34.6},
		{power.Dormant, power.QuarterTRX, 118.44 + 95.41 + 115.15 + 16*4.6 + 34.6},
		{power.DeepSleep, power.Sleep, 118.44 + 95.41},
		{power.Dormant, power.Sleep, 118.44},
	} {
		got := anchor.PowerW(c.anchor, 0) + added.PowerW(c.added, 0) + anchor.StandInW(c.anchor, []power.State{c.added})
		rows = append(rows, Claim{
			Quantity: fmt.Sprintf("empty unit of two carriers, anchor %v, added %v", c.anchor, c.added), Unit: "W",
			Source: "structure of Piovesan et al., IEEE Communications Magazine 60(10), 2022 (recalled); parts assumed, added by hand", Trust: Recalled,
		}.Relative(c.want, got, 1e-9))
	}
	return rows, nil
}
