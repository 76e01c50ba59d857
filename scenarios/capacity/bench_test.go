package capacity

import (
	"context"
	"testing"
	"time"
)

// BenchmarkSteps plays a day of a network of 100,000 cells on one processor, as
// hibernet bench plays larger ones; building is not timed.
func BenchmarkSteps(b *testing.B) {
	sc, err := Scaled(100_000)
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	m := Machine{Workers: 1, Clock: func() time.Duration { return time.Since(start) }}
	for b.Loop() {
		p, err := m.Play(context.Background(), sc, 95, func(string, float64) {})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(p.StepsS*1e9/float64(p.Steps)/float64(p.Cells), "ns/cell-step")
		b.ReportMetric(p.Sweeps, "sweeps/step")
		b.ReportMetric(p.AllocsPerStep, "allocs/step")
	}
}
