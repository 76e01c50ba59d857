package des

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
)

// record returns a loop whose every kind appends its events to *got.
func record(kinds int, got *[]Event) *Loop {
	l := NewLoop(kinds)
	for k := range kinds {
		l.Handle(Kind(k), func(e Event) error { *got = append(*got, e); return nil })
	}
	return l
}

// checkOrder schedules events with the given (at, prio) bytes, runs, and
// compares with a stable sort: the sequence number is the order of scheduling.
func checkOrder(t *testing.T, raw []byte) {
	t.Helper()
	var got, want []Event
	l := record(4, &got)
	for i := 0; i+1 < len(raw); i += 2 {
		e := Event{At: Time(raw[i] % 16), Seq: uint64(i / 2), Arg: int64(i), Kind: Kind(raw[i] >> 6), Prio: Prio(raw[i+1] % 4)}
		if err := l.Schedule(e.At, e.Kind, e.Prio, e.Arg); err != nil {
			t.Fatal(err)
		}
		want = append(want, e)
	}
	sort.SliceStable(want, func(i, j int) bool {
		if want[i].At != want[j].At {
			return want[i].At < want[j].At
		}
		return want[i].Prio < want[j].Prio
	})
	// In two halves, so that the boundary of a run is crossed too.
	for _, end := range []Time{7, 16} {
		if err := l.RunUntil(end); err != nil {
			t.Fatal(err)
		}
		if l.Now() != end {
			t.Fatalf("now %v after a run until %v", l.Now(), end)
		}
	}
	if !slices.Equal(got, want) || l.Len() != 0 {
		t.Fatalf("got %v (%d left), want %v", got, l.Len(), want)
	}
}

func TestTotalOrderAgainstStableSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		raw := make([]byte, 2*n)
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		checkOrder(t, raw)
	}
}

func FuzzOrder(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{3, 1, 3, 0, 3, 1, 0, 0})
	f.Add([]byte("the same time, the same priority: order of scheduling"))
	f.Fuzz(checkOrder)
}

func TestPastIsRefused(t *testing.T) {
	var got []Event
	l := record(1, &got)
	l.Reset(100)
	if err := l.Schedule(99, 0, 0, 0); !errors.Is(err, ErrPast) || l.Len() != 0 {
		t.Errorf("schedule before now: err %v, %d queued", err, l.Len())
	}
	if err := l.RunUntil(99); !errors.Is(err, ErrPast) || l.Now() != 100 {
		t.Errorf("run until before now: err %v, now %v", err, l.Now())
	}
	if err := l.Schedule(100, 0, 0, 0); err != nil {
		t.Errorf("schedule at now: %v", err)
	}
	if l.RunUntil(100) != nil || len(got) != 1 || got[0].Seq != 0 {
		t.Errorf("got %v, want one event with sequence 0", got)
	}
}

func TestUnknownKindIsRefused(t *testing.T) {
	l := NewLoop(2)
	l.Handle(0, func(Event) error { return nil })
	for _, k := range []Kind{1, 2, 255} {
		if err := l.Schedule(0, k, 0, 0); !errors.Is(err, ErrNoHandler) {
			t.Errorf("kind %d: %v", k, err)
		}
	}
}

func TestHandlerErrorStopsAndIsWrapped(t *testing.T) {
	boom := errors.New("boom")
	var seen []int64
	l := NewLoop(4)
	l.Handle(3, func(e Event) error {
		seen = append(seen, e.Arg)
		if e.Arg == 1 {
			return boom
		}
		return nil
	})
	for i := range int64(3) {
		if err := l.Schedule(Time(i)*Hour, 3, 0, i); err != nil {
			t.Fatal(err)
		}
	}
	err := l.RunUntil(Day)
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), "kind 3 at 0d01:00:00") {
		t.Errorf("error %v", err)
	}
	if l.Now() != Hour || l.Len() != 1 || !slices.Equal(seen, []int64{0, 1}) {
		t.Errorf("now %v, %d queued, seen %v", l.Now(), l.Len(), seen)
	}
	if err := l.RunUntil(Day); err != nil || l.Now() != Day || len(seen) != 3 {
		t.Errorf("resumed: err %v, now %v, seen %v", err, l.Now(), seen)
	}
}

// An event scheduled by a handler for the present time happens within the same
// run, after those already queued for that time and priority, but before those
// of a later priority.
func TestScheduleAtPresentWhileHandling(t *testing.T) {
	var got []int64
	l := NewLoop(1)
	l.Handle(0, func(e Event) error {
		got = append(got, e.Arg)
		switch e.Arg {
		case 0:
			return errors.Join(l.Schedule(5, 0, 1, 10), l.Schedule(5, 0, 0, 11))
		case 11:
			if err := l.Schedule(4, 0, 0, 12); !errors.Is(err, ErrPast) {
				t.Errorf("schedule before now in a handler: %v", err)
			}
		}
		return nil
	})
	for i, p := range []Prio{1, 1, 2} {
		if err := l.Schedule(5, 0, p, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.RunUntil(5); err != nil {
		t.Fatal(err)
	}
	if want := []int64{0, 11, 1, 10, 2}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReset(t *testing.T) {
	var got []Event
	l := record(1, &got)
	for range 3 {
		got = got[:0]
		l.Reset(Day)
		for i := range int64(4) {
			if err := l.Schedule(Day+Time(4-i), 0, 0, i); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.RunUntil(Day + 2); err != nil {
			t.Fatal(err)
		}
		if want := []Event{{At: Day + 1, Seq: 3, Arg: 3}, {At: Day + 2, Seq: 2, Arg: 2}}; !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// hold keeps n events queued: each handled event schedules the next.
func hold(n int) *Loop {
	l := NewLoop(1)
	x := uint64(88172645463325252)
	l.Handle(0, func(e Event) error {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		return l.Schedule(e.At+1+Time(x%1000), 0, Prio(x>>62), e.Arg)
	})
	for i := range n {
		if err := l.Schedule(Time(i%1000), 0, 0, int64(i)); err != nil {
			panic("des: hold model")
		}
	}
	return l
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	l := hold(1000)
	if err := l.RunUntil(5000); err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(50, func() {
		if err := l.RunUntil(l.Now() + 500); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a run, want 0", allocs)
	}
}

func TestTime(t *testing.T) {
	for _, c := range []struct {
		t    Time
		want string
	}{
		{0, "0d00:00:00"},
		{2*Day + 3*Hour + 4*Minute + 5*Second, "2d03:04:05"},
		{Millisecond, "0d00:00:00.001000"},
		{-Hour - 1, "-0d01:00:00.000001"},
		{math.MinInt64, "-106751991d04:00:54.775808"},
	} {
		if got := c.t.String(); got != c.want {
			t.Errorf("Time(%d) = %q, want %q", int64(c.t), got, c.want)
		}
	}
	for _, c := range []struct {
		s    float64
		want Time
	}{
		{0, 0}, {1.5, Second + 500*Millisecond}, {-0.0000005, -1}, {900, 15 * Minute},
		{math.NaN(), 0}, {math.Inf(1), math.MaxInt64}, {-1e300, math.MinInt64}, {9223372036854.775807, math.MaxInt64},
	} {
		if got := FromSeconds(c.s); got != c.want {
			t.Errorf("FromSeconds(%v) = %d, want %d", c.s, got, c.want)
		}
	}
	if got := (90 * Minute).Hours(); got != 1.5 {
		t.Errorf("90 min = %v h", got)
	}
	if got := (1500 * Millisecond).Seconds(); got != 1.5 {
		t.Errorf("1500 ms = %v s", got)
	}
}

func TestProgrammerErrorsPanic(t *testing.T) {
	nop := func(Event) error { return nil }
	for name, f := range map[string]func(){
		"no kinds":       func() { NewLoop(0) },
		"too many kinds": func() { NewLoop(257) },
		"kind too big":   func() { NewLoop(1).Handle(1, nop) },
		"nil handler":    func() { NewLoop(1).Handle(0, nil) },
	} {
		func() {
			defer func() {
				if s, ok := recover().(string); !ok || !strings.HasPrefix(s, "des: ") {
					t.Errorf("%s: recovered %v", name, s)
				}
			}()
			f()
		}()
	}
}

// One iteration is one event handled and one scheduled, with 200,000 queued.
func BenchmarkHold200k(b *testing.B) {
	l := hold(200_000)
	n := 0
	next := l.handlers[0]
	stop := errors.New("stop")
	l.Handle(0, func(e Event) error {
		if n++; n > b.N {
			return stop
		}
		return next(e)
	})
	b.ReportAllocs()
	b.ResetTimer()
	if err := l.RunUntil(math.MaxInt64); !errors.Is(err, stop) {
		b.Fatal(err)
	}
}
