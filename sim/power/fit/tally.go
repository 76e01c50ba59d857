package fit

import (
	"fmt"
	"strings"
)

// Causes for which a row is not used.
const (
	Ragged      = "ragged_row"      // a row with the wrong number of fields
	EmptyID     = "empty_id"        // a row without a station or cell
	BadTime     = "bad_time"        // a time that the file's format does not read
	OffGrid     = "off_grid"        // a time between the common steps
	Missing     = "missing"         // an empty field where a number belongs
	NonNumeric  = "non_numeric"     // text where a number belongs
	NonFinite   = "non_finite"      // NaN or infinity
	OutOfRange  = "out_of_range"    // a number outside what the column may hold
	Duplicate   = "duplicate"       // a further row for the same cell or station and time
	Conflict    = "conflict"        // a row that contradicts an earlier one about its cell or station
	UnknownCell = "unknown_cell"    // readings of a cell that the table of cells does not list
	Incomplete  = "incomplete_hour" // not every cell of the station has a load at the time
	NoEnergy    = "no_energy"       // a load to whose time no energy belongs
	NoLoad      = "no_load"         // an energy to whose time no load belongs
	NoReading   = "no_reading"      // a cell of which no reading was used
	FewReadings = "few_readings"    // rows of a station with too few of them to fit
	SmallType   = "small_type"      // rows of a type with too few of them for its parameters
)

// RowError says what is wrong with one row.
type RowError struct {
	File    string
	Line    int
	Column  string // empty if it is the row as a whole
	Value   string
	Allowed string
	Cause   string // one of the constants above
}

func (e *RowError) Error() string {
	where := fmt.Sprintf("%s: line %d", e.File, e.Line)
	if e.Column != "" {
		where += fmt.Sprintf(", column %q", e.Column)
	}
	return fmt.Sprintf("%s: got %q, allowed %s", where, e.Value, e.Allowed)
}

// Drop counts the rows of a table that were left out for one cause.
type Drop struct {
	Cause string `json:"cause"`
	Rows  int    `json:"rows"`
	First string `json:"first,omitempty"` // the first of them, in words
}

// Tally accounts for every row of a table: Rows = Used + all Dropped.
type Tally struct {
	File    string `json:"file"`
	Rows    int    `json:"rows"`
	Used    int    `json:"used"`
	Dropped []Drop `json:"dropped"`
}

// Balanced says whether every row is accounted for.
func (t *Tally) Balanced() bool {
	n := t.Used
	for _, d := range t.Dropped {
		n += d.Rows
	}
	return n == t.Rows
}

// drop counts n rows under a cause; first is kept if it is the cause's first.
func (t *Tally) drop(cause string, n int, first string) {
	if n == 0 {
		return
	}
	for i := range t.Dropped {
		if t.Dropped[i].Cause == cause {
			t.Dropped[i].Rows += n
			return
		}
	}
	t.Dropped = append(t.Dropped, Drop{cause, n, first})
}

// refuse counts a bad row.
func (t *Tally) refuse(e *RowError) { t.drop(e.Cause, 1, e.Error()) }

// clone returns a copy that can be counted on.
func (t *Tally) clone() Tally {
	c := *t
	c.Dropped = append([]Drop(nil), t.Dropped...)
	return c
}

// String returns the account as lines of text.
func (t *Tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d rows read, %d used", t.File, t.Rows, t.Used)
	for _, d := range t.Dropped {
		fmt.Fprintf(&b, "\n  %d dropped as %s", d.Rows, d.Cause)
		if d.First != "" {
			fmt.Fprintf(&b, " (first: %s)", d.First)
		}
	}
	return b.String()
}
