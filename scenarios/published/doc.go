// Package published plays whole scenarios and sets what they come to beside
// what was measured or published: a generated city's loads, what published
// sleep control saves in its own setting, and the energy of a macro site.
//
// Each check builds a preset of package scenarios, plays it with rules through
// the sleep environment (play), or searches in it (search), and turns the
// outcome into the rows and figures of package validation. Demand that the
// presets do not have, single files on a hurried clock, wraps theirs. Where the
// outcome is known to differ from the publication, a row asserts the difference
// and sim/validation/DEVIATIONS.md explains it; README.md has the table.
//
// Energy is in joule, traffic in bit and bit/s, savings and loads are shares.
// The same checks give the same bits for any number of workers.
package published
