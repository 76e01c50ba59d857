package mlp

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"hibernet/agents"
	"hibernet/env"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

var (
	_ agents.Policy    = (*Policy)(nil)
	_ agents.Parallel  = (*Policy)(nil)
	_ agents.Selective = (*Policy)(nil)
)

// Policy acts with a network whose outputs are the logits of the actions.
// Masked actions have probability zero.
//
// Greedy takes the most probable action, the first of equals; otherwise the
// action of a row is drawn with the random number of (seed, step, row), so it
// depends neither on other rows nor on the number of workers.
type Policy struct {
	Actor    *Net       // inputs: the schema's fields, outputs: its actions
	Schema   env.Schema // that the network was trained under
	Label    string     // what Name returns
	Greedy   bool
	Workers  int // goroutines used by ActTo, at least one
	key      rng.Key
	step     uint64
	rows     int
	scratch  *Scratch
	logits   []float32
	choices  chooser
	choose   func(i int)
	shards   *shard.Pool
	failures []int // [shards] first row without a choice, -1 if none
}

// Name returns Label.
func (p *Policy) Name() string { return p.Label }

// Columns implements agents.Selective: those of Schema, so that a policy trained
// on some columns is asked with the same ones.
func (p *Policy) Columns() []string {
	names := make([]string, len(p.Schema.Fields))
	for i, f := range p.Schema.Fields {
		names[i] = f.Name
	}
	return names
}

// SetWorkers implements agents.Parallel. It takes effect at the next Reset.
func (p *Policy) SetWorkers(workers int) {
	if p.Workers != workers {
		p.Workers, p.scratch = workers, nil
	}
}

// Check returns an error when the network is faulty or does not fit Schema.
func (p *Policy) Check() error {
	if p.Actor == nil {
		return errors.New("mlp: a policy without a network")
	}
	if err := p.Actor.Check(); err != nil {
		return fmt.Errorf("mlp: network: %w", err)
	}
	if in, want := p.Actor.In(), len(p.Schema.Fields); in != want {
		return fmt.Errorf("mlp: the network has %d inputs, its schema %d fields", in, want)
	}
	if out, want := p.Actor.Out(), len(p.Schema.Actions); out != want {
		return fmt.Errorf("mlp: the network has %d outputs, its schema %d actions", out, want)
	}
	return nil
}

// Fits returns an error unless a training under schema s that asks for a network
// of these widths and activation can begin from the policy.
func (p *Policy) Fits(s env.Schema, sizes []int, activation string) error {
	if got, want := p.Schema.Hash(), s.Hash(); got != want {
		return fmt.Errorf("the policy was trained under schema %.12s, the environment has %.12s", got, want)
	}
	if !slices.Equal(p.Actor.Sizes, sizes) || p.Actor.Activation != activation {
		return fmt.Errorf("the policy's network is %v %s, the settings ask for %v %s", p.Actor.Sizes, p.Actor.Activation, sizes, activation)
	}
	return nil
}

// Reset implements agents.Policy. It refuses a schema of another hash than the
// policy's own.
func (p *Policy) Reset(s env.Schema, rows int, seed uint64) error {
	if err := p.Check(); err != nil {
		return err
	}
	if got, want := s.Hash(), p.Schema.Hash(); got != want {
		return fmt.Errorf("mlp: the policy was trained under schema %.12s of %s version %d, the environment has %.12s of %s version %d",
			want, p.Schema.Environment, p.Schema.Version, got, s.Environment, s.Version)
	}
	p.key, p.step = rng.Root(seed).Named("policy"), 0
	if p.scratch == nil || p.rows != rows {
		p.rows = rows
		p.scratch = NewScratch(p.Workers, p.Actor)
		p.logits = make([]float32, rows*p.Actor.Out())
		p.shards = shard.New(p.Workers)
		p.failures = make([]int, shard.Count(rows))
		p.choose = p.choices.shard
	}
	return nil
}

// ActTo implements agents.Policy. It returns an error that names the first row
// whose mask allows nothing or whose logits are not numbers. It allocates
// nothing.
func (p *Policy) ActTo(dst []int32, b *env.Batch) error {
	if p.scratch == nil {
		return errors.New("mlp: ActTo before Reset")
	}
	if len(dst) != p.rows {
		return fmt.Errorf("mlp: ActTo for %d rows after a Reset for %d", len(dst), p.rows)
	}
	if err := b.Fits(p.Schema, p.rows); err != nil {
		return err
	}
	p.Actor.ForwardTo(p.logits, b.Obs, p.rows, p.scratch)
	p.choices = chooser{
		dst: dst, logits: p.logits, mask: b.Mask, width: p.Actor.Out(),
		greedy: p.Greedy, key: p.key.At(p.step), failures: p.failures,
	}
	p.shards.Each(len(p.failures), p.choose)
	p.choices = chooser{}
	for _, row := range p.failures {
		if row >= 0 {
			return fmt.Errorf("mlp: row %d: the mask allows no action or a logit is not a number", row)
		}
	}
	p.step++
	return nil
}

// chooser turns logits into actions, a shard of rows at a time.
type chooser struct {
	dst      []int32
	logits   []float32
	mask     []bool
	width    int
	greedy   bool
	key      rng.Key
	failures []int
}

func (c *chooser) shard(i int) {
	c.failures[i] = -1
	lo, hi := shard.Range(i, len(c.dst))
	for row := lo; row < hi; row++ {
		logits := c.logits[row*c.width : (row+1)*c.width]
		mask := c.mask[row*c.width : (row+1)*c.width]
		var a int
		if c.greedy {
			a = Argmax(logits, mask)
		} else {
			a, _ = Sample(logits, mask, c.key.Float64(uint64(row)))
		}
		c.dst[row] = int32(a)
		if a < 0 && c.failures[i] < 0 {
			c.failures[i] = row
		}
	}
}

// Argmax returns the allowed action with the highest logit, the first of
// equals, or -1 when none is allowed or an allowed logit is NaN.
func Argmax(logits []float32, mask []bool) int {
	best := -1
	for a, l := range logits {
		if !mask[a] {
			continue
		}
		if l != l {
			return -1
		}
		if best < 0 || l > logits[best] {
			best = a
		}
	}
	return best
}

// Sample draws an action from the softmax of the allowed logits with u in
// (0,1) and returns it with the logarithm of its probability. It returns -1
// when no action is allowed or an allowed logit is NaN or +Inf.
func Sample(logits []float32, mask []bool, u float64) (action int, logProb float64) {
	top := Argmax(logits, mask)
	if top < 0 || math.IsInf(float64(logits[top]), 0) {
		return -1, 0
	}
	high, sum := logits[top], 0.0
	var few [16]float32 // on the stack
	weights := few[:0]
	for a, l := range logits {
		below := l - high
		if !mask[a] {
			below = float32(math.Inf(-1))
		}
		weights = append(weights, below)
	}
	simd.Exp(weights)
	for _, weight := range weights {
		sum += float64(weight)
	}
	action, left := top, u*sum
	for a, weight := range weights {
		if weight > 0 {
			action = a // rounding may leave a little of u*sum: the last possible action takes it
		}
		if left -= float64(weight); left < 0 {
			break
		}
	}
	return action, float64(logits[action]) - float64(high) - math.Log(sum)
}
