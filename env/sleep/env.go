package sleep

import (
	"errors"
	"fmt"
	"slices"

	"hibernet/env"
	"hibernet/env/shield"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// Config is what an environment is made of. It keeps the network, which must
// be its alone.
type Config struct {
	Network *sim.Network
	// Demand returns the traffic of an episode. The same key must give the
	// same traffic; another key another realisation, where there is any noise.
	Demand func(episode rng.Key) sim.DemandSource
	// Prepare, if not nil, is called with the network and the key of each
	// episode before the episode starts, to vary what the network is.
	Prepare func(network *sim.Network, episode rng.Key)
	// Days are those that episodes begin on, 0 = Monday of the first week.
	Days  []int
	Order Order
	// Shield holds the settings of the safety rules.
	Shield shield.Spec
	// AlwaysOn [cells] lists cells that never sleep; nil for none.
	AlwaysOn []bool
	// History returns each sector's usual offered rate by hour of the day,
	// [24*sectors]: see func History. It is called if columns need it. If nil
	// the rates are taken of a realisation of its own of Demand on Days. An
	// evaluation on other days than those of the training must pass the
	// training's.
	History func() []float32
	// Forecaster foretells the sectors' rates where columns need it, for this
	// environment alone; nil for a Seasonal one over the history.
	Forecaster Forecaster
	// Columns names the columns of the observation; nil for those that
	// Spec.Without leaves. What only
	// other columns need is not worked out, and takes no memory. The schema
	// has these columns only, in the order of the whole, and so another hash.
	Columns []string
	// Observe, if not nil, is called after each Reset (Step 0) and each Step.
	// Its error is returned by that call.
	Observe func(*Moment) error
	// Workers is the number of goroutines of the environment's passes.
	Workers int
}

// Moment is what an observer sees of a step. Everything in it belongs to the
// environment and is valid during the call only.
type Moment struct {
	Episode   uint64 // since the last seed, from 0
	Step      int    // steps made, 0 after Reset
	Start     des.Time
	Network   *sim.Network          // as it is after the step; its view holds the interval
	Shield    *shield.Shield        // counts of the episode
	Wishes    []uint8               // [cells] power states that the policy wished for
	Decisions []uint8               // [cells] what the shield made of them
	CostOf    func(sector int) Cost // of the interval; zero after Reset
	Ended     bool
}

// Env is the environment. It is for one goroutine at a time.
type Env struct {
	spec    Spec
	cfg     Config
	net     *sim.Network
	view    *sim.View
	plan    *plan
	shield  *shield.Shield
	schema  env.Schema
	cols    []int           // the columns that are observed
	at      [numColumns]int // their places in a row, -1 where not observed
	needs   needs
	pool    *shard.Pool
	sectors int
	steps   int     // in an episode
	prices  Cost    // of a J, a bit and a switch
	scale   float64 // money of reward -1
	meanBit float64 // traffic of a mean sector in a mean interval, bit; 0 until a cost is asked for

	root    rng.Key
	seeded  bool
	live    bool
	episode uint64
	step    int
	start   des.Time
	source  sim.DemandSource

	wish, decision  []uint8        // [cells] of the last step
	urgent          []uint8        // [cells] scratch: decisions inside an interval
	present, target []uint8        // [cells] as sense found them
	flags           []shield.Flags // [cells] likewise; out of order counts as busy
	sensed          bool           // they are those of this moment
	crowded         [][]int32      // [shards of sectors] scratch: cells loaded as in an emergency
	thorough        bool           // for tests: inside an interval the shield decides all cells
	pressure        []float32      // [cells] load of the cell that takes over
	input           shield.Input
	mask            []uint8   // [cells] the last one given, as bits: of the states
	steering        *steering // nil where no steps are set
	refused         []int32   // [shards] scratch: first row with a forbidden action, or -1
	ignored         []int64   // [shards] scratch: actions that the mask would forbid, where it is not told
	masked          int64     // these of the episode

	load       []float32                // [cells] mean of the last interval
	lags       [3][]float32             // [cells] of the ones before, the latest first; these and what follows are nil if no column needs them
	offered    []float32                // [sectors] mean rate of the last interval, bit/s
	prevRate   []float32                // [sectors] of the one before
	fullCell   []int32                  // [bins] the cell that serves it with all awake, -1 if none
	fullShare  []float32                // [bins] its load per bit/s of the sector's demand
	ifFull     []float32                // [cells] load if all were awake
	told       [][2]float32             // [sectors] sector_load and drop_share, for the messages of their cells
	forecast   [len(horizons)][]float32 // [sectors] rates foretold, bit/s
	forecaster Forecaster               // nil if nothing is to be foretold
	sensor     *sensor                  // nil if readings are exact
	now        common

	moment  Moment
	batch   *env.Batch // of the present call only
	actions []int32    // likewise

	// Passes are made once, so that one allocates nothing.
	sensePass, tellPass, pressPass, lookPass, takePass, loadPass, pricePass, observePass func(int)
}

var _ env.Environment = (*Env)(nil)

// New returns an environment. The error names the setting at fault.
func New(spec Spec, cfg Config) (*Env, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, fmt.Errorf("sleep: %w", err)
	}
	steps, err := spec.steps(cfg.Network.Spec().ControlS)
	if err != nil {
		return nil, fmt.Errorf("sleep: %w", err)
	}
	if len(cfg.Days) == 0 || cfg.Order > Sequential {
		return nil, fmt.Errorf("sleep: days: %d days in order %d: at least one day, order 0 or 1", len(cfg.Days), cfg.Order)
	}
	for i, d := range cfg.Days {
		if d < 0 || d > 36500 {
			return nil, fmt.Errorf("sleep: days[%d]: must be in [0, 36500], got %d", i, d)
		}
	}
	if cfg.Columns == nil {
		if cfg.Columns, err = ColumnsWithout(spec.Without); err != nil {
			return nil, fmt.Errorf("sleep: without: %w", err)
		}
	}
	schema, cols, err := newSchema(cfg.Columns)
	if err != nil {
		return nil, fmt.Errorf("sleep: %w", err)
	}
	pool := shard.New(cfg.Workers)
	e := &Env{
		spec: spec, cfg: cfg, net: cfg.Network, view: cfg.Network.View(), plan: newPlan(cfg.Network, pool),
		schema: schema, cols: cols, pool: pool, steps: steps,
	}
	for col := range e.at {
		e.at[col] = slices.Index(cols, col)
	}
	e.needs = needsOf(&e.at)
	e.plan.fix(&e.at, e.needs, pool)
	e.newReading()
	e.makeArrays()
	e.steering = newSteering(spec, e.Rows())
	if e.shield, err = newShield(cfg.Shield, e.net, cfg.AlwaysOn, pool.Each); err != nil {
		return nil, fmt.Errorf("sleep: %w", err)
	}
	if e.forecaster = cfg.Forecaster; e.needs.history || e.needs.forecast && e.forecaster == nil {
		if err := e.plan.setHistory(cfg.history(e.sectors)); err != nil {
			return nil, fmt.Errorf("sleep: %w", err)
		}
	}
	if e.needs.forecast && e.forecaster == nil {
		if spec.Forecaster != SeasonalForecaster {
			return nil, fmt.Errorf("sleep: forecaster: is %s, but none was given", spec.Forecaster)
		}
		e.forecaster = NewSeasonal(e.plan.history, e.net.Spec().Control())
	}
	e.scale, e.prices = e.rewardScale(), spec.prices()
	e.tellPass = e.tellShard
	e.sensePass, e.pressPass, e.lookPass, e.takePass = e.senseShard, e.pressShard, e.lookShard, e.takeShard
	e.loadPass, e.pricePass, e.observePass = e.loadShard, e.priceShard, e.observeShard
	e.moment = Moment{Network: e.net, Shield: e.shield, Wishes: e.wish, Decisions: e.decision, CostOf: e.costOf}
	e.input = shield.Input{Present: e.present, Target: e.target, Flags: e.flags, Load: e.view.Load, Pressure: e.pressure}
	if e.sensor != nil {
		e.input.AgeS = e.sensor.age
	}
	return e, nil
}

// history returns the usual rates.
func (c *Config) history(sectors int) []float32 {
	if c.History != nil {
		return c.History()
	}
	return History(c.Demand(rng.Root(0).Named("sleep/history")), sectors, c.Days)
}

// Schema implements env.Environment.
func (e *Env) Schema() env.Schema { return e.schema }

// Rows implements env.Environment: the number of cells.
func (e *Env) Rows() int { return len(e.wish) }

// ResetMode implements env.Environment.
func (e *Env) ResetMode() env.ResetMode { return env.Disabled }

// Steps returns the number of steps in an episode.
func (e *Env) Steps() int { return e.steps }

// Network returns the network that the environment steps, for reading.
func (e *Env) Network() *sim.Network { return e.net }

// Reset implements env.Environment. It allocates what the demand's maker
// allocates. An error of the network or the observer leaves the environment
// without an episode: it must be reset again.
func (e *Env) Reset(seed *uint64, b *env.Batch) error {
	if err := b.Fits(e.schema, e.Rows()); err != nil {
		return err
	}
	root, episode := e.root, e.episode+1
	switch {
	case seed != nil:
		root, episode = rng.Root(*seed).Named("sleep"), 0
	case !e.seeded:
		return env.ErrNoSeed
	}
	e.root, e.episode, e.seeded, e.live, e.step = root, episode, true, false, 0
	key := e.root.At(episode)
	e.sensor.begin(key)
	day := e.cfg.Days[episode%uint64(len(e.cfg.Days))]
	if e.cfg.Order == Random {
		day = e.cfg.Days[key.Named("day").Uint64(0)%uint64(len(e.cfg.Days))]
	}
	e.start = des.Time(day) * des.Day
	e.source = e.cfg.Demand(key.Named("traffic"))
	e.net.SeedFaults(key.Named("faults"))
	if e.cfg.Prepare != nil {
		e.cfg.Prepare(e.net, key)
	}
	if err := e.net.Start(e.start, e.source); err != nil {
		return fmt.Errorf("sleep: %w", err)
	}
	e.shield.Reset(int64(e.start))
	e.sensed, e.masked = false, 0
	e.set()
	e.live = true
	clear(b.Reward)
	clear(b.Cost)
	e.write(b)
	return e.observed()
}

// set sets what is known at the start of an episode: as there is no last
// interval, the present moment stands in for it.
func (e *Env) set() {
	if e.needs.offered {
		e.source.DemandTo(e.offered, e.start)
	}
	copy(e.prevRate, e.offered)
	copy(e.load, e.view.Load)
	for i := range e.needs.lags {
		copy(e.lags[i], e.view.Load)
	}
	if e.needs.forecast {
		e.forecaster.Begin(e.start)
		e.foretell()
	}
	if e.needs.ifFull {
		e.planFull()
	}
	e.unsteer()
	copyStates(e.wish, e.view.Target)
	copy(e.decision, e.wish)
}

// planFull notes who serves each bin with all cells awake, as they are now.
func (e *Env) planFull() {
	t, m := e.net.Topology(), e.net.Model()
	rate := m.Rate()
	for b := range e.fullCell {
		e.fullCell[b], e.fullShare[b] = -1, 0
		if l := m.Server(b); l >= 0 && rate[b] > 0 {
			e.fullCell[b], e.fullShare[b] = t.Links.Cell[l], t.BinShare[b]/rate[b]
		}
	}
}

// Step implements env.Environment and allocates nothing of its own. An error
// of the network or the observer ends the episode.
func (e *Env) Step(actions []int32, b *env.Batch) error {
	switch {
	case !e.seeded:
		return env.ErrNotReset
	case !e.live:
		return env.ErrEpisodeOver
	}
	if err := b.Fits(e.schema, e.Rows()); err != nil {
		return err
	}
	if err := e.take(actions); err != nil {
		return err
	}
	e.live = false // should an error end the episode
	e.net.BeginInterval()
	if err := e.interval(); err != nil {
		return fmt.Errorf("sleep: step %d: %w", e.step+1, err)
	}
	e.step++
	e.live = e.step < e.steps
	e.measure()
	e.price(b)
	e.write(b)
	if !e.live {
		if err := balanced(e.net.Totals()); err != nil {
			return err
		}
	}
	return e.observed()
}

// interval carries out the steps and wishes and lets a control interval pass. Between
// its epochs the shield sees the network again, with nothing wished for.
func (e *Env) interval() error {
	spec := e.net.Spec()
	epoch, end := spec.Epoch(), e.start+des.Time(e.step+1)*spec.Control()
	if err := e.steer(); err != nil {
		return err
	}
	if err := e.begin(); err != nil {
		return err
	}
	for t := e.view.Now + epoch; t < end; t += epoch {
		if err := e.net.RunUntil(t); err != nil {
			return err
		}
		if err := e.guard(); err != nil {
			return err
		}
	}
	return e.net.RunUntil(end)
}

// measure takes the last interval's means from the view.
func (e *Env) measure() {
	if n := e.needs.lags; n > 0 {
		oldest := e.lags[n-1]
		copy(e.lags[1:n], e.lags[:n-1])
		e.lags[0], e.load = e.load, oldest
	}
	e.pool.Each(shard.Count(len(e.load)), e.loadPass)
	if !e.needs.offered {
		return
	}
	if e.needs.prevRate {
		e.offered, e.prevRate = e.prevRate, e.offered
	}
	seconds := e.net.Spec().ControlS
	for s := range e.offered {
		e.offered[s] = float32(float64(e.view.OfferedBit[s]) / seconds)
	}
	if e.sensor != nil {
		e.sensor.readSectors(e.step, e.offered, e.prevRate)
	}
	e.foretell()
}

// busy reports whether a cell was in transition, or out of order, when its
// observation was made.
func (e *Env) busy(c int) bool { return e.flags[c]&shield.Busy != 0 }

// observed calls the observer.
func (e *Env) observed() error {
	if e.cfg.Observe == nil {
		return nil
	}
	e.moment.Episode, e.moment.Step, e.moment.Start, e.moment.Ended = e.episode, e.step, e.start, !e.live
	if err := e.cfg.Observe(&e.moment); err != nil {
		e.live = false
		return fmt.Errorf("sleep: observer: %w", err)
	}
	return nil
}

func copyStates(dst []uint8, src []power.State) {
	for i, s := range src {
		dst[i] = uint8(s)
	}
}
