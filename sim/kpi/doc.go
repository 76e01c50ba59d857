// Package kpi holds the figures by which a run is judged: their names, units
// and better direction (Defs), the sums of an episode from which they follow
// (Totals), and the histogram behind the throughput quantiles (Hist).
//
// The simulator adds to a Totals between events; Figures turns it into named
// values, always in the same order. Nothing here is sampled: time integrals
// are sums over pieces in which nothing changes. Units: bit, joule, second;
// figures in the unit of their Def.
//
// Invariants, which Totals.Imbalance measures: offered traffic is what was
// served, dropped or is still queued; the total energy is that of the power
// states, the transitions and the sites. A figure that is not defined (energy
// per bit with no bit served) is NaN, never an invented zero.
//
// All sums depend only on the order of the calls, so a caller that merges
// shards in their order gets the same bits for any number of workers.
package kpi
