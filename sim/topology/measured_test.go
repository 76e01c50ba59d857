package topology

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"testing"
)

// parisAntennas is the antenna register of Paris (open data of the city).
const parisAntennas = "../../../shared/data/paris_antennas/antennes.csv.gz"

// readParis returns the positions of one operator's sites in metres.
func readParis(t *testing.T, operator string) (xs, ys []float64) {
	file, err := os.Open(parisAntennas)
	if err != nil {
		t.Skipf("no antenna register of Paris here: %v", err)
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(zip).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		var lon, lat float64
		if row[2] != operator {
			continue
		}
		if _, err := fmt.Sscanf(row[10], "{'lon': %f, 'lat': %f}", &lon, &lat); err != nil {
			t.Fatalf("%q: %v", row[10], err)
		}
		xs = append(xs, lon*111320*math.Cos(48.86*math.Pi/180))
		ys = append(ys, lat*111320)
	}
	return xs, ys
}

// An irregular layout with the median spacing of the operators of Paris has
// their regularity, too. Sites where the local density is that of a city, 2 to
// 10 a square kilometre, are compared.
func TestIrregularLayoutLooksLikeParis(t *testing.T) {
	var median, rLocal, sigma float64
	operators := []string{"FREE MOBILE", "BOUYGUES", "ORANGE", "SFR"}
	for _, operator := range operators {
		xs, ys := readParis(t, operator)
		nn, r10 := kthNearest(xs, ys, space{}, 1), kthNearest(xs, ys, space{}, 10)
		var cityNN, cityR10 []float64
		for i, r := range r10 {
			if perKM2 := 10 / (math.Pi * r * r) * 1e6; perKM2 >= 2 && perKM2 < 10 && nn[i] > coLocatedM {
				cityNN, cityR10 = append(cityNN, nn[i]), append(cityR10, r)
			}
		}
		m, r, s := spacing(cityNN, cityR10)
		t.Logf("%s: %d sites, median %.0f m, R_local %.2f, sigma(ln) %.2f", operator, len(cityNN), m, r, s)
		n := float64(len(operators))
		median, rLocal, sigma = median+m/n, rLocal+r/n, sigma+s/n
	}
	spec := bare(sized(LayoutPoissonDisc, 540))
	spec.Areas[0].MedianNNM = median
	top := build(t, spec, Options{})
	m, r, s := spacing(nearestOther(top, 1), nearestOther(top, 10))
	t.Logf("generated: median %.0f m, R_local %.2f, sigma(ln) %.2f", m, r, s)
	if math.Abs(m/median-1) > 0.15 || math.Abs(r-rLocal) > 0.1 || math.Abs(s-sigma) > 0.1 {
		t.Errorf("generated %.0f m, %.2f, %.2f; Paris on average %.0f m, %.2f, %.2f", m, r, s, median, rLocal, sigma)
	}
}
