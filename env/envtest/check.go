// Package envtest holds what environments and learners are tested with: a
// checker of the contract in package env, and toy environments that each
// demand one ability of a learner and whose best return is known.
//
// The checker drives instances made by the caller and compares them bit for
// bit: with themselves under another seed, with a twin that was not
// disturbed, with a twin whose buffers held something else. It changes
// nothing outside those instances.
package envtest

import (
	"errors"
	"fmt"

	"hibernet/env"
	"hibernet/sim/rng"
)

// Options of Check. The zero value is usable.
type Options struct {
	Seed     uint64 // first seed; Seed+1 is used too
	Episodes int    // episodes played in each comparison, 2 if zero
	MaxSteps int    // an episode that is longer is a fault, 10000 if zero
	// Low and High bound every scaled observation; if both are zero it only
	// has to be finite.
	Low, High float32
	// SeedIndependent says that all seeds give the same episodes, so that no
	// difference is asked for.
	SeedIndependent bool
}

// checks in the order in which they are made. Each gets fresh instances.
var checks = []struct {
	name string
	run  func(c *checker) error
}{
	{"schema", (*checker).schema},
	{"reset_without_seed", (*checker).resetWithoutSeed},
	{"step_before_reset", (*checker).stepBeforeReset},
	{"reset_clears", (*checker).resetClears},
	{"values", (*checker).values},
	{"unwritten", (*checker).unwritten},
	{"retained", (*checker).retained},
	{"determinism", (*checker).determinism},
	{"seeds", (*checker).seeds},
	{"sequence", (*checker).sequence},
	{"after_end", (*checker).afterEnd},
	{"masked_action", (*checker).maskedAction},
	{"batch_size", (*checker).batchSize},
	{"figures", (*checker).figures},
	{"guards", (*checker).guards},
}

// Check drives environments made by mk, which must all be alike, and returns
// every fault found, joined. A fault's text begins with the check's name:
//
//	schema              names unique, scales usable, nothing changes with use
//	reset_without_seed  a first Reset(nil) is ErrNoSeed
//	step_before_reset   Step before Reset is ErrNotReset
//	reset_clears        Reset zeroes Reward, Cost and both flags
//	values              observations finite and within the stated range, rewards
//	                    finite, costs finite and not negative, no row without an allowed action, flags exclusive,
//	                    rows end together, episodes end at all
//	unwritten           every value of the batch is written, none is left or read
//	retained            batches and actions of earlier calls are not touched or read
//	determinism         the same seed gives the same bits, again and in a twin
//	seeds               another seed gives another episode
//	sequence            episode n depends on seed and n, not on the actions before
//	after_end           the end of an episode follows the reset mode
//	masked_action       a forbidden action wraps ErrMasked and changes nothing
//	batch_size          a buffer or actions of the wrong length give an error
//	figures             finite, named once, appended, the same names after each episode
//	guards              a batch without Cost gives the same, and each guard is a
//	                    figure at the end of an episode
//
// A panic inside a check is reported as a fault of it.
func Check(mk func() (env.Environment, error), opt Options) error {
	if opt.Episodes == 0 {
		opt.Episodes = 2
	}
	if opt.MaxSteps == 0 {
		opt.MaxSteps = 10000
	}
	var faults []error
	for _, check := range checks {
		c := &checker{mk: mk, opt: opt}
		if err := c.guard(check.run); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", check.name, err))
		}
	}
	return errors.Join(faults...)
}

// checker is one check at work.
type checker struct {
	mk  func() (env.Environment, error)
	opt Options
}

// guard turns a panic of the environment into an error.
func (c *checker) guard(run func(*checker) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return run(c)
}

// player drives one instance with random allowed actions. Two players with
// the same seed take the same actions as long as the masks agree.
type player struct {
	env.Environment
	seed    uint64
	key     rng.Key
	calls   uint64
	actions []int32
	mask    []bool // the last one given
	ended   bool   // the last call ended an episode
	lend    func() *env.Batch
}

// newPlayer makes an instance; it is not reset yet.
func (c *checker) newPlayer(seed uint64) (*player, error) {
	e, err := c.mk()
	if err != nil {
		return nil, fmt.Errorf("making the environment: %w", err)
	}
	b := env.NewBatch(e)
	return &player{
		Environment: e,
		seed:        seed,
		key:         rng.Root(seed).Named("envtest/actions"),
		actions:     make([]int32, e.Rows()),
		lend:        func() *env.Batch { return b },
	}, nil
}

// started is newPlayer and a first Reset.
func (c *checker) started(seed uint64) (*player, frame, error) {
	p, err := c.newPlayer(seed)
	if err != nil {
		return nil, frame{}, err
	}
	f, err := p.reset(&p.seed)
	return p, f, err
}

func (p *player) reset(seed *uint64) (frame, error) {
	if seed != nil {
		p.calls = 0
	}
	b := p.lend()
	if err := p.Reset(seed, b); err != nil {
		return frame{}, fmt.Errorf("reset: %w", err)
	}
	return p.took(b), nil
}

// choose fills p.actions with allowed actions. A row without one gets 0,
// which the values check reports.
func (p *player) choose() {
	width := len(p.Schema().Actions)
	key := p.key.At(p.calls)
	for row := range p.actions {
		allowed := uint64(0)
		for _, ok := range p.mask[row*width : (row+1)*width] {
			if ok {
				allowed++
			}
		}
		p.actions[row] = 0
		if allowed == 0 {
			continue
		}
		skip := key.Uint64(uint64(row)) % allowed
		for a, ok := range p.mask[row*width : (row+1)*width] {
			if ok && skip == 0 {
				p.actions[row] = int32(a)
				break
			}
			if ok {
				skip--
			}
		}
	}
}

// step makes one call. After the end of an episode it is the one that goes on
// to the next: Reset(nil) or Step, as the mode says.
func (p *player) step() (frame, error) {
	if p.ended && p.ResetMode() == env.Disabled {
		return p.reset(nil)
	}
	p.choose()
	p.calls++
	b := p.lend()
	if err := p.Step(p.actions, b); err != nil {
		return frame{}, fmt.Errorf("step %d: %w", p.calls, err)
	}
	for row := range p.actions {
		p.actions[row] = -1 << 30 // the slice is ours again
	}
	return p.took(b), nil
}

// took copies what a call wrote.
func (p *player) took(b *env.Batch) frame {
	f := copyFrame(b)
	p.ended = f.ended()
	if !p.ended || p.ResetMode() != env.SameStep {
		f.final = nil
	}
	p.mask = f.mask
	return f
}

// play goes on for the given number of ends of episodes; visit sees each
// frame.
func (p *player) play(opt Options, episodes int, visit func(frame) error) error {
	for length := 0; episodes > 0; {
		f, err := p.step()
		if err == nil {
			err = visit(f)
		}
		if err != nil {
			return err
		}
		if length++; p.ended {
			episodes, length = episodes-1, 0
		}
		if length > opt.MaxSteps {
			return fmt.Errorf("an episode has not ended after %d steps", opt.MaxSteps)
		}
	}
	return nil
}

// rollout gives all frames of opt.Episodes episodes, from Reset on.
func (p *player) rollout(opt Options) ([]frame, error) {
	first, err := p.reset(&p.seed)
	if err != nil {
		return nil, err
	}
	frames := []frame{first}
	err = p.play(opt, opt.Episodes, func(f frame) error {
		frames = append(frames, f)
		return nil
	})
	return frames, err
}
