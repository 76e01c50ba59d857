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
			spec := sized(LayoutPoissonDisc, n)
			for b.Loop() {
				build(b, spec, Options{Workers: 1})
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(n)*1000, "s/1000sites")
		})
	}
}
