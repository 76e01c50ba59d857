package trace

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestBadTraffic holds every kind of bad input to its message.
func TestBadTraffic(t *testing.T) {
	const head = "id,time,value\n"
	const two = "a,2023-01-02 00:00,1\na,2023-01-02 01:00,2\n"
	gap := "a,2023-01-02 00:00,1\na,2023-01-02 01:00,1\na,2023-01-02 03:00,1\na,2023-01-02 04:00,1\n"
	located := "id,time,value,lat,lon\na,2023-01-01,1,1,1\na,2023-01-02,1,1,1\n"
	tests := []struct {
		name, text string
		m          Mapping
		p          Policy
		want       string
	}{
		{"empty file", "", Mapping{}, Policy{}, "f.csv: the file is empty"},
		{"header only", head, Mapping{}, Policy{}, "f.csv: no row holds a value that can be used: there are none"},
		{"blank lines only", "\n\n", Mapping{}, Policy{}, "f.csv: the file is empty"},
		{"twice the same column", "id,time,value,id\n", Mapping{}, Policy{}, `line 1: column name "id" comes twice (columns 1 and 4)`},
		{"no such column", head + two, Mapping{Value: "volume"}, Policy{}, `line 1: there is no column "volume" (for value), allowed id, time, value`},
		{"no such filter", head + two, Mapping{Filter: []Filter{{"kind", "x"}}}, Policy{}, `there is no column "kind" (for a filter)`},
		{"nothing passes the filter", head + two, Mapping{Filter: []Filter{{"id", "x"}}}, Policy{}, "2 for filtered"},
		{"no time", "id,value\na,1\n", Mapping{}, Policy{}, "no column holds the time"},
		{"no value", "id,time,x\n", Mapping{Layout: LayoutLong}, Policy{}, "no column holds the value"},
		{"no layout", "time,a,b\n2023-01-02,1,2\n", Mapping{}, Policy{}, "name it, or say that the layout is wide; the columns are time, a, b"},
		{"ragged", head + "a,2023-01-02 00:00\n", Mapping{}, Policy{}, "f.csv: line 2: 2 fields, allowed 3"},
		{"bad time", head + "a,soon,1\n", Mapping{}, Policy{}, `f.csv: line 2, column "time": time "soon" cannot be read, allowed iso`},
		{"bad named time", head + "a,31/1/2023,1\n", Mapping{TimeFormat: "us"}, Policy{}, `time "31/1/2023" cannot be read, allowed us (1/31/2023 18:00)`},
		{"two readings", head + "a,3/4/2023 01:00,1\n", Mapping{}, Policy{}, "may be month/day or day/month"},
		{"empty id", head + ",2023-01-02 00:00,1\n", Mapping{}, Policy{}, `f.csv: line 2, column "id": the id is empty`},
		{"non-numeric", head + "a,2023-01-02 00:00,many\n", Mapping{}, Policy{OnNonNumeric: Fail}, `line 2, column "value": "many" is not allowed`},
		{"too large", head + "a,2023-01-02 00:00,1e39\n", Mapping{}, Policy{OnNonNumeric: Fail}, `"1e39" is not allowed`},
		{"negative", head + "a,2023-01-02 00:00,-1\n", Mapping{Unit: "MB"}, Policy{OnNegative: Fail}, `line 2, column "value": "-1" is negative`},
		{"duplicate", head + two + "a,2023-01-02 01:00,3\n", Mapping{}, Policy{OnDuplicate: Fail}, `line 4: a second value for place "a" at 2023-01-02T01:00:00 (the first is in line 3)`},
		{"gap", head + gap, Mapping{}, Policy{OnGap: Fail}, `place "a" has no value at 2023-01-02T02:00:00: set on-gap`},
		{"long gap", head + gap, Mapping{}, Policy{MaxGapS: 60, OnLongGap: Fail}, "set on-long-gap"},
		{"all dropped", head + gap, Mapping{}, Policy{OnGap: Drop}, "every place was dropped (1 for gap)"},
		{"empty place", head + "a,2023-01-02 00:00,0\na,2023-01-02 01:00,0\n", Mapping{}, Policy{OnEmptyPlace: Fail}, `place "a" has no traffic at all`},
		{"mixed steps", head + gap + "a,2023-01-02 04:30,1\n", Mapping{}, Policy{}, "line 6: time 2023-01-02T04:30:00 does not lie on the grid of 3600 s"},
		{"one time", head + "a,2023-01-02 00:00,1\n", Mapping{}, Policy{}, "step_s: must be given"},
		{"absurd date", head + two + "a,0001-01-01 00:00,1\n", Mapping{}, Policy{}, "the times run from 0001-01-01T00:00:00 (line 4)"},
		{"unclosed quote", head + `a,"2023`, Mapping{}, Policy{}, "f.csv: line 2"},
		{"stray quote", head + `a"b,2023-01-02 00:00,1`, Mapping{}, Policy{}, `f.csv: line 2, byte 2: bare " in non-quoted-field`},
		{"UTF-16", "\xff\xfei\x00d\x00", Mapping{}, Policy{}, "the text is UTF-16, allowed UTF-8"},
		{"binary", "\x00\x01\x02", Mapping{}, Policy{}, "the file holds zero bytes"},
		{"Parquet as CSV", "PAR1....", Mapping{}, Policy{}, "this is a Parquet file"},
		{"no unit", head + two, Mapping{Unit: "furlong"}, Policy{}, `mapping: unit: "furlong" is not known, allowed bit, kbit`},
		{"no zone", head + two, Mapping{Zone: "Mars/Olympus"}, Policy{}, `mapping: zone: "Mars/Olympus" is not known`},
		{"no policy", head + two, Mapping{}, Policy{OnGap: "guess"}, `policy: on-gap: "guess" is not known, allowed interpolate, zero, drop, fail`},
		{"bad layout", head + two, Mapping{Layout: "square"}, Policy{}, `layout: "square" is not known`},
		{"bad pattern", head + two, Mapping{GridPattern: "x"}, Policy{}, "needs the groups"},
		{"half a position", head + two, Mapping{Lat: "lat"}, Policy{}, "mapping: lon: must be given, as lat is"},
		{"other half", head + two, Mapping{Y: "y"}, Policy{}, "mapping: x: must be given, as y is"},
		{"two positions", head + two, Mapping{X: "x", Y: "y", Lat: "lat", Lon: "lon"}, Policy{}, "mapping: x: give one of"},
		{"no location", located + "b,2023-01-01,1,,\nb,2023-01-02,1,,\n", Mapping{}, Policy{OnNoLocation: Fail}, `f.csv: line 4: "b" has no position: set on-no-location`},
		{"outside", located + "b,2023-01-01,1,5,5\nb,2023-01-02,1,,\n", Mapping{}, Policy{OnOutside: Fail, Area: Area{MinLat: 0, MaxLat: 2, MinLon: 0, MaxLon: 2}}, `f.csv: line 4: "b" at 5.000000, 5.000000 lies outside the area`},
		{"step without length", "step,r0c0\n0,1\n", Mapping{}, Policy{}, `step_s: must be given, as column "step" alone`},
		{"step against hour", "step,dow,hour,r0c0\n0,0,0,1\n1,0,2,1\n", Mapping{}, Policy{}, "line 3, column \"hour\": step 1 of 3600 s contradicts"},
		{"bad weekday", "step,dow,hour,r0c0\n0,7,0,1\n", Mapping{}, Policy{}, `line 2, column "dow": "7" is not allowed, whole numbers from 0 to 6`},
		{"slot out of the day", "day,slot,a\n0,24,1\n", Mapping{Layout: LayoutWide, StepS: 3600}, Policy{}, `column "slot": "24" is not allowed, whole numbers from 0 to 23`},
		{"no place columns", "step,hour\n0,1\n", Mapping{Layout: LayoutWide}, Policy{}, "no column is a place"},
		{"box on metres", "id,time,value,x,y\na,2023-01-01,1,0,0\na,2023-01-02,1,0,0\n", Mapping{}, Policy{OnOutside: Drop, Area: Area{MinLat: 1, MaxLat: 2, MinLon: 1, MaxLon: 2}}, "needs positions in degrees"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := ReadCSV(context.Background(), strings.NewReader(tt.text), tt.m, Options{Name: "f.csv", Policy: tt.p})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "f.csv: ") {
				t.Errorf("got  %v\nwant f.csv: … %s", err, tt.want)
			}
		})
	}
}

func TestBadSites(t *testing.T) {
	tests := []struct {
		name, text string
		m          SiteMapping
		p          Policy
		want       string
	}{
		{"no position column", "id,operator\na,x\n", SiteMapping{}, Policy{}, "no column holds the position"},
		{"header only", "id,lat,lon\n", SiteMapping{}, Policy{}, "no row holds a site"},
		{"no location", "id,lat,lon\na,,\n", SiteMapping{}, Policy{OnNoLocation: Fail}, `line 2: "a" has no position`},
		{"keep is no way", "id,lat,lon\na,,\n", SiteMapping{}, Policy{OnNoLocation: Keep}, `on-no-location: "keep" is not known, allowed drop, fail`},
		{"no meaning", "id,lat,lon\na,1,1\n", SiteMapping{}, Policy{OnGap: Zero}, "on-gap: has no meaning here"},
		{"all dropped", "id,lat,lon\na,95,0\n", SiteMapping{}, Policy{}, "every site was dropped (1 for no_location)"},
		{"twice", "id,lat,lon\na,1,1\na,2,2\n", SiteMapping{}, Policy{OnDuplicate: Fail}, `line 3: site "a" comes again (first in line 2)`},
		{"outside", "id,lat,lon\na,1,1\nb,5,5\n", SiteMapping{}, Policy{OnOutside: Fail, Area: Area{MinLat: 0, MaxLat: 2, MinLon: 0, MaxLon: 2}}, `line 3: "b" at 5.000000, 5.000000 lies outside the area`},
		{"same position", "id,lat,lon\na,1,1\nb,1,1\n", SiteMapping{}, Policy{OnSamePosition: Fail}, `line 3: site "b" lies where "a" (line 2) does`},
		{"wrong box", "id,lat,lon\na,1,1\n", SiteMapping{}, Policy{Area: Area{MinLat: 2, MaxLat: 1, MinLon: 0, MaxLon: 1}}, "smaller first"},
		{"two ways", "id,lat,lon,p\na,1,1,\n", SiteMapping{Lat: "lat", Lon: "lon", Point: "p"}, Policy{}, "mapping: point: give one of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := ReadSitesCSV(context.Background(), strings.NewReader(tt.text), tt.m, Options{Name: "f.csv", Policy: tt.p})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "f.csv: ") {
				t.Errorf("got  %v\nwant f.csv: … %s", err, tt.want)
			}
		})
	}
}

// In a wide file a place without a location is a column: no line is to blame.
func TestNoLocationOfColumn(t *testing.T) {
	o := Options{Name: "f.csv", Policy: Policy{OnNoLocation: Fail}, Locations: &Sites{ID: []string{"a"}, X: []float64{0}, Y: []float64{0}}}
	_, _, err := ReadCSV(context.Background(), strings.NewReader("time,a,b\n2023-01-01,1,2\n2023-01-02,1,2\n"), Mapping{Layout: LayoutWide}, o)
	if want := `f.csv: "b" has no position: set on-no-location`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// endless never stops within a record.
type endless struct{ head string }

func (e *endless) Read(p []byte) (int, error) {
	if e.head != "" {
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestRecordsAreBounded(t *testing.T) {
	for _, head := range []string{"id,time,value\na,", "id,time,value\na,\"", ""} {
		_, _, err := ReadCSV(context.Background(), &endless{head}, Mapping{}, Options{Name: "f.csv", MaxRecordBytes: 1 << 20})
		if err == nil || !strings.Contains(err.Error(), "a record is longer than 1048576 bytes") {
			t.Errorf("after %q: got %v", head, err)
		}
	}
}

func TestDamagedGzip(t *testing.T) {
	whole := gzipped(t, "id,time,value\n"+strings.Repeat("a,2023-01-02 00:00,1\n", 1000))
	cases := map[string]string{"truncated": string(whole[:len(whole)-9]), "checksum": string(whole[:len(whole)-8]) + "\x00\x00\x00\x00" + string(whole[len(whole)-4:]), "header": "\x1f\x8b\x07"}
	for name, text := range cases {
		_, _, err := ReadCSV(context.Background(), strings.NewReader(text), Mapping{}, Options{Name: "f.csv.gz"})
		if err == nil || !strings.Contains(err.Error(), "f.csv.gz: damaged or truncated gzip") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	text := "id,time,value\n" + strings.Repeat("a,2023-01-02 00:00,1\n", 200000)
	opt := Options{Progress: func(n int64) {
		if n > 1<<21 {
			cancel()
		}
	}}
	_, _, err := ReadCSV(ctx, io.LimitReader(strings.NewReader(text), 1<<30), Mapping{}, opt)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
