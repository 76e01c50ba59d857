package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"hibernet/agents"
	"hibernet/env"
)

var contenders = []Contender{contender("always_on", 0), contender("light", 1), contender("deep", 2), randomContender()}

func TestSameBitsForAnyWorkers(t *testing.T) {
	var want []Episode
	for _, workers := range []int{1, 2, 7} {
		var calls int
		got, err := Run(context.Background(), makeFake(nil), contenders, Options{
			Seeds: []uint64{3, 1, 4, 1 << 60}, Episodes: 3, Workers: workers,
			Progress: func(done, total int) {
				if calls++; done != calls || total != 16 {
					t.Errorf("progress %d of %d at call %d", done, total, calls)
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers: other episodes", workers)
		}
	}
	for i, e := range want {
		if e.Policy != contenders[i/12].Name || e.Seed != []uint64{3, 1, 4, 1 << 60}[i/3%4] || e.Episode != i%3 || e.Steps != 8 {
			t.Errorf("episode %d is %+v", i, e)
		}
	}
}

func TestPoliciesGetASeedAnEpisode(t *testing.T) {
	var seeds []uint64
	c := Contender{Name: "dice", New: func() (agents.Policy, error) { return &dice{seeds: &seeds}, nil }}
	if _, err := Run(context.Background(), makeFake(nil), []Contender{c}, Options{Seeds: []uint64{1, 2}, Episodes: 2, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	for _, s := range seeds {
		seen[s] = true
	}
	if len(seeds) != 4 || len(seen) != 4 {
		t.Errorf("policy seeds %v: want four different ones", seeds)
	}
}

func TestOtherTrafficIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		bias float64
		want string
	}{
		"other traffic": {1e-7, "policies always_on and deep were not offered the same traffic: seed 9, episode 0"},
		"rounding":      {1e-14, ""},
	} {
		mk := makeFake(func(e *fakeEnv) {
			e.bias = func(a int) float64 {
				if a == 2 {
					return c.bias
				}
				return 0
			}
		})
		_, err := Run(context.Background(), mk, contenders[:3], Options{Seeds: []uint64{9}, Episodes: 2, Workers: 2})
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestEpisodesOfOtherLengthAreAnError(t *testing.T) {
	var n atomic.Int64
	mk := func(uint64, []string) (env.Environment, error) {
		return &silentEnv{fakeEnv{rows: 2, steps: 3 + int(n.Add(1))}}, nil
	}
	_, err := Run(context.Background(), mk, contenders[:2], Options{Seeds: []uint64{9}, Episodes: 1, Workers: 1})
	if err == nil || !strings.Contains(err.Error(), "did not play the same time: seed 9, episode 0: 4 and 5 steps") {
		t.Errorf("error %v", err)
	}
}

// silentEnv reports no figures.
type silentEnv struct{ fakeEnv }

func (e *silentEnv) Figures(dst []env.Figure) []env.Figure { return dst }

func TestFirstErrorWinsForAnyWorkers(t *testing.T) {
	list := []Contender{contender("a", 0), contender("b", 1)}
	mk := func(seed uint64, _ []string) (env.Environment, error) {
		if seed >= 6 {
			return nil, fmt.Errorf("no network %d", seed)
		}
		return makeFake(nil)(seed, nil)
	}
	for range 20 {
		for _, workers := range []int{1, 2, 7} {
			_, err := Run(context.Background(), mk, list, Options{Seeds: []uint64{1, 2, 6, 7, 8}, Episodes: 1, Workers: workers})
			if err == nil || err.Error() != "evaluate: policy a, seed 6: no network 6" {
				t.Fatalf("%d workers: error %v", workers, err)
			}
		}
	}
	_, err := Run(context.Background(), makeFake(nil), []Contender{brokenContender("x")}, Options{Seeds: []uint64{1}, Episodes: 1, Workers: 1})
	if err == nil || !strings.Contains(err.Error(), "policy x, seed 1: no weights") {
		t.Errorf("error %v", err)
	}
}

func TestCancelledRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, makeFake(nil), contenders, Options{Seeds: []uint64{1}, Episodes: 1, Workers: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestRunNamesEveryBadArgument(t *testing.T) {
	_, err := Run(context.Background(), makeFake(nil), []Contender{contender("a", 0), contender("a", 1), {}}, Options{Seeds: []uint64{5, 5}})
	for _, want := range []string{`policies[1]: name "a" is used twice`, "policies[2]: needs a name", "seeds[1]: 5 is given twice", "episodes: must be", "workers: must be"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
	if _, err := Run(context.Background(), makeFake(nil), nil, Options{}); err == nil || !strings.Contains(err.Error(), "no policies") {
		t.Errorf("error %v", err)
	}
}

func TestNumberJSON(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		if b, err := Number(v).MarshalJSON(); string(b) != "null" || err != nil {
			t.Errorf("%v is %s, %v", v, b, err)
		}
	}
	var n Number
	if err := n.UnmarshalJSON([]byte("null")); err != nil || !math.IsNaN(float64(n)) {
		t.Errorf("null is %v, %v", n, err)
	}
	if err := n.UnmarshalJSON([]byte("1.5")); err != nil || n != 1.5 {
		t.Errorf("1.5 is %v, %v", n, err)
	}
}
