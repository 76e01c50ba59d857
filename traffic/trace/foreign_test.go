package trace

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

func parquetOf[T any](t testing.TB, rows []T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func importParquet(t *testing.T, file []byte, m Mapping, p Policy) (*Series, *Report) {
	t.Helper()
	s, rep, err := ReadParquet(context.Background(), bytes.NewReader(file), int64(len(file)), m, Options{Name: "t.parquet", Policy: p})
	if err != nil {
		t.Fatalf("%v\n%v", err, rep)
	}
	checkAccount(t, s, rep)
	return s, rep
}

type longOf[I, T, V any] struct {
	ID    I `parquet:"id"`
	Time  T `parquet:"time"`
	Value V `parquet:"value"`
}

func longRows[I, T, V any](i I, t [2]T, v [2]V) []longOf[I, T, V] {
	return []longOf[I, T, V]{{i, t[0], v[0]}, {i, t[1], v[1]}}
}

// TestForeignParquet reads columns of many types.
func TestForeignParquet(t *testing.T) {
	texts := [2]string{"2023-01-02 00:00", "2023-01-02 01:00"}
	unix := [2]int64{1672617600, 1672621200}
	instants := [2]time.Time{time.Unix(unix[0], 0), time.Unix(unix[1], 0)}
	half := 2.5
	files := map[string]struct {
		file []byte
		m    Mapping
		want []float32
	}{
		"float64":         {parquetOf(t, longRows("a", texts, [2]float64{1.5, 1e10})), Mapping{}, []float32{1.5, 1e10}},
		"float32":         {parquetOf(t, longRows("a", texts, [2]float32{0.1, 7})), Mapping{}, []float32{0.1, 7}},
		"int32":           {parquetOf(t, longRows("a", texts, [2]int32{3, 4})), Mapping{}, []float32{3, 4}},
		"int64, unix":     {parquetOf(t, longRows(int64(7), unix, [2]int64{3, 4})), Mapping{TimeFormat: "unix"}, []float32{3, 4}},
		"uint64":          {parquetOf(t, longRows(uint32(1<<31), texts, [2]uint64{1 << 63, 4})), Mapping{}, []float32{1 << 63, 4}},
		"int8":            {parquetOf(t, longRows("a", texts, [2]int8{3, 4})), Mapping{}, []float32{3, 4}},
		"text":            {parquetOf(t, longRows("a", texts, [2]string{"3", "4e1"})), Mapping{}, []float32{3, 40}},
		"timestamp":       {parquetOf(t, longRows("a", instants, [2]float64{1, 2})), Mapping{}, []float32{1, 2}},
		"null is missing": {parquetOf(t, longRows("a", texts, [2]*float64{&half, nil})), Mapping{StepS: 3600}, []float32{2.5, 2.5}},
	}
	for name, f := range files {
		t.Run(name, func(t *testing.T) {
			s, _ := importParquet(t, f.file, f.m, Policy{MaxGapS: -1})
			wantRow(t, s, 0, f.want...)
			if s.StepS != 3600 || s.Start != "2023-01-02T00:00:00" {
				t.Errorf("got step %d from %s", s.StepS, s.Start)
			}
		})
	}
}

func TestForeignTimestamps(t *testing.T) {
	type millis struct {
		Time  int64   `parquet:"time,timestamp(millisecond)"`
		Value float64 `parquet:"value"`
	}
	file := parquetOf(t, []millis{{1688169600000, 1}, {1688173200999, 2}}) // 1 July 2023
	s, _ := importParquet(t, file, Mapping{Zone: "Europe/Madrid"}, Policy{})
	if s.Start != "2023-07-01T02:00:00" || s.Steps != 2 {
		t.Errorf("got %s, %d steps", s.Start, s.Steps)
	}
	type days struct {
		Date  int32   `parquet:"date,date"`
		Value float64 `parquet:"value"`
	}
	s, _ = importParquet(t, parquetOf(t, []days{{19539, 1}, {19540, 2}}), Mapping{}, Policy{})
	if s.Start != "2023-07-01T00:00:00" || s.StepS != 86400 {
		t.Errorf("got %s, step %d", s.Start, s.StepS)
	}
}

func TestForeignWide(t *testing.T) {
	type row struct {
		Step int32   `parquet:"step"`
		Dow  int32   `parquet:"dow"`
		Hour int32   `parquet:"hour"`
		A    float64 `parquet:"r0c0"`
		B    float32 `parquet:"r0c1"`
	}
	var rows []row
	for i := range int32(5000) {
		rows = append(rows, row{i, i / 24 % 7, i % 24, float64(i), 1})
	}
	s, rep := importParquet(t, parquetOf(t, rows), Mapping{SideM: 10}, Policy{})
	if fmt.Sprint(s.ID, s.X, s.Steps) != "[r0c0 r0c1] [5 15] 5000" || s.Row(0)[4999] != 4999 || len(rep.SHA256) != 64 {
		t.Errorf("got %v %v, %d steps, %g", s.ID, s.X, s.Steps, s.Row(0)[4999])
	}
}

// TestOwnFileAsForeign: our own file can be imported again.
func TestOwnFileAsForeign(t *testing.T) {
	s := sample(3, 5, true)
	got, _ := importParquet(t, written(t, s, Meta{}), Mapping{Unit: "bit", StepS: s.StepS}, Policy{})
	if !equalFloats(got.Values, s.Values) || fmt.Sprint(got.ID, got.X, got.Y) != fmt.Sprint(s.ID, s.X, s.Y) {
		t.Errorf("got %v %v", got.ID, got.X)
	}
}

func TestForeignSites(t *testing.T) {
	s := sampleSites(true)
	file := writtenSites(t, s, Meta{})
	got, rep, err := ReadSitesParquet(context.Background(), bytes.NewReader(file), int64(len(file)), SiteMapping{}, Options{Name: "t"})
	if err != nil || !rep.Balanced() || fmt.Sprint(got.ID, got.Lat, got.Technology) != fmt.Sprint(s.ID, s.Lat, s.Technology) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestBadForeign(t *testing.T) {
	type nested struct {
		ID   string   `parquet:"id"`
		List []string `parquet:"list"`
	}
	good := parquetOf(t, longRows("a", [2]string{"2023-01-02", "2023-01-03"}, [2]float64{1, 2}))
	for want, file := range map[string][]byte{
		"too short for a Parquet file": nil,
		"no Parquet footer":            good[:len(good)-5],
		`column "list" is nested`:      parquetOf(t, []nested{{"a", []string{"b"}}}),
		"no row holds a value":         parquetOf(t, []longOf[string, string, float64]{}),
	} {
		_, _, err := ReadParquet(context.Background(), bytes.NewReader(file), int64(len(file)), Mapping{}, Options{Name: "t.parquet"})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "t.parquet: ") {
			t.Errorf("got  %v\nwant t.parquet: … %s", err, want)
		}
	}
}
