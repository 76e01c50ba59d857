package published

import (
	"fmt"

	"hibernet/agents"
	"hibernet/env"
)

var _ agents.Policy = (*saver)(nil)

// saver is a rule for stations that switch antennas and sleep, in the time of
// control intervals. A station with little to do takes a step down the rungs
// all, half and a quarter of its antennas, one with much to do a step up. It
// falls asleep as soon as it has no user. One that is Alone wakes for its own
// users, as the stations of Cai et al. do; others leave them to their
// neighbours until the one that takes over is busy, and hand their users over
// themselves while they have little to do. It remembers nothing.
type saver struct {
	StepDown, StepUp      float64 // own load below and above which a rung is left
	SleepBelow, WakeAbove float64 // load of the station that takes over
	Rungs                 int     // of the three that are used, 1 to 3
	Sleep                 string  // state to sleep in, empty for none
	Alone                 bool

	schema            env.Schema
	own, other, asked int    // columns of the observation
	rung              [3]int // actions
	states            [3]int // columns that tell the rung
	sleep             int    // action, -1 for none
}

// station is what the rule looks at.
type station struct {
	own   float64 // load
	other float64 // load of the station that takes over
	asked float64 // what the users of its own area ask for, over its capacity
	rung  int     // -1 asleep
}

// rungs are the states that a station serves in, most antennas first.
var rungs = [3]string{"full", "half_trx", "quarter_trx"}

// Name implements agents.Policy.
func (*saver) Name() string { return "saver" }

// Reset implements agents.Policy.
func (p *saver) Reset(s env.Schema, _ int, _ uint64) error {
	p.schema, p.sleep = s, -1
	column := func(name string, dst *int) (err error) {
		i, ok := s.Column(name)
		if *dst = i; !ok {
			err = fmt.Errorf("published: environment %s has no observation column %q", s.Environment, name)
		}
		return err
	}
	action := func(name string, dst *int) (err error) {
		i, ok := s.Action(name)
		if *dst = i; !ok {
			err = fmt.Errorf("published: environment %s has no action %q", s.Environment, name)
		}
		return err
	}
	err := column("own_load", &p.own)
	if err == nil {
		err = column("candidate_load", &p.other)
	}
	if err == nil {
		err = column("sector_load", &p.asked)
	}
	for i, name := range rungs {
		if err == nil {
			err = action(name, &p.rung[i])
		}
		if err == nil {
			err = column("state_"+name, &p.states[i])
		}
	}
	if err == nil && p.Sleep != "" {
		err = action(p.Sleep, &p.sleep)
	}
	return err
}

// ActTo implements agents.Policy.
func (p *saver) ActTo(dst []int32, b *env.Batch) error {
	if err := b.Fits(p.schema, len(dst)); err != nil {
		return err
	}
	for row := range dst {
		dst[row] = p.act(b, row)
	}
	return nil
}

// act returns the action of a row: what the rule wants, or the first that the
// mask allows.
func (p *saver) act(b *env.Batch, row int) int32 {
	fields, actions := len(p.schema.Fields), len(p.schema.Actions)
	mask := b.Mask[row*actions : (row+1)*actions]
	raw := func(column int) float64 { return p.schema.Fields[column].Raw(b.Obs[row*fields+column]) }
	want := p.want(station{own: raw(p.own), other: raw(p.other), asked: raw(p.asked), rung: p.at(raw)})
	if mask[want] {
		return int32(want)
	}
	for a, ok := range mask {
		if ok {
			return int32(a)
		}
	}
	return int32(p.rung[0])
}

// at returns the rung that a station is on, or -1 asleep.
func (p *saver) at(raw func(column int) float64) int {
	for i, column := range p.states {
		if raw(column) > 0.5 {
			return i
		}
	}
	return -1
}

// noise is what a load of 0 may come to, scaled in float32.
const noise = 1e-6

// want returns the action for a station.
func (p *saver) want(s station) int {
	last := p.Rungs - 1
	idle := s.asked < noise
	if !p.Alone {
		idle = s.other < p.SleepBelow && s.own < p.StepDown
	}
	switch {
	case s.rung < 0 && (p.Alone && !idle || !p.Alone && s.other > p.WakeAbove):
		return p.rung[last]
	case s.rung < 0 || p.sleep >= 0 && idle:
		return p.sleep
	case s.own > p.StepUp:
		return p.rung[max(s.rung-1, 0)]
	case s.own < p.StepDown:
		return p.rung[min(s.rung+1, last)]
	}
	return p.rung[min(s.rung, last)]
}
