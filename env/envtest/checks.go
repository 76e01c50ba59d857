package envtest

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"hibernet/env"
)

func (c *checker) schema() error {
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	s, hash := p.Schema(), p.Schema().Hash()
	if s.Environment == "" || s.Version < 1 {
		return fmt.Errorf("environment %q version %d: a name and a version from 1 on", s.Environment, s.Version)
	}
	if len(s.Fields) == 0 || len(s.Actions) == 0 || p.Rows() < 1 {
		return fmt.Errorf("%d fields, %d actions, %d rows: at least one each", len(s.Fields), len(s.Actions), p.Rows())
	}
	for i, f := range s.Fields {
		if first, _ := s.Column(f.Name); f.Name == "" || first != i {
			return fmt.Errorf("field %d: name %q is empty or taken", i, f.Name)
		}
		if f.Unit == "" || f.Doc == "" {
			return fmt.Errorf("field %s: no unit or no description", f.Name)
		}
		if f.Scale == 0 {
			return fmt.Errorf("field %s: scale 0", f.Name)
		}
	}
	for i, a := range s.Actions {
		if first, _ := s.Action(a.Name); a.Name == "" || first != i {
			return fmt.Errorf("action %d: name %q is empty or taken", i, a.Name)
		}
	}
	for i, g := range s.Guards {
		if first, _ := s.Guard(g.Name); g.Name == "" || first != i {
			return fmt.Errorf("guard %d: name %q is empty or taken", i, g.Name)
		}
		if g.Unit == "" || g.Doc == "" {
			return fmt.Errorf("guard %s: no unit or no description", g.Name)
		}
	}
	rows := p.Rows()
	if _, err := p.rollout(c.opt); err != nil {
		return err
	}
	if p.Schema().Hash() != hash || p.Rows() != rows {
		return errors.New("schema or rows changed in use")
	}
	return nil
}

func (c *checker) resetWithoutSeed() error {
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	if err := p.Reset(nil, p.lend()); !errors.Is(err, env.ErrNoSeed) {
		return fmt.Errorf("got error %v, want ErrNoSeed", err)
	}
	return nil
}

func (c *checker) stepBeforeReset() error {
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	if err := p.Step(p.actions, p.lend()); !errors.Is(err, env.ErrNotReset) {
		return fmt.Errorf("got error %v, want ErrNotReset", err)
	}
	return nil
}

func (c *checker) resetClears() error {
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	b := env.NewBatch(p)
	p.lend = func() *env.Batch { fill(b, 1, true); return b }
	for _, seed := range []*uint64{&p.seed, nil} {
		f, err := p.reset(seed)
		if err != nil {
			return err
		}
		for row, r := range f.reward {
			if r != 0 || f.terminated[row] || f.trunc[row] {
				return fmt.Errorf("row %d: reward %v, terminated %v, truncated %v after Reset", row, r, f.terminated[row], f.trunc[row])
			}
		}
		if err := f.free(); err != nil {
			return fmt.Errorf("after Reset: %w", err)
		}
	}
	return nil
}

func (c *checker) values() error {
	p, first, err := c.started(c.opt.Seed)
	if err != nil {
		return err
	}
	s := p.Schema()
	if err := first.valid(s, c.opt); err != nil {
		return fmt.Errorf("first observation: %w", err)
	}
	return p.play(c.opt, c.opt.Episodes, func(f frame) error {
		if err := f.valid(s, c.opt); err != nil {
			return fmt.Errorf("step %d: %w", p.calls, err)
		}
		return nil
	})
}

// filled is a rollout into batches that held x and flag before each call.
func (c *checker) filled(x float32, flag bool) ([]frame, error) {
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return nil, err
	}
	b := env.NewBatch(p)
	p.lend = func() *env.Batch { fill(b, x, flag); return b }
	return p.rollout(c.opt)
}

func (c *checker) unwritten() error {
	a, err := c.filled(float32(math.NaN()), true)
	if err != nil {
		return err
	}
	b, err := c.filled(-7.5, false)
	if err != nil {
		return err
	}
	return differAll(a, b)
}

// retained lends two batches in turn and fills the one that is at rest.
func (c *checker) retained() error {
	want, err := c.filled(0, false)
	if err != nil {
		return err
	}
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	const mark = 12345.5
	busy, rest := env.NewBatch(p), env.NewBatch(p)
	fill(rest, mark, true)
	calls, touched := 0, 0
	p.lend = func() *env.Batch {
		if i := untouched(rest, mark); !i && touched == 0 {
			touched = calls
		}
		calls++
		busy, rest = rest, busy
		fill(rest, mark, true)
		return busy
	}
	got, err := p.rollout(c.opt)
	if err != nil {
		return err
	}
	if touched > 0 {
		return fmt.Errorf("call %d wrote into the batch of the call before", touched)
	}
	return differAll(got, want)
}

// untouched reports whether b still holds what fill(b, mark, true) wrote.
func untouched(b *env.Batch, mark float32) bool {
	for _, s := range [][]float32{b.Obs, b.Reward, b.Cost, b.FinalObs} {
		for _, x := range s {
			if x != mark {
				return false
			}
		}
	}
	return !slices.Contains(b.Mask, false) && !slices.Contains(b.Terminated, false) && !slices.Contains(b.Truncated, false)
}

func (c *checker) determinism() error {
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	twin, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	first, err := p.rollout(c.opt)
	if err != nil {
		return err
	}
	other, err := twin.rollout(c.opt)
	if err != nil {
		return err
	}
	if err := differAll(first, other); err != nil {
		return fmt.Errorf("two instances: %w", err)
	}
	again, err := p.rollout(c.opt)
	if err != nil {
		return err
	}
	if err := differAll(first, again); err != nil {
		return fmt.Errorf("the same instance again: %w", err)
	}
	return nil
}

// seeds plays both seeds with the same choices among the allowed actions.
func (c *checker) seeds() error {
	if c.opt.SeedIndependent {
		return nil
	}
	p, err := c.newPlayer(c.opt.Seed)
	if err != nil {
		return err
	}
	a, err := p.rollout(c.opt)
	if err != nil {
		return err
	}
	p.seed++
	b, err := p.rollout(c.opt)
	if err != nil {
		return err
	}
	if differAll(a, b) == nil {
		return fmt.Errorf("seeds %d and %d give the same %d calls", c.opt.Seed, p.seed, len(a))
	}
	return nil
}

// sequence compares the first observation of the second episode after a full
// first one with that after none.
func (c *checker) sequence() error {
	p, _, err := c.started(c.opt.Seed)
	if err != nil {
		return err
	}
	var next frame
	if err := p.play(c.opt, 1, func(f frame) error { next = f; return nil }); err != nil {
		return err
	}
	if p.ResetMode() != env.SameStep {
		if next, err = p.step(); err != nil {
			return err
		}
	}
	twin, _, err := c.started(c.opt.Seed)
	if err != nil {
		return err
	}
	want, err := twin.reset(nil)
	if err != nil {
		return err
	}
	if err := (frame{obs: next.obs, mask: next.mask}).differ(frame{obs: want.obs, mask: want.mask}); err != nil {
		return fmt.Errorf("second episode after a full and after an empty first: %w", err)
	}
	return nil
}
