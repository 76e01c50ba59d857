package trace

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestForms reads the same table in many forms of text.
func TestForms(t *testing.T) {
	const plain = "id,time,value\na,2023-01-02 00:00,1.5\na,2023-01-02 01:00,2\nb,2023-01-02 00:00,3\nb,2023-01-02 01:00,4\n"
	forms := map[string]struct {
		text string
		m    Mapping
	}{
		"plain":         {plain, Mapping{}},
		"BOM":           {"\ufeff" + plain, Mapping{}},
		"CRLF":          {strings.ReplaceAll(plain, "\n", "\r\n"), Mapping{}},
		"no last break": {strings.TrimSuffix(plain, "\n"), Mapping{}},
		"blank lines":   {strings.ReplaceAll(plain, "\n", "\n\n"), Mapping{}},
		"gzip":          {string(gzipped(t, plain)), Mapping{}},
		"two gzips":     {string(gzipped(t, plain[:30])) + string(gzipped(t, plain[30:])), Mapping{}},
		"gzip and BOM":  {string(gzipped(t, "\ufeff"+plain)), Mapping{}},
		"semicolon":     {strings.ReplaceAll(plain, ",", ";"), Mapping{}},
		"tab":           {strings.ReplaceAll(plain, ",", "\t"), Mapping{}},
		"decimal comma": {strings.ReplaceAll(strings.ReplaceAll(plain, ",", ";"), "1.5", "1,5"), Mapping{DecimalComma: true}},
		"quoted":        {strings.ReplaceAll(plain, "a,", `"a",`), Mapping{}},
		"other names":   {strings.Replace(plain, "id,time,value", "what,when,much", 1), Mapping{ID: []string{"what"}, Time: []string{"when"}, Value: "much"}},
		"two columns":   {strings.ReplaceAll(strings.Replace(plain, "time,", "date,clock,", 1), " 0", ",0"), Mapping{Time: []string{"date", "clock"}}},
		"shuffled":      {"id,time,value\na,2023-01-02 01:00,2\nb,2023-01-02 01:00,4\nb,2023-01-02 00:00,3\na,2023-01-02 00:00,1.5\n", Mapping{}},
		"wide":          {"time,a,b\n2023-01-02 00:00,1.5,3\n2023-01-02 01:00,2,4\n", Mapping{Layout: LayoutWide}},
		"wide shuffled": {"time,a,b\n2023-01-02 01:00,2,4\n2023-01-02 00:00,1.5,3\n", Mapping{Layout: LayoutWide}},
		"wide, ignored": {"time,note,a,b\n2023-01-02 00:00,x,1.5,3\n2023-01-02 01:00,y,2,4\n", Mapping{Layout: LayoutWide, Ignore: []string{"note"}}},
		"wide, chosen":  {"time,c,b,a\n2023-01-02 00:00,9,3,1.5\n2023-01-02 01:00,9,4,2\n", Mapping{Columns: []string{"a", "b"}}},
	}
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			s, _ := importText(t, f.text, f.m, Policy{})
			if fmt.Sprint(s.ID) != "[a b]" || s.Start != "2023-01-02T00:00:00" || s.StartWeekday != 0 {
				t.Fatalf("got places %v from %s", s.ID, s.Start)
			}
			wantRow(t, s, 0, 1.5, 2)
			wantRow(t, s, 1, 3, 4)
		})
	}
}

func TestUnits(t *testing.T) {
	for unit, want := range map[string]struct {
		v    float32
		unit string
	}{
		"bit": {3, UnitBit}, "kB": {24e3, UnitBit}, "MiB": {3 * 8 << 20, UnitBit}, "Gbit": {3e9, UnitBit},
		"Mbit/s": {3e6, UnitBitPerS}, "percent": {0.03, UnitLoad}, "load": {3, UnitLoad}, "relative": {3, UnitRelative},
	} {
		s, _ := importText(t, "time,value\n2023-01-02 00:00,3\n2023-01-02 01:00,3\n", Mapping{Unit: unit}, Policy{})
		if s.Values[0] != want.v || s.Unit != want.unit {
			t.Errorf("3 %s: got %g %s, want %g %s", unit, s.Values[0], s.Unit, want.v, want.unit)
		}
	}
	for _, u := range Units() {
		if _, err := findUnit(u); err != nil {
			t.Error(err)
		}
	}
}

func TestGaps(t *testing.T) {
	// a: 1 . 3 . . . 7 with no value in the last step, which b gives the axis.
	const text = "id,time,value\na,2023-01-02 00:00,1\na,2023-01-02 02:00,3\na,2023-01-02 06:00,7\n" +
		"b,2023-01-02 00:00,1\nb,2023-01-02 01:00,1\nb,2023-01-02 02:00,1\nb,2023-01-02 03:00,1\nb,2023-01-02 04:00,1\nb,2023-01-02 05:00,1\nb,2023-01-02 06:00,1\nb,2023-01-02 07:00,1\n"
	tests := []struct {
		p    Policy
		want []float32 // of a; nil: dropped
	}{
		{Policy{MaxGapS: -1}, []float32{1, 2, 3, 4, 5, 6, 7, 7}},
		{Policy{}, nil},
		{Policy{OnLongGap: Zero}, []float32{1, 2, 3, 4, 5, 6, 7, 0}},
		{Policy{OnLongGap: Zero, MaxGapS: 7200}, []float32{1, 2, 3, 0, 0, 0, 7, 0}},
		{Policy{OnLongGap: Zero, OnGap: Zero}, []float32{1, 0, 3, 0, 0, 0, 7, 0}},
		{Policy{OnLongGap: Zero, OnGap: Drop}, nil},
		{Policy{MaxGapS: -1, MinCover: 0.5}, nil},
	}
	for _, tt := range tests {
		s, rep := importText(t, text, Mapping{}, tt.p)
		if tt.want == nil {
			if s.Places() != 1 || s.ID[0] != "b" || rep.Places.Read != 2 || rep.Rows.Used != 8 {
				t.Errorf("%+v: got places %v\n%v", tt.p, s.ID, rep)
			}
			continue
		}
		wantRow(t, s, 0, tt.want...)
	}
}

// TestResampleConserves: quarter hours, then hours, come to hours with the
// same total; rates keep their mean.
func TestResampleConserves(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	b.WriteString("id,time,value\n")
	volume, quarters := 0.0, 0.0
	for i := range 48 {
		v := float64(rng.IntN(1000))
		volume += v
		quarters += v
		fmt.Fprintf(&b, "a,2023-01-02 %02d:%02d,%g\n", i/4, i%4*15, v)
	}
	hours := 0.0
	for h := 12; h < 24; h++ {
		v := float64(rng.IntN(1000))
		volume += v
		hours += v
		fmt.Fprintf(&b, "a,2023-01-02 %02d:00,%g\n", h, v)
	}
	_, _, err := ReadCSV(context.Background(), strings.NewReader(b.String()), Mapping{Unit: "bit"}, Options{Name: "f"})
	if err == nil || !strings.Contains(err.Error(), `steps of 900 s (place "a") and 3600 s (place "a")`) {
		t.Errorf("got %v", err)
	}
	for _, stepS := range []int{0, 3600, 7200, 43200} {
		s, rep := importText(t, b.String(), Mapping{Unit: "bit", StepS: stepS}, Policy{OnMixedStep: Resample})
		if want := max(stepS, 3600); s.StepS != want || s.Steps != 86400/want {
			t.Fatalf("got %d steps of %d s", s.Steps, s.StepS)
		}
		if got := total(s); math.Abs(got-volume) > 1e-6*volume {
			t.Errorf("step %d: total %g, want %g\n%v", stepS, got, volume, rep)
		}
		r, _ := importText(t, b.String(), Mapping{Unit: "bit/s", StepS: stepS}, Policy{OnMixedStep: Resample})
		mean := (quarters/48 + hours/12) / 2
		if got := total(r) / float64(r.Steps); math.Abs(got-mean) > 1e-5*mean {
			t.Errorf("step %d: mean rate %g, want %g", stepS, got, mean)
		}
	}
	// To finer steps, an hour's volume is shared out.
	s, _ := importText(t, "time,value\n2023-01-02 00:00,8\n2023-01-02 01:00,4\n2023-01-02 02:00,4\n2023-01-02 03:00,4\n2023-01-02 04:00,4\n", Mapping{Unit: "bit", StepS: 1800}, Policy{OnMixedStep: Resample})
	wantRow(t, s, 0, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2)
}

func total(s *Series) float64 {
	sum := 0.0
	for _, v := range s.Values {
		sum += float64(v)
	}
	return sum
}

// TestResamplePartial: steps covered only in part are gaps, and values that
// reach no whole step are accounted for.
func TestResamplePartial(t *testing.T) {
	const text = "time,value\n2023-01-02 00:40,1\n2023-01-02 01:00,1\n2023-01-02 01:20,1\n2023-01-02 01:40,1\n2023-01-02 02:00,1\n2023-01-02 02:20,1\n"
	s, rep := importText(t, text, Mapping{Unit: "bit", StepS: 3600}, Policy{OnMixedStep: Resample})
	wantRow(t, s, 0, 3)
	if s.Start != "2023-01-02T01:00:00" || rep.Count(PartialStep) != 3 || rep.Rows.Used != 3 {
		t.Errorf("got start %s\n%v", s.Start, rep)
	}
}

func TestSparseIsNotMixed(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,time,value\n")
	for h := range 12 {
		fmt.Fprintf(&b, "a,2023-01-02 %02d:00,%d\n", h, h)
		if h%2 == 0 {
			fmt.Fprintf(&b, "b,2023-01-02 %02d:00,%d\n", h, h)
		}
	}
	s, rep := importText(t, b.String(), Mapping{Unit: "load"}, Policy{OnMixedStep: Gap, MaxGapS: -1})
	wantRow(t, s, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10)
	if rep.Count(GapStep) != 6 || rep.Count(AboveOne) != 15 {
		t.Errorf("wrong report:\n%v", rep)
	}
}

// holed is a wide file of 10 places whose counters fail in hour 5.
func holed() string {
	var b strings.Builder
	b.WriteString("step")
	for p := range 10 {
		fmt.Fprintf(&b, ",r0c%d", p)
	}
	for h := range 12 {
		fmt.Fprintf(&b, "\n%d", h)
		for p := range 10 {
			v := 10.0 + float64(p)
			if h == 5 {
				v *= 0.01
			}
			fmt.Fprintf(&b, ",%g", v)
		}
	}
	return b.String()
}

func TestHole(t *testing.T) {
	m := Mapping{StepS: 3600}
	s, rep := importText(t, holed(), m, Policy{})
	if rep.Count(Hole) != 1 || s.Row(3)[5] != 0.13 || len(rep.Notes) != 2 {
		t.Errorf("got %g\n%v", s.Row(3)[5], rep)
	}
	s, rep = importText(t, holed(), m, Policy{OnHole: Gap})
	if s.Row(3)[5] != 13 || rep.Values.DroppedBy(Hole) != 10 || rep.Rows.DroppedBy(NoValueUsed) != 1 {
		t.Errorf("got %g\n%v", s.Row(3)[5], rep)
	}
	_, _, err := ReadCSV(context.Background(), strings.NewReader(holed()), m, Options{Policy: Policy{OnHole: Fail}})
	if err == nil || !strings.Contains(err.Error(), "at step 5 the total over all places falls to 1.45, around it is 145") {
		t.Errorf("got %v", err)
	}
}

func TestGridPositions(t *testing.T) {
	const text = "step,r00c00,r00c01,r01c00,r01c01\n0,1,1,1,1\n1,1,1,1,1\n"
	s, _ := importText(t, text, Mapping{StepS: 3600, SideM: 100}, Policy{})
	if fmt.Sprint(s.X) != "[50 150 50 150]" || fmt.Sprint(s.Y) != "[150 150 50 50]" || s.SideM != 100 {
		t.Errorf("got x %v, y %v, side %g", s.X, s.Y, s.SideM)
	}
	patches := strings.NewReplacer("r00c00", "p1r0c0", "r00c01", "p1r0c1", "r01c00", "p2r0c0", "r01c01", "p2r0c1").Replace(text)
	s, rep := importText(t, patches, Mapping{StepS: 3600, SideM: 100}, Policy{})
	if s.HasPosition || len(rep.Notes) != 1 {
		t.Errorf("patches without known places got positions\n%v", rep)
	}
	s, _ = importText(t, patches, Mapping{StepS: 3600, SideM: 100, PatchGap: 3}, Policy{})
	if fmt.Sprint(s.X) != "[50 150 550 650]" || fmt.Sprint(s.Y) != "[50 50 50 50]" {
		t.Errorf("got x %v, y %v", s.X, s.Y)
	}
}

func TestPositions(t *testing.T) {
	const text = "id,time,value,lat,lon\na,2023-01-02 00:00,1,48,2\na,2023-01-02 01:00,1,48,2\nb,2023-01-02 00:00,1,49,2\nb,2023-01-02 01:00,1,49,2\nc,2023-01-02 00:00,1,,\nc,2023-01-02 01:00,1,x,2\n"
	s, rep := importText(t, text, Mapping{}, Policy{})
	if fmt.Sprint(s.ID) != "[a b]" || rep.Count(NoLocation) != 1 {
		t.Fatalf("got %v\n%v", s.ID, rep)
	}
	// One degree of the meridian is 111.2 km on the mean sphere.
	if d := s.Y[1] - s.Y[0]; math.Abs(d-111195) > 1 || s.X[0] != 0 {
		t.Errorf("got x %v, y %v", s.X, s.Y)
	}
	s, _ = importText(t, text, Mapping{}, Policy{OnNoLocation: Keep})
	if s.Places() != 3 || s.HasPosition {
		t.Errorf("got %d places, positions %v", s.Places(), s.HasPosition)
	}
	s, rep = importText(t, text, Mapping{}, Policy{OnOutside: Drop, Area: Area{MinLat: 47, MaxLat: 48.5, MinLon: 1, MaxLon: 3}})
	if fmt.Sprint(s.ID) != "[a]" || rep.Places.DroppedBy(Outside) != 1 {
		t.Errorf("got %v\n%v", s.ID, rep)
	}
	sites := &Sites{ID: []string{"c", "a"}, X: []float64{7, 8}, Y: []float64{9, 10}, Operator: []string{"", ""}, Technology: []string{"", ""}}
	s, rep, err := ReadCSV(context.Background(), strings.NewReader(text), Mapping{}, Options{Locations: sites})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(s.ID, s.X, s.Y) != "[a c] [8 7] [10 9]" || rep.Count(NoLocation) != 1 {
		t.Errorf("got %v %v %v\n%v", s.ID, s.X, s.Y, rep)
	}
}
