package trace

import (
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// trafficRow is a row of the traffic file. Pointers are optional columns;
// they point into the Series while writing, so that rows cost no allocation.
type trafficRow struct {
	Place string   `parquet:"place_id,dict"`
	X     *float64 `parquet:"x_m,optional,dict"`
	Y     *float64 `parquet:"y_m,optional,dict"`
	Area  *string  `parquet:"area,optional,dict"`
	Step  int32    `parquet:"step,delta"`
	Value float32  `parquet:"value"`
}

var trafficColumns = [...]column{
	{"place_id", parquet.ByteArray}, {"x_m", parquet.Double}, {"y_m", parquet.Double},
	{"area", parquet.ByteArray}, {"step", parquet.Int32}, {"value", parquet.Float},
}

// WriteParquet writes a valid Series as a traffic file (see the package
// comment for its layout).
func WriteParquet(w io.Writer, s *Series, meta Meta) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("traffic: %w", err)
	}
	opts, err := meta.options(kindTraffic)
	if err != nil {
		return fmt.Errorf("traffic: %w", err)
	}
	for _, kv := range [...][2]string{
		{"unit", s.Unit}, {"step_s", strconv.Itoa(s.StepS)}, {"steps", strconv.Itoa(s.Steps)},
		{"places", strconv.Itoa(s.Places())}, {"start", s.Start},
		{"start_weekday", strconv.Itoa(s.StartWeekday)}, {"start_s", strconv.Itoa(s.StartS)},
		{"time_zone", s.TimeZone}, {"side_m", formatFloat(s.SideM)},
	} {
		opts = append(opts, parquet.KeyValueMetadata("hibernet."+kv[0], kv[1]))
	}
	pw := parquet.NewGenericWriter[trafficRow](w, opts...)
	if err := writeTrafficRows(pw, s); err != nil {
		return fmt.Errorf("traffic: %w", err)
	}
	if err := pw.Close(); err != nil {
		return fmt.Errorf("traffic: %w", err)
	}
	return nil
}

func writeTrafficRows(pw *parquet.GenericWriter[trafficRow], s *Series) error {
	names := AreaNames
	buf := make([]trafficRow, 0, rowBatch)
	for p, id := range s.ID {
		row := trafficRow{Place: id}
		if s.HasPosition {
			row.X, row.Y = &s.X[p], &s.Y[p]
		}
		if s.Area != nil {
			row.Area = &names[s.Area[p]]
		}
		for t, v := range s.Row(p) {
			row.Step, row.Value = int32(t), v
			if buf = append(buf, row); len(buf) == cap(buf) {
				if _, err := pw.Write(buf); err != nil {
					return err
				}
				buf = buf[:0]
			}
		}
	}
	_, err := pw.Write(buf)
	return err
}

// ReadSeries reads a traffic file that WriteParquet wrote. A file that is
// foreign, damaged, truncated, or of another version or kind gives an error
// that wraps ErrFormat and begins with name.
func ReadSeries(name string, r io.ReaderAt, size int64) (*Series, *Meta, error) {
	var s *Series
	var meta Meta
	err := readOwn(name, kindTraffic, r, size, func(f *ownFile) (err error) {
		if meta, err = f.meta(); err != nil {
			return err
		}
		if s, err = readTrafficHead(f); err != nil {
			return err
		}
		if err := readTrafficRows(f, s); err != nil {
			return err
		}
		return s.Validate()
	})
	if err != nil {
		return nil, nil, err
	}
	return s, &meta, nil
}

func readTrafficHead(f *ownFile) (*Series, error) {
	if err := f.columns(trafficColumns[:]); err != nil {
		return nil, err
	}
	var err error
	s := &Series{
		Unit: f.text("unit", &err), Start: f.text("start", &err), TimeZone: f.text("time_zone", &err),
		StepS: f.integer("step_s", &err), Steps: f.integer("steps", &err),
		StartWeekday: f.integer("start_weekday", &err), StartS: f.integer("start_s", &err),
		SideM: f.float("side_m", &err),
	}
	places := f.integer("places", &err)
	if err != nil {
		return nil, err
	}
	rows := f.NumRows()
	if s.Steps < 1 || places < 1 || rows%int64(s.Steps) != 0 || rows/int64(s.Steps) != int64(places) {
		return nil, fmt.Errorf("%d rows for %d places of %d steps", rows, places, s.Steps)
	}
	return s, nil
}

// readTrafficRows appends as it goes: memory follows the rows that are really
// there, not the count that a damaged footer may claim.
func readTrafficRows(f *ownFile, s *Series) error {
	total := int64(0)
	err := f.eachRow(func(n int64, row parquet.Row) error {
		total = n + 1
		if len(row) != len(trafficColumns) {
			return fmt.Errorf("%d values, allowed %d", len(row), len(trafficColumns))
		}
		step := int(n % int64(s.Steps))
		if got := int(row[4].Int32()); got != step || row[4].IsNull() {
			return fmt.Errorf("column step: %d where %d belongs", got, step)
		}
		if step == 0 {
			if err := addPlace(s, row); err != nil {
				return err
			}
		} else if err := checkPlace(s, row); err != nil {
			return err
		}
		s.Values = append(s.Values, row[5].Float())
		return nil
	})
	if err != nil {
		return err
	}
	if total != f.NumRows() {
		return fmt.Errorf("%d rows, the footer says %d", total, f.NumRows())
	}
	return nil
}

// addPlace takes the place of the first row of its block.
func addPlace(s *Series, row parquet.Row) error {
	first := len(s.ID) == 0
	located, classed := !row[1].IsNull(), !row[3].IsNull()
	if row[1].IsNull() != row[2].IsNull() || !first && (located != s.HasPosition || classed != (s.Area != nil)) {
		return fmt.Errorf("column x_m, y_m or area: only some of the places have it")
	}
	s.HasPosition = located
	s.ID = append(s.ID, string(row[0].ByteArray()))
	if located {
		s.X, s.Y = append(s.X, row[1].Double()), append(s.Y, row[2].Double())
	}
	if classed {
		a, ok := areaIndex(string(row[3].ByteArray()))
		if !ok {
			return fmt.Errorf("column area: %q, allowed %v", cut(string(row[3].ByteArray())), AreaNames)
		}
		s.Area = append(s.Area, a)
	}
	return nil
}

// checkPlace holds a further row of a block to the block's place.
func checkPlace(s *Series, row parquet.Row) error {
	p := len(s.ID) - 1
	same := string(row[0].ByteArray()) == s.ID[p] &&
		row[1].IsNull() == !s.HasPosition && row[2].IsNull() == !s.HasPosition && row[3].IsNull() == (s.Area == nil)
	if same && s.HasPosition {
		same = sameFloat(row[1].Double(), s.X[p]) && sameFloat(row[2].Double(), s.Y[p])
	}
	if same && s.Area != nil {
		same = string(row[3].ByteArray()) == AreaNames[s.Area[p]]
	}
	if !same {
		return fmt.Errorf("column place_id: place, position or area changes within the %d steps of %q", s.Steps, cut(s.ID[p]))
	}
	return nil
}
