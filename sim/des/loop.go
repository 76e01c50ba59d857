package des

import (
	"errors"
	"fmt"
)

// Errors that callers branch on.
var (
	// ErrPast is wrapped when an event, or the end of a run, would lie before
	// the present.
	ErrPast = errors.New("in the past")
	// ErrNoHandler is wrapped when an event's kind has no handler.
	ErrNoHandler = errors.New("no handler for the event's kind")
)

// Handler deals with one event. It may schedule more, also for the present
// time; an error stops the run.
type Handler func(e Event) error

// Loop is a simulation clock with its queue of events.
type Loop struct {
	now      Time
	seq      uint64
	queue    queue
	handlers []Handler
}

// NewLoop returns an empty loop at time 0 for kinds 0 to kinds-1. It panics
// unless kinds is from 1 to 256.
func NewLoop(kinds int) *Loop {
	if kinds < 1 || kinds > 256 {
		panic("des: NewLoop needs 1 to 256 kinds")
	}
	return &Loop{handlers: make([]Handler, kinds)}
}

// Handle sets the handler of a kind. It panics if the loop has no such kind or
// h is nil.
func (l *Loop) Handle(k Kind, h Handler) {
	if h == nil {
		panic("des: Handle needs a handler")
	}
	if int(k) >= len(l.handlers) {
		panic("des: Handle of a kind beyond the loop's")
	}
	l.handlers[k] = h
}

// Schedule puts an event into the queue. It returns an error that wraps
// ErrPast if at lies before the present, and one that wraps ErrNoHandler if
// nobody would handle the event; in both cases nothing changes.
func (l *Loop) Schedule(at Time, k Kind, p Prio, arg int64) error {
	if at < l.now {
		return fmt.Errorf("des: schedule kind %d at %v, now %v: %w", k, at, l.now, ErrPast)
	}
	if int(k) >= len(l.handlers) || l.handlers[k] == nil {
		return fmt.Errorf("des: schedule kind %d at %v: %w", k, at, ErrNoHandler)
	}
	l.queue.push(Event{At: at, Seq: l.seq, Arg: arg, Kind: k, Prio: p})
	l.seq++
	return nil
}

// RunUntil handles every event with At <= end in order, including those that
// handlers schedule on the way; after it Now() is end. A handler's error stops
// it, wrapped with the event's time and kind: that event is then used up, and
// Now() is its time.
func (l *Loop) RunUntil(end Time) error {
	if end < l.now {
		return fmt.Errorf("des: run until %v, now %v: %w", end, l.now, ErrPast)
	}
	for len(l.queue.heap) > 0 && l.queue.heap[0].At <= end {
		if err := l.step(); err != nil {
			return err
		}
	}
	l.now = end
	return nil
}

// RunBefore handles every event before end, and of those at end the ones that
// come before priority p, in order; after it Now() is end. The others at end
// stay in the queue. Errors are those of RunUntil.
func (l *Loop) RunBefore(end Time, p Prio) error {
	if end < l.now {
		return fmt.Errorf("des: run before %v, now %v: %w", end, l.now, ErrPast)
	}
	for len(l.queue.heap) > 0 {
		if first := &l.queue.heap[0]; first.At > end || first.At == end && first.Prio >= p {
			break
		}
		if err := l.step(); err != nil {
			return err
		}
	}
	l.now = end
	return nil
}

// step handles the first event; there must be one.
func (l *Loop) step() error {
	e := l.queue.pop()
	l.now = e.At
	if err := l.handlers[e.Kind](e); err != nil {
		return fmt.Errorf("des: event of kind %d at %v: %w", e.Kind, e.At, err)
	}
	return nil
}

// Now returns the present time.
func (l *Loop) Now() Time { return l.now }

// Len returns the number of events in the queue.
func (l *Loop) Len() int { return len(l.queue.heap) }

// Reset empties the queue, sets the clock to at and numbers events from 0
// again. Handlers and memory are kept.
func (l *Loop) Reset(at Time) {
	l.queue.heap = l.queue.heap[:0]
	l.now = at
	l.seq = 0
}
