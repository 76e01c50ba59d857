package fit

import "hibernet/sim/rng"

// Options are how readings are fitted. The zero value is not valid: start from
// DefaultOptions.
type Options struct {
	MaxLag    int      // clocks are searched from -MaxLag to MaxLag steps; 0: clocks are taken to agree
	MinRows   int      // aligned rows that a station needs
	OwnRows   int      // first rows of a station from which its own level is taken when judging it
	Folds     int      // parts of the stations of a type, of which each is held out once
	Resamples int      // of the stations, for the intervals
	Additive  []string // modes whose effect is added instead of multiplied; the others save a share
	Seed      uint64   // of folds and resamples

	// Progress, if not nil, is told how many parts of how many are done.
	Progress func(done, total int, note string)
}

// DefaultOptions returns options that suit hourly readings of a week.
func DefaultOptions() Options {
	return Options{MaxLag: 6, MinRows: 12, OwnRows: 24, Folds: 5, Resamples: 1000}
}

// check returns the first fault of the options.
func (o *Options) check(d *Data) error {
	for _, r := range []struct {
		name      string
		v, lo, hi int
	}{
		{"max-lag", o.MaxLag, 0, 48}, {"min-rows", o.MinRows, 4, 1e6}, {"own-rows", o.OwnRows, 2, 1e6},
		{"folds", o.Folds, 2, 100}, {"resamples", o.Resamples, 0, 100000},
	} {
		if r.v < r.lo || r.v > r.hi {
			return badSetting(r.name, "must be from %d to %d, got %d", r.lo, r.hi, r.v)
		}
	}
	return d.known("additive", o.Additive)
}

// known returns a fault unless all names are modes of the data.
func (d *Data) known(setting string, names []string) error {
	for _, n := range names {
		if d.mode(n) < 0 {
			return badSetting(setting, "there is no mode %q, allowed %v", n, d.Modes)
		}
	}
	return nil
}

// mode returns the index of a mode, or -1.
func (d *Data) mode(name string) int {
	for i, m := range d.Modes {
		if m == name {
			return i
		}
	}
	return -1
}

// key returns the root of the randomness for a purpose and a type.
func (o *Options) key(purpose, group string) rng.Key {
	return rng.Root(o.Seed).Named("power fit").Named(purpose).Named(group)
}
