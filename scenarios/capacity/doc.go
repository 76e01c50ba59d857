// Package capacity says what a machine can simulate. It measures the parts
// that a run is made of (the load-coupling kernel beside the machine's copy
// bandwidth, whole control steps under a rule, a network's inference, PPO end
// to end) and estimates the memory and the time of a scenario before anything
// of it is built.
//
// The way of the data: a Scenario → SizeOf → Memory, which is held against the
// memory that is free; and Machine (workers, a clock) → Copy, Coupling,
// Inference, Play, Learn → speeds, from which Forecast tells how long a
// scenario will take.
//
// The package has no clock and asks the machine for nothing: whoever calls it
// brings a clock, and knows how much memory there is. Speeds are medians of
// several rounds. What is simulated is the preset national, scaled to a number
// of cells; its results do not depend on the workers, only the speeds do.
package capacity
