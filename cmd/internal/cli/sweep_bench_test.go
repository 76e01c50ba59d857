package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"hibernet/results/record"
)

// BenchmarkSweep measures what a sweep costs beside its runs: all of the
// workers' time, less what the runs took in them, a run. "share" is the share of
// that time in which the workers were at work on runs. The start of the
// workers, the expansion and the data set are in it.
func BenchmarkSweep(b *testing.B) {
	for _, bb := range []struct {
		name, scenario string
		seeds          int
		days           float64
	}{{"tiny/steps=1/runs=400", "tiny", 100, 1.0 / 96}, {"tiny/steps=96/runs=80", "tiny", 20, 1}, {"quickstart/steps=96/runs=100", "quickstart", 25, 1}} {
		b.Run(bb.name, func(b *testing.B) {
			var runs, wall, busy float64
			for range b.N {
				dir := b.TempDir()
				text := fmt.Sprintf("name: bench\nscenario: %s\npolicies: [always-on, schedule, threshold, random]\nseeds: {count: %d}\ndays: %.17g\n", bb.scenario, bb.seeds, bb.days)
				if err := os.WriteFile(filepath.Join(dir, "bench.yaml"), []byte(text), 0o644); err != nil {
					b.Fatal(err)
				}
				var out bytes.Buffer
				began := time.Now()
				if code := Main(context.Background(), IO{Args: []string{"sweep", "bench.yaml"}, Dir: dir, Stdout: &out, Stderr: &out, Now: time.Now}); code != ExitOK {
					b.Fatal(out.String())
				}
				wall += time.Since(began).Seconds()
				timings, err := record.ReadFrame(filepath.Join(dir, "runs/bench/timings.parquet"))
				if err != nil {
					b.Fatal(err)
				}
				for _, s := range timings.Find("seconds").Float {
					busy += s
					runs++
				}
			}
			slots := float64(runtime.GOMAXPROCS(0))
			b.ReportMetric(1000*(slots*wall-busy)/runs, "overhead-ms/run")
			b.ReportMetric(1000*busy/runs, "run-ms")
			b.ReportMetric(busy/(slots*wall), "share")
		})
	}
}
