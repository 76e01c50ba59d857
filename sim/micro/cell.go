package micro

import (
	"fmt"
	"math"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/rng"
)

// State is what a symbol is spent on.
type State uint8

// States of a symbol.
const (
	Data      State = iota // downlink with data of files, with or without a signal
	Broadcast              // downlink with signals only
	Uplink                 // reception of data
	Idle                   // micro sleep: awake and silent
	Light                  // light sleep, its transition included
	Deep                   // deep sleep, likewise
	NumStates
)

var stateNames = [NumStates]string{"data", "broadcast", "uplink", "idle", "light", "deep"}

// String returns the state's name.
func (s State) String() string {
	if s < NumStates {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// asleep returns the state of a sleep deeper than micro.
func asleep(d power.Depth) State {
	if d == power.DeeperSleep {
		return Deep
	}
	return Light
}

// Kinds of events, and their order at one time: a file that arrives as a slot
// begins is served in it.
const (
	arrival des.Kind = iota
	slot
	kinds
)

// cell is the state of a run.
type cell struct {
	cfg    Config
	loop   *des.Loop
	slotUs des.Time
	slots  int64 // of the run

	dtx      bool
	cycle    int64 // slots
	on       int64 // slots
	signals  []signal
	fullDL   float64 // power of a full downlink symbol
	fullUL   float64 // power of an uplink symbol in use
	symbolMs float64

	files queue
	gaps  *rng.Stream // between arrivals
	sizes *rng.Stream

	// Between slot events the cell rests: from slot since, in one state, until
	// a slot event of the present turn, at slot until.
	resting  State
	since    int64
	until    int64
	turn     int64 // number of the plan that holds: events of others are void
	planned  bool
	wakeable bool // whether a file ends the rest

	sum account
}

// signal is a power.Signal in slots.
type signal struct {
	period, offset, window int64
	symbols                int64
	rbShare                float64
	left                   int64 // symbols still to be sent in the present window
}

// in tells whether slot n lies in a window.
func (s *signal) in(n int64) bool {
	phase := n%s.period - s.offset
	return phase >= 0 && phase < s.window
}

// next returns the first slot of a window at or after n.
func (s *signal) next(n int64) int64 {
	k := (n - s.offset + s.period - 1) / s.period
	if n < s.offset {
		k = 0
	}
	return k*s.period + s.offset
}

// Run simulates a cell. The key is the root of its random streams.
func Run(cfg Config, key rng.Key) (*Result, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := newCell(cfg, key)
	if cfg.Traffic.FilesPerS > 0 {
		if err := c.nextArrival(); err != nil {
			return nil, err
		}
	}
	return c.run()
}

// run plays the cell to its end.
func (c *cell) run() (*Result, error) {
	if err := c.loop.Schedule(0, slot, 1, c.turn); err != nil {
		return nil, err
	}
	// The last slot event lies one slot before the end; arrivals at the very
	// end belong to the next run.
	if err := c.loop.RunUntil(c.cfg.Duration - 1); err != nil {
		return nil, err
	}
	c.rest(c.slots)
	return c.result()
}

// newCell returns the cell of a valid Config at time 0.
func newCell(cfg Config, key rng.Key) *cell {
	c := &cell{
		cfg: cfg, loop: des.NewLoop(int(kinds)), slotUs: cfg.slotUs(),
		gaps: key.Named("arrival").Stream(), sizes: key.Named("size").Stream(),
	}
	inSlots := func(ms float64) int64 { return int64(math.Round(ms * 1e3 / float64(c.slotUs))) }
	c.slots = int64(cfg.Duration / c.slotUs)
	c.dtx, c.cycle, c.on = cfg.CycleMs > 0, inSlots(cfg.CycleMs), inSlots(cfg.OnMs)
	for _, s := range cfg.Signals {
		c.signals = append(c.signals, signal{
			period: inSlots(s.PeriodMs), offset: inSlots(s.OffsetMs), window: inSlots(s.WindowMs),
			symbols: int64(s.Symbols), rbShare: s.RBShare,
		})
	}
	c.symbolMs = float64(c.slotUs) / 1e3 / slotSymbols
	c.fullDL = cfg.Model.ActiveDL(cfg.ChainShare, 1, cfg.PowerShare)
	c.fullUL = cfg.Model.ActiveUL(cfg.ChainShare)
	c.files.fifo = cfg.Scheduler == FIFO
	c.loop.Handle(arrival, c.onArrival)
	c.loop.Handle(slot, c.onSlot)
	return c
}

// serving tells whether data may be served in slot n.
func (c *cell) serving(n int64) bool { return !c.dtx || n%c.cycle < c.on }

// broadcasting tells whether a window of a signal covers slot n.
func (c *cell) broadcasting(n int64) bool {
	for i := range c.signals {
		if c.signals[i].in(n) {
			return true
		}
	}
	return false
}

// due returns the next slot, after n, in which the cell must be awake whatever
// arrives: a window's first, or the active part's. In the active part it is
// also the first slot after it.
func (c *cell) due(n int64) int64 {
	next := c.slots
	for i := range c.signals {
		next = min(next, c.signals[i].next(n+1))
	}
	if c.dtx {
		if phase := n % c.cycle; phase < c.on {
			next = min(next, n-phase+c.on)
		} else {
			next = min(next, n-phase+c.cycle)
		}
	}
	return next
}

// onSlot plays a slot in which there is something to do, or lets the cell rest
// until the next thing that it knows of.
func (c *cell) onSlot(e des.Event) error {
	if e.Arg != c.turn {
		return nil // an earlier plan
	}
	n := int64(e.At / c.slotUs)
	if c.planned {
		c.rest(n)
	}
	serving := c.serving(n)
	if serving && c.files.any() || c.broadcasting(n) {
		c.play(n, serving)
		return c.plan(n + 1)
	}
	// Nothing to do: rest.
	c.since, c.planned, c.resting, c.wakeable = n, true, Idle, serving
	until := c.due(n)
	if !c.dtx || !serving {
		gapMs := float64(until-n) * float64(c.slotUs) / 1e3
		depth, _ := c.cfg.Model.Cheapest(gapMs, c.cfg.Deepest)
		if depth != power.MicroSleep {
			c.resting = asleep(depth)
			c.sum.sleeps[c.resting]++
		}
	}
	return c.plan(until)
}

// plan makes the next slot event, which voids any other.
func (c *cell) plan(n int64) error {
	c.turn++
	c.until = n
	return c.loop.Schedule(des.Time(n)*c.slotUs, slot, 1, c.turn)
}

// rest accounts for the rest that ends as slot n begins.
func (c *cell) rest(n int64) {
	if !c.planned {
		return
	}
	symbols := (n - c.since) * slotSymbols
	p := c.cfg.Model.Micro
	switch c.resting {
	case Light:
		p = c.cfg.Model.Light
	case Deep:
		p = c.cfg.Model.Deep
	}
	c.sum.add(c.resting, symbols, p)
	c.planned = false
}

// onArrival queues a file and wakes a cell that rests without an obligation.
func (c *cell) onArrival(e des.Event) error {
	bits := c.cfg.Traffic.size(c.sizes)
	c.files.push(e.At, bits, int64(math.Round(float64(bits)*c.cfg.Traffic.UplinkPerBit)))
	if err := c.nextArrival(); err != nil {
		return err
	}
	if !c.planned || !c.wakeable {
		return nil
	}
	// Of several files the first decides: later ones are not ready before.
	if ready := c.ready(e.At); ready < c.until {
		return c.plan(ready)
	}
	return nil
}

// ready returns the first slot that a cell at rest can serve when it is called
// at a time: at once if idle; else after coming up, and not before it is down.
// The report gives the time of both together: half is taken for each, as
// profiles do.
func (c *cell) ready(at des.Time) int64 {
	var ms float64
	switch c.resting {
	case Light:
		ms = c.cfg.Model.LightMs
	case Deep:
		ms = c.cfg.Model.DeepMs
	}
	us := ms * 1e3
	start := float64(des.Time(c.since) * c.slotUs)
	up := max(start+us, float64(at)+us/2)
	return int64(math.Ceil(up / float64(c.slotUs)))
}

// nextArrival draws the next file's time. The gap is rounded to a microsecond.
func (c *cell) nextArrival() error {
	gap := des.FromSeconds(-math.Log(c.gaps.Float64()) / c.cfg.Traffic.FilesPerS)
	return c.loop.Schedule(c.loop.Now()+gap, arrival, 0, 0)
}

// size draws a file's size in bit, at least 1.
func (t *Traffic) size(s *rng.Stream) int64 {
	x := 1.0
	switch t.Law {
	case Exponential:
		x = -math.Log(s.Float64())
	case Mixed:
		x = 0.5
		if s.Float64() < 0.1 {
			x = 5.5
		}
	}
	return max(1, int64(math.Round(x*t.FileBits)))
}
