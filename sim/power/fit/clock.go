package fit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// layouts are tried in this order; where several read equally many labels the
// first is taken.
var layouts = []string{
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", time.RFC3339,
	"2006/1/2 15:04:05", "2006/1/2 15:04", "1/2/2006 15:04:05", "1/2/2006 15:04", "2/1/2006 15:04:05", "2/1/2006 15:04",
	"2.1.2006 15:04:05", "2.1.2006 15:04", "20060102150405", "200601021504", "2006010215", unixTime,
}

// unixTime is the format of seconds since 1970.
const unixTime = "unix"

// labels holds the different times of all tables as they are written. Meters
// and counters write few of them very often.
type labels struct {
	index map[string]int32
	text  []string
	rows  []int   // how many rows have it
	at    []int64 // seconds since 1970 on the tables' own clock
	ok    []bool
}

func newLabels() *labels { return &labels{index: map[string]int32{}} }

// add returns the index of a label.
func (l *labels) add(s string) int32 {
	s = strings.TrimSpace(s)
	i, ok := l.index[s]
	if !ok {
		s = strings.Clone(s)
		i = int32(len(l.text))
		l.index[s] = i
		l.text = append(l.text, s)
		l.rows = append(l.rows, 0)
	}
	l.rows[i]++
	return i
}

// readTime reads a label; the wall clock that is written counts, not its zone.
func readTime(layout, text string) (int64, bool) {
	if layout == unixTime {
		v, err := strconv.ParseInt(text, 10, 64)
		return v, err == nil && v > -1e11 && v < 1e11
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return 0, false
	}
	_, offset := t.Zone()
	return t.Unix() + int64(offset), true
}

// settle reads all labels by the named layout or, if it is empty, by the one
// that reads the most rows; of those that read equally many, by the one with the
// shortest time from first to last, as readings are made one after the other
// (month and day exchanged make days into months). It returns the layout, and a
// warning if another one is as good with another meaning.
func (l *labels) settle(layout string) (string, string, error) {
	warning := ""
	if layout == "" {
		best, shortest := -1, int64(0)
		for _, c := range layouts {
			n, span := l.readable(c)
			switch {
			case n > best, n == best && n > 0 && 2*span < shortest:
				layout, best, shortest, warning = c, n, span, ""
			case n == best && n > 0 && span < 2*shortest+1 && l.differ(layout, c):
				warning = fmt.Sprintf("times read as %s could also be %s", layout, c)
			}
		}
	}
	l.at, l.ok = make([]int64, len(l.text)), make([]bool, len(l.text))
	any := false
	for i, s := range l.text {
		l.at[i], l.ok[i] = readTime(layout, s)
		any = any || l.ok[i]
	}
	if !any && len(l.text) > 0 {
		return "", "", badSetting("time-format", "no time can be read, the first is %q, allowed %s", clip(l.text[0]), strings.Join(layouts, ", "))
	}
	return layout, warning, nil
}

// readable returns how many rows a layout reads, and the seconds from the first
// of their times to the last.
func (l *labels) readable(layout string) (n int, span int64) {
	var first, last int64
	for i, s := range l.text {
		at, ok := readTime(layout, s)
		if !ok {
			continue
		}
		if n == 0 {
			first, last = at, at
		}
		first, last = min(first, at), max(last, at)
		n += l.rows[i]
	}
	return n, last - first
}

// differ says whether two layouts read some label as different times.
func (l *labels) differ(a, b string) bool {
	for _, s := range l.text {
		x, ok := readTime(a, s)
		y, also := readTime(b, s)
		if ok && also && x != y {
			return true
		}
	}
	return false
}
