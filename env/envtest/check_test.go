package envtest

import (
	"errors"
	"math"
	"strings"
	"testing"

	"hibernet/env"
)

// broken is a sound environment with one method spoilt.
type broken struct {
	env.Environment
	onReset   func(inner env.Environment, seed *uint64, b *env.Batch) error
	onStep    func(inner env.Environment, actions []int32, b *env.Batch) error
	onFigures func(dst []env.Figure) []env.Figure
	onSchema  func() env.Schema
}

func (e *broken) Schema() env.Schema {
	if e.onSchema != nil {
		return e.onSchema()
	}
	return e.Environment.Schema()
}

func (e *broken) Reset(seed *uint64, b *env.Batch) error {
	if e.onReset != nil {
		return e.onReset(e.Environment, seed, b)
	}
	return e.Environment.Reset(seed, b)
}

func (e *broken) Step(actions []int32, b *env.Batch) error {
	if e.onStep != nil {
		return e.onStep(e.Environment, actions, b)
	}
	return e.Environment.Step(actions, b)
}

func (e *broken) Figures(dst []env.Figure) []env.Figure {
	if e.onFigures != nil {
		return e.onFigures(dst)
	}
	return e.Environment.Figures(dst)
}

// afterStep spoils the batch of each successful step.
func afterStep(spoil func(b *env.Batch)) func(*broken) {
	return func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			if err == nil {
				spoil(b)
			}
			return err
		}
	}
}

// twoSchema is the schema of the two cells with a change.
func twoSchema(change func(*env.Schema)) func(*broken) {
	return func(e *broken) {
		e.onSchema = func() env.Schema {
			s := e.Environment.Schema()
			s.Fields = append([]env.Field(nil), s.Fields...)
			s.Actions = append([]env.Action(nil), s.Actions...)
			change(&s)
			return s
		}
	}
}

// faults has at least one broken environment for each check; the named check
// must catch it.
var faults = []struct {
	check, say string // say is part of the message
	mode       env.ResetMode
	spoil      func(*broken)
}{
	{"schema", "name", 0, twoSchema(func(s *env.Schema) { s.Fields[1].Name = s.Fields[0].Name })},
	{"schema", "scale 0", 0, twoSchema(func(s *env.Schema) { s.Fields[1].Scale = 0 })},
	{"schema", "no unit", 0, twoSchema(func(s *env.Schema) { s.Fields[1].Unit = "" })},
	{"schema", "version", 0, twoSchema(func(s *env.Schema) { s.Version = 0 })},
	{"schema", "action 1", 0, twoSchema(func(s *env.Schema) { s.Actions[1].Name = "none" })},
	{"schema", "changed", 0, func(e *broken) {
		calls := 0
		e.onSchema = func() env.Schema {
			s := e.Environment.Schema()
			calls++
			s.Version = 1 + calls/10
			return s
		}
	}},
	{"reset_without_seed", "ErrNoSeed", 0, func(e *broken) {
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			err := inner.Reset(seed, b)
			if errors.Is(err, env.ErrNoSeed) {
				seed = new(uint64)
				return inner.Reset(seed, b)
			}
			return err
		}
	}},
	{"step_before_reset", "ErrNotReset", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			if err := inner.Step(actions, b); !errors.Is(err, env.ErrNotReset) {
				return err
			}
			return nil
		}
	}},
	{"reset_clears", "reward", 0, func(e *broken) {
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			old := b.Reward[0]
			err := inner.Reset(seed, b)
			if err == nil {
				b.Reward[0] = old
			}
			return err
		}
	}},
	{"values", "not finite", 0, afterStep(func(b *env.Batch) { b.Obs[3] = float32(math.NaN()) })},
	{"values", "not within", 0, afterStep(func(b *env.Batch) { b.Obs[3] = 1.5 })},
	{"values", "reward of row 2", 0, afterStep(func(b *env.Batch) { b.Reward[2] = float32(math.Inf(1)) })},
	{"values", "no action", 0, afterStep(func(b *env.Batch) { clear(b.Mask[:4]) })},
	{"values", "both", 0, afterStep(func(b *env.Batch) { copy(b.Truncated, b.Terminated) })},
	{"values", "together", 0, afterStep(func(b *env.Batch) { b.Terminated[1] = false })},
	{"values", "FinalObs", env.SameStep, afterStep(func(b *env.Batch) { b.FinalObs[0] = float32(math.NaN()) })},
	{"values", "not ended", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			if err == nil && b.Terminated[0] {
				return inner.Reset(nil, b)
			}
			return err
		}
	}},
	{"unwritten", "Obs", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			old := b.Obs[2]
			err := inner.Step(actions, b)
			b.Obs[2] = old
			return err
		}
	}},
	{"unwritten", "Truncated", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			old := b.Truncated[1]
			err := inner.Step(actions, b)
			b.Truncated[1] = old
			return err
		}
	}},
	{"retained", "wrote into", 0, func(e *broken) {
		var kept *env.Batch
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			if kept != nil && kept != b {
				kept.Reward[0]++
			}
			kept = b
			return err
		}
	}},
	{"retained", "Reward", 0, func(e *broken) { // reads the batch of the call before
		var kept *env.Batch
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			was := float32(0)
			if kept != nil && kept != b {
				was = kept.Obs[0]
			}
			err := inner.Step(actions, b)
			b.Reward[0] += was
			kept = b
			return err
		}
	}},
	{"determinism", "again", 0, func(e *broken) {
		calls := 0
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			calls++
			err := inner.Reset(seed, b)
			b.Obs[5] = float32(calls) / 1000
			return err
		}
	}},
	{"determinism", "two instances", 0, func(e *broken) {
		made++
		mark := float32(made) / 1000
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			err := inner.Reset(seed, b)
			b.Obs[5] = mark
			return err
		}
	}},
	{"seeds", "same", 0, func(e *broken) {
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			if seed != nil {
				seed = new(uint64)
			}
			return inner.Reset(seed, b)
		}
	}},
	{"sequence", "second episode", 0, func(e *broken) { // the next episode depends on the steps made
		steps := uint64(0)
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			if err == nil {
				steps++
			}
			return err
		}
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			if seed == nil && steps > 0 {
				seed = &steps
			}
			return inner.Reset(seed, b)
		}
	}},
	{"after_end", "ErrEpisodeOver", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			if err := inner.Step(actions, b); !errors.Is(err, env.ErrEpisodeOver) {
				return err
			}
			return nil
		}
	}},
	{"after_end", "resetting step", env.NextStep, func(e *broken) {
		ended := false
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			if ended {
				b.Reward[0] = 1
			}
			ended = b.Terminated[0]
			return err
		}
	}},
	{"after_end", "read its actions", env.NextStep, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			if actions[0] < 0 {
				return env.ErrMasked
			}
			return inner.Step(actions, b)
		}
	}},
	{"masked_action", "ErrMasked", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			if err := inner.Step(actions, b); !errors.Is(err, env.ErrMasked) {
				return err
			}
			return nil
		}
	}},
	{"masked_action", "wrote", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			if errors.Is(err, env.ErrMasked) {
				b.Reward[0] = -1
			}
			return err
		}
	}},
	{"masked_action", "without them", 0, func(e *broken) {
		refused := false
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			if refused && err == nil {
				b.Reward[0]--
			}
			refused = refused || errors.Is(err, env.ErrMasked)
			return err
		}
	}},
	{"batch_size", "wrong length", 0, func(e *broken) {
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			whole := *b
			whole.FinalObs = make([]float32, len(b.Obs))
			return inner.Reset(seed, &whole)
		}
	}},
	{"batch_size", "panic", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			_ = actions[inner.Rows()-1]
			return inner.Step(actions, b)
		}
	}},
	{"batch_size", "next episode", 0, func(e *broken) { // counts the episodes that it refused
		refused := 0
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			err := inner.Reset(seed, b)
			if err != nil {
				refused++
				return err
			}
			for ; seed == nil && refused > 0; refused-- {
				if err := inner.Reset(nil, b); err != nil {
					return err
				}
			}
			return nil
		}
	}},
	{"batch_size", "Cost", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			fitted := *b
			fitted.Cost = nil
			return inner.Step(actions, &fitted)
		}
	}},
	{"schema", "guard lost", 0, twoSchema(func(s *env.Schema) { s.Guards = []env.Guard{{Name: "lost", Unit: "1"}} })},
	{"schema", "guard 1", 0, twoSchema(func(s *env.Schema) { s.Guards = append(s.Guards[:1:1], s.Guards[0]) })},
	{"reset_clears", "cost 0", 0, func(e *broken) {
		e.onReset = func(inner env.Environment, seed *uint64, b *env.Batch) error {
			err := inner.Reset(seed, b)
			b.Cost[0] = 1
			return err
		}
	}},
	{"values", "cost of row 2, guard lost", 0, afterStep(func(b *env.Batch) { b.Cost[2] = -1 })},
	{"unwritten", "Cost", 0, func(e *broken) {
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			old := b.Cost[1]
			err := inner.Step(actions, b)
			b.Cost[1] = old
			return err
		}
	}},
	{"after_end", "cost 0", env.NextStep, func(e *broken) {
		ended := false
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			if ended {
				b.Cost[0] = 1
			}
			ended = b.Terminated[0]
			return err
		}
	}},
	{"guards", "panic", 0, func(e *broken) { // writes Cost whether there is one or not
		e.onStep = func(inner env.Environment, actions []int32, b *env.Batch) error {
			err := inner.Step(actions, b)
			b.Cost[0]++
			return err
		}
	}},
	{"guards", "none of the figures", 0, twoSchema(func(s *env.Schema) { s.Guards = []env.Guard{{Name: "won", Unit: "1", Doc: "x"}} })},
	{"figures", "appended", 0, func(e *broken) {
		e.onFigures = func([]env.Figure) []env.Figure { return e.Environment.Figures(nil) }
	}},
	{"figures", "twice", 0, func(e *broken) {
		e.onFigures = func(dst []env.Figure) []env.Figure {
			return e.Environment.Figures(e.Environment.Figures(dst))
		}
	}},
	{"figures", "not finite", 0, func(e *broken) {
		e.onFigures = func(dst []env.Figure) []env.Figure {
			return append(dst, env.Figure{Name: "bad", Unit: "1", Value: math.NaN()})
		}
	}},
	{"figures", "names changed", 0, func(e *broken) {
		calls := 0
		e.onFigures = func(dst []env.Figure) []env.Figure {
			if calls++; calls > 40 {
				return dst
			}
			return e.Environment.Figures(dst)
		}
	}},
}

// made counts the instances of the environment that differs from its twin.
var made int

func TestCheckCatches(t *testing.T) {
	caught := map[string]bool{}
	for _, c := range faults {
		t.Run(c.check+"/"+c.say, func(t *testing.T) {
			mk := func() (env.Environment, error) {
				toy, err := NewTwoCellsGuarded(3)
				if err != nil {
					return nil, err
				}
				e := &broken{Environment: env.AutoReset(toy, c.mode)}
				c.spoil(e)
				return e, nil
			}
			err := Check(mk, Options{Seed: 1, MaxSteps: 200, Low: -1, High: 1})
			found := false
			for _, line := range strings.Split(errorText(err), "\n") {
				found = found || strings.HasPrefix(line, c.check+": ") && strings.Contains(line, c.say)
			}
			if !found {
				t.Errorf("not caught by %s with %q; all that was said:\n%v", c.check, c.say, err)
			}
			caught[c.check] = true
		})
	}
	for _, check := range checks {
		if !caught[check.name] {
			t.Errorf("no broken environment for check %s", check.name)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestCheckReportsMakerErrors(t *testing.T) {
	want := errors.New("no network")
	err := Check(func() (env.Environment, error) { return nil, want }, Options{})
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}
