package traffic

import (
	"fmt"
	"math"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// country is a square map of sites with three sectors each, a kilometre apart.
func country(sectors int) Places {
	p := Places{X: make([]float64, sectors), Y: make([]float64, sectors), Area: make([]uint8, sectors)}
	side := int(math.Sqrt(float64(sectors/3))) + 1
	for i := range p.X {
		site := i / 3
		p.X[i], p.Y[i], p.Area[i] = 1000*float64(site%side), 1000*float64(site/side), uint8(site%len(AreaNames))
	}
	return p
}

var sizes = []int{9_999, 99_999, 750_000}

func BenchmarkNew(b *testing.B) {
	for _, sectors := range sizes {
		b.Run(fmt.Sprint(sectors), func(b *testing.B) {
			p := country(sectors)
			for b.Loop() {
				if _, err := New(DefaultSpec(), p, nil, rng.Root(1)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(sectors)*1e9, "ns/sector")
		})
	}
}

// BenchmarkDemandTo plays days in quarters of an hour.
func BenchmarkDemandTo(b *testing.B) {
	for _, sectors := range sizes {
		for _, within := range []bool{true, false} {
			b.Run(fmt.Sprintf("%d/within_hour=%v", sectors, within), func(b *testing.B) {
				spec := DefaultSpec()
				spec.WithinHour.Enabled = within
				src, err := New(spec, country(sectors), nil, rng.Root(1))
				if err != nil {
					b.Fatal(err)
				}
				src.SetWorkers(2)
				dst, at := make([]float32, sectors), des.Time(0)
				for range 8 { // fill the caches
					src.DemandTo(dst, at)
					at += 15 * des.Minute
				}
				b.ReportAllocs()
				for b.Loop() {
					src.DemandTo(dst, at)
					at += 15 * des.Minute
				}
				b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(sectors)*1e9, "ns/sector")
			})
		}
	}
}
