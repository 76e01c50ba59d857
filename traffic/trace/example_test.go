package trace_test

import (
	"context"
	"fmt"
	"strings"

	"hibernet/traffic/trace"
)

// A long file with a missing hour and a duplicate.
func ExampleReadCSV() {
	const file = `cell;time;MB
a;2023-01-02 00:00;3
a;2023-01-02 02:00;5
a;2023-01-02 02:00;9
b;2023-01-02 00:00;1
b;2023-01-02 01:00;1
b;2023-01-02 02:00;1
`
	series, report, err := trace.ReadCSV(context.Background(), strings.NewReader(file),
		trace.Mapping{Value: "MB", Unit: "MB"}, trace.Options{Name: "cells.csv"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(series.ID, series.Row(0))
	fmt.Println(report)
	// Output:
	// [a b] [2.4e+07 3.2e+07 4e+07]
	// cells.csv (long)
	//   time = column time
	//   id = column cell
	//   value = column MB
	//   rows     6 read = 5 used + 1 duplicate
	//   places   2 read = 2 used
	//   filled   1 values that are not in the file, 0 changed
	//   result   2 places × 3 steps of 3600 s from 2023-01-02T00:00:00, mean 2e+07 bit
	//   duplicate: 1 values, first
	//     line 4  a  "2023-01-02T02:00:00"
	//   gap: 1 steps, interpolate
	//     a  "2023-01-02T01:00:00"
}
