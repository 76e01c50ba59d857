package baseline

import (
	"hibernet/agents"
	"hibernet/env"
	"hibernet/sim/rng"
)

var (
	_ agents.Selective = (*AlwaysOn)(nil)
	_ agents.Parallel  = (*AlwaysOn)(nil)
	_ agents.Selective = (*Random)(nil)
	_ agents.Parallel  = (*Random)(nil)
)

// AlwaysOn keeps every cell in full operation: the reference that savings are
// measured against. The zero value is ready.
type AlwaysOn struct{ table table }

// Name implements agents.Policy.
func (*AlwaysOn) Name() string { return "always_on" }

// Columns implements agents.Selective: it reads none.
func (*AlwaysOn) Columns() []string { return []string{} }

// SetWorkers implements agents.Parallel.
func (p *AlwaysOn) SetWorkers(n int) { p.table.workers = n }

// Reset implements agents.Policy.
func (p *AlwaysOn) Reset(s env.Schema, rows int, _ uint64) error {
	return p.table.reset(s, rows, true, p.table.fill)
}

// ActTo implements agents.Policy.
func (p *AlwaysOn) ActTo(dst []int32, b *env.Batch) error {
	if err := p.table.check(dst, b); err != nil {
		return err
	}
	return p.table.act(dst, b)
}

// Random draws each row's action uniformly from its mask, with the random
// number of (seed, step, row). The zero value is ready.
type Random struct {
	table table
	key   rng.Key
	step  uint64
	now   rng.Key // of the present step
}

// Name implements agents.Policy.
func (*Random) Name() string { return "random" }

// Columns implements agents.Selective: it reads none.
func (*Random) Columns() []string { return []string{} }

// SetWorkers implements agents.Parallel.
func (p *Random) SetWorkers(n int) { p.table.workers = n }

// Reset implements agents.Policy. Unlike the other rules it needs no action
// "full" and no column.
func (p *Random) Reset(s env.Schema, rows int, seed uint64) error {
	p.key, p.step = rng.Root(seed).Named("random policy"), 0
	return p.table.reset(s, rows, false, p.choose)
}

// ActTo implements agents.Policy.
func (p *Random) ActTo(dst []int32, b *env.Batch) error {
	if err := p.table.check(dst, b); err != nil {
		return err
	}
	p.now = p.key.At(p.step)
	if err := p.table.act(dst, b); err != nil {
		return err
	}
	p.step++
	return nil
}

func (p *Random) choose(lo, hi int) int {
	t := &p.table
	for row := lo; row < hi; row++ {
		mask := t.batch.Mask[row*t.width : (row+1)*t.width]
		allowed := 0
		for _, ok := range mask {
			if ok {
				allowed++
			}
		}
		if allowed == 0 {
			return row
		}
		left := int(p.now.Float64(uint64(row)) * float64(allowed))
		for a, ok := range mask {
			if !ok {
				continue
			}
			if left == 0 {
				t.dst[row] = int32(a)
				break
			}
			left--
		}
	}
	return -1
}
