package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"hibernet/agents"
	"hibernet/env"
	"hibernet/sim/rng"
)

// Maker makes a new environment. The one of a seed always has the same network
// and traffic; Run passes the same seed to its first Reset. columns names those
// that the policy reads, nil for all: the environment may leave the others out.
type Maker func(seed uint64, columns []string) (env.Environment, error)

// Contender is a policy to be evaluated.
type Contender struct {
	Name string                        // in tables; unique
	New  func() (agents.Policy, error) // a policy for one goroutine
}

// Options of Run.
type Options struct {
	Seeds    []uint64 // one environment each; unique
	Episodes int      // played in a row on each seed, at least 1
	Workers  int      // concurrent environments, at least 1
	// Progress, if not nil, is called after each (policy, seed), one call at a
	// time, in the order in which they end.
	Progress func(done, total int)
}

// Episode is what one policy did in one episode.
type Episode struct {
	Policy  string       `json:"policy"`
	Seed    uint64       `json:"seed,string"`
	Episode int          `json:"episode"` // index on the seed, from 0
	Steps   int          `json:"steps"`
	Return  Number       `json:"return"` // sum of rewards, mean over rows
	Figures []env.Figure `json:"-"`
}

// Figure returns the value of the named figure.
func (e *Episode) Figure(name string) (env.Figure, bool) {
	for _, f := range e.Figures {
		if f.Name == name {
			return f, true
		}
	}
	return env.Figure{}, false
}

// offeredTolerance is the relative difference of offered traffic up to which
// two policies have seen the same. The demand is the same to the bit, but it is
// integrated piece by piece between events, and those depend on the policy, so
// that the sums are rounded differently (in float64, some 1e-13 for 1e6 pieces).
const offeredTolerance = 1e-9

// Run plays opt.Episodes episodes on every seed with every contender and
// returns them ordered by contender, seed, episode. It returns an error that
// names both policies and the episode if they were not offered the same
// traffic. After a failure no further (policy, seed) is begun; the error is
// that of the first in order.
func Run(ctx context.Context, mk Maker, contenders []Contender, opt Options) ([]Episode, error) {
	if err := check(contenders, opt); err != nil {
		return nil, err
	}
	jobs := len(contenders) * len(opt.Seeds)
	var (
		all    = make([]Episode, jobs*opt.Episodes)
		errs   = make([]error, jobs)
		next   atomic.Int64
		failed atomic.Bool
		wait   sync.WaitGroup
		mu     sync.Mutex
		done   int
	)
	for range min(opt.Workers, jobs) {
		wait.Go(func() {
			// Jobs are taken in order, so all jobs before one that fails have
			// begun and are finished: the first error is always the same one.
			for !failed.Load() {
				j := int(next.Add(1)) - 1
				if j >= jobs {
					return
				}
				c, seed := contenders[j/len(opt.Seeds)], opt.Seeds[j%len(opt.Seeds)]
				if errs[j] = play(ctx, mk, c, seed, all[j*opt.Episodes:(j+1)*opt.Episodes]); errs[j] != nil {
					failed.Store(true)
					return
				}
				if opt.Progress != nil {
					mu.Lock()
					done++
					opt.Progress(done, jobs)
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	if err := checkOffered(all, len(contenders)); err != nil {
		return nil, err
	}
	return all, nil
}

// check returns all faults of Run's arguments.
func check(contenders []Contender, opt Options) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("evaluate: "+format, args...))
	}
	if len(contenders) == 0 {
		fault("no policies")
	}
	names := map[string]bool{}
	for i, c := range contenders {
		if c.Name == "" || c.New == nil {
			fault("policies[%d]: needs a name and a maker", i)
		}
		if names[c.Name] {
			fault("policies[%d]: name %q is used twice", i, c.Name)
		}
		names[c.Name] = true
	}
	if len(opt.Seeds) == 0 {
		fault("seeds: none given")
	}
	seeds := map[uint64]bool{}
	for i, s := range opt.Seeds {
		if seeds[s] {
			fault("seeds[%d]: %d is given twice, its episodes would count twice", i, s)
		}
		seeds[s] = true
	}
	if opt.Episodes < 1 {
		fault("episodes: must be at least 1, got %d", opt.Episodes)
	}
	if opt.Workers < 1 {
		fault("workers: must be at least 1, got %d", opt.Workers)
	}
	return errors.Join(faults...)
}

// play plays len(dst) episodes of one contender on one seed.
func play(ctx context.Context, mk Maker, c Contender, seed uint64, dst []Episode) error {
	fail := func(err error) error { return fmt.Errorf("evaluate: policy %s, seed %d: %w", c.Name, seed, err) }
	p, err := c.New()
	if err != nil {
		return fail(err)
	}
	e, err := mk(seed, agents.Columns(p))
	if err != nil {
		return fail(err)
	}
	b := env.NewPlayBatch(e)
	key := rng.Root(seed).Named("evaluate.policy")
	for i := range dst {
		var first *uint64
		if i == 0 {
			first = &seed
		}
		r, err := agents.Rollout(ctx, e, seeded{p, key.At(uint64(i)).Uint64(0)}, b, first)
		if err != nil {
			return fail(fmt.Errorf("episode %d: %w", i, err))
		}
		dst[i] = Episode{Policy: c.Name, Seed: seed, Episode: i, Steps: r.Steps, Return: Number(r.Return), Figures: r.Figures}
	}
	return nil
}

// seeded gives a policy a seed of its own in every episode: Rollout resets it
// to the same one whenever the environment goes on to its next episode, and a
// random policy would repeat itself.
type seeded struct {
	agents.Policy
	seed uint64
}

// Reset resets the policy with the episode's seed.
func (p seeded) Reset(s env.Schema, rows int, _ uint64) error { return p.Policy.Reset(s, rows, p.seed) }

// checkOffered compares the offered traffic of every contender with the first
// one's, episode by episode. Environments without that figure are taken at
// their word.
func checkOffered(all []Episode, contenders int) error {
	each := len(all) / contenders
	for i := each; i < len(all); i++ {
		a, b := &all[i%each], &all[i]
		fa, okA := a.Figure(figureOffered)
		fb, okB := b.Figure(figureOffered)
		same := fa.Value == fb.Value || math.Abs(fa.Value-fb.Value) <= offeredTolerance*math.Abs(fa.Value) ||
			(math.IsNaN(fa.Value) && math.IsNaN(fb.Value))
		if okA != okB || !same {
			return fmt.Errorf("evaluate: policies %s and %s were not offered the same traffic: seed %d, episode %d: %v and %v Gbit",
				a.Policy, b.Policy, a.Seed, a.Episode, fa.Value, fb.Value)
		}
		if a.Steps != b.Steps {
			return fmt.Errorf("evaluate: policies %s and %s did not play the same time: seed %d, episode %d: %d and %d steps",
				a.Policy, b.Policy, a.Seed, a.Episode, a.Steps, b.Steps)
		}
	}
	return nil
}
