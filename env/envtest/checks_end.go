package envtest

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"hibernet/env"
)

// afterEnd checks the calls that follow the end of an episode.
func (c *checker) afterEnd() error {
	p, _, err := c.started(c.opt.Seed)
	if err != nil {
		return err
	}
	if err := p.play(c.opt, 1, func(frame) error { return nil }); err != nil {
		return err
	}
	switch p.ResetMode() {
	case env.Disabled:
		return p.afterDisabled()
	case env.NextStep:
		return p.afterNextStep()
	case env.SameStep:
		f, err := p.step()
		if err != nil {
			return fmt.Errorf("mode SameStep: first step of the next episode: %w", err)
		}
		return f.valid(p.Schema(), c.opt)
	}
	return fmt.Errorf("unknown reset mode %v", p.ResetMode())
}

func (p *player) afterDisabled() error {
	b := p.lend()
	p.choose()
	before := copyFrame(b)
	for range 2 {
		if err := p.Step(p.actions, b); !errors.Is(err, env.ErrEpisodeOver) {
			return fmt.Errorf("mode Disabled: got error %v, want ErrEpisodeOver", err)
		}
	}
	if err := before.differ(copyFrame(b)); err != nil {
		return fmt.Errorf("mode Disabled: the refused step wrote: %w", err)
	}
	_, err := p.reset(nil)
	return err
}

func (p *player) afterNextStep() error {
	for row := range p.actions {
		p.actions[row] = -1 // to be ignored
	}
	b := p.lend()
	if err := p.Step(p.actions, b); err != nil {
		return fmt.Errorf("mode NextStep: the resetting step read its actions: %w", err)
	}
	f := p.took(b)
	for row, r := range f.reward {
		if r != 0 || f.terminated[row] || f.trunc[row] {
			return fmt.Errorf("mode NextStep: row %d: reward %v, terminated %v, truncated %v in the resetting step", row, r, f.terminated[row], f.trunc[row])
		}
	}
	if err := f.free(); err != nil {
		return fmt.Errorf("mode NextStep: in the resetting step: %w", err)
	}
	return nil
}

// twins are two players at the same moment; one of them is then disturbed.
func (c *checker) twins() (p, twin *player, err error) {
	if p, _, err = c.started(c.opt.Seed); err != nil {
		return nil, nil, err
	}
	twin, _, err = c.started(c.opt.Seed)
	return p, twin, err
}

// maskedAction tries every forbidden action of every row in the first steps
// of an episode, one row at a time.
func (c *checker) maskedAction() error {
	p, twin, err := c.twins()
	if err != nil {
		return err
	}
	const steps = 20
	for i := 0; i < steps && !p.ended; i++ {
		if err := p.refusesForbidden(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		if err := inStep(p, twin, (*player).step); err != nil {
			return fmt.Errorf("step %d, after refused actions and without them: %w", i, err)
		}
	}
	return nil
}

func (p *player) refusesForbidden() error {
	width, b := len(p.Schema().Actions), p.lend()
	before, figures := copyFrame(b), fmt.Sprint(p.Figures(nil))
	p.choose()
	for row, legal := range p.actions {
		for a := -1; a <= width; a++ {
			if a >= 0 && a < width && p.mask[row*width+a] {
				continue
			}
			p.actions[row] = int32(a)
			if err := p.Step(p.actions, b); !errors.Is(err, env.ErrMasked) {
				return fmt.Errorf("row %d, forbidden action %d: got error %v, want ErrMasked", row, a, err)
			}
			if err := before.differ(copyFrame(b)); err != nil {
				return fmt.Errorf("row %d: the refused action %d wrote: %w", row, a, err)
			}
		}
		p.actions[row] = legal
	}
	if now := fmt.Sprint(p.Figures(nil)); now != figures {
		return fmt.Errorf("refused actions moved the figures from %s to %s", figures, now)
	}
	return nil
}

// batchSize spoils the length of one buffer at a time, one step into an episode,
// so that a Reset that began before it refused would show.
func (c *checker) batchSize() error {
	p, twin, err := c.twins()
	if err != nil {
		return err
	}
	if err := inStep(p, twin, (*player).step); err != nil {
		return err
	}
	for i, name := range []string{"Obs", "Mask", "Reward", "Terminated", "Truncated", "FinalObs", "Cost"} {
		b := env.NewBatch(p)
		b.FinalObs = make([]float32, len(b.Obs)) // which every environment may be given
		misfit(b, i)
		if p.Reset(&p.seed, b) == nil {
			return fmt.Errorf("Reset took a %s of the wrong length", name)
		}
		if p.Reset(nil, b) == nil {
			return fmt.Errorf("Reset(nil) took a %s of the wrong length", name)
		}
		p.choose()
		if p.Step(p.actions, b) == nil {
			return fmt.Errorf("Step took a %s of the wrong length", name)
		}
	}
	p.choose()
	for _, actions := range [][]int32{nil, p.actions[1:], append(p.actions[:len(p.actions):len(p.actions)], p.actions[0])} {
		if p.Step(actions, p.lend()) == nil {
			return fmt.Errorf("Step took %d actions for %d rows", len(actions), p.Rows())
		}
	}
	if err := inStep(p, twin, (*player).step); err != nil {
		return fmt.Errorf("step after refused batches and without them: %w", err)
	}
	next := func(p *player) (frame, error) { return p.reset(nil) }
	if err := inStep(p, twin, next); err != nil {
		return fmt.Errorf("next episode after refused batches and without them: %w", err)
	}
	return nil
}

// inStep makes the same call on both and compares.
func inStep(p, twin *player, call func(*player) (frame, error)) error {
	got, err := call(p)
	if err != nil {
		return err
	}
	want, err := call(twin)
	if err != nil {
		return err
	}
	return got.differ(want)
}

// misfit takes a value off the i-th buffer of b, or adds one to Cost, which
// may be empty.
func misfit(b *env.Batch, i int) {
	switch i {
	case 0:
		b.Obs = b.Obs[1:]
	case 1:
		b.Mask = b.Mask[1:]
	case 2:
		b.Reward = b.Reward[1:]
	case 3:
		b.Terminated = b.Terminated[1:]
	case 4:
		b.Truncated = b.Truncated[1:]
	case 5:
		b.FinalObs = b.FinalObs[1:]
	case 6:
		b.Cost = make([]float32, len(b.Cost)+1)
	}
}

// figures checks them at the start, after each step and after each end. Some
// may be missing before the end (a rate over no time), but all episodes have
// the same.
func (c *checker) figures() error {
	p, _, err := c.started(c.opt.Seed)
	if err != nil {
		return err
	}
	if _, err := p.figureNames(); err != nil {
		return err
	}
	names := ""
	return p.play(c.opt, c.opt.Episodes, func(frame) error {
		now, err := p.figureNames()
		if err != nil || !p.ended {
			return err
		}
		if names != "" && now != names {
			return fmt.Errorf("names changed from%s to%s", names, now)
		}
		names = now
		return nil
	})
}

// guards plays beside a twin whose batches have no Cost.
func (c *checker) guards() error {
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	want, err := p.rollout(c.opt)
	if err != nil {
		return err
	}
	for i := range want {
		want[i].cost = nil
	}
	twin, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	b := env.NewBatch(twin)
	b.Cost = nil
	twin.lend = func() *env.Batch { return b }
	got, err := twin.rollout(c.opt)
	if err != nil {
		return fmt.Errorf("with a batch without Cost: %w", err)
	}
	if err := differAll(want, got); err != nil {
		return fmt.Errorf("with Cost and without: %w", err)
	}
	names, err := p.figureNames()
	if err != nil {
		return err
	}
	for _, g := range p.Schema().Guards {
		if !strings.Contains(names, " "+g.Name+"[") {
			return fmt.Errorf("guard %s is none of the figures%s", g.Name, names)
		}
	}
	return nil
}

func (p *player) figureNames() (string, error) {
	mark := env.Figure{Name: "envtest", Unit: "1", Value: 1}
	all := p.Figures([]env.Figure{mark})
	if len(all) == 0 || all[0] != mark {
		return "", errors.New("not appended: what dst held is gone")
	}
	seen := map[string]bool{}
	names := ""
	for _, f := range all[1:] {
		if f.Name == "" || f.Unit == "" || seen[f.Name] {
			return "", fmt.Errorf("figure %q [%s]: named twice, or without name or unit", f.Name, f.Unit)
		}
		if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
			return "", fmt.Errorf("figure %s: %v is not finite", f.Name, f.Value)
		}
		seen[f.Name] = true
		names += " " + f.Name + "[" + f.Unit + "]"
	}
	return names, nil
}
