package topology

import (
	"fmt"
	"testing"
)

// BenchmarkBuild builds networks of two carriers and 3 sectors a site on one
// worker.
func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("sites=%d", n), func(b *testing.B) {
			benchmarkBuild(b, sized(LayoutPoissonDisc, n))
		})
	}
	b.Run("mixed=2000", func(b *testing.B) { // density varies by a factor of 75
		spec := sized(LayoutPoissonDisc, 0)
		spec.Areas = []AreaSpec{{Class: "dense_urban", Sites: 500}, {Class: "suburban", Sites: 500}, {Class: "rural", Sites: 1000}}
		benchmarkBuild(b, spec)
	})
}

func benchmarkBuild(b *testing.B, spec Spec) {
	sites := 0
	for b.Loop() {
		sites = build(b, spec, Options{Workers: 1}).Sites()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(sites)*1000, "s/1000sites")
}
