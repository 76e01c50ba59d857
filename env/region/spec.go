// Package region groups the rows of an environment into regions, which a
// coordinator steers: a slow policy that sees what its region has in common
// and, once in several steps, sets a target that every row of the region then
// sees. Large and small models together: the coordinator decides few and wide
// things, the policy of the rows the many and near ones.
//
// A region is a run of rows that follow each other. In the sleep environment
// rows lie along a space-filling curve, so a region is a patch of the map and
// needs no map to be found again: a pair of policies trained on one network
// runs on another.
//
// The way of the data: an inner environment's observations -> Map.SeeTo, means
// and maxima over the rows of each region -> the coordinator's level ->
// Map.TellTo, the observations with the column coordinator_target -> the
// rows' policy -> the inner environment. Two environments cut this loop open,
// one for each learner: Cells (a row is a row, the coordinator is given) and
// Regions (a row is a region, the rows' policy is given). Steering closes it
// when both are given.
//
// What a target means is not laid down: both levels learn from the same
// reward, and the meaning is what they agree on.
package region

import (
	"fmt"
	"math"
	"slices"
)

// Spec says what regions are, how often their targets are set, and what the
// coordinator sees.
type Spec struct {
	Rows    int      `yaml:"rows" doc:"cells of a region, that follow each other in the order of the network: a patch of the map" unit:"1" min:"1" max:"10000000"`
	DecideS float64  `yaml:"decide_s" doc:"time between two decisions of the coordinator, a whole number of control intervals" unit:"s" min:"1" max:"604800"`
	Levels  int      `yaml:"levels" doc:"targets to choose from, spread evenly from 0 to 1" unit:"1" min:"2" max:"64"`
	Mean    []string `yaml:"mean" doc:"columns of the cells' observation of which the coordinator sees the mean over the region" minlen:"1" maxlen:"200"`
	Max     []string `yaml:"max" doc:"columns of which it sees the largest value in the region" maxlen:"200"`
}

// DefaultSpec returns regions of 96 cells (16 sites of three sectors with two
// carriers) that are decided on every hour. The coordinator sees the time, the
// region's load now, as it usually is and as it is foretold, and what service it
// gives.
func DefaultSpec() Spec {
	return Spec{
		Rows: 96, DecideS: 3600, Levels: 4,
		Mean: []string{
			"hour_sin", "hour_cos", "weekend", "own_load", "own_load_trend", "sector_load", "sector_load_previous",
			"usual_load", "usual_load_mean", "forecast_load_1", "forecast_load_4", "slow_share", "drop_share", "awake_share",
		},
		Max: []string{"own_load", "sector_load", "slow_share", "drop_share"},
	}
}

// Validate returns every fault of the settings. Whether the columns exist, NewMap says.
func (s Spec) Validate() []error {
	var faults []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	bad(s.Rows >= 1 && s.Rows <= 1e7, "rows: must be in 1..10000000, got %d", s.Rows)
	bad(s.DecideS >= 1 && s.DecideS <= 604800, "decide_s: must be in [1, 604800] s, got %g", s.DecideS)
	bad(s.Levels >= 2 && s.Levels <= 64, "levels: must be in 2..64, got %d", s.Levels)
	bad(len(s.Mean) > 0, "mean: must name at least one column")
	for _, l := range []struct {
		key   string
		names []string
	}{{"mean", s.Mean}, {"max", s.Max}} {
		for i, name := range l.names {
			bad(!slices.Contains(l.names[:i], name), "%s[%d]: column %q is listed twice", l.key, i, name)
		}
	}
	return faults
}

// Hold returns the number of control intervals of controlS seconds between two
// decisions.
func (s Spec) Hold(controlS float64) (int, error) {
	n := s.DecideS / controlS
	if !(n >= 1) || math.Abs(n-math.Round(n)) > 1e-9*n {
		return 0, fmt.Errorf("decide_s: must be a whole number of control intervals of %g s, got %g s", controlS, s.DecideS)
	}
	return int(math.Round(n)), nil
}
