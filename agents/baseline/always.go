package baseline

import (
	"hibernet/agents"
	"hibernet/env"
	"hibernet/sim/rng"
)

var (
	_ agents.Policy = (*AlwaysOn)(nil)
	_ agents.Policy = (*Random)(nil)
)

// AlwaysOn keeps every cell in full operation: the reference that savings are
// measured against. The zero value is ready.
type AlwaysOn struct{ table table }

// Name implements agents.Policy.
func (*AlwaysOn) Name() string { return "always_on" }

// Reset implements agents.Policy.
func (p *AlwaysOn) Reset(s env.Schema, rows int, _ uint64) (err error) {
	p.table, err = newTable(s, rows)
	return err
}

// ActTo implements agents.Policy.
func (p *AlwaysOn) ActTo(dst []int32, b *env.Batch) (err error) {
	if err := p.table.check(dst, b); err != nil {
		return err
	}
	for row := range dst {
		if dst[row], err = p.table.pick(b, row); err != nil {
			return err
		}
	}
	return nil
}

// Random draws each row's action uniformly from its mask, with the random
// number of (seed, step, row). The zero value is ready.
type Random struct {
	table table
	key   rng.Key
	step  uint64
}

// Name implements agents.Policy.
func (*Random) Name() string { return "random" }

// Reset implements agents.Policy. Unlike the other rules it needs no action
// "full" and no column.
func (p *Random) Reset(s env.Schema, rows int, seed uint64) error {
	p.table = table{schema: s, rows: rows}
	p.key, p.step = rng.Root(seed).Named("random policy"), 0
	return nil
}

// ActTo implements agents.Policy.
func (p *Random) ActTo(dst []int32, b *env.Batch) error {
	if err := p.table.check(dst, b); err != nil {
		return err
	}
	key, width := p.key.At(p.step), len(p.table.schema.Actions)
	for row := range dst {
		mask := b.Mask[row*width : (row+1)*width]
		allowed := 0
		for _, ok := range mask {
			if ok {
				allowed++
			}
		}
		if allowed == 0 {
			_, err := p.table.pick(b, row)
			return err
		}
		left := int(key.Float64(uint64(row)) * float64(allowed))
		for a, ok := range mask {
			if !ok {
				continue
			}
			if left == 0 {
				dst[row] = int32(a)
				break
			}
			left--
		}
	}
	p.step++
	return nil
}
