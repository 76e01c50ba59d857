package cli

import (
	"fmt"
	"strings"
	"time"
)

// Progress is drawn only for work that turns out to take longer than this,
// and not more often than that.
const (
	progressAfter = 2 * time.Second
	progressEvery = 200 * time.Millisecond
)

// widestBar and narrowestBar are how wide the bar is, in columns: it makes room for
// the note where the terminal is narrow.
const (
	widestBar    = 24
	narrowestBar = 8
)

// progress draws one line on a terminal: what is done, how far it is, and how
// long it will go on. On anything but a terminal it draws nothing.
type progress struct {
	io      IO
	label   string
	total   int
	from    int // what was done before it began
	done    int
	note    string
	started time.Time
	drawn   time.Time
}

func (o IO) progress(label string, total int) *progress {
	return &progress{io: o, label: label, total: total, started: o.Now()}
}

// set tells how much is done, and a short note to show beside it.
func (p *progress) set(done int, note string) {
	p.done, p.note = done, note
	now := p.io.Now()
	if !p.io.Terminal || now.Sub(p.started) < progressAfter || now.Sub(p.drawn) < progressEvery {
		return
	}
	p.drawn = now
	fmt.Fprintf(p.io.Stderr, "\r\x1b[K%s", p.line(now))
}

// line is the text of the progress at a moment: never wider than the terminal, as
// a line that wraps could not be drawn over.
func (p *progress) line(now time.Time) string {
	share := 0.0
	if p.total > 0 {
		share = min(float64(p.done)/float64(p.total), 1)
	}
	text := fmt.Sprintf(" %3.0f %%", 100*share)
	if p.done > p.from {
		left := time.Duration(float64(now.Sub(p.started)) * float64(max(p.total-p.done, 0)) / float64(p.done-p.from))
		text += fmt.Sprintf("  %s left", left.Round(time.Second))
	}
	if p.note != "" {
		text += "  " + p.note
	}
	bar, width := widestBar, p.io.Width-1
	if width > 0 {
		bar = min(max(width-len(p.label)-len(" []")-len(text), narrowestBar), widestBar)
	}
	filled := int(share * float64(bar))
	text = fmt.Sprintf("%s [%s%s]%s", p.label, strings.Repeat("#", filled), strings.Repeat(".", bar-filled), text)
	if width > 0 && len(text) > width {
		text = text[:width]
	}
	return text
}

// close removes the line.
func (p *progress) close() {
	if !p.drawn.IsZero() {
		fmt.Fprint(p.io.Stderr, "\r\x1b[K")
	}
}
