package sweep

import (
	"context"
	"fmt"

	"hibernet/scenarios/sweeps"
)

// Probes of an estimate: how many runs, and how many control intervals of
// each. Four runs spread over the list meet most axes at different values; a
// few intervals tell the time of one, after the first, to some tens of percent.
const (
	maxProbes  = 4
	probeSteps = 4
)

// Estimate is what a sweep will probably take.
type Estimate struct {
	Probes      int     `json:"probes"`       // runs that were begun to find out
	RunSeconds  float64 `json:"run_seconds"`  // mean time of a run on one processor
	WallSeconds float64 `json:"wall_seconds"` // of the runs that are not finished, with all slots at work
	MemoryBytes int64   `json:"memory_bytes"` // of all slots together, at the largest run that was probed
}

// Probe estimates what the runs will take: it plays the first control
// intervals of up to four runs, spread evenly over the list, each in a new
// worker, and reckons their whole length from that. What it
// does not see: that busy hours take longer than the first hours after
// midnight, runs that differ from those probed, and a network that one run has
// from the run before, which is built once only.
func Probe(ctx context.Context, p *Pool, base sweeps.Base, runs []sweeps.Run, steps func(sweeps.Run) int) (Estimate, error) {
	var e Estimate
	n := min(maxProbes, len(runs))
	for i := range n {
		if err := ctx.Err(); err != nil {
			return e, err
		}
		r := runs[0]
		if n > 1 {
			r = runs[i*(len(runs)-1)/(n-1)]
		}
		t, err := probe(p, base, r)
		if err != nil {
			return e, err
		}
		play := (t.Seconds - t.BuildSeconds - t.PolicySeconds) / float64(max(t.Steps, 1)) * float64(steps(r))
		policy := t.PolicySeconds
		if t.Iterations > 0 {
			policy *= float64(t.Iterations)
		}
		e.RunSeconds += (t.BuildSeconds + policy + play) / float64(n)
		e.MemoryBytes = max(e.MemoryBytes, t.MemoryBytes)
		e.Probes++
	}
	slots := min(p.Slots, len(runs))
	e.MemoryBytes *= int64(slots)
	e.WallSeconds = e.RunSeconds * float64(len(runs)) / float64(max(slots, 1))
	return e, nil
}

// probe plays the beginning of one run.
func probe(p *Pool, base sweeps.Base, r sweeps.Run) (Timing, error) {
	w, err := p.Start()
	if err != nil {
		return Timing{}, err
	}
	task := NewTask(base, r)
	task.ProbeSteps = probeSteps
	reply, err := w.Do(task)
	if err != nil {
		return Timing{}, fmt.Errorf("sweep: probe of run %s: %w", r.ID, err) // Do has ended the worker
	}
	if err := w.Close(); err != nil {
		return Timing{}, fmt.Errorf("sweep: probe of run %s: %w", r.ID, err)
	}
	if reply.Fault != "" {
		return Timing{}, fmt.Errorf("sweep: probe of run %s: %s", r.ID, reply.Fault)
	}
	return reply.Timing, nil
}
