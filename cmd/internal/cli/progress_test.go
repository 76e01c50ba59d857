package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestProgress holds the progress line to its rules: nothing for short work,
// nothing but on a terminal, not too often, and removed at the end.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	now := noon
	io := IO{Stderr: &out, Terminal: true, Now: func() time.Time { return now }}
	p := io.progress("run tiny", 100)
	p.set(10, "")
	if out.Len() > 0 {
		t.Errorf("drawn at once: %q", out.String())
	}
	now = now.Add(4 * time.Second)
	p.set(25, "return 3")
	want := "\r\x1b[Krun tiny [######..................]  25 %  12s left  return 3"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	now = now.Add(time.Millisecond)
	p.set(26, "")
	if out.String() != want {
		t.Error("drawn too often")
	}
	p.close()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Errorf("the line stays: %q", out.String())
	}

	// What was done before does not count as speed, and the line does not wrap.
	io.Width = 52
	p = io.progress("train tiny", 100)
	p.from = 50
	now = now.Add(10 * time.Second)
	p.set(75, "return 3")
	if got, want := p.line(now), "train tiny [##################......]  75 %  10s le"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}

	out.Reset()
	io.Terminal = false
	p = io.progress("run tiny", 0)
	now = now.Add(time.Hour)
	p.set(1, "")
	p.close()
	if out.Len() > 0 {
		t.Errorf("drawn where there is no terminal: %q", out.String())
	}
}
