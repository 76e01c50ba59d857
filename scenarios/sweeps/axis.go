package sweeps

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"hibernet/scenarios/strict"
)

// rangeSlack is the share of a step by which the last number of a range may
// lie beyond its end: 0.1 + 2 x 0.1 is a little more than 0.3.
const rangeSlack = 1e-9

// values returns the values of an axis in order. The error begins with the key
// at fault.
func (a Axis) values() ([]strict.Value, error) {
	given := 0
	for _, there := range []bool{len(a.Values) > 0, a.Range != RangeSpec{}, a.LogRange != RangeSpec{}} {
		if there {
			given++
		}
	}
	if given != 1 {
		return nil, fmt.Errorf("values: want one of values, range and log_range, got %d of them", given)
	}
	list, key := a.Values, "values"
	var err error
	switch {
	case a.Range != RangeSpec{}:
		key = "range"
		list, err = a.Range.even()
	case a.LogRange != RangeSpec{}:
		key = "log_range"
		list, err = a.LogRange.logarithmic()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	seen := map[strict.Value]bool{}
	for _, v := range list {
		// Axes that vary together may repeat a value: what counts is the combination.
		if seen[v] && a.Zip == "" {
			return nil, fmt.Errorf("%s: the value %s comes twice", key, v)
		}
		seen[v] = true
	}
	return list, nil
}

// even returns evenly spaced numbers.
func (r RangeSpec) even() ([]strict.Value, error) {
	n := r.Count
	switch {
	case (r.Step > 0) == (r.Count > 0):
		return nil, errors.New("want step or count, one of them above 0")
	case r.To <= r.From:
		return nil, fmt.Errorf("to: must be above from = %s, got %s", number(r.From), number(r.To))
	case r.Count == 1:
		return nil, errors.New("count: must be at least 2")
	case r.Step > 0:
		steps := math.Floor((r.To-r.From)/r.Step + rangeSlack)
		if steps >= 10_000 {
			return nil, fmt.Errorf("step: %s gives more than 10000 values", number(r.Step))
		}
		n = int(steps) + 1
	}
	list := make([]strict.Value, n)
	for i := range list {
		x := r.From + float64(i)*r.Step
		if r.Step == 0 {
			x = r.From + (r.To-r.From)*float64(i)/float64(n-1)
		}
		list[i] = r.text(x)
	}
	return list, nil
}

// logarithmic returns numbers with even ratios.
func (r RangeSpec) logarithmic() ([]strict.Value, error) {
	switch {
	case r.Step > 0:
		return nil, errors.New("step: a logarithmic range is given by count")
	case r.Count < 2:
		return nil, fmt.Errorf("count: must be at least 2, got %d", r.Count)
	case r.From <= 0:
		return nil, fmt.Errorf("from: must be above 0, got %s", number(r.From))
	case r.To <= r.From:
		return nil, fmt.Errorf("to: must be above from = %s, got %s", number(r.From), number(r.To))
	}
	list := make([]strict.Value, r.Count)
	for i := range list {
		list[i] = r.text(r.From * math.Pow(r.To/r.From, float64(i)/float64(r.Count-1)))
	}
	return list, nil
}

func (r RangeSpec) text(x float64) strict.Value {
	if r.Whole {
		x = math.Round(x)
	}
	return strict.Value(number(x))
}

// number writes a number that was computed, to 12 significant digits: enough
// for any setting, and 0.3 where the sum of tenths is 0.30000000000000004.
func number(x float64) string {
	x, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 11, 64), 64)
	if err != nil {
		panic("sweeps: a formatted number cannot be read")
	}
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
