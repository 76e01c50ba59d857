package sweep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// double is a worker in this process that does what the test says.
type double struct {
	do     func(Task) (Reply, error)
	closed *int
	mu     *sync.Mutex
}

func (d double) Do(t Task) (Reply, error) { return d.do(t) }

func (d double) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	*d.closed++
	return nil
}

// doubles returns a pool whose workers are doubles, and its counters.
func doubles(slots int, do func(Task) (Reply, error)) (*Pool, *[]int, *int, *int) {
	var mu sync.Mutex
	kept, started, closed := &[]int{}, new(int), new(int)
	return &Pool{
		Slots: slots,
		Start: func() (Worker, error) {
			mu.Lock()
			defer mu.Unlock()
			*started++
			return double{do, closed, &mu}, nil
		},
		Keep: func(task int, _ Reply) error {
			mu.Lock()
			defer mu.Unlock()
			*kept = append(*kept, task)
			return nil
		},
	}, kept, started, closed
}

func tasks(n int) []Task {
	list := make([]Task, n)
	for i := range list {
		list[i].Run = fmt.Sprint(i)
	}
	return list
}

func good(t Task) (Reply, error) { return Reply{Run: t.Run}, nil }

func TestPoolPlaysEachOnce(t *testing.T) {
	for _, slots := range []int{1, 3, 50} {
		p, kept, started, closed := doubles(slots, good)
		failed, err := p.Run(context.Background(), tasks(20))
		slices.Sort(*kept)
		if err != nil || len(failed) > 0 || len(*kept) != 20 || (*kept)[19] != 19 {
			t.Errorf("%d slots: kept %v, failed %v, %v", slots, *kept, failed, err)
		}
		if *started != *closed || *started > slots {
			t.Errorf("%d slots: %d workers started, %d closed", slots, *started, *closed)
		}
	}
}

func TestPoolFailures(t *testing.T) {
	var mu sync.Mutex
	lost := map[string]int{}
	p, kept, started, closed := doubles(2, func(t Task) (Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		switch t.Run {
		case "3":
			return Reply{Run: t.Run, Fault: "cannot be built"}, nil
		case "5": // crashes once
			if lost["5"]++; lost["5"] == 1 {
				return Reply{}, errors.New("killed")
			}
		case "7": // always crashes
			lost["7"]++
			return Reply{}, errors.New("killed")
		}
		return good(t)
	})
	var events []EventKind
	p.Notify = func(e Event) { events = append(events, e.Kind) }
	failed, err := p.Run(context.Background(), tasks(10))
	if err != nil || len(failed) != 2 || failed[0] != (Failure{3, "cannot be built"}) || failed[1] != (Failure{7, "killed"}) {
		t.Errorf("failed %v, %v", failed, err)
	}
	if len(*kept) != 8 || lost["7"] != tries || lost["5"] != 2 {
		t.Errorf("kept %v, tried %v", *kept, lost)
	}
	if *started-3 != *closed { // the three that were lost have closed themselves
		t.Errorf("%d workers started, %d closed", *started, *closed)
	}
	count := map[EventKind]int{}
	for _, e := range events {
		count[e]++
	}
	if count[Started] != 10 || count[Finished] != 8 || count[Failed] != 2 || count[Retried] != 2 {
		t.Errorf("events %v", count)
	}
}

func TestPoolDrains(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p, kept, _, _ := doubles(2, func(t Task) (Reply, error) {
		if t.Run == "4" {
			cancel()
			time.Sleep(10 * time.Millisecond)
		}
		return good(t)
	})
	if _, err := p.Run(ctx, tasks(100)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if !slices.Contains(*kept, 4) || len(*kept) > 7 {
		t.Errorf("kept %v", *kept)
	}
}

func TestPoolStopsAtItsOwnFaults(t *testing.T) {
	p, kept, _, _ := doubles(2, good)
	p.Keep = func(int, Reply) error { return errors.New("disk full") }
	if _, err := p.Run(context.Background(), tasks(100)); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("got %v", err)
	}
	p.Start = func() (Worker, error) { return nil, errors.New("no such program") }
	if _, err := p.Run(context.Background(), tasks(3)); err == nil || len(*kept) > 0 {
		t.Errorf("got %v", err)
	}
}

// serve runs Serve over text and returns what it answers.
func serve(t *testing.T, in string, play Player) (string, error) {
	t.Helper()
	var out strings.Builder
	err := Serve(context.Background(), strings.NewReader(in), &out, play)
	return out.String(), err
}

func TestServe(t *testing.T) {
	in, out := io.Pipe()
	answers, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(context.Background(), in, write, func(_ context.Context, task Task) (Outcome, Timing, error) {
			switch task.Run {
			case "bad":
				return Outcome{}, Timing{}, errors.New("no such profile")
			case "infinite":
				return Outcome{Run: task.Run, Figures: []Figure{{"x", "1", Real(math.Inf(1))}}}, Timing{}, nil
			}
			return Outcome{Run: task.Run, Figures: []Figure{{"x", "1", Real(math.NaN())}}}, Timing{Steps: 3}, nil
		})
	}()
	buf := make([]byte, 4096)
	for run, want := range map[string]string{"a": `"steps":3`, "bad": `"fault":"no such profile"`, "infinite": "figure x is infinite"} {
		fmt.Fprintf(out, `{"run":%q}`+"\n", run)
		n, err := answers.Read(buf)
		if err != nil || !strings.Contains(string(buf[:n]), want) {
			t.Errorf("%s: got %s, want %s (%v)", run, buf[:n], want, err)
		}
	}
	out.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"{}x\n", "nothing\n", `{"rum":"a"}` + "\n"} {
		if _, err := serve(t, bad, nil); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// When the input ends during a task, as it does when the pool is killed, the
// task is told.
func TestServeEndsWithItsInput(t *testing.T) {
	out, err := serve(t, `{"run":"a"}`+"\n", func(ctx context.Context, _ Task) (Outcome, Timing, error) {
		select {
		case <-ctx.Done():
			return Outcome{}, Timing{}, ctx.Err()
		case <-time.After(10 * time.Second):
			return Outcome{}, Timing{}, errors.New("nobody told the task")
		}
	})
	if err != nil || out != "" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestTailKeepsBothEnds(t *testing.T) {
	var words tail
	for i := range 5000 {
		fmt.Fprintf(&words, "%d ", i)
	}
	if text := words.text(); len(text) != tailBytes || !strings.HasPrefix(text, "0 1 2") || !strings.HasSuffix(text, "4999 ") {
		t.Errorf("%d bytes: %.20s … %s", len(text), text, text[len(text)-20:])
	}
}

func TestParseShard(t *testing.T) {
	if s, err := ParseShard("3/8"); err != nil || s != (Shard{3, 8}) || s.String() != "3/8" {
		t.Errorf("%v, %v", s, err)
	}
	for _, bad := range []string{"", "3", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "1/9999999", " 1/3"} {
		if _, err := ParseShard(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
