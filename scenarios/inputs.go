package scenarios

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"hibernet/sim/power"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
	"hibernet/traffic/trace"
)

// InputSpec names the data files of a scenario: traffic and sites in
// Hibernet's own Parquet as the importers write it, power profiles in YAML.
// Who opens them decides what relative paths are relative to.
type InputSpec struct {
	TrafficFile  string `yaml:"traffic_file" doc:"imported traffic, for traffic.source trace; empty otherwise"`
	SitesFile    string `yaml:"sites_file" doc:"imported sites, for topology.layout imported; empty otherwise"`
	ProfilesFile string `yaml:"profiles_file" doc:"power profiles of one's own (YAML), which topology.carriers and power.overrides may name beside the embedded ones"`
	// Operators build where the traffic is: without this, uniform sites under
	// measured demand are overloaded in some squares and idle in others.
	SitesFollow float64 `yaml:"sites_follow_traffic" doc:"how far the density of generated sites follows a gridded trace: a site is kept with probability (traffic of its square / that of a busy one, the 95th percentile) to this power; 0 keeps all in squares with traffic" unit:"1" min:"0" max:"2"`
}

// Inputs are the opened data files of a scenario.
type Inputs struct {
	// Series is the content of inputs.traffic_file; nil if the scenario names
	// none.
	Series *trace.Series
	// Sites is the content of inputs.sites_file; nil if the scenario names
	// none.
	Sites *trace.Sites
	// Profiles is the content of inputs.profiles_file, as power.Decode reads
	// it; nil if the scenario names none.
	Profiles []power.Profile
	// Progress, if not nil, is told how Build gets on. It is called from
	// Build's own goroutine.
	Progress func(Progress)
}

// Progress is a step that Build has made.
type Progress struct {
	// Stage is "topology", "traffic" or "load".
	Stage string
	// Text says in words what was done.
	Text string
}

func (in Inputs) report(stage, format string, args ...any) {
	if in.Progress != nil {
		in.Progress(Progress{Stage: stage, Text: fmt.Sprintf(format, args...)})
	}
}

// check compares the data with what the scenario asks for.
func (in Inputs) check(s Scenario) error {
	switch {
	case s.Inputs.TrafficFile != "" && in.Series == nil:
		return fmt.Errorf("inputs.traffic_file: %s has not been opened", s.Inputs.TrafficFile)
	case s.Inputs.TrafficFile == "" && in.Series != nil:
		return errors.New("inputs.traffic_file: traffic data are given, but the scenario names none")
	case s.Inputs.SitesFile != "" && in.Sites == nil:
		return fmt.Errorf("inputs.sites_file: %s has not been opened", s.Inputs.SitesFile)
	case s.Inputs.SitesFile == "" && in.Sites != nil:
		return errors.New("inputs.sites_file: sites are given, but the scenario names none")
	case s.Inputs.ProfilesFile != "" && in.Profiles == nil:
		return fmt.Errorf("inputs.profiles_file: %s has not been opened", s.Inputs.ProfilesFile)
	case s.Inputs.ProfilesFile == "" && in.Profiles != nil:
		return errors.New("inputs.profiles_file: power profiles are given, but the scenario names none")
	}
	if in.Sites != nil {
		if err := in.Sites.Validate(); err != nil {
			return fmt.Errorf("inputs.sites_file: %w", err)
		}
	}
	if in.Series != nil {
		if err := in.Series.Validate(); err != nil {
			return fmt.Errorf("inputs.traffic_file: %w", err)
		}
	}
	return nil
}

// sites returns the imported sites as the topology takes them. Sites of
// unknown class are of the class of the first area.
func (in Inputs) sites(s Scenario) ([]topology.Site, error) {
	if in.Sites == nil {
		return nil, nil
	}
	first, err := topology.ParseArea(s.Topology.Areas[0].Class)
	if err != nil {
		return nil, fmt.Errorf("topology.areas[0].class: %w", err)
	}
	list := make([]topology.Site, in.Sites.Len())
	for i := range list {
		list[i] = topology.Site{X: in.Sites.X[i], Y: in.Sites.Y[i], Area: first}
		if in.Sites.Area != nil {
			list[i].Area = topology.Area(in.Sites.Area[i])
		}
	}
	return list, nil
}

// busySquare is the quantile of the squares with traffic whose sites are all
// kept.
const busySquare = 0.95

// keep returns which generated sites are built: those in a square of the
// trace that carries traffic, thinned where it carries little. Where nobody
// was ever measured, on lakes and hills, an operator has no site either. It
// is nil, for all, without a trace of grid squares, and for imported sites,
// which are where they are.
func (in Inputs) keep(s Scenario, key rng.Key) func(x, y float64) bool {
	if in.Series == nil || in.Series.SideM <= 0 || !in.Series.HasPosition || s.Topology.Layout == topology.LayoutImported {
		return nil
	}
	series, side := in.Series, in.Series.SideM
	left, low := series.X[0], series.Y[0]
	for p := range series.X {
		left, low = min(left, series.X[p]), min(low, series.Y[p])
	}
	type square struct{ column, row int }
	at := func(x, y float64) square { return square{floorDiv(x, side), floorDiv(y, side)} }
	volume := map[square]float64{}
	var volumes []float64
	for p := range series.X {
		sum := 0.0
		for _, v := range series.Row(p) {
			sum += float64(v)
		}
		if sum > 0 {
			volume[at(series.X[p]-left+side/2, series.Y[p]-low+side/2)] = sum
			volumes = append(volumes, sum)
		}
	}
	if len(volumes) == 0 {
		return nil // which traffic.New reports
	}
	slices.Sort(volumes)
	busy := stat.Quantile(busySquare, stat.Empirical, volumes, nil)
	dx, dy := s.Traffic.Trace.OriginXM, s.Traffic.Trace.OriginYM
	return func(x, y float64) bool {
		v, ok := volume[at(x-dx, y-dy)]
		u := key.At(math.Float64bits(x)).At(math.Float64bits(y)).Float64(0)
		return ok && u < math.Pow(v/busy, s.Inputs.SitesFollow)
	}
}

func floorDiv(x, side float64) int { return int(math.Floor(x / side)) }
