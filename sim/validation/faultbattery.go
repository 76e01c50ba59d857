package validation

import (
	"math"

	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/power"
)

// faultBatteryRows runs a site on its battery until that is empty. The
// expected times are capacity over power, worked by hand: 500 W of equipment,
// and a fifth of that for cooling, come to 600 W behind the rectifier.
func faultBatteryRows(workers int, r *Result) error {
	const capacityKWh, startS, demand = 1.2, 3600.0, 300e6
	const equipmentW = 2*faultIdleW + faultBasebandW
	load := demand / faultCapacity(faultHighHz)
	for _, c := range []struct {
		name, source string
		demand       float32
		sleeps       []int
		shed         []fault.Shed
		want         float64 // s
	}{
		{"constant load", "capacity / power", 0, nil, nil, capacityKWh * 3.6e6 / (equipmentW * (1 + faultCool))},
		{"a loaded cell", "capacity / power", demand, nil, nil, capacityKWh * 3.6e6 / ((equipmentW + faultSlopeW*load) * (1 + faultCool))},
		{"one cell in deep sleep", "capacity / power", 0, []int{1}, nil, capacityKWh * 3.6e6 / ((equipmentW - faultIdleW + faultDeepW) * (1 + faultCool))},
		{"one cell shed at half the charge", "capacity/2 / power before + capacity/2 / power after", 0, nil, []fault.Shed{{Carrier: "high", Below: 0.5}},
			capacityKWh * 1.8e6 * (1/equipmentW + 1/(equipmentW-faultIdleW)) / (1 + faultCool)},
	} {
		one := faultCase{sites: 1, carriers: 2, demand: faultDemand{c.demand}, sleeps: c.sleeps,
			spec: faultSpec(fault.Scheduled{Kind: "mains", StartH: startS / 3600, DurationH: 12})}
		one.spec.Battery = fault.Battery{CapacityKWh: capacityKWh, ChargeW: 500, ChargeEfficiency: 0.8, Shed: c.shed}
		empty := math.NaN()
		n, err := one.run(workers, 12, func(t sim.Transition) {
			if t.Cause == sim.ByFault {
				empty = t.At.Seconds() - startS // of the last cell
			}
		})
		if err != nil {
			return err
		}
		f := n.Totals().Faults
		// The clock counts microseconds.
		r.Rows = append(r.Rows,
			faultClaim("battery of 1.2 kWh, "+c.name+": autonomy", "s", c.source).Absolute(c.want, empty, faultSingle*c.want),
			faultClaim("battery of 1.2 kWh, "+c.name+": energy taken", "kWh", "the capacity").Relative(capacityKWh, f.BatteryJ/3.6e6, 1e-8),
			faultClaim("battery of 1.2 kWh, "+c.name+": batteries run empty", "1", "one").Absolute(1, float64(f.Emptied), 0))
	}
	return nil
}

// faultChargeRows has the mains come back while half of the charge is left,
// and fail again: what was stored in between is there. A cell that falls
// asleep on the battery takes its transition from it.
func faultChargeRows(workers int, r *Result) error {
	const capacityKWh, chargeW, efficiency, hour = 1.2, 500.0, 0.8, 3600.0
	drawnW := (2*faultIdleW + faultBasebandW) * (1 + faultCool)
	one := faultCase{sites: 1, carriers: 2, demand: faultDemand{0}, spec: faultSpec(
		fault.Scheduled{Kind: "mains", StartH: 1, DurationH: 1}, fault.Scheduled{Kind: "mains", StartH: 3, DurationH: 9})}
	one.spec.Battery = fault.Battery{CapacityKWh: capacityKWh, ChargeW: chargeW, ChargeEfficiency: efficiency}
	empty := math.NaN()
	n, err := one.run(workers, 3, func(t sim.Transition) {
		if t.Cause == sim.ByFault {
			empty = t.At.Seconds()
		}
	})
	if err != nil {
		return err
	}
	before := n.Totals()
	if err := n.Request(1, power.DeepSleep); err != nil {
		return err
	}
	if err := n.RunUntil(24 * des.Hour); err != nil {
		return err
	}
	held := capacityKWh*3.6e6 - drawnW*hour + chargeW*efficiency*hour
	asleepW := drawnW - (faultIdleW-faultDeepW)*(1+faultCool)
	lasts := (held - faultDeepJ*(1+faultCool)) / asleepW
	f := n.Totals().Faults
	overhead := 1/faultRectifier + faultCool
	grid := (2*faultIdleW+faultBasebandW)*overhead*2*hour + chargeW*hour
	r.Rows = append(r.Rows,
		faultClaim("battery charged for an hour: charge taken from the mains", "J", "power x time").Relative(chargeW*hour, before.Faults.ChargeJ, faultExact),
		faultClaim("battery charged for an hour: stored", "J", "power x efficiency x time").Relative(chargeW*efficiency*hour, before.Faults.StoredJ, faultExact),
		faultClaim("an hour on the battery and two on the mains: energy from the mains", "J", "consumption less battery and charge").Relative(
			grid, before.EnergyJ-before.Faults.BatteryJ+before.Faults.ChargeJ, faultExact),
		faultClaim("second outage after an hour of charging, one cell put to deep sleep: autonomy", "s", "(capacity - taken + stored - transition) / power").Relative(lasts, empty-3*hour, faultSingle),
		faultClaim("after both outages: battery charged until full", "J", "what was taken / efficiency").Relative(f.BatteryJ/efficiency, f.ChargeJ, 1e-8))
	return nil
}
