package evaluate

import (
	"errors"
	"math"

	"hibernet/agents"
	"hibernet/env"
	"hibernet/sim/rng"
)

// fakeEnv is an environment of closed form: rows cells for steps intervals; an
// action is the depth of sleep, 0 to 2. The energy of a row and step is 1 kWh
// of load-dependent noise less a third per depth, the traffic is the seed's.
type fakeEnv struct {
	rows, steps  int
	bias         func(action int) float64 // added to the offered traffic: breaks the pairing
	undefined    bool                     // throughput is NaN
	key          rng.Key
	episode, now int
	energy       float64
	offered      float64
}

var fakeSchema = env.Schema{
	Environment: "fake", Version: 1,
	Fields:  []env.Field{{Name: "step", Unit: "1", Scale: 1}},
	Actions: []env.Action{{Name: "full"}, {Name: "light"}, {Name: "deep"}},
}

func (e *fakeEnv) Schema() env.Schema       { return fakeSchema }
func (e *fakeEnv) Rows() int                { return e.rows }
func (e *fakeEnv) ResetMode() env.ResetMode { return env.Disabled }

func (e *fakeEnv) Reset(seed *uint64, b *env.Batch) error {
	if seed != nil {
		e.key, e.episode = rng.Root(*seed), 0
	} else {
		e.episode++
	}
	e.now, e.energy, e.offered = 0, 0, 0
	e.write(b, false)
	return nil
}

func (e *fakeEnv) noise(i int) float64 {
	return e.key.At(uint64(e.episode)).At(uint64(e.now)).Float64(uint64(i))
}

func (e *fakeEnv) Step(actions []int32, b *env.Batch) error {
	for row, a := range actions {
		e.energy += (1 + 0.2*e.noise(row)) * (1 - float64(a)/3)
		e.offered += e.noise(row)
		if e.bias != nil {
			e.offered += e.bias(int(a))
		}
		b.Reward[row] = -float32(e.energy)
	}
	e.now++
	e.write(b, e.now == e.steps)
	return nil
}

func (e *fakeEnv) write(b *env.Batch, end bool) {
	for i := range e.rows {
		b.Obs[i] = float32(e.now)
		b.Terminated[i], b.Truncated[i] = false, end
	}
	for i := range b.Mask {
		b.Mask[i] = true
	}
}

func (e *fakeEnv) Figures(dst []env.Figure) []env.Figure {
	p5 := 10 / e.energy
	if e.undefined {
		p5 = math.NaN()
	}
	return append(dst,
		env.Figure{Name: "energy_kwh", Unit: "kWh", Value: e.energy},
		env.Figure{Name: "offered_gbit", Unit: "Gbit", Value: e.offered},
		env.Figure{Name: "dropped_gbit", Unit: "Gbit", Value: e.offered / 100},
		env.Figure{Name: "dropped_pct", Unit: "%", Value: 1},
		env.Figure{Name: "throughput_p5_mbps", Unit: "Mbit/s", Value: p5},
		env.Figure{Name: "outage_min", Unit: "min", Value: 0.25},
		env.Figure{Name: "switches_per_cell_day", Unit: "1/d", Value: 3},
	)
}

// constant is the policy that always takes one action.
type constant struct {
	name   string
	action int32
}

func (p constant) Name() string                        { return p.name }
func (p constant) Reset(env.Schema, int, uint64) error { return nil }
func (p constant) ActTo(dst []int32, _ *env.Batch) error {
	for i := range dst {
		dst[i] = p.action
	}
	return nil
}

// dice takes random actions and notes the seeds that it was given.
type dice struct {
	key   rng.Key
	turn  uint64
	seeds *[]uint64
}

func (p *dice) Name() string { return "dice" }
func (p *dice) Reset(_ env.Schema, _ int, seed uint64) error {
	p.key, p.turn = rng.Root(seed), 0
	if p.seeds != nil {
		*p.seeds = append(*p.seeds, seed)
	}
	return nil
}
func (p *dice) ActTo(dst []int32, _ *env.Batch) error {
	p.turn++
	for i := range dst {
		dst[i] = int32(p.key.At(p.turn).Uint64(uint64(i)) % 3)
	}
	return nil
}

func contender(name string, action int32) Contender {
	return Contender{Name: name, New: func() (agents.Policy, error) { return constant{name, action}, nil }}
}

func randomContender() Contender {
	return Contender{Name: "dice", New: func() (agents.Policy, error) { return &dice{}, nil }}
}

func brokenContender(name string) Contender {
	return Contender{Name: name, New: func() (agents.Policy, error) { return nil, errors.New("no weights") }}
}

func makeFake(change func(*fakeEnv)) Maker {
	return func(uint64, []string) (env.Environment, error) {
		e := &fakeEnv{rows: 5, steps: 8}
		if change != nil {
			change(e)
		}
		return e, nil
	}
}
