package sweep

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// tries is how often a task is given to a worker before a worker that ended
// counts as the task's own fault.
const tries = 2

// Event is something that happens in a pool.
type Event struct {
	Kind EventKind
	Slot int // from 0
	Task int // index in the list given to Run
	// Fault says why, with Failed and Retried.
	Fault string
}

// EventKind is what happened.
type EventKind uint8

// Kinds of events.
const (
	Started  EventKind = iota // a worker has the task
	Finished                  // its outcome is kept
	Failed                    // it has none, and will not be tried again
	Retried                   // the worker ended; the task goes to a new one
)

// Failure is a task without an outcome.
type Failure struct {
	Task  int
	Fault string
}

// Pool plays tasks in slots, each with a worker of its own.
type Pool struct {
	// Slots is how many tasks are played at the same time, at least 1.
	Slots int
	// Start starts a worker.
	Start func() (Worker, error)
	// Keep stores the reply of a task; it is called by several goroutines.
	Keep func(task int, reply Reply) error
	// Notify, if not nil, hears of every event, one at a time.
	Notify func(Event)
}

// run is a Pool at work.
type run struct {
	*Pool
	tasks    []Task
	mu       sync.Mutex
	next     int
	stopped  error // of the pool itself: no further task is begun
	failures []Failure
}

// Run plays the tasks in their order and returns those that failed, in the
// same order. When ctx ends no further task is begun, those under way are
// played to their end, and the error is that of ctx. Other errors are faults
// of the pool: a worker that cannot be started, an outcome that cannot be
// kept.
func (p *Pool) Run(ctx context.Context, tasks []Task) ([]Failure, error) {
	r := &run{Pool: p, tasks: tasks}
	var wait sync.WaitGroup
	for slot := range min(p.Slots, len(tasks)) {
		wait.Go(func() { r.slot(ctx, slot) })
	}
	wait.Wait()
	byTask := make(map[int]Failure, len(r.failures))
	for _, f := range r.failures {
		byTask[f.Task] = f
	}
	var ordered []Failure
	for i := range tasks {
		if f, ok := byTask[i]; ok {
			ordered = append(ordered, f)
		}
	}
	if r.stopped == nil && r.next < len(tasks) {
		return ordered, ctx.Err()
	}
	return ordered, r.stopped
}

// take returns the next task.
func (r *run) take(ctx context.Context) (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped != nil || ctx.Err() != nil || r.next == len(r.tasks) {
		return 0, false
	}
	r.next++
	return r.next - 1, true
}

// stop lets no further task begin.
func (r *run) stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = errors.Join(r.stopped, err)
}

func (r *run) tell(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == Failed {
		r.failures = append(r.failures, Failure{e.Task, e.Fault})
	}
	if r.Notify != nil {
		r.Notify(e)
	}
}

// slot plays tasks until there are no more.
func (r *run) slot(ctx context.Context, slot int) {
	var w Worker
	var kept sync.WaitGroup // an outcome is kept while the next task is played
	defer kept.Wait()
	defer func() {
		if w != nil {
			if err := w.Close(); err != nil {
				r.stop(fmt.Errorf("sweep: a worker did not end in order: %w", err))
			}
		}
	}()
	for {
		task, ok := r.take(ctx)
		if !ok {
			return
		}
		r.tell(Event{Kind: Started, Slot: slot, Task: task})
		var err error
		var reply *Reply
		if w, reply, err = r.play(w, slot, task); err != nil {
			r.stop(err)
			return
		}
		kept.Wait()
		if reply != nil {
			kept.Go(func() { r.keep(slot, task, *reply) })
		}
	}
}

// keep keeps an outcome.
func (r *run) keep(slot, task int, reply Reply) {
	if err := r.Keep(task, reply); err != nil {
		r.stop(err)
		return
	}
	r.tell(Event{Kind: Finished, Slot: slot, Task: task})
}

// play plays one task, with a new worker if there is none or it ends. It
// returns the worker that is left, the answer if the task has an outcome, and
// an error of the pool.
func (r *run) play(w Worker, slot, task int) (Worker, *Reply, error) {
	for try := 1; ; try++ {
		if w == nil {
			var err error
			if w, err = r.Start(); err != nil {
				return nil, nil, err
			}
		}
		reply, err := w.Do(r.tasks[task])
		switch {
		case err == nil && reply.Fault != "":
			r.tell(Event{Kind: Failed, Slot: slot, Task: task, Fault: reply.Fault})
			return w, nil, nil
		case err == nil:
			return w, &reply, nil
		}
		w = nil
		if try == tries {
			r.tell(Event{Kind: Failed, Slot: slot, Task: task, Fault: err.Error()})
			return nil, nil, nil
		}
		r.tell(Event{Kind: Retried, Slot: slot, Task: task, Fault: err.Error()})
	}
}
