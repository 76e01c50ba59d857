// Package fault says what breaks, when, and for how long: radio units,
// baseband units, and the mains of sites, with the batteries behind it.
//
// It knows no radio and no power model. New(Spec, Layout, key, start) makes a
// Plan; Plan.Until(t) lists the faults that begin before t. The plan is a pure
// function of the Spec, the layout, the key and the start: nothing that the
// network does moves it, so every policy meets the same faults, and a longer
// run meets those of a shorter one first. What a fault does to the network is
// the business of package sim; what a battery gives, Crossing reckons.
//
// Each thing that can break (a radio unit, the baseband of a site, the feeder
// of one or more sites) is a renewal process of its own: it works for an
// exponential time, is repaired in a log-normal one, and works again. All
// work at the start. Faults of different things are independent, but for
// sites on one feeder, which lose the mains together.
//
// Units: h and s in the Spec, des.Time in the plan, J and W for batteries.
package fault
