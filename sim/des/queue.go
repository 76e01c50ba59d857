package des

// Kind selects an event's handler: a small integer given by the user of the
// loop.
type Kind uint8

// Prio orders events of the same time; lower comes first.
type Prio uint8

// Event is something that happens at one time. Arg is the handler's own (a
// cell's index, a step's number).
type Event struct {
	At   Time
	Seq  uint64
	Arg  int64
	Kind Kind
	Prio Prio
}

// before reports whether a comes before b in the total order.
func (a *Event) before(b *Event) bool {
	if a.At != b.At {
		return a.At < b.At
	}
	if a.Prio != b.Prio {
		return a.Prio < b.Prio
	}
	return a.Seq < b.Seq
}

// arity of the heap: four children share two cache lines, and the tree is half
// as deep as a binary one.
const arity = 4

// queue is a min-heap of events in their total order.
type queue struct {
	heap []Event
}

func (q *queue) push(e Event) {
	q.heap = append(q.heap, e)
	h := q.heap
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / arity
		if !e.before(&h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = e
}

// pop removes and returns the first event; the queue must not be empty.
func (q *queue) pop() Event {
	first := q.heap[0]
	n := len(q.heap) - 1
	last := q.heap[n]
	q.heap = q.heap[:n]
	if n > 0 {
		q.sink(last)
	}
	return first
}

// sink puts e into the hole at the root and moves it down to its place.
func (q *queue) sink(e Event) {
	h := q.heap
	i := 0
	for {
		child := i*arity + 1
		if child >= len(h) {
			break
		}
		least := child
		for c := child + 1; c < min(child+arity, len(h)); c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&e) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
}
