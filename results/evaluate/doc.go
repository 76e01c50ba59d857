// Package evaluate compares policies on the same episodes.
//
// Every policy plays the same seeds, and so meets the same network and the same
// traffic; what differs between two policies in an episode is what they did.
// Run plays them, checks that the offered traffic was indeed the same, and
// Compare turns the figures of all episodes into estimates: the figure itself,
// the saving against always-on and against a named reference, and differences
// paired by episode, each with a 95 % interval, the number of episodes and
// whatever makes it doubtful (Warnings). Table, JSON and the rows of package
// record present them.
//
// A Verdict sums a policy up: what it saves, which share of the gap between the
// reference and a bound on the energy it closes, and how it stands to the
// guards. A guard must hold on every seed, over the seed's episodes together
// (amounts as their mean), and its limit is worked out from what always-on came
// to on that seed.
//
// How figures are put together over episodes follows from what they are:
//
//   - extensive figures (energy, traffic, minutes, counts) are summed;
//   - a figure that is a ratio of two others (dropped_pct, energy_per_gbit_kwh)
//     is the ratio of their sums;
//   - every other figure (throughput quantiles, mean load, rates) is the mean
//     over episodes, each counted once. A mean of quantiles is not the quantile
//     of the pooled users; it is named and used as what it is.
//
// Invariants: the result depends on the makers, the seeds and the number of
// episodes only: the same bits for any number of workers. A figure that is NaN
// or missing makes its estimates NaN and gives a warning; it is never skipped.
package evaluate
