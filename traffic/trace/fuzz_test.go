package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// fuzzOptions keep one input from asking for gigabytes.
func fuzzOptions(p Policy) Options {
	return Options{Name: "fuzz", Policy: p, MaxValues: 1 << 18, MaxRecordBytes: 1 << 16}
}

// fuzzPolicies are a lenient policy and one that resamples.
var fuzzPolicies = [...]Policy{
	{OnBadRow: Drop, MaxGapS: -1, OnMixedStep: Gap, OnHole: Gap, OnOutside: Drop, Area: Area{Auto: true}},
	{OnBadRow: Drop, OnNegative: Zero, OnDuplicate: Mean, OnMixedStep: Resample, OnLongGap: Zero, OnNoLocation: Keep},
}

// checkFuzz holds whatever was read to the invariants, and to writing.
func checkFuzz(t *testing.T, s *Series, rep *Report, err error) {
	if err != nil {
		if s != nil || !strings.HasPrefix(err.Error(), "fuzz: ") {
			t.Fatalf("an error without the file's name, or beside a result: %v", err)
		}
		return
	}
	checkAccount(t, s, rep)
	_ = rep.String()
	b := written(t, s, MetaOf(rep, ""))
	if _, _, err := ReadSeries("own", bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
}

func FuzzCSVLong(f *testing.F) {
	f.Add("id,time,value\na,2023-01-02 00:00,1\na,2023-01-02 01:00,2\n", false)
	f.Add("id;time;value;lat;lon\na;1/13/2023 1:00;1,5;1;2\n\"a\";1/13/2023 2:00;-1;;\n", true)
	f.Add("time,value\n2023-03-26T00:00:00Z,1\n2023-03-26T00:15:00Z,1\n2023-03-26T00:31:00Z,NaN\n", true)
	f.Add("\ufeffid,step,dow,hour,value\r\na,0,0,0,1e400\r\nb,1,0,1,x\r\n", false)
	f.Fuzz(func(t *testing.T, text string, second bool) {
		p := fuzzPolicies[0]
		m := Mapping{Layout: LayoutLong, Zone: "Europe/Madrid", Unit: "MB"}
		if second {
			p, m.DecimalComma, m.Unit = fuzzPolicies[1], true, "load"
		}
		s, rep, err := ReadCSV(context.Background(), strings.NewReader(text), m, fuzzOptions(p))
		checkFuzz(t, s, rep, err)
	})
}

func FuzzCSVWide(f *testing.F) {
	f.Add("step,dow,hour,r00c00,r00c01\n0,0,0,1,2\n1,0,1,0,3\n", 0)
	f.Add("day,slot,ar0c0,br0c1\n0,0,1,2\n0,4,,3\n1,0,-1,x\n", 900)
	f.Add("time,a,b\n2023-01-02 00:00,1,2\n2023-01-02 00:07,1,2\n", 600)
	f.Add(holed(), 3600)
	f.Fuzz(func(t *testing.T, text string, stepS int) {
		m := Mapping{Layout: LayoutWide, StepS: stepS, SideM: 100, PatchGap: 1}
		s, rep, err := ReadCSV(context.Background(), strings.NewReader(text), m, fuzzOptions(fuzzPolicies[stepS&1]))
		checkFuzz(t, s, rep, err)
	})
}

func FuzzCSVSites(f *testing.F) {
	f.Add("id,lat,lon,operator,technology\na,48,2,X,4G\nb,49,2,X,5G\n")
	f.Add("code_site;geo_point_2d\n1;{'lon': 2.2, 'lat': 48.8}\n2;POINT(1 2)\n")
	f.Add("x,y\n1,2\n1,2\n1e308,-1e308\n")
	f.Fuzz(func(t *testing.T, text string) {
		p := Policy{OnBadRow: Drop, OnSamePosition: Merge, OnOutside: Drop, Area: Area{Auto: true, K: 2}}
		s, rep, err := ReadSitesCSV(context.Background(), strings.NewReader(text), SiteMapping{Classify: true}, fuzzOptions(p))
		if err != nil {
			return
		}
		if !rep.Balanced() {
			t.Fatalf("the account does not add up:\n%v", rep)
		}
		b := writtenSites(t, s, MetaOf(rep, ""))
		if _, _, err := ReadSites("own", bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzForeignParquet(f *testing.F) {
	f.Add(parquetOf(f, longRows("a", [2]string{"2023-01-02", "2023-01-03"}, [2]float64{1, 2})))
	f.Add(parquetOf(f, longRows(int32(1), [2]int64{0, 60}, [2]int32{1, 2})))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, rep, err := ReadParquet(context.Background(), bytes.NewReader(file), int64(len(file)), Mapping{Layout: LayoutLong}, fuzzOptions(fuzzPolicies[0]))
		checkFuzz(t, s, rep, err)
	})
}

func FuzzReadSeries(f *testing.F) {
	f.Add(written(f, sample(2, 3, true), sampleMeta()))
	f.Add(written(f, sample(3, 2, false), Meta{}))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, m, err := ReadSeries("fuzz", bytes.NewReader(file), int64(len(file)))
		if err == nil {
			written(t, s, *m)
		}
	})
}

func FuzzReadSites(f *testing.F) {
	f.Add(writtenSites(f, sampleSites(true), sampleMeta()))
	f.Add(writtenSites(f, sampleSites(false), Meta{}))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, m, err := ReadSites("fuzz", bytes.NewReader(file), int64(len(file)))
		if err == nil {
			writtenSites(t, s, *m)
		}
	})
}

func FuzzTime(f *testing.F) {
	f.Add("auto", "2023-01-02 03:04:05")
	f.Add("unix_ms", "1e300")
	f.Fuzz(func(t *testing.T, format, text string) {
		m, err := Mapping{Zone: "Asia/Kathmandu"}.checked()
		if err != nil {
			t.Fatal(err)
		}
		wall, err := newClockReader(format, m.zone).wall(text)
		if s := secondOfWeek(wall); err == nil && (s < 0 || s >= weekS) {
			t.Fatalf("second %d of the week", s)
		}
	})
}

func TestReportJSON(t *testing.T) {
	_, rep := importText(t, holed(), Mapping{StepS: 3600}, Policy{OnHole: Gap})
	b, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b, &back); err != nil || back.String() != rep.String() {
		t.Errorf("another report came back (%v):\n%v", err, &back)
	}
}
