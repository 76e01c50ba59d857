// Package validation checks the simulator against what is known without it:
// formulas worked by hand, standards, independent computations, published
// figures and measurements.
//
// A Check computes some figures and sets each beside what it must be, as Rows:
// the quantity, the source of the expected value with its trust, expected,
// got, error, limit, pass. Run plays checks in order and gathers a Table.
// Expected values that come from outside are committed in reference/*.csv with
// their sources, which Reference reads.
//
// Where the model is known to differ from its source, DEVIATIONS.md says how
// and why, and a row made by Still asserts that the difference is still as
// described: one that closes unnoticed would leave the text wrong.
//
// The rungs of the ladder, in the order in which they run: a formula by hand
// (power, radio), one cell slot by slot (micro), a few cells against an
// independent solver and against single users (coupling, flow), mechanisms and
// faults on small layouts, published settings, measured data.
//
// Nothing here reads files, clocks or the terminal: data come as an fs.FS.
package validation
