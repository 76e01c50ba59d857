package ppo

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestSplitSharesTheTimeByTheWork(t *testing.T) {
	var l Laps
	for range 2 {
		l.split(10*time.Second, spent{fill: 2, forward: 3, backward: 15})
	}
	if want := (Laps{ForwardS: 3, BackwardS: 15}); l != want {
		t.Errorf("%+v, want %+v", l, want)
	}
	if l.split(time.Second, spent{}); l.ForwardS != 3 {
		t.Errorf("time of no work: %+v", l)
	}
}

// Laps are told, and taking them changes nothing.
func TestLaps(t *testing.T) {
	spec := shortSpec()
	spec.Iterations = 1
	var weights [2][]float32
	for i := range weights {
		opt := Options{Seed: 5, Workers: 2}
		var now atomic.Int64
		if i == 1 {
			opt.Lap = func() time.Duration { return time.Duration(now.Add(1)) * time.Millisecond }
		}
		var laps Laps
		opt.Progress = func(it Iteration) { laps = it.Laps }
		p, err := Train(context.Background(), spec, twoCells.make(100), opt)
		if err != nil {
			t.Fatal(err)
		}
		weights[i] = p.Actor.AppendTo(nil)
		if i == 0 && laps != (Laps{}) {
			t.Errorf("laps without a clock: %+v", laps)
		}
		if i == 1 && !(laps.ForwardS > 0 && laps.BackwardS > 0 && laps.OptimiserS > 0) {
			t.Errorf("laps: %+v", laps)
		}
	}
	if !slices.Equal(weights[0], weights[1]) {
		t.Error("taking laps changed the weights")
	}
}
