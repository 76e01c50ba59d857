// Package sweeps reads sweep files and expands them: from one file to the
// ordered list of the runs that it asks for.
//
// A [Spec] names a base scenario, what is changed in all runs, axes of values
// for any of the scenario's settings, policies, seeds and days; or, in place
// of axes, a search over a space of settings for the best value of a figure
// under constraints. [Load] reads it strictly, all faults at once.
//
// Way of the data: text of a file → Load → Spec → [Spec.Points], the
// combinations of the axes → [Spec.Runs], each combination with every start
// day, seed and policy, as a [Run] with its overrides and its identity.
//
// Invariants: expansion is pure, and its order is that of the file: the first
// axis varies slowest, then start days, seeds, and policies fastest, so that
// neighbours share a network. A run's identity is a digest of what decides its
// result (the resolved scenario with its seed, the policy, the days, the data
// files) and of nothing else: where it stands in the list, how the file is
// written and which machine it runs on do not matter. Every combination is a
// scenario without faults.
//
// The package opens no files: the caller hands in texts and digests.
package sweeps
