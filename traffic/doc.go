// Package traffic says how many bits per second every sector of a network is
// offered at any time. It does not say who is served: that is the simulator's.
//
// A Source is a pure function of (Spec, Places, trace, key, time). Two kinds
// share one life cycle:
//
//   - Synthetic. mean(sector) x weekly profile(class, hour of week) x the
//     sector's own lasting deviation from its class x hourly noise. Means are
//     Weibull, gamma or log-normal and correlated in space; classes cluster in
//     space. The classes' courses are measured ones, or those of the Spec.
//   - Trace. A measured series of places is laid over the area: each sector
//     takes a share of the place it lies in, and the shares of a place sum to
//     one, so the area's total is that of the trace.
//
// Both are then multiplied by noise within the hour, scheduled and random
// surges, growth and a scale.
//
// How data passes through: New draws everything that lasts (means, classes,
// deviations, shares) into parallel arrays. DemandTo keeps the demand of the
// present slot (an hour, or a step of the trace) as three knots a sector, its
// start, middle and end, recomputes them when the slot changes, and otherwise
// only interpolates: O(sectors) and no allocation. Every random number is
// addressed by (key, purpose, step, sector), so a value depends on the time
// asked for and on nothing that was asked before.
//
// Beyond its end a trace begins again: after its last whole week, or its last
// whole day if it is shorter than a week. Steps left over are not played and
// are counted.
//
// Units: demand in bit/s, positions in metres, time in des.Time from Monday
// 00:00 local time. Invariants: demand is finite and not negative; the mean
// over a slot is the slot's value whatever the interpolation; noise factors
// have mean 1.
package traffic
