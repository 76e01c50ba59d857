package ppo

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"hibernet/env"
	"hibernet/env/envtest"
)

// rule acts by the step of the episode and by what a row observes.
type rule struct {
	step int
	want func(step int, obs []float32) int // allowed or not
	lax  bool                              // takes what it wants where the mask forbids it

	fields, actions int
}

func (*rule) Name() string { return "rule" }

func (r *rule) Reset(s env.Schema, _ int, _ uint64) error {
	if r.want == nil {
		return errors.New("cannot act here")
	}
	r.step, r.fields, r.actions = 0, len(s.Fields), len(s.Actions)
	return nil
}

func (r *rule) ActTo(dst []int32, b *env.Batch) error {
	for row := range dst {
		a, mask := r.want(r.step, b.Obs[row*r.fields:(row+1)*r.fields]), b.Mask[row*r.actions:(row+1)*r.actions]
		if !r.lax && !mask[a] {
			a = slices.Index(mask, true)
		}
		dst[row] = int32(a)
	}
	r.step++
	return nil
}

// taughtSpec imitates in two of its iterations, whose rollouts go on into a
// second episode.
func taughtSpec() Spec {
	s := shortSpec()
	s.Iterations, s.Horizon, s.Shards, s.Teacher, s.TeacherIterations = 4, 30, 2, "rule", 2
	return s
}

// byStep is a rule that must be told of every new episode.
func byStep() *rule { return &rule{want: func(step int, _ []float32) int { return 1 + 2*(step/8%2) }} }

func TestClonesARule(t *testing.T) {
	for _, spec := range []Spec{toySpec(24, 16), sharing(toySpec(24, 16))} {
		spec.Teacher, spec.TeacherIterations = "rule", spec.Iterations
		// Not the best action, so that no reward teaches it.
		teacher := &rule{want: func(_ int, obs []float32) int { return (slices.Index(obs, slices.Max(obs)) + 1) % len(obs) }}
		var last Iteration
		p, err := Train(context.Background(), spec, toyMaker(envtest.NewIdentity).make(128), Options{Seed: 1, Workers: 1, Teacher: teacher,
			Progress: func(it Iteration) { last = it }})
		if err != nil {
			t.Fatal(err)
		}
		if last.Agreement < 0.99 || last.Figure("agreement") != last.Agreement {
			t.Errorf("agreement %g, as a figure %g, want 0.99", last.Agreement, last.Figure("agreement"))
		}
		// With 5 % over four actions, 0.0125 on each but the teacher's.
		want := -0.9625*math.Log(0.9625) - 3*0.0125*math.Log(0.0125)
		if math.Abs(last.Entropy-want) > 0.1 {
			t.Errorf("entropy %g nat, want that of the smoothed rule, %g", last.Entropy, want)
		}
		if last.Return != 0 || last.ExplainedVariance != last.ExplainedVariance {
			t.Errorf("return %g, explained variance %g, want what the teacher came to, 0", last.Return, last.ExplainedVariance)
		}
		if p.Label != "ppo" {
			t.Errorf("label %q", p.Label)
		}
	}
}

// The same bits for any number of workers and after an interruption, in the
// teacher's iterations, at their end and after them.
func TestTeacherLeavesTrainingExact(t *testing.T) {
	toy, err := guardedCells(1)
	if err != nil {
		t.Fatal(err)
	}
	spec, limits := taughtSpec(), limitOf(toy, 1e-3)
	want := states(t, spec, Options{Seed: 5, Workers: 1, Limits: limits, Teacher: byStep()})
	for after := range want {
		opt := Options{Seed: 5, Workers: 2 + after, Limits: limits, Teacher: byStep()}
		if after > 0 {
			if opt.Resume, err = DecodeCheckpoint(want[after-1]); err != nil {
				t.Fatal(err)
			}
			opt.Teacher.(*rule).step = 5 // as another training left it
		}
		if got := states(t, spec, opt); !slices.EqualFunc(got, want[after:], bytes.Equal) {
			t.Errorf("%d workers from iteration %d on: other checkpoints", opt.Workers, after)
		}
	}
}

func TestMultipliersStandStillUnderATeacher(t *testing.T) {
	toy, err := guardedCells(1)
	if err != nil {
		t.Fatal(err)
	}
	var figures []string
	var multipliers []float64
	opt := Options{Seed: 5, Workers: 1, Limits: limitOf(toy, 1e-3), Teacher: byStep(), Progress: func(it Iteration) {
		multipliers = append(multipliers, it.Figure("multiplier_"+toy.Schema().Guards[0].Name))
		if !math.IsNaN(it.Figure("agreement")) {
			figures = append(figures, "agreement")
		}
	}}
	if _, err := Train(context.Background(), taughtSpec(), guardedCells.make(100), opt); err != nil {
		t.Fatal(err)
	}
	if multipliers[0] != 0 || multipliers[1] != 0 || !(multipliers[2] > 0) || len(figures) != 2 {
		t.Errorf("multipliers %v, want 0, 0 and then above 0; %d iterations tell the agreement, want 2", multipliers, len(figures))
	}
}

// A rollout holds what the teacher did, from the beginning of every episode.
func TestTeacherActs(t *testing.T) {
	spec := taughtSpec()
	l, err := newLearner(spec, guardedCells.make(100), Options{Seed: 5, Teacher: byStep()})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.gather(context.Background()); err != nil {
		t.Fatal(err)
	}
	for i, a := range l.x.action {
		step := i / l.x.rows % spec.Horizon % 24 // the toy's episodes have 24 steps
		if want := int32(1 + 2*(step/8%2)); !l.x.forced[i] && l.x.offset[i*l.actions+int(want)] != forbidden && a != want {
			t.Fatalf("row-step %d, step %d of its episode: action %d, want %d", i, step, a, want)
		}
	}
}

func TestSlopeOfImitation(t *testing.T) {
	l := &lossGraph{in: inputs{aside: make([]float32, shardRows*(3+numAside)), weight: []float32{0.5}, imitate: true},
		spec: Spec{TeacherSmoothing: 0.3}, actions: 3, z: make([]float32, 3), p: make([]float32, 3),
		out: outcome{logProb: make([]float32, 1), negEntropy: make([]float32, 1), ratio: make([]float64, 1), agreed: make([]bool, 1)}}
	offset, aside := l.in.at(0)
	offset[1], aside[asideAction] = forbidden, 2
	loss, slope := make([]float32, 1), make([]float32, 3)
	logits := []float32{0.3, 9, -0.2}
	l.policy(loss, slope, logits)
	sum := math.Exp(0.3) + math.Exp(-0.2)
	want := -0.5 * (0.15*(0.3-math.Log(sum)) + 0.85*(-0.2-math.Log(sum)))
	if math.Abs(float64(loss[0])-want) > 1e-6 || l.out.agreed[0] {
		t.Errorf("loss %g, agreed %v, want %g, false", loss[0], l.out.agreed[0], want)
	}
	for j, want := range []float64{0.5 * (math.Exp(0.3)/sum - 0.15), 0, 0.5 * (math.Exp(-0.2)/sum - 0.85)} {
		if math.Abs(float64(slope[j])-want) > 1e-6 {
			t.Errorf("slope by logit %d is %g, want %g", j, slope[j], want)
		}
	}
}

func TestTeacherFaults(t *testing.T) {
	lax := &rule{lax: true, want: func(step int, _ []float32) int { return step % 3 }}
	gather := func(context.Context, *Checkpoint, int, func(int, []byte) error) error { return nil }
	for _, c := range []struct {
		change func(*Spec)
		opt    Options
		want   string
	}{
		{func(*Spec) {}, Options{}, `teacher: none was given for "rule"`},
		{func(s *Spec) { s.Teacher = "" }, Options{Teacher: byStep()}, "teacher: rule was given, but the spec names none"},
		{func(*Spec) {}, Options{Teacher: byStep(), Gather: gather}, `teacher: shards that are played elsewhere have none, allowed there: empty, got "rule"`},
		{func(*Spec) {}, Options{Teacher: &rule{}}, "teacher rule: cannot act here"},
		{func(*Spec) {}, Options{Teacher: lax}, "the mask does not allow action"},
		{func(s *Spec) { s.TeacherIterations = 5 }, Options{Teacher: byStep()}, "teacher_iterations: at most the 4 of iterations, got 5"},
		{func(s *Spec) { s.TeacherIterations = 0 }, Options{Teacher: byStep()}, "teacher_iterations: allowed 1 to 1e+06, got 0"},
		{func(s *Spec) { s.TeacherSmoothing = 0.6 }, Options{Teacher: byStep()}, "teacher_smoothing: allowed 0 to 0.5, got 0.6"},
	} {
		spec := taughtSpec()
		c.change(&spec)
		_, err := Train(context.Background(), spec, toyMaker(envtest.NewMask).make(100), c.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	if _, err := NewPlayer(&Checkpoint{Spec: taughtSpec()}, guardedCells.make(100), 1); err == nil || !strings.Contains(err.Error(), "played elsewhere") {
		t.Errorf("a player of a training with a teacher: error %v", err)
	}
}
