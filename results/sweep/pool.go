package sweep

import (
	"context"
	"errors"
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
	s := Slot{Start: r.Start}
	var kept sync.WaitGroup // an outcome is kept while the next task is played
	defer kept.Wait()
	defer func() {
		if err := s.Close(); err != nil {
			r.stop(err)
		}
	}()
	for {
		task, ok := r.take(ctx)
		if !ok {
			return
		}
		r.tell(Event{Kind: Started, Slot: slot, Task: task})
		reply, err := s.Play(r.tasks[task], func(fault string) {
			r.tell(Event{Kind: Retried, Slot: slot, Task: task, Fault: fault})
		})
		if err != nil {
			r.stop(err)
			return
		}
		kept.Wait()
		if reply.Fault != "" {
			r.tell(Event{Kind: Failed, Slot: slot, Task: task, Fault: reply.Fault})
			continue
		}
		kept.Go(func() { r.keep(slot, task, reply) })
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
