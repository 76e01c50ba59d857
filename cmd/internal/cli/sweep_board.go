package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"hibernet/results/sweep"
)

// boardRows bounds the rows of the live table.
const boardRows = 16

// board is the live table of a sweep: a line with how many runs are done,
// running, failed and left and how long it will go on, and one a slot. On
// anything but a terminal it draws nothing.
type board struct {
	io      IO
	label   string
	mu      sync.Mutex
	total   int
	before  int // finished before this command
	done    int
	failed  int
	retried int
	slots   map[int]slot
	started time.Time
	rows    int // drawn, to be drawn over
	drawn   time.Time
}

// slot is a run under way.
type slot struct {
	run   string
	since time.Time
}

func (o IO) board(label string, total, before int) *board {
	return &board{io: o, label: label, total: total, before: before, slots: map[int]slot{}, started: o.Now()}
}

// more adds runs that a search asks for.
func (b *board) more(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total += n
}

// see takes note of an event of the pool.
func (b *board) see(e sweep.Event, run string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e.Kind {
	case sweep.Started:
		b.slots[e.Slot] = slot{run, b.io.Now()}
		return // drawn with what comes next
	case sweep.Retried:
		b.retried++
	case sweep.Failed:
		b.failed++
	case sweep.Finished:
		b.done++
	}
	if e.Kind != sweep.Retried && b.slots[e.Slot].run == run { // else the next run has begun
		delete(b.slots, e.Slot)
	}
	b.draw()
}

// tick draws the table every now and then until the function that it returns
// is called, which also removes the table.
func (b *board) tick() (stop func()) {
	if !b.io.Terminal {
		return func() {}
	}
	ticker, quit, ended := time.NewTicker(time.Second), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticker.C:
				b.mu.Lock()
				b.draw()
				b.mu.Unlock()
			case <-quit:
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		ticker.Stop()
		close(quit)
		<-ended
		b.mu.Lock()
		defer b.mu.Unlock()
		b.wipe()
	})
}

// draw draws the table over the one before.
func (b *board) draw() {
	now := b.io.Now()
	if !b.io.Terminal || now.Sub(b.started) < progressAfter || now.Sub(b.drawn) < progressEvery {
		return
	}
	b.drawn = now
	b.wipe()
	lines := b.lines(now)
	fmt.Fprint(b.io.Stderr, strings.Join(lines, "\n")+"\n")
	b.rows = len(lines)
}

// wipe removes the table from the terminal.
func (b *board) wipe() {
	for range b.rows {
		fmt.Fprint(b.io.Stderr, "\x1b[1A\x1b[2K")
	}
	b.rows = 0
}

// lines is the text of the table at a moment.
func (b *board) lines(now time.Time) []string {
	left := b.total - b.before - b.done - b.failed
	head := fmt.Sprintf("%s: %d of %d done, %d running, %d failed", b.label, b.before+b.done, b.total, len(b.slots), b.failed)
	if b.retried > 0 {
		head += fmt.Sprintf(", %d tried again", b.retried)
	}
	if ended := b.done + b.failed; ended > 0 && left > 0 {
		head += ", " + rounded(now.Sub(b.started).Seconds()/float64(ended)*float64(left)) + " left"
	}
	lines := []string{head}
	for i, shown := 0, 0; shown < len(b.slots) && shown < boardRows; i++ {
		if s, ok := b.slots[i]; ok {
			shown++
			lines = append(lines, fmt.Sprintf("  %2d  %6s  %s", i+1, rounded(now.Sub(s.since).Seconds()), s.run))
		}
	}
	if more := len(b.slots) - boardRows; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	for i, l := range lines {
		if width := b.io.Width - 1; width > 0 && len(l) > width {
			lines[i] = l[:width] // a line that wraps could not be drawn over
		}
	}
	return lines
}
