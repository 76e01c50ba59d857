package envtest

import (
	"math"
	"testing"

	"hibernet/env"
)

// toys makes each toy; deterministic ones are known to pay exactly Best.
var toys = []struct {
	name          string
	mk            func(rows int) (*Toy, error)
	seedless      bool
	best, naive   func(t *Toy, row int, obs []float32, mask []bool) int
	deterministic bool
}{
	{name: "identity", mk: NewIdentity, deterministic: true,
		best: func(_ *Toy, _ int, obs []float32, _ []bool) int { return hot(obs) }},
	{name: "mask", mk: NewMask, deterministic: true,
		best: func(_ *Toy, _ int, _ []float32, mask []bool) int {
			if mask[0] {
				return 0
			}
			return 1
		},
		naive: func(*Toy, int, []float32, []bool) int { return 1 }},
	{name: "delay", mk: NewDelay, deterministic: true,
		best: func(_ *Toy, _ int, obs []float32, _ []bool) int { return int(obs[1]) },
		naive: func(_ *Toy, _ int, obs []float32, _ []bool) int {
			return 1 - int(obs[1])
		}},
	{name: "truncation", mk: NewTruncation, seedless: true, deterministic: true,
		best:  func(*Toy, int, []float32, []bool) int { return 1 },
		naive: func(*Toy, int, []float32, []bool) int { return 0 }},
	{name: "two_cells", mk: NewTwoCells,
		best: func(_ *Toy, _ int, obs []float32, _ []bool) int {
			_, action := solveTwoCells(twoLostPrice, twoAllowed)
			left := int(math.Round(float64(obs[5]) * twoHorizon))
			return action[left][hot(obs[:3])][int(obs[3])+2*int(obs[4])]
		},
		naive: func(*Toy, int, []float32, []bool) int { return twoBoth }},
	{name: "ration", mk: NewRation,
		best: func(_ *Toy, row int, obs []float32, _ []bool) int {
			if obs[2] == 1 && row%3 != 0 {
				return 0
			}
			return 1
		},
		naive: func(_ *Toy, _ int, obs []float32, _ []bool) int { return int(1 - obs[2]) }},
	{name: "two_cells_guarded", mk: NewTwoCellsGuarded,
		best:  bestGuarded,
		naive: func(*Toy, int, []float32, []bool) int { return twoBoth }},
}

func hot(obs []float32) int {
	for i, x := range obs {
		if x == 1 {
			return i
		}
	}
	return -1
}

// returns plays one episode and gives the mean return over rows and its
// standard error.
func returns(t *testing.T, e *Toy, seed uint64, choose func(t *Toy, row int, obs []float32, mask []bool) int) (mean, stderr float64) {
	t.Helper()
	b := env.NewBatch(e)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	fields, width := len(e.Schema().Fields), len(e.Schema().Actions)
	actions := make([]int32, e.Rows())
	for range e.Horizon() {
		for row := range actions {
			actions[row] = int32(choose(e, row, b.Obs[row*fields:(row+1)*fields], b.Mask[row*width:(row+1)*width]))
		}
		if err := e.Step(actions, b); err != nil {
			t.Fatal(err)
		}
	}
	ended, err := b.Ended()
	if err != nil || !ended {
		t.Fatalf("ended %v, error %v after the horizon", ended, err)
	}
	square := 0.0
	for _, r := range e.returns {
		mean += r / float64(e.rows)
	}
	for _, r := range e.returns {
		square += (r - mean) * (r - mean) / float64(e.rows)
	}
	if got := e.Figures(nil)[0].Value; math.Abs(got-mean) > 1e-9 {
		t.Errorf("return_mean %v, want %v", got, mean)
	}
	return mean, math.Sqrt(square / float64(e.rows))
}

func TestToysKeepTheContract(t *testing.T) {
	for _, c := range toys {
		for _, mode := range []env.ResetMode{env.Disabled, env.NextStep, env.SameStep} {
			t.Run(c.name+"/"+mode.String(), func(t *testing.T) {
				mk := func() (env.Environment, error) {
					e, err := c.mk(5)
					if err != nil {
						return nil, err
					}
					return env.AutoReset(e, mode), nil
				}
				opt := Options{Seed: 3, Low: 0, High: 1, SeedIndependent: c.seedless}
				if err := Check(mk, opt); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestToysReturns(t *testing.T) {
	for _, c := range toys {
		t.Run(c.name, func(t *testing.T) {
			e, err := c.mk(2000)
			if err != nil {
				t.Fatal(err)
			}
			if e.Naive() >= e.Best() {
				t.Errorf("naive %v, best %v", e.Naive(), e.Best())
			}
			for policy, want := range map[string]float64{"best": e.Best(), "naive": e.Naive()} {
				choose := c.best
				if policy == "naive" {
					choose = c.naive
				}
				if choose == nil {
					continue
				}
				got, stderr := returns(t, e, 11, choose)
				tolerance := 4*stderr + 1e-9
				if c.deterministic {
					tolerance = 1e-9
				}
				if math.Abs(got-want) > tolerance {
					t.Errorf("%s: return %v, want %v within %v", policy, got, want, tolerance)
				}
				if g := e.Schema().Guards; len(g) > 0 {
					figure := e.Figures(nil)[2]
					if figure.Name != g[0].Name || figure.Value > 1.05*e.Limit() || policy == "best" && figure.Value < 0.95*e.Limit() {
						t.Errorf("%s: figure %+v at a limit of %v: the best policy spends it, none exceeds it", policy, figure, e.Limit())
					}
				}
			}
		})
	}
}

func TestToysRefuseNoRows(t *testing.T) {
	for _, c := range toys {
		for _, rows := range []int{0, -1} {
			if _, err := c.mk(rows); err == nil {
				t.Errorf("%s: %d rows accepted", c.name, rows)
			}
		}
	}
}

// The chain must be a chain: rows of probabilities that sum to 1.
func TestTwoCellsChain(t *testing.T) {
	for i, row := range twoChain {
		if math.Abs(row[0]+row[1]+row[2]-1) > 1e-12 {
			t.Errorf("row %d: %v", i, row)
		}
	}
}

// No policy of a set that is enumerated whole does better than the optimum:
// all stationary policies (an action for each of 9 states), evaluated by
// their own backward recursion.
func TestTwoCellsOptimumIsNotBeaten(t *testing.T) {
	best, _ := solveTwoCells(twoLostPrice, twoAllowed)
	top := math.Inf(-1)
	policy := [twoLevels][twoStates]int{}
	var walk func(state int)
	walk = func(state int) {
		if state == twoLevels*3 {
			v := evaluateTwoCells(policy)
			top = max(top, v)
			return
		}
		for a := 1; a < twoStates; a++ {
			if twoAllowed(1+state%3, a) {
				policy[state/3][1+state%3] = a
				walk(state + 1)
			}
		}
	}
	walk(0)
	want := best.start()
	if top > want+1e-9 {
		t.Errorf("a stationary policy returns %v, the optimum is %v", top, want)
	}
	// The horizon matters in the last steps only, so the best stationary
	// policy is near.
	if top < want-0.5 {
		t.Errorf("the best stationary policy returns %v, far from the optimum %v", top, want)
	}
}

func evaluateTwoCells(policy [twoLevels][twoStates]int) float64 {
	var value [twoLevels][twoStates]float64
	for range twoHorizon {
		var next [twoLevels][twoStates]float64
		for level := range twoLevels {
			for awake := 1; awake < twoStates; awake++ {
				a := policy[level][awake]
				energy, lost := twoStep(level, awake, a)
				v := -(energy + twoLostPrice*lost)
				for to, p := range twoChain[level] {
					v += p * value[to][a]
				}
				next[level][awake] = v
			}
		}
		value = next
	}
	return (value[0][twoBoth] + value[1][twoBoth] + value[2][twoBoth]) / 3
}

// Tabular temporal-difference learning on the toy itself, under the three
// ways to treat the last step.
func TestTruncationValues(t *testing.T) {
	const gamma = 0.9
	e, err := NewTruncation(1)
	if err != nil {
		t.Fatal(err)
	}
	learn := func(bootstrap func(final, first []float32) []float32) (cold, warm float64) {
		var value [2]float64
		wrapped := env.AutoReset(e, env.SameStep)
		b, seed := env.NewBatch(wrapped), uint64(1)
		if err := wrapped.Reset(&seed, b); err != nil {
			t.Fatal(err)
		}
		for i := range 400000 {
			from := hot(b.Obs)
			if err := wrapped.Step([]int32{1}, b); err != nil {
				t.Fatal(err)
			}
			next := b.Obs
			if b.Truncated[0] {
				next = bootstrap(b.FinalObs, b.Obs)
			}
			target := float64(b.Reward[0])
			if next != nil {
				target += gamma * value[hot(next)]
			}
			rate := 0.1 / (1 + float64(i)/2000)
			value[from] += rate * (target - value[from])
		}
		return value[0], value[1]
	}
	cold, warm := TruncationValue(gamma)
	wrongCold, wrongWarm := TruncationValueIfTerminated(gamma)
	if wrongWarm > 0.6*warm {
		t.Errorf("warm %v, if terminated %v: not measurably apart", warm, wrongWarm)
	}
	for name, c := range map[string]struct {
		bootstrap  func(final, first []float32) []float32
		cold, warm float64
	}{
		"final observation": {func(final, _ []float32) []float32 { return final }, cold, warm},
		"as a termination":  {func(_, _ []float32) []float32 { return nil }, wrongCold, wrongWarm},
	} {
		gotCold, gotWarm := learn(c.bootstrap)
		if math.Abs(gotCold-c.cold) > 0.05 || math.Abs(gotWarm-c.warm) > 0.05 {
			t.Errorf("%s: learnt %v, %v, want %v, %v", name, gotCold, gotWarm, c.cold, c.warm)
		}
	}
	if _, gotWarm := learn(func(_, first []float32) []float32 { return first }); gotWarm > warm-1 {
		t.Errorf("bootstrapping from the next episode learnt %v, not measurably below %v", gotWarm, warm)
	}
}
