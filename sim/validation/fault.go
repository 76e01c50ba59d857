package validation

import (
	"fmt"
	"math"

	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/power"
	"hibernet/sim/rng"
)

// Known differences.
const (
	faultNoDetection = "D11"
	faultSilentUnits = "D12"
)

// What rounding explains: sums of float64, and rates and demands in float32.
const (
	faultExact  = 1e-9
	faultSingle = 2e-6
)

// faultCheck sets outages beside what they must cost.
func faultCheck() Check {
	return Check{
		Name: "fault",
		Doc:  "outages of radio units, baseband and mains, batteries, and neighbours that stand in, against cases worked by hand",
		Run: func(ctx Context) (Result, error) {
			var r Result
			for _, part := range []func(int, *Result) error{
				faultRadioRows, faultSiteRows, faultNeighbourRows, faultSteerRows, faultBatteryRows, faultChargeRows, faultRandomRows,
			} {
				if err := part(ctx.Workers, &r); err != nil {
					return r, err
				}
			}
			return r, nil
		},
	}
}

// faultClaim is a claim worked by hand.
func faultClaim(quantity, unit, source string) Claim {
	return Claim{Quantity: quantity, Unit: unit, Source: "by hand: " + source, Trust: Derived}
}

// faultRadioRows breaks the capacity cell of a sector of two layers for two
// hours: the coverage cell carries what it can.
func faultRadioRows(workers int, r *Result) error {
	const hours, outS = 2.0, 2*3600 + faultRestartS + faultControlS
	low, high := faultCapacity(faultLowHz), faultCapacity(faultHighHz)
	for _, demand := range []float64{100e6, 600e6} {
		c := faultCase{
			sites: 1, carriers: 2, demand: faultDemand{float32(demand)},
			spec: faultSpec(fault.Scheduled{Kind: "radio_unit", Carrier: "high", StartH: 1, DurationH: hours}),
		}
		n, err := c.run(workers, 5, nil)
		if err != nil {
			return err
		}
		total, lower, upper := n.Totals(), n.CellTotals(0), n.CellTotals(1)
		lost, restore := max(demand-low, 0)*outS, 0.0
		if lost > 0 {
			restore = outS
		}
		name := "radio unit of the capacity layer out for 2 h, " + map[bool]string{false: "little traffic", true: "more than the coverage layer carries"}[lost > 0]
		carried := min(demand, low) * outS
		r.Rows = append(r.Rows,
			faultClaim(name+": traffic of the coverage layer", "bit", "min(demand, 1/mean(1/rate)) x (outage + restart + set-up)").Relative(carried, lower.ServedBit, faultSingle),
			faultClaim(name+": traffic lost", "bit", "(demand - capacity of the coverage layer) x (outage + restart + set-up)").Absolute(lost, total.Faults.LostBit[fault.RadioUnit], faultSingle*demand*outS),
			faultClaim(name+": time to restore", "s", "outage + restart + set-up where traffic is lost, else 0").Absolute(restore, total.Faults.RestoreS, faultExact*outS),
			faultClaim(name+": energy of the broken unit", "J", "(idle + slope x load) x overhead while it serves, idle while it starts, 0 while it is broken").Relative(
				(1/faultRectifier+faultCool)*(faultIdleW*(5*3600-hours*3600)+faultSlopeW*demand/high*(5*3600-outS)), upper.EnergyJ, faultSingle))
	}
	return nil
}

// faultSiteRows breaks the baseband of a site without neighbours.
func faultSiteRows(workers int, r *Result) error {
	const demand, repairS = 50e6, 0.5 * 3600
	const outS = repairS + faultRestartS + faultControlS
	c := faultCase{
		sites: 1, carriers: 2, demand: faultDemand{demand},
		spec: faultSpec(fault.Scheduled{Kind: "baseband", StartH: 1, DurationH: repairS / 3600}),
	}
	var down, starting int
	var starts des.Time
	n, err := c.run(workers, 3, func(t sim.Transition) {
		switch t.Cause {
		case sim.ByFault:
			down++
		case sim.ByRepair:
			starting, starts = starting+1, t.At
		}
	})
	if err != nil {
		return err
	}
	total, f := n.Totals(), n.Totals().Faults
	overhead := 1/faultRectifier + faultCool
	// What the units drew beyond idling and serving while the baseband was in
	// order.
	waiting := total.StateJ[power.Full] - overhead*(2*faultIdleW*(3*3600-repairS)+faultSlopeW*demand/faultCapacity(faultHighHz)*(3*3600-outS))
	r.Rows = append(r.Rows,
		faultClaim("baseband out: cells that go down with it", "1", "all of the site's").Absolute(2, float64(down), 0),
		faultClaim("baseband out: cells that start when it is repaired", "1", "all of the site's").Absolute(2, float64(starting), 0),
		faultClaim("baseband out: moment of the repair", "s", "begin + duration").Absolute(3600+repairS, starts.Seconds(), 0),
		faultClaim("baseband out: time to restore without neighbours", "s", "repair + restart + set-up").Absolute(outS, f.RestoreS, faultExact*outS),
		faultClaim("baseband out: traffic lost", "bit", "demand x (repair + restart + set-up)").Relative(demand*outS, f.LostBit[fault.Baseband], faultSingle),
		faultClaim("baseband out: cell-seconds down", "s", "cells x (repair + restart + set-up)").Relative(2*outS, f.DownCellS, faultExact),
		faultClaim("baseband out: energy of the baseband", "J", "power x overhead x time in order").Relative(faultBasebandW*overhead*(3*3600-repairS), total.SiteJ, faultExact),
		Claim{
			Quantity: "baseband out: power of its radio units, of idle", Unit: "1",
			Source: "a unit that waits for its link idles (assumption; its idle power is the most that it draws)", Trust: Recalled,
		}.Still(faultSilentUnits, 1, -1e-5, 1e-5, waiting/(2*faultIdleW*overhead*repairS)))
	return nil
}

// faultNeighbourRows has a sleeping neighbour, and then one that is awake,
// stand in for a site that loses its mains.
func faultNeighbourRows(workers int, r *Result) error {
	const demand = 50e6
	c := faultCase{
		sites: 2, carriers: 1, demand: faultDemand{demand, 0}, sleeps: []int{1},
		spec: faultSpec(fault.Scheduled{Kind: "mains", StartH: 1, DurationH: 1}),
	}
	c.spec.Compensation.Wake = true
	asleep, err := c.run(workers, 3, nil)
	if err != nil {
		return err
	}
	c.sleeps = nil
	awake, err := c.run(workers, 3, nil)
	if err != nil {
		return err
	}
	f, g := asleep.Totals().Faults, awake.Totals().Faults
	r.Rows = append(r.Rows,
		faultClaim("site down, a neighbour asleep: time to restore", "s", "the neighbour's wake time with its set-up").Absolute(faultExitS, f.RestoreS, faultExact),
		faultClaim("site down, a neighbour asleep: traffic lost", "bit", "demand x that time").Relative(demand*faultExitS, f.LostBit[fault.Mains], faultSingle),
		faultClaim("site down, a neighbour asleep: cells woken", "1", "the one that reaches the users").Absolute(1, float64(f.Wakes), 0),
		Claim{
			Quantity: "site down, a neighbour awake: time to restore", Unit: "s",
			Source: "3GPP TR 36.839: radio-link failure after T310 = 1 s, as quoted by an O-RAN conflict benchmark", Trust: Secondary,
		}.Still(faultNoDetection, 1, 0, 0, g.RestoreS))
	return nil
}

// faultSteerRows has the neighbour raise offset and power.
func faultSteerRows(workers int, r *Result) error {
	const demand = 50e6
	for _, c := range []struct {
		name                  string
		cio, power, set, want float64
	}{
		{"4 dB on top of none", 4, 2, 0, 4},
		{"4 dB on top of 5 dB", 4, 3, 5, sim.MaxCIODB},
		{"none on top of -6 dB", 0, 1, -6, -6},
	} {
		one := faultCase{
			sites: 2, carriers: 1, demand: faultDemand{demand, 0}, cio: c.set,
			spec: faultSpec(fault.Scheduled{Kind: "baseband", StartH: 1, DurationH: 1}),
		}
		one.spec.Compensation = fault.Compensation{Neighbours: 1, CIODB: c.cio, PowerDB: c.power}
		n, err := one.run(workers, 1.5, nil)
		if err != nil {
			return err
		}
		rate := faultRate(faultLowHz, faultGainNext*math.Pow(10, c.power/10))
		watts := (1/faultRectifier + faultCool) * (faultIdleW + faultSlopeW*math.Pow(10, c.power/10)*demand/rate)
		r.Rows = append(r.Rows, faultClaim("neighbour steered by "+c.name+": offset in force", "dB", "the sum, within 6 dB").Absolute(c.want, n.CIO(1), 1e-6),
			faultClaim("neighbour steered by "+c.name+": rate of its new users", "bit/s", "rate curve with the raised power").Relative(rate, float64(n.Rate()[0]), faultSingle))
		n.BeginInterval()
		if err := n.RunUntil(n.View().Now + 900*des.Second); err != nil {
			return err
		}
		r.Rows = append(r.Rows, faultClaim("neighbour steered by "+c.name+": its power", "W", "idle + slope x load x factor on transmit power, with overhead").Relative(watts, float64(n.View().EnergyJ[1])/900, faultSingle))
		if err := n.RunUntil(3 * des.Hour); err != nil {
			return err
		}
		r.Rows = append(r.Rows, faultClaim("neighbour steered by "+c.name+": offset after the repair", "dB", "as it was set").Absolute(c.set, n.CIO(1), 1e-6),
			faultClaim("neighbour steered by "+c.name+": power raised after the repair", "dB", "none").Absolute(0, n.PowerDB(1), 0))
	}
	for _, db := range []float64{-6.001, 6.001} {
		n, err := (&faultCase{sites: 1, carriers: 1, demand: faultDemand{0}, spec: fault.Spec{}}).run(workers, 1, nil)
		if err != nil {
			return err
		}
		refused := 0.0
		if n.SetCIO(0, db) != nil && n.CIO(0) == 0 {
			refused = 1
		}
		r.Rows = append(r.Rows, faultClaim(fmt.Sprintf("offset of %g dB, beyond the bounds, refused", db), "1", "6 dB either way").Absolute(1, refused, 0))
	}
	return nil
}

// faultRandomRows sets random faults beside renewal theory.
func faultRandomRows(workers int, r *Result) error {
	spec := fault.DefaultSpec()
	spec.Random, spec.RestartS = true, 0
	spec.RadioUnit = fault.Rates{MTBFH: 100, MTTRH: 5, RepairCV: 1}
	spec.Baseband.MTBFH, spec.Mains.MTBFH = 0, 0
	const units = 1000
	layout := fault.Layout{SiteX: make([]float64, 1), SiteY: make([]float64, 1), SectorSite: make([]int32, 1),
		CellSector: make([]int32, units), CellCarrier: make([]uint8, units), Carriers: []string{"low"}}
	plan, err := fault.New(spec, layout, rng.Root(1), 0)
	if err != nil {
		return err
	}
	span := 400 * des.Day
	down, square, count := 0.0, 0.0, 0.0
	for _, f := range plan.Until(span) {
		h := (min(f.End, span) - f.Start).Hours()
		down, square, count = down+h, square+h*h, count+1
	}
	mean := down / count
	cv := math.Sqrt(square/count-mean*mean) / mean
	// About 91,000 faults: four standard errors are 1.9 % of the share down,
	// 1.3 % of the mean; that of a log-normal's spread is about 3 %.
	r.Rows = append(r.Rows,
		faultClaim("random faults: availability", "1", "MTBF / (MTBF + MTTR)").Absolute(100.0/105, 1-down/(units*span.Hours()), 0.019*5/105),
		faultClaim("random faults: faults of a unit and hour", "1/h", "1 / (MTBF + MTTR)").Relative(1.0/105, count/(units*span.Hours()), 0.013),
		faultClaim("random faults: mean time to repair", "h", "MTTR").Relative(5, mean, 0.013),
		faultClaim("random faults: coefficient of variation of the time to repair", "1", "as set").Relative(1, cv, 0.03))
	return faultNetworkRows(workers, spec, r)
}

// faultNetworkRows has a network follow a plan.
func faultNetworkRows(workers int, spec fault.Spec, r *Result) error {
	const days = 30
	c := faultCase{sites: 4, carriers: 2, demand: faultDemand{1e6, 1e6, 1e6, 1e6}, spec: spec}
	n, err := c.run(workers, days*24, nil)
	if err != nil {
		return err
	}
	t := n.Topology()
	plan, err := fault.New(spec, fault.Layout{SiteX: t.SiteX, SiteY: t.SiteY, SectorSite: t.SectorSite, CellSector: t.CellSector,
		CellCarrier: t.CellCarrier, Carriers: []string{"low", "high"}}, rng.Root(1).Named("faults"), 0)
	if err != nil {
		return err
	}
	down := 0.0
	for _, f := range plan.Until(days * des.Day) {
		down += (min(f.End+des.FromSeconds(faultControlS), days*des.Day) - f.Start).Seconds()
	}
	total := n.Totals()
	traffic, energy := total.Imbalance()
	r.Rows = append(r.Rows,
		faultClaim("random faults in a network: cell-seconds down", "s", "the plan's faults with the set-up after each").Relative(down, total.Faults.DownCellS, faultExact),
		Claim{Quantity: "random faults in a network: traffic served, dropped and queued against offered", Unit: "1", Source: "conservation of traffic", Trust: Independent}.AtMost(1e-6, traffic),
		Claim{Quantity: "random faults in a network: energy of states, transitions and sites against all", Unit: "1", Source: "conservation of energy", Trust: Independent}.AtMost(faultExact, energy))
	return nil
}
