package oracle

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
)

// search works out the bounds of a task's epochs at prices of dropping, and keeps
// what one price tells of the next.
type search struct {
	*market
	task Task
	opt  Options
	runs []epochs

	mu          sync.Mutex
	done, total int // rounds
}

// epochs are neighbours, of which one is a sample for the search.
type epochs struct {
	first, sample, end int     // [first, end)
	at                 *prices // of the sample
}

func newSearch(m *market, task Task, opt Options) *search {
	s := &search{market: m, task: task, opt: opt}
	for first := 0; first < task.Epochs; first += searchStride {
		end := min(first+searchStride, task.Epochs)
		at := m.newPrices()
		at.set(m.start)
		s.runs = append(s.runs, epochs{first, (first + end) / 2, end, at})
	}
	s.total = len(s.runs)*(cold.rounds+(searchRounds-1)*repeat.rounds) + task.Epochs*warm.rounds
	return s
}

// samples returns about the sum of the bounds of all epochs, W, at a price of
// dropping, each sample standing for its neighbours, and improves their prices.
func (s *search) samples(ctx context.Context, dropPrice float64, by effort) (float64, error) {
	return s.sum(ctx, len(s.runs), func(d *worker, i int) float64 {
		r := &s.runs[i]
		return float64(r.end-r.first) * d.epoch(ctx, r.sample, dropPrice, r.at, by)
	})
}

// all returns the sum of the bounds of all epochs, W, at a price of dropping.
func (s *search) all(ctx context.Context, dropPrice float64) (float64, error) {
	return s.sum(ctx, 2*len(s.runs), func(d *worker, i int) float64 {
		r, sum, at := &s.runs[i/2], 0.0, s.newPrices()
		at.set(r.at)
		if i%2 == 0 {
			for t := r.sample; t < r.end; t++ {
				sum += d.epoch(ctx, t, dropPrice, at, warm)
			}
			return sum
		}
		for t := r.sample - 1; t >= r.first; t-- {
			sum += d.epoch(ctx, t, dropPrice, at, warm)
		}
		return sum
	})
}

// worker is what one goroutine needs.
type worker struct {
	*search
	dual   *dual
	demand Demand
	sector []float32
}

func (w *worker) epoch(ctx context.Context, t int, dropPrice float64, from *prices, by effort) float64 {
	if ctx.Err() != nil {
		return math.Inf(-1)
	}
	w.demand(w.sector, t)
	sum := w.dual.epoch(ctx, w.sector, dropPrice, from, by)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done += by.rounds; w.opt.Progress != nil {
		w.opt.Progress(w.done, w.total)
	}
	return sum
}

// sum returns the sum of n parts, added in their order, whichever goroutine works
// them out.
func (s *search) sum(ctx context.Context, n int, part func(w *worker, i int) float64) (float64, error) {
	parts := make([]float64, n)
	var (
		next atomic.Int64
		wait sync.WaitGroup
	)
	for range min(s.opt.Workers, n) {
		wait.Go(func() {
			w := &worker{s, newDual(s.market), s.task.Open(), make([]float32, s.task.Sectors)}
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				parts[i] = part(w, i)
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	total := 0.0
	for _, p := range parts {
		total += p
	}
	return total, nil
}
