package trace

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func importSitesText(t *testing.T, text string, m SiteMapping, p Policy) (*Sites, *Report) {
	t.Helper()
	s, rep, err := ReadSitesCSV(context.Background(), strings.NewReader(text), m, Options{Name: "t.csv", Policy: p})
	if err != nil {
		t.Fatalf("%v\n%v", err, rep)
	}
	if !rep.Balanced() || rep.Places.Used != int64(s.Len()) {
		t.Fatalf("the account does not add up:\n%v", rep)
	}
	return s, rep
}

func TestSites(t *testing.T) {
	const text = "id,lat,lon,operator,tech,since\n" +
		"a,48,2,X,4G,\n" +
		"b,49,2,X,5G,2020\n" +
		"b,50,2,X,5G,\n" + // duplicate
		"c,48,2,X,5G,2021\n" + // where a is
		"d,48,2,Y,2G,\n" + // the same place, another operator
		"e,,2,Y,2G,\n" + // nowhere
		",1,1,Y,2G,\n" + // no id
		"f,48\n" + // ragged
		"g,10,2,X,4G,\n" // far away
	m := SiteMapping{Technology: []string{"tech", "since=dated"}}
	p := Policy{OnBadRow: Drop, OnSamePosition: Merge, OnOutside: Drop, Area: Area{MinLat: 45, MaxLat: 55, MinLon: 0, MaxLon: 5}}
	s, rep := importSitesText(t, text, m, p)
	if fmt.Sprint(s.ID, s.Operator, s.Technology) != "[a b d] [X X Y] [4G+5G+dated 5G+dated 2G]" {
		t.Errorf("got %v %v %v", s.ID, s.Operator, s.Technology)
	}
	for _, kind := range []string{Duplicate, SamePosition, NoLocation, EmptyID, RaggedRow, Outside} {
		if rep.Count(kind) != 1 || rep.Rows.DroppedBy(kind) != 1 {
			t.Errorf("%s: counted %d, dropped %d, want 1", kind, rep.Count(kind), rep.Rows.DroppedBy(kind))
		}
	}
	s, _ = importSitesText(t, text, m, Policy{OnBadRow: Drop, OnDuplicate: Last})
	if i := slices.Index(s.ID, "b"); s.Lat[i] != 50 {
		t.Errorf("the last row of b does not count: latitude %g", s.Lat[i])
	}
}

func TestPoints(t *testing.T) {
	for _, text := range []string{
		`{'lon': 2.5, 'lat': 48.25}`, `{"lat": 48.25, "lon": 2.5}`, `{"latitude":48.25,"longitude":2.5}`, `lat=48.25 lng=2.5`,
		"POINT(2.5 48.25)", "SRID=4326;POINT (2.5 48.25)", "point z (2.5 48.25 7)", "48.25, 2.5", "(48.25;2.5)", "[48.25,2.5]",
		`{"type":"Point","coordinates":[2.5, 48.25]}`,
	} {
		lat, lon, err := parsePoint(text)
		if err != nil || lat != 48.25 || lon != 2.5 {
			t.Errorf("%s: got %g, %g, %v", text, lat, lon, err)
		}
	}
	for _, text := range []string{"", "here", "{'lon': 2.5}", "POINT(1)", "1", "1..2, 3", "{'lat': --, 'lon': 1}"} {
		if _, _, err := parsePoint(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

// TestProjection compares with the great circle (haversine) over 30 km.
func TestProjection(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	pos := make([]position, 200)
	for i := range pos {
		pos[i] = position{known: true, lat: 45 + 0.27*(rng.Float64()-0.5), lon: 9 + 0.38*(rng.Float64()-0.5)}
	}
	project(pos)
	for i := 1; i < len(pos); i++ {
		a, b := pos[i-1], pos[i]
		got := math.Hypot(a.x-b.x, a.y-b.y)
		const rad = math.Pi / 180
		h := math.Pow(math.Sin((a.lat-b.lat)*rad/2), 2) + math.Cos(a.lat*rad)*math.Cos(b.lat*rad)*math.Pow(math.Sin((a.lon-b.lon)*rad/2), 2)
		if want := 2 * earthRadiusM * math.Asin(math.Sqrt(h)); math.Abs(got-want) > 0.005*want {
			t.Errorf("distance %g, great circle %g", got, want)
		}
	}
	sum := 0.0
	for _, p := range pos {
		sum += p.x
	}
	if math.Abs(sum) > 1e-3 {
		t.Errorf("the centre is not the mean: %g", sum)
	}
}

// TestDensityAgainstAllPairs compares with sorting all distances.
func TestDensityAgainstAllPairs(t *testing.T) {
	for _, n := range []int{1, 2, 7, 11, 12, 300} {
		rng := rand.New(rand.NewPCG(uint64(n), 2))
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = float64(rng.IntN(40))*100, rng.NormFloat64()*2000
		}
		got := Density(x, y)
		k := min(densityNeighbours, n-1)
		for i := range x {
			var d []float64
			for j := range x {
				if j != i {
					d = append(d, math.Hypot(x[i]-x[j], y[i]-y[j])/1000)
				}
			}
			slices.Sort(d)
			want := 0.0
			if k > 0 {
				want = float64(k) / (math.Pi * d[k-1] * d[k-1])
			}
			if math.Abs(got[i]-want) > 1e-9*want {
				t.Fatalf("n %d, site %d: got %g, want %g per km²", n, i, got[i], want)
			}
		}
	}
	same := []float64{1, 1, 1}
	if d := Density(same, same); !math.IsInf(d[0], 1) || Classify(same, same)[0] != 0 {
		t.Errorf("sites at one point: got %v", d)
	}
}

// TestClassesOfLattices: square lattices of known density have their class.
func TestClassesOfLattices(t *testing.T) {
	for spacing, want := range map[float64]string{2500: "rural", 1000: "suburban", 450: "urban", 200: "dense_urban"} {
		var x, y []float64
		for i := range 400 {
			x, y = append(x, float64(i/20)*spacing), append(y, float64(i%20)*spacing)
		}
		if got := AreaNames[Classify(x, y)[210]]; got != want {
			t.Errorf("one site every %g m: got %s, want %s", spacing, got, want)
		}
	}
}
