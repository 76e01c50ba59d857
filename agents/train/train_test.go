package train

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/sim/kpi"
)

// script is a learner that does nothing, and fails where it is told to.
type script struct{ total, done, fail int }

type state struct{ after int }

func (state) Encode() ([]byte, error) { return nil, nil }
func (s state) Completed() int        { return s.after }
func (s state) Policy() Policy        { return &mlp.Policy{Workers: s.after} }

func (*script) Name() string             { return "script" }
func (s *script) Iterations() int        { return s.total }
func (s *script) Completed() int         { return s.done }
func (s *script) Checkpoint() Checkpoint { return state{s.done} }
func (s *script) Iterate(context.Context) (Iteration, error) {
	if s.done == s.fail {
		return Iteration{}, ErrDiverged
	}
	s.done++
	return Iteration{Number: s.done - 1}, nil
}

// The verdicts of a script by the number of completed iterations.
func judge(list ...Verdict) func(context.Context, Policy) (Verdict, error) {
	return func(_ context.Context, p Policy) (Verdict, error) { return list[p.(*mlp.Policy).Workers-1], nil }
}

// staged is a script that ends a stage after two iterations.
type staged struct{ script }

func (s *staged) EndsStage() bool { return s.done == 2 }

func TestRunJudgesTheEndOfAStage(t *testing.T) {
	for _, c := range []struct {
		every int
		want  []int
	}{{4, []int{1, 3, 4}}, {0, nil}} {
		opt := Options{Spec: Spec{JudgeEvery: c.every}, Judge: judge(make([]Verdict, 5)...)}
		history, err := Run(context.Background(), &staged{script{total: 5, fail: -1}}, opt)
		if err != nil {
			t.Fatal(err)
		}
		var judged []int
		for _, it := range history {
			if it.Verdict != nil {
				judged = append(judged, it.Number)
			}
		}
		if !slices.Equal(judged, c.want) {
			t.Errorf("judge_every %d: verdicts after the iterations %v, want %v", c.every, judged, c.want)
		}
	}
}

// judged is a script whose state tells of the verdicts that it took.
type judged struct {
	script
	taken int
}

func (j *judged) TakeVerdict(v Verdict)  { j.taken += int(v.Saving) }
func (j *judged) Checkpoint() Checkpoint { return state{j.done + 100*j.taken} }

// What is kept after a verdict is the state that knows of it.
func TestRunTellsTheLearnerOfVerdicts(t *testing.T) {
	var kept []int
	_, err := Run(context.Background(), &judged{script: script{total: 4, fail: -1}}, Options{
		Spec:  Spec{JudgeEvery: 2},
		Judge: func(context.Context, Policy) (Verdict, error) { return Verdict{Saving: 1}, nil },
		Keep: func(_ Iteration, s Checkpoint, _ bool) error {
			kept = append(kept, s.(state).after)
			return nil
		},
	})
	if want := []int{1, 102, 103, 204}; err != nil || !slices.Equal(kept, want) {
		t.Errorf("states %v, %v, want %v", kept, err, want)
	}
}

func TestRunKeepsTheBestFeasibleAndStopsEarly(t *testing.T) {
	verdicts := []Verdict{
		{Saving: 0.9, Excess: 0.5}, // breaks a limit by much
		{Saving: 0.9, Excess: 0.1}, // by less: better
		{Saving: 0.1, Excess: 0},   // keeps them: better
		{Saving: 0.3, Excess: -1},  // saves more: better
		{Saving: 0.3, Excess: -2},  // no more: the first stays
		{Saving: 0.8, Excess: 0.01},
		{Saving: 0.9, Excess: -1}, // not reached
	}
	var best []int
	keep := func(it Iteration, _ Checkpoint, better bool) error {
		if better {
			best = append(best, it.Number)
		}
		return nil
	}
	opt := Options{Spec: Spec{JudgeEvery: 1, Patience: 2}, Judge: judge(verdicts...), Keep: keep}
	history, err := Run(context.Background(), &script{total: 7, fail: -1}, opt)
	if err != nil || len(history) != 6 || !slices.Equal(best, []int{0, 1, 2, 3}) {
		t.Errorf("%d iterations, best %v, error %v; want 6, best 0 1 2 3", len(history), best, err)
	}
	// Resumed anywhere it ends the same way.
	for n := range 6 {
		opt.History, opt.Keep = history[:n], nil
		again, err := Run(context.Background(), &script{total: 7, done: n, fail: -1}, opt)
		if err != nil || len(again) != 6 {
			t.Errorf("resumed after %d: %d iterations, error %v", n, len(again), err)
		}
	}
}

func TestRunJudgesEveryFewAndTheLast(t *testing.T) {
	verdicts := make([]Verdict, 8)
	history, err := Run(context.Background(), &script{total: 8, fail: -1}, Options{Spec: Spec{JudgeEvery: 3}, Judge: judge(verdicts...)})
	var judged []int
	for _, it := range history {
		if it.Verdict != nil {
			judged = append(judged, it.Number)
		}
	}
	if err != nil || !slices.Equal(judged, []int{2, 5, 7}) {
		t.Errorf("judged %v (%v), want 2 5 7", judged, err)
	}
}

func TestRunStopsOnFaultsWithWhatIsComplete(t *testing.T) {
	full := errors.New("disk full")
	for _, c := range []struct {
		name string
		opt  Options
		want string
		is   error
	}{
		{"diverged", Options{}, "script: iteration 2: training diverged", ErrDiverged},
		{"keep", Options{Keep: func(it Iteration, _ Checkpoint, _ bool) error {
			if it.Number == 2 {
				return full
			}
			return nil
		}}, "script: iteration 2: checkpoint: disk full", full},
		{"judge", Options{Spec: Spec{JudgeEvery: 3}, Judge: func(context.Context, Policy) (Verdict, error) { return Verdict{}, full }},
			"script: iteration 2: verdict: disk full", full},
	} {
		fail := -1
		if c.name == "diverged" {
			fail = 2
		}
		history, err := Run(context.Background(), &script{total: 5, fail: fail}, c.opt)
		if len(history) != 2 || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d iterations, error %v; want 2 and %q", c.name, len(history), err, c.want)
		}
	}
	if _, err := Run(context.Background(), &script{total: 5, done: 3}, Options{}); err == nil {
		t.Error("a history that does not fit was taken")
	}
}

func TestJudge(t *testing.T) {
	nan := math.NaN()
	limits := []Limit{
		{Guard: kpi.Guard{Figure: "dropped_pct", AtMost: true}, Bound: 2},
		{Guard: kpi.Guard{Figure: "throughput_p5_mbps"}, Bound: 10},
	}
	for _, c := range []struct{ dropped, p5, excess float64 }{
		{1, 20, -0.5},       // -0.5 and -1
		{3, 20, 0.5},        // (3-2)/2
		{2, 9, 0.1},         // at the limit, and (10-9)/10
		{1, nan, MaxExcess}, // what is not known is broken
		{1e12, 20, MaxExcess},
		{math.Inf(-1), 20, MaxExcess},
	} {
		v := Judge(0.25, limits, func(name string) float64 {
			return map[string]float64{"dropped_pct": c.dropped, "throughput_p5_mbps": c.p5}[name]
		})
		if math.Abs(v.Excess-c.excess) > 1e-12 || v.Saving != 0.25 || v.Feasible() != (c.excess <= 0) {
			t.Errorf("dropped %g, p5 %g: %+v, want an excess of %g", c.dropped, c.p5, v, c.excess)
		}
		if worst := max(v.Guards[0].Excess, v.Guards[1].Excess); worst != v.Excess {
			t.Errorf("dropped %g, p5 %g: the worst of the guards is %g: %+v", c.dropped, c.p5, worst, v)
		}
		if broken := v.Guards[0].Broken || v.Guards[1].Broken; broken == v.Feasible() {
			t.Errorf("dropped %g, p5 %g: %+v", c.dropped, c.p5, v)
		}
	}
}

func TestTogetherIsTheMeanSavingAndEachGuardAtItsWorst(t *testing.T) {
	limits := []Limit{{Guard: kpi.Guard{Figure: "a", AtMost: true}, Bound: 1}, {Guard: kpi.Guard{Figure: "b"}, Bound: 10}}
	play := func(saving, a, b float64) Verdict {
		return Judge(saving, limits, func(name string) float64 { return map[string]float64{"a": a, "b": b}[name] })
	}
	v := Together([]Verdict{play(0.1, 0.5, 20), play(0.3, 1.5, 40), play(0.2, 0.25, 12)})
	if math.Abs(v.Saving-0.2) > 1e-12 || v.Excess != 0.5 || v.Feasible() {
		t.Errorf("saving %g, excess %g; want 0.2 and 0.5", v.Saving, v.Excess)
	}
	if a, b := v.Guards[0], v.Guards[1]; a.Value != 1.5 || !a.Broken || b.Value != 12 || b.Broken {
		t.Errorf("guards %+v; want a at 1.5, broken, and b at 12, kept", v.Guards)
	}
	if v := Together([]Verdict{play(0.1, 0.5, 20), play(0.1, math.NaN(), 30)}); !v.Guards[0].Broken || v.Excess != MaxExcess {
		t.Errorf("a figure that is not defined in one draw: %+v", v)
	}
}

func TestResolve(t *testing.T) {
	var guards []kpi.Guard
	for _, text := range []string{"dropped_pct <= 1", "throughput_p5_mbps >= 0.8 * always_on"} {
		g, err := kpi.ParseGuard(text)
		if err != nil {
			t.Fatal(err)
		}
		guards = append(guards, g)
	}
	limits, err := Resolve(guards, 0, func(figure string) float64 {
		if figure != "throughput_p5_mbps" {
			t.Errorf("asked for %s, which no limit needs", figure)
		}
		return 5
	})
	if err != nil || limits[0].Bound != 1 || limits[1].Bound != 4 {
		t.Errorf("limits %v, error %v; want 1 and 4", limits, err)
	}
	limits, err = Resolve(guards, 0.5, func(string) float64 { return 5 })
	if err != nil || limits[0].Bound != 0.5 || limits[1].Bound != 4.5 {
		t.Errorf("with half of the room kept free: limits %v, error %v; want 0.5 and 4.5", limits, err)
	}
	if _, err := Resolve(guards, 0, func(string) float64 { return math.NaN() }); err == nil || !strings.Contains(err.Error(), `guard "throughput_p5_mbps >= 0.8 * always_on": the limit is NaN`) {
		t.Errorf("error %v", err)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	if errs := DefaultSpec().Validate(); len(errs) > 0 {
		t.Errorf("the defaults are faulty: %v", errs)
	}
	text := errors.Join(Spec{JudgeEvery: -1, HeldOut: 7, JudgeMargin: -1, Margin: 1, Patience: -1}.Validate()...).Error()
	for _, key := range []string{"judge_every: allowed 0 to 1000000, got -1", "judge_seeds: allowed 1 to 1000, got 0", "held_out: ", "judge_margin: allowed 0 to 0.99, got -1", "\nmargin: allowed 0 to 0.99, got 1", "patience: "} {
		if !strings.Contains(text, key) {
			t.Errorf("no %q in %s", key, text)
		}
	}
	if errs := (Spec{JudgeSeeds: 1, HeldOut: 1, Patience: 1}).Validate(); len(errs) != 1 {
		t.Errorf("patience without verdicts: %v", errs)
	}
}

func TestFiniteAndFigure(t *testing.T) {
	it := Iteration{Learning: Finite([]env.Figure{{Name: "a", Value: 1}, {Name: "b", Value: math.NaN()}, {Name: "c", Value: math.Inf(1)}, {Name: "d", Value: 2}})}
	if len(it.Learning) != 2 || it.Figure("d") != 2 || !math.IsNaN(it.Figure("b")) {
		t.Errorf("%+v", it.Learning)
	}
}

func TestMeansAreOverThoseThatHaveTheFigure(t *testing.T) {
	got := Means([][]env.Figure{{{Name: "a", Value: 1}, {Name: "b", Value: 2}}, {{Name: "b", Value: 4}}, {{Name: "c", Unit: "s", Value: 5}, {Name: "a", Value: 2}}})
	want := []env.Figure{{Name: "a", Value: 1.5}, {Name: "b", Value: 3}, {Name: "c", Unit: "s", Value: 5}}
	if !slices.Equal(got, want) {
		t.Errorf("means %v, want %v", got, want)
	}
}
