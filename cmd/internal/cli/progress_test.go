package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"hibernet/agents/train"
	"hibernet/env"
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

	// What was done before does not count as speed. Where the terminal is narrow,
	// the bar makes room for the note; the line does not wrap.
	p = io.progress("train tiny", 100)
	p.from = 50
	now = now.Add(10 * time.Second)
	for width, want := range map[int]string{
		80: "train tiny [##################......]  75 %  10s left  return 3",
		52: "train tiny [#########...]  75 %  10s left  return 3",
		40: "train tiny [######..]  75 %  10s left  ",
	} {
		p.io.Width = width
		p.set(75, "return 3")
		if got := p.line(now); got != want || len(got) >= width {
			t.Errorf("width %d: got  %q\nwant %q", width, got, want)
		}
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

// A training's line tells the excess over each limit: of the last verdict or, where
// nothing was judged, of what was played.
func TestNoteOfATraining(t *testing.T) {
	plain := train.Iteration{Return: -3.204, StepsPerS: 5230.4}
	limited := plain
	limited.Learning = []env.Figure{{Name: "kl", Value: 0.1}, {Name: "excess_dropped_pct", Value: 0.084}, {Name: "excess_throughput_p5_mbps", Value: -1e6}}
	judged := limited
	judged.Verdict = &train.Verdict{Saving: 0.1234, Excess: train.MaxExcess, Guards: []train.Held{
		{Figure: "dropped_pct", Value: 0.4, Limit: 0.5, Excess: -0.2}, {Figure: "outage_min", Excess: train.MaxExcess, Broken: true},
	}}
	for _, c := range []struct {
		history []train.Iteration
		want    string
	}{
		{[]train.Iteration{plain}, "return -3.20, 5230 steps/s"},
		{[]train.Iteration{limited}, "return -3.20, dropped_pct +8 %, throughput_p5_mbps -999 %, 5230 steps/s"},
		{[]train.Iteration{judged, limited}, "return -3.20, saving 12.3 %, dropped_pct -20 %, outage_min +999 %, 5230 steps/s"},
	} {
		if got := noteOf(c.history); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}
