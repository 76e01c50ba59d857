package trace

import (
	"errors"
	"regexp"
	"slices"
	"time"
	_ "time/tzdata" // zones must not depend on the machine's own data
)

// The layouts of a traffic file.
const (
	LayoutAuto = "auto" // wide when columns are squares of a grid, else long
	LayoutLong = "long" // one value a row
	LayoutWide = "wide" // one column a place
)

// DefaultGridPattern matches column names of grid squares: rRRcCC, after a
// prefix that names a patch of squares.
const DefaultGridPattern = `^(?P<patch>.*?)r(?P<row>\d+)c(?P<col>\d+)$`

// Mapping describes a traffic file. Column names are compared exactly; a name
// left empty is searched among the usual ones ([ColumnGuesses]).
type Mapping struct {
	// Layout is LayoutAuto (also when empty), LayoutLong or LayoutWide. Auto
	// is long when Value or ID is given, and wide when Columns is.
	Layout string
	// ID are the columns whose texts, joined by "/", name the place of a row
	// (long layout). Without such a column the file is one place, PlaceName.
	ID []string
	// PlaceName names the only place of a file without ids; empty means
	// "place".
	PlaceName string
	// Time are the columns whose texts, joined by a space, are the time.
	Time []string
	// TimeFormat is one of the names of TimeFormats or a layout of Go's time
	// package; empty or "auto" tries the names, and refuses 3/4/2023, which
	// could be two dates.
	TimeFormat string
	// Zone is the IANA name of the wall clock; empty means UTC.
	Zone string
	// Step is a column with the number of the step, Day one with the number
	// of the day and Slot one with the number of the step in its day, both
	// from 0; used when there is no time column. Step goes before Day.
	Step, Day, Slot string
	// Weekday (0 is Monday) and Hour are columns that, beside Step, say where
	// in the week a step lies; the first row counts, others are checked.
	Weekday, Hour string
	// StepS is the length of a step in seconds; 0 finds it out, which needs
	// times or an Hour column.
	StepS int
	// StartWeekday is the weekday (0 is Monday) of step or day 0 when no
	// column says it.
	StartWeekday int
	// Value is the column of the value (long layout).
	Value string
	// Columns are the columns of the places (wide layout); empty takes all
	// that are not time, filter or ignored columns.
	Columns []string
	// Ignore are columns that are not places (wide layout).
	Ignore []string
	// GridPattern is a regular expression on place ids with groups row, col
	// and (optional) patch; empty means DefaultGridPattern, "none" no grid.
	GridPattern string
	// SideM is the side of a grid square in metres; 0 leaves the squares
	// without positions.
	SideM float64
	// PatchGap, if positive, lays patches whose places are not published out
	// in reading order in a near-square mosaic, this many squares apart:
	// neighbours inside a patch are real, those across are not.
	PatchGap int
	// Lat and Lon, or X and Y (metres), are columns with positions (long
	// layout). The first position that can be read counts for the place.
	Lat, Lon, X, Y string
	// Delimiter of a CSV file; 0 finds it out among comma, semicolon, tab and
	// bar.
	Delimiter rune
	// DecimalComma reads 1,5 as one and a half.
	DecimalComma bool
	// Unit is one of Units; empty means relative.
	Unit string
	// Filter keeps only some rows; see type Filter.
	Filter []Filter
}

// Filter keeps the rows whose Column holds exactly Value. Several filters on
// one column allow any of their values; those on different columns must all
// hold.
type Filter struct{ Column, Value string }

// SiteMapping describes a file of sites. Column names left empty are searched
// among the usual ones.
type SiteMapping struct {
	// ID are the columns whose texts, joined by "/", name the site; without
	// one, sites are named by their row number.
	ID []string
	// Lat and Lon are columns in WGS84 degrees.
	Lat, Lon string
	// Point is one column with both: {'lon': 2.3, 'lat': 48.9}, POINT(2.3
	// 48.9) or "48.9, 2.3" (latitude first).
	Point string
	// X and Y are columns in metres, instead of degrees.
	X, Y string
	// Operator is the operator's column.
	Operator string
	// Technology are columns joined by "+"; "column=label" writes the label
	// when the column is not empty (a date of service, say).
	Technology []string
	// Delimiter and DecimalComma as in Mapping.
	Delimiter    rune
	DecimalComma bool
	// Filter keeps only some rows; see type Filter.
	Filter []Filter
	// Classify asks for the area class of each site by local density.
	Classify bool
}

// checked returns the compiled parts of a valid mapping.
func (m Mapping) checked() (c checkedMapping, err error) {
	c.Mapping = m
	if !slices.Contains([]string{"", LayoutAuto, LayoutLong, LayoutWide}, m.Layout) {
		return c, badSetting("layout", "%q is not known, allowed auto, long, wide", m.Layout)
	}
	if m.Unit == "" {
		c.Unit = UnitRelative
	}
	if c.unit, err = findUnit(c.Unit); err != nil {
		return c, err
	}
	if c.zone, err = time.LoadLocation(m.Zone); err != nil || m.Zone == "Local" {
		return c, badSetting("zone", "%q is not known, allowed IANA names such as Europe/Madrid", m.Zone)
	}
	if m.StepS < 0 || m.StepS > weekS {
		return c, badSetting("step_s", "must be from 0 to %d, got %d", weekS, m.StepS)
	}
	if m.StartWeekday < 0 || m.StartWeekday > 6 {
		return c, badSetting("start_weekday", "must be from 0 (Monday) to 6, got %d", m.StartWeekday)
	}
	if !finite(m.SideM) || m.SideM < 0 || m.SideM > 1e6 {
		return c, badSetting("side_m", "must be from 0 to 1e6, got %g", m.SideM)
	}
	if m.PatchGap < 0 || m.PatchGap > 1000 {
		return c, badSetting("patch_gap", "must be from 0 to 1000, got %d", m.PatchGap)
	}
	if err := errors.Join(checkPair("lat", m.Lat, "lon", m.Lon), checkPair("x", m.X, "y", m.Y)); err != nil {
		return c, err
	}
	if m.Lat != "" && m.X != "" {
		return c, badSetting("x", "give one of lat and lon, x and y, not both")
	}
	if err := checkDelimiter(m.Delimiter); err != nil {
		return c, err
	}
	if m.GridPattern != "none" {
		c.grid, err = compileGrid(m.GridPattern)
	}
	return c, err
}

// checkedMapping is a Mapping with its texts understood.
type checkedMapping struct {
	Mapping
	unit unit
	zone *time.Location
	grid *regexp.Regexp // nil: no grid
}

func compileGrid(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		pattern = DefaultGridPattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, badSetting("grid_pattern", "%w", err)
	}
	if re.SubexpIndex("row") < 0 || re.SubexpIndex("col") < 0 {
		return nil, badSetting("grid_pattern", "%q needs the groups (?P<row>…) and (?P<col>…)", pattern)
	}
	return re, nil
}

func checkDelimiter(d rune) error {
	if d == '"' || d == '\r' || d == '\n' || d == 0xFFFD || d < 0 || d > 0x10FFFF {
		return badSetting("delimiter", "%q cannot separate fields", d)
	}
	return nil
}

func (m SiteMapping) validate() error {
	if err := errors.Join(checkPair("lat", m.Lat, "lon", m.Lon), checkPair("x", m.X, "y", m.Y)); err != nil {
		return err
	}
	if m.X != "" && m.Lat != "" {
		return badSetting("x", "give one of lat and lon, x and y, point")
	}
	if m.Point != "" && (m.X != "" || m.Lat != "") {
		return badSetting("point", "give one of lat and lon, x and y, point")
	}
	return checkDelimiter(m.Delimiter)
}
