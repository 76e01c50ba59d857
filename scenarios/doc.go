// Package scenarios describes an experiment as one file: the settings of every
// package, which days a policy learns on and which it is judged on, and where
// its data come from.
//
// A [Scenario] is a struct of the other packages' Specs; this package only
// composes them. It reads files strictly (sub-package strict says how), checks
// the relations between the sections, holds the presets and builds the world
// that a file describes.
//
// Way of the data: text of a file, or a preset's name, and overrides → [Load]
// or [Preset] → Scenario → [Build], with the opened data files → [World]: the
// topology, the demand scaled to the wanted load, and from them as many
// independent environments and networks as the caller asks for, which share
// the topology.
//
// The package opens no files: the caller reads the scenario's text and the
// data files that [Scenario.Inputs] names.
//
// Invariants: a Scenario that Load returns has passed every check, so that
// only data can make Build fail; the same Scenario and data give the same
// World, bit for bit, for any number of workers; everything random is drawn
// from the scenario's seed, by name, so that sites do not change when the
// demand's settings do.
package scenarios
