package trace

import (
	"fmt"
	"strconv"
	"strings"
)

// when finds the time of a row, in one of three ways: a wall time; the number
// of a step (checked against weekday and hour where given); or the number of
// a day and of a slot in it. All give seconds on one axis: of wall times since
// 1970, otherwise since the Monday before step 0.
type when struct {
	file               string
	names              []string
	time               []int
	step, day, slot    int
	weekday, hour      int
	clock              *clockReader
	stepS, startOffset int64 // startOffset: second of the week of step 0
	startDay           int64 // weekday of step 0 when no column says it
	started            bool  // startOffset has been found from a row
}

// newWhen finds the time columns of a traffic file.
func newWhen(c *columnSet, m *checkedMapping) *when {
	w := &when{file: c.name, names: c.names, step: -1, day: -1, slot: -1, weekday: -1, hour: -1,
		stepS: int64(m.StepS), startOffset: int64(m.StartWeekday) * 86400, startDay: int64(m.StartWeekday)}
	stepped := m.Step != "" || m.Day != "" || m.Slot != ""
	if !stepped {
		w.time = c.all("time", m.Time)
	}
	if len(w.time) > 0 {
		w.clock = newClockReader(m.TimeFormat, m.zone)
		return w
	}
	if m.Day == "" && m.Slot == "" {
		w.step = c.must("step", m.Step)
	}
	w.weekday, w.hour = c.must("weekday", m.Weekday), c.must("hour", m.Hour)
	if w.step < 0 {
		w.day, w.slot = c.must("day", m.Day), c.must("slot", m.Slot)
		w.useWeekdayAsDay()
	}
	switch {
	case c.err != nil:
	case w.step < 0 && (w.day < 0 || w.slot < 0):
		c.fail("%s: line 1: no column holds the time, allowed a time, a step, or a day and a slot, among %s", c.name, c.list())
	case w.stepS == 0 && w.step >= 0 && w.hour < 0:
		c.fail("%s: %w", c.name, badSetting("step_s", "must be given, as column %q alone does not say how long a step is", c.names[w.step]))
	case w.stepS == 0 && w.step < 0:
		c.fail("%s: %w", c.name, badSetting("step_s", "must be given, as columns %q and %q do not say how long a step is", c.names[w.day], c.names[w.slot]))
	case w.step < 0 && 86400%w.stepS != 0:
		c.fail("%s: %w", c.name, badSetting("step_s", "must divide a day when slots are counted, got %d", w.stepS))
	}
	return w
}

// useWeekdayAsDay takes weekday and hour for day and slot in a file that has
// nothing else: one week of hours.
func (w *when) useWeekdayAsDay() {
	if w.day >= 0 || w.slot >= 0 || w.weekday < 0 || w.hour < 0 {
		return
	}
	w.day, w.slot = w.weekday, w.hour
	w.weekday, w.hour = -1, -1
	w.startOffset = 0
	if w.stepS == 0 {
		w.stepS = 3600
	}
}

// columns returns all columns that are read as time.
func (w *when) columns() []int {
	at := append([]int(nil), w.time...)
	for _, i := range [...]int{w.step, w.day, w.slot, w.weekday, w.hour} {
		if i >= 0 {
			at = append(at, i)
		}
	}
	return at
}

// dated says whether the axis has dates.
func (w *when) dated() bool { return w.clock != nil }

// at returns the time of a row in seconds; the example tells the bad column.
func (w *when) at(row []string) (int64, Example, error) {
	if w.clock != nil {
		text := joined(row, w.time, " ")
		t, err := w.clock.wall(text)
		return t, Example{Column: w.names[w.time[0]], Value: text}, err
	}
	if w.step < 0 {
		return w.atSlot(row)
	}
	return w.atStep(row)
}

func (w *when) atSlot(row []string) (int64, Example, error) {
	day, e, err := w.number(row, w.day, 0, 1e6)
	if err != nil {
		return 0, e, err
	}
	slot, e, err := w.number(row, w.slot, 0, 86400/w.stepS-1)
	return w.startOffset + day*86400 + slot*w.stepS, e, err
}

func (w *when) atStep(row []string) (int64, Example, error) {
	step, e, err := w.number(row, w.step, 0, 1e9)
	if err != nil {
		return 0, e, err
	}
	if w.hour < 0 && w.weekday < 0 {
		return w.startOffset + step*w.stepS, e, nil
	}
	second, e, err := w.secondOfWeek(row)
	if err != nil {
		return 0, e, err
	}
	if !w.started {
		if w.stepS == 0 {
			w.stepS = 3600 // an hour column without step_s: hourly, and every row is checked against it
		}
		w.startOffset = mod(second-step*w.stepS, weekS)
		w.started = true
	}
	t := w.startOffset + step*w.stepS
	period := int64(weekS)
	if w.weekday < 0 {
		period = 86400
	}
	if got := mod(t-second, period); w.hour >= 0 && got >= 3600 || w.hour < 0 && got >= 86400 {
		return 0, e, fmt.Errorf("step %d of %d s contradicts its weekday or hour", step, w.stepS)
	}
	return t, e, nil
}

// secondOfWeek reads the weekday and hour of a row, those that exist.
func (w *when) secondOfWeek(row []string) (second int64, e Example, err error) {
	day, hour := w.startDay, int64(0)
	if w.weekday >= 0 {
		if day, e, err = w.number(row, w.weekday, 0, 6); err != nil {
			return 0, e, err
		}
	}
	if w.hour >= 0 {
		if hour, e, err = w.number(row, w.hour, 0, 23); err != nil {
			return 0, e, err
		}
	}
	return day*86400 + hour*3600, e, nil
}

// number reads a whole number, written 7 or 7.0.
func (w *when) number(row []string, col int, min, max int64) (int64, Example, error) {
	text := strings.TrimSpace(row[col])
	e := Example{Column: w.names[col], Value: text}
	n, err := strconv.ParseInt(strings.TrimSuffix(text, ".0"), 10, 64)
	if err != nil || n < min || n > max {
		return 0, e, fmt.Errorf("%q is not allowed, whole numbers from %d to %d are", cut(text), min, max)
	}
	return n, e, nil
}
