package trace

import (
	"slices"
	"strings"
)

// Action is what to do with a kind of defect.
type Action string

// The actions. Which of them a kind of defect allows is listed by [Flags].
const (
	Keep        Action = "keep"        // leave it as it is, count it
	Drop        Action = "drop"        // leave out the value, row or place
	Fail        Action = "fail"        // stop with an error that names the place
	Interpolate Action = "interpolate" // straight line between the neighbours in time
	Zero        Action = "zero"        // put 0
	Gap         Action = "gap"         // treat as missing: OnGap decides
	First       Action = "first"       // the first value in the file counts
	Last        Action = "last"        // the last value in the file counts
	Sum         Action = "sum"         // add the values
	Mean        Action = "mean"        // average the values
	Resample    Action = "resample"    // bring all to the coarsest step
	Merge       Action = "merge"       // make one site of several
)

// Policy says how each kind of defect is handled. The zero value of a field
// means its default (see [Flags]).
type Policy struct {
	// OnGap: a step without a value, in a hole of at most MaxGapS.
	OnGap Action
	// OnLongGap: the same, in a longer hole or at the ends of the time axis.
	OnLongGap Action
	// MaxGapS is the longest hole that OnGap fills, in seconds; 0 means the
	// default of 3 hours, negative any length (the ends are then filled with
	// the nearest value).
	MaxGapS int
	// MinCover is the least share of steps that must hold a value; a place with
	// less is dropped. 0 asks for nothing.
	MinCover float64
	// OnDuplicate: several values for one place and step, or rows for one site.
	OnDuplicate Action
	// OnNegative: a value below zero (never a defect of relative values).
	OnNegative Action
	// OnNonNumeric: a value that is neither a finite number nor empty.
	OnNonNumeric Action
	// OnBadRow: a row with too few or too many fields, an empty id or a time
	// that cannot be read.
	OnBadRow Action
	// OnEmptyPlace: a place whose values are all zero or missing.
	OnEmptyPlace Action
	// OnNoLocation: a place or site without a position, though others have one.
	OnNoLocation Action
	// OnOutside: a place or site outside Area; asked only when Area is set.
	OnOutside Action
	// OnMixedStep: values that do not lie on one grid of equal steps. Resample
	// brings all to the coarsest step found, or to Mapping.StepS: volumes are
	// shared out by overlap in time, which conserves their total over whole
	// steps; rates, loads and relative values are averaged over time. Gap takes
	// the finest step (or Mapping.StepS) and places with longer distances for
	// sparsely recorded ones.
	OnMixedStep Action
	// OnHole: a step at which the total over all places falls below
	// HoleShare of its neighbours', as when a counter was not read.
	OnHole Action
	// OnSamePosition: sites of one operator at exactly the same position.
	OnSamePosition Action
	// Area is the region that OnOutside asks about.
	Area Area
}

// DefaultMaxGapS is the longest hole filled by interpolation by default.
const DefaultMaxGapS = 3 * 3600

// HoleShare is the share of its neighbours' total below which a step counts
// as a hole of the counters. Measured: the deepest natural fall on the Beijing
// grid published with NPDiff (IJCAI 2025) is to 0.51, at night; the holes of
// the SD set published with UoMo (KDD 2025) are at 0.03 to 0.04 in traffic and
// 0.11 to 0.12 in users.
const HoleShare = 0.25

// Area is a region: a box in degrees, or one found from the positions.
type Area struct {
	// Auto finds the region: median ± K interquartile ranges, for latitude and
	// longitude separately.
	Auto bool
	// K is the width of Auto; 0 means DefaultAreaK.
	K float64
	// MinLat, MaxLat, MinLon and MaxLon are the box when Auto is false; all
	// zero means no region.
	MinLat, MaxLat, MinLon, MaxLon float64
}

// DefaultAreaK is the width of an automatic region in interquartile ranges on
// either side of the median. Measured on the 3,042 Shanghai Telecom stations,
// every value from 3.96 to 5.75 separates exactly the 33 geocoding errors.
const DefaultAreaK = 5

// set says whether a region is asked for.
func (a Area) set() bool {
	return a.Auto || a.MinLat != 0 || a.MaxLat != 0 || a.MinLon != 0 || a.MaxLon != 0
}

func (a Area) validate() error {
	if a.Auto {
		if !finite(a.K) || a.K < 0 {
			return badSetting("area.k", "must be a finite number from 0 up, got %g", a.K)
		}
		return nil
	}
	if a.set() && !(validLatLon(a.MinLat, a.MinLon) && validLatLon(a.MaxLat, a.MaxLon) && a.MinLat < a.MaxLat && a.MinLon < a.MaxLon) {
		return badSetting("area", "latitudes %g to %g, longitudes %g to %g: allowed -90 to 90, -180 to 180, smaller first",
			a.MinLat, a.MaxLat, a.MinLon, a.MaxLon)
	}
	return nil
}

// Flag describes one handling setting, for command lines and documents.
type Flag struct {
	// Name is the flag's name, such as "on-gap".
	Name string
	// Doc says what the defect is.
	Doc string
	// Allowed are the actions for traffic, Default among them.
	Allowed []Action
	Default Action
	// Sites are the actions for sites, DefaultSites among them; empty when
	// the flag has no meaning there.
	Sites        []Action
	DefaultSites Action
	// of is the field of the Policy.
	of func(p *Policy) *Action
}

// Set puts a into the flag's field of p.
func (f Flag) Set(p *Policy, a Action) { *f.of(p) = a }

// Flags lists the handling settings in the order in which they are applied.
func Flags() []Flag {
	dup := []Action{First, Last, Sum, Mean, Fail}
	none := []Action(nil)
	kdf := []Action{Keep, Drop, Fail}
	return []Flag{
		{"on-bad-row", "wrong number of fields, empty id, unreadable time", []Action{Drop, Fail}, Fail,
			[]Action{Drop, Fail}, Fail, func(p *Policy) *Action { return &p.OnBadRow }},
		{"on-non-numeric", "value that is not a finite number", []Action{Gap, Fail}, Gap,
			none, "", func(p *Policy) *Action { return &p.OnNonNumeric }},
		{"on-negative", "value below zero", []Action{Zero, Drop, Fail}, Drop,
			none, "", func(p *Policy) *Action { return &p.OnNegative }},
		{"on-duplicate", "several values for one place and time, or rows for one site", dup, First,
			[]Action{First, Last, Fail}, First, func(p *Policy) *Action { return &p.OnDuplicate }},
		{"on-mixed-step", "values not on one grid of equal time steps (resample to the coarsest, or to the given step; gap takes coarser places for sparse ones)", []Action{Resample, Gap, Fail}, Fail,
			none, "", func(p *Policy) *Action { return &p.OnMixedStep }},
		{"on-hole", "step at which the total falls below a quarter of its neighbours'", []Action{Keep, Gap, Fail}, Keep,
			none, "", func(p *Policy) *Action { return &p.OnHole }},
		{"on-empty-place", "place whose values are all zero or missing", kdf, Keep,
			none, "", func(p *Policy) *Action { return &p.OnEmptyPlace }},
		{"on-no-location", "place or site without a position", kdf, Drop,
			[]Action{Drop, Fail}, Drop, func(p *Policy) *Action { return &p.OnNoLocation }},
		{"on-outside", "position outside the area", kdf, Keep,
			kdf, Keep, func(p *Policy) *Action { return &p.OnOutside }},
		{"on-same-position", "sites of one operator at the same position", none, "",
			[]Action{Keep, Merge, Fail}, Keep, func(p *Policy) *Action { return &p.OnSamePosition }},
		{"on-gap", "missing steps, up to the longest hole to fill (drop leaves out the place)", []Action{Interpolate, Zero, Drop, Fail}, Interpolate,
			none, "", func(p *Policy) *Action { return &p.OnGap }},
		{"on-long-gap", "missing steps in longer holes and at the ends (drop leaves out the place)", []Action{Zero, Drop, Fail}, Drop,
			none, "", func(p *Policy) *Action { return &p.OnLongGap }},
	}
}

// resolve returns p with defaults filled in, or an error that names the flag.
func (p Policy) resolve(sites bool) (Policy, error) {
	for _, f := range Flags() {
		allowed, def := f.Allowed, f.Default
		if sites {
			allowed, def = f.Sites, f.DefaultSites
		}
		a := f.of(&p)
		switch {
		case *a == "":
			*a = def
		case len(allowed) == 0:
			return p, badSetting(f.Name, "has no meaning here, got %q", *a)
		case !slices.Contains(allowed, *a):
			return p, badSetting(f.Name, "%q is not known, allowed %s", *a, joinActions(allowed))
		}
	}
	if !(p.MinCover >= 0 && p.MinCover <= 1) {
		return p, badSetting("min_cover", "must be from 0 to 1, got %g", p.MinCover)
	}
	if p.MaxGapS == 0 {
		p.MaxGapS = DefaultMaxGapS
	}
	if p.Area.Auto && p.Area.K == 0 {
		p.Area.K = DefaultAreaK
	}
	return p, p.Area.validate()
}

func joinActions(as []Action) string {
	s := make([]string, len(as))
	for i, a := range as {
		s[i] = string(a)
	}
	return strings.Join(s, ", ")
}

// Options are the settings of a reading that do not describe the data.
type Options struct {
	// Name of the input for messages and the Report, such as its path.
	Name string
	// Policy says how defects are handled.
	Policy Policy
	// Locations, if given, are joined to the places of a traffic file by id.
	Locations *Sites
	// Progress, if given, is called now and then with the bytes read so far
	// (of the input as stored, before decompression).
	Progress func(bytes int64)
	// MaxValues bounds places × steps, so that one wrong date cannot ask for
	// more memory than there is; 0 means 2^30 (4 GiB).
	MaxValues int64
	// MaxRecordBytes bounds one CSV record; 0 means 256 MiB.
	MaxRecordBytes int64
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "input"
	}
	if o.MaxValues <= 0 {
		o.MaxValues = 1 << 30
	}
	if o.MaxRecordBytes <= 0 {
		o.MaxRecordBytes = 256 << 20
	}
	return o
}
