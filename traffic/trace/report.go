package trace

import (
	"fmt"
	"strconv"
	"strings"
)

// maxExamples is how many examples of each kind of defect a Report keeps.
const maxExamples = 5

// The kinds of defect, which are also the causes of dropping.
const (
	RaggedRow    = "ragged_row"    // a row with the wrong number of fields
	BadTime      = "bad_time"      // a time that cannot be read, or one that contradicts the step
	EmptyID      = "empty_id"      // a row without an id
	Filtered     = "filtered"      // a row that a filter leaves out (not a defect)
	Missing      = "missing"       // an empty field
	NonNumeric   = "non_numeric"   // text where a number belongs, or NaN or infinity
	Negative     = "negative"      // a value below zero
	Duplicate    = "duplicate"     // a further value for the same place and time, or row for a site
	OffGrid      = "mixed_step"    // a value off the common grid of steps
	PartialStep  = "partial_step"  // values that cover only a part of a resampled step
	Hole         = "hole"          // a step at which nearly all counters are low
	AboveOne     = "above_one"     // a load above 1
	EmptyPlace   = "empty_place"   // a place without traffic
	Sparse       = "sparse"        // a place with fewer values than Policy.MinCover asks for
	NoLocation   = "no_location"   // a place or site without a position
	Outside      = "outside"       // a position outside the area
	SamePosition = "same_position" // a site at the position of another of its operator
	GapStep      = "gap"           // missing steps of a place
	LongGap      = "long_gap"      // missing steps in a hole that is too long to fill
	NoValueUsed  = "no_value_used" // a row of a wide file whose values were all dropped (not a defect)
)

// What a Defect counts.
const (
	ofSteps  = "steps"
	ofValues = "values"
	ofRows   = "rows"
	ofPlaces = "places"
)

// maxValueText is the number of bytes after which an example is cut.
const maxValueText = 60

// Example is one occurrence of a defect.
type Example struct {
	// Line is the line of a text file, or the row of a Parquet file, counted
	// from 1; 0 when the defect belongs to no line.
	Line int64 `json:"line,omitempty"`
	// ID is the place or site, empty when unknown.
	ID string `json:"id,omitempty"`
	// Column is the column, empty when the row as a whole is meant.
	Column string `json:"column,omitempty"`
	// Value is the offending text, cut after 60 bytes, or a description.
	Value string `json:"value,omitempty"`
}

// Defect counts one kind of defect.
type Defect struct {
	// Kind is one of the constants of this package, such as Duplicate.
	Kind string `json:"kind"`
	// Count is the number of occurrences, and Of what they are: "values",
	// "rows", "steps" or "places".
	Count int64  `json:"count"`
	Of    string `json:"of"`
	// Handled is the action taken.
	Handled Action `json:"handled"`
	// Examples are the first few occurrences in the order they were found.
	Examples []Example `json:"examples,omitempty"`
}

// Cause is a number of things dropped for one reason.
type Cause struct {
	Cause string `json:"cause"`
	N     int64  `json:"n"`
}

// Tally is the account of rows, values or places: Read equals Used plus the
// sum of Dropped, always.
type Tally struct {
	Read    int64   `json:"read"`
	Used    int64   `json:"used"`
	Dropped []Cause `json:"dropped,omitempty"`
}

// Balanced says whether the account adds up.
func (t *Tally) Balanced() bool {
	sum := t.Used
	for _, c := range t.Dropped {
		sum += c.N
	}
	return sum == t.Read
}

// DroppedBy returns the number dropped for a cause.
func (t *Tally) DroppedBy(cause string) int64 {
	for _, c := range t.Dropped {
		if c.Cause == cause {
			return c.N
		}
	}
	return 0
}

func (t *Tally) drop(cause string, n int64) {
	if n == 0 {
		return
	}
	for i := range t.Dropped {
		if t.Dropped[i].Cause == cause {
			t.Dropped[i].N += n
			return
		}
	}
	t.Dropped = append(t.Dropped, Cause{cause, n})
}

// Report is the account of one import. It marshals to JSON.
type Report struct {
	// Source is the caller's name of the input; SHA256 that of its bytes as
	// stored (hexadecimal).
	Source string `json:"source"`
	SHA256 string `json:"source_sha256"`
	// Layout is "long", "wide" or "sites".
	Layout string `json:"layout"`
	// Columns says which column was taken for what.
	Columns []string `json:"columns"`
	// Rows counts data rows (the header and blank lines are not rows). A row
	// is used when at least one of its values was used.
	Rows Tally `json:"rows"`
	// Values counts table fields that hold, or should hold, a value.
	Values Tally `json:"values"`
	// Places counts places or sites.
	Places Tally `json:"places"`
	// Filled counts values of the Series that are not in the file.
	Filled int64 `json:"filled"`
	// Merged counts used values that were added to or averaged with another.
	Merged int64 `json:"merged"`
	// Changed counts used values that were altered (negative set to zero).
	Changed int64 `json:"changed"`
	// Defects in the order of Flags.
	Defects []Defect `json:"defects,omitempty"`
	// Notes are remarks for the reader.
	Notes []string `json:"notes,omitempty"`
	// Steps, StepS, Start, Unit and Mean describe the resulting Series. Mean
	// is over all values.
	Steps int     `json:"steps,omitempty"`
	StepS int     `json:"step_s,omitempty"`
	Start string  `json:"start,omitempty"`
	Unit  string  `json:"unit,omitempty"`
	Mean  float64 `json:"mean,omitempty"`

	repeated int64 // duplicates in an hour that the clock repeats
}

// Balanced says whether all accounts of the Report add up.
func (r *Report) Balanced() bool {
	return r.Rows.Balanced() && r.Values.Balanced() && r.Places.Balanced()
}

// Count returns how often a kind of defect occurred.
func (r *Report) Count(kind string) int64 {
	for i := range r.Defects {
		if r.Defects[i].Kind == kind {
			return r.Defects[i].Count
		}
	}
	return 0
}

// defect counts n occurrences and keeps e while there is room.
func (r *Report) defect(kind, of string, a Action, n int64, e Example) {
	for i := range r.Defects {
		d := &r.Defects[i]
		if d.Kind == kind {
			d.Count += n
			if len(d.Examples) < maxExamples {
				e.Value = cut(e.Value)
				d.Examples = append(d.Examples, e)
			}
			return
		}
	}
	e.Value = cut(e.Value)
	r.Defects = append(r.Defects, Defect{Kind: kind, Count: n, Of: of, Handled: a, Examples: []Example{e}})
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// causes lists why things were dropped.
func (t *Tally) causes() string {
	if t.Read == 0 {
		return "there are none"
	}
	parts := make([]string, len(t.Dropped))
	for i, c := range t.Dropped {
		parts[i] = fmt.Sprintf("%d for %s", c.N, c.Cause)
	}
	return strings.Join(parts, ", ")
}

// cut shortens text for messages, at a boundary of characters.
func cut(s string) string {
	if len(s) <= maxValueText {
		return s
	}
	end := 0
	for i := range s {
		if i > maxValueText {
			break
		}
		end = i
	}
	return s[:end] + "…"
}

// String writes the Report for a terminal, without a final newline.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n", r.Source, r.Layout)
	for _, c := range r.Columns {
		fmt.Fprintf(&b, "  %s\n", c)
	}
	writeTally(&b, "rows", &r.Rows)
	if r.Layout == LayoutWide { // elsewhere a row is a value
		writeTally(&b, "values", &r.Values)
	}
	writeTally(&b, "places", &r.Places)
	if r.Filled > 0 || r.Changed > 0 {
		fmt.Fprintf(&b, "  filled   %d values that are not in the file, %d changed\n", r.Filled, r.Changed)
	}
	if r.StepS > 0 {
		start := r.Start
		if start == "" {
			start = "an unknown date"
		}
		fmt.Fprintf(&b, "  result   %d places × %d steps of %d s from %s, mean %.4g %s\n",
			r.Places.Used, r.Steps, r.StepS, start, r.Mean, r.Unit)
	}
	for i := range r.Defects {
		writeDefect(&b, &r.Defects[i])
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func writeTally(b *strings.Builder, what string, t *Tally) {
	fmt.Fprintf(b, "  %-8s %d read = %d used", what, t.Read, t.Used)
	for _, c := range t.Dropped {
		fmt.Fprintf(b, " + %d %s", c.N, c.Cause)
	}
	b.WriteByte('\n')
}

func writeDefect(b *strings.Builder, d *Defect) {
	fmt.Fprintf(b, "  %s: %d %s, %s\n", d.Kind, d.Count, d.Of, d.Handled)
	for _, e := range d.Examples {
		var parts []string
		if e.Line > 0 {
			parts = append(parts, fmt.Sprintf("line %d", e.Line))
		}
		if e.ID != "" {
			parts = append(parts, e.ID)
		}
		if e.Column != "" {
			parts = append(parts, "column "+e.Column)
		}
		if e.Value != "" {
			parts = append(parts, strconv.Quote(e.Value))
		}
		fmt.Fprintf(b, "    %s\n", strings.Join(parts, "  "))
	}
}
