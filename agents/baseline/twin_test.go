package baseline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hibernet/agents"
	"hibernet/env"
)

// plainThreshold is the rule in units and seconds, cell by cell.
type plainThreshold struct {
	spec         ThresholdSpec
	s            env.Schema
	sleep, wake  []float64 // clocks, s
	last, passed float64   // h, s
}

func (p *plainThreshold) act(b *env.Batch) []int32 {
	out := make([]int32, len(b.Reward))
	raw := func(row int, name string) float64 {
		i, _ := p.s.Column(name)
		return p.s.Fields[i].Raw(b.Obs[row*len(p.s.Fields)+i])
	}
	hour := raw(0, "hour")
	if p.passed = 0; !math.IsNaN(p.last) {
		if p.passed = seconds(hour) - seconds(p.last); p.passed <= 0 {
			p.passed += 86400
		}
	}
	p.last = hour
	for row := range out {
		out[row] = p.row(row, func(name string) float64 { return raw(row, name) }, func(names ...string) int32 {
			mask := b.Mask[row*len(ladder) : (row+1)*len(ladder)]
			for _, name := range append(names, "full") {
				if a := slices.Index(ladder, name); mask[a] {
					return int32(a)
				}
			}
			return int32(slices.Index(mask, true))
		})
	}
	return out
}

func (p *plainThreshold) row(row int, raw func(string) float64, pick func(...string) int32) int32 {
	if raw("is_coverage") > 0.5 {
		return pick()
	}
	hold := func(clock *float64, now bool, need float64) bool {
		if !now {
			*clock = 0
			return false
		}
		*clock += p.passed
		return *clock >= need
	}
	maySleep := hold(&p.sleep[row], raw("own_load") < p.spec.OwnSleepBelow && raw("candidate_load") < p.spec.CandidateSleepBelow, p.spec.SleepAfterS)
	mustWake := hold(&p.wake[row], raw("candidate_load") > p.spec.CandidateWakeAbove, p.spec.WakeAfterS)
	dwelt := seconds(raw("time_in_state_min")/60) >= p.spec.DwellS
	for _, name := range sleepStates {
		if raw("state_"+name) < 0.5 {
			continue
		}
		if mustWake && dwelt {
			return pick()
		}
		return pick(name, p.spec.State)
	}
	if maySleep && dwelt {
		return pick(p.spec.State)
	}
	return pick()
}

// near returns a value at a limit, a hair to either side, or anywhere.
func near(random *rand.Rand, limits ...float64) float64 {
	x := limits[random.IntN(len(limits))]
	switch random.IntN(4) {
	case 0:
		return x
	case 1:
		return math.Nextafter(x, -1)
	case 2:
		return x * (1 + 1e-7*(random.Float64()-0.5))
	}
	return random.Float64()
}

func TestThresholdIsItsTwin(t *testing.T) {
	s := sleepSchema()
	var count [8]int
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 4))
		spec := DefaultThresholdSpec()
		spec.SleepAfterS, spec.WakeAfterS, spec.DwellS = 600*random.Float64(), []float64{0, 300, 900.07}[random.IntN(3)], 300
		spec.State = sleepStates[random.IntN(3)]
		rule, err := NewThreshold(spec)
		if err != nil {
			t.Fatal(err)
		}
		const rows = 1100
		rule.SetWorkers(1 + int(seed%3))
		reset(t, rule, s, rows, 1)
		plain := &plainThreshold{spec: spec, s: s, sleep: make([]float64, rows), wake: make([]float64, rows), last: math.NaN()}
		cells := make([]cell, rows)
		for step := range 12 {
			for row := range cells {
				c := cell{hour: math.Mod(20+float64(step)*0.25, 24), own: near(random, 0.3), candidate: near(random, 0.7, 0.8, 0.9),
					sinceMin: 60 * near(random, 5.0/60), coverage: random.IntN(5) == 0, state: ladder[random.IntN(8)]}
				for _, name := range ladder {
					if random.IntN(4) == 0 && len(c.forbidden) < 7 {
						c.forbidden = append(c.forbidden, name)
					}
				}
				cells[row] = c
			}
			b, got := batch(t, s, cells...), make([]int32, rows)
			if err := rule.ActTo(got, b); err != nil {
				t.Fatal(err)
			}
			for row, want := range plain.act(b) {
				if got[row] != want {
					t.Fatalf("seed %d, step %d: %+v: %s, twin %s", seed, step, cells[row], ladder[got[row]], ladder[want])
				}
				count[want]++
			}
		}
	}
	if slices.Min(count[:]) == 0 {
		t.Errorf("actions %v: the test is void", count)
	}
}

// The limits are the first observations that meet their conditions.
func TestLimitsAreExact(t *testing.T) {
	for _, f := range []env.Field{{Scale: 1}, {Offset: 0.25, Scale: 0.25}, {Offset: 60, Scale: 60}, {Offset: -3, Scale: 1e-3}} {
		c := column{field: f}
		for _, limit := range []float64{-1, 0, 1e-9, 0.3, 5, 1e5} {
			met := func(x float64) bool { return x >= limit }
			x, err := c.least(met)
			if below := math.Nextafter32(x, float32(math.Inf(-1))); err != nil || !met(f.Raw(x)) || met(f.Raw(below)) {
				t.Errorf("%+v, limit %v: %v (%v), below %v", f, limit, x, err, below)
			}
		}
		for _, all := range []bool{false, true} {
			want := map[bool]float64{false: math.Inf(1), true: math.Inf(-1)}[all]
			if x, _ := c.least(func(float64) bool { return all }); float64(x) != want {
				t.Errorf("%+v: a condition that is %v begins at %v", f, all, x)
			}
		}
	}
	if _, err := (column{field: env.Field{Name: "upside down", Scale: -1}}).least(nil); err == nil {
		t.Error("a negative scale was accepted")
	}
}

// The same actions from any number of goroutines, and from the named columns
// alone.
func TestColumnsAndWorkersChangeNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 5))
	s := sleepSchema()
	cells := make([]cell, 1500)
	for row := range cells {
		cells[row] = cell{hour: 3, own: random.Float64(), candidate: random.Float64(), sinceMin: 10 * random.Float64(),
			coverage: random.IntN(3) == 0, state: ladder[random.IntN(8)], forbidden: ladder[5+random.IntN(3) : 8]}
	}
	whole := batch(t, s, cells...)
	for _, name := range Names() {
		var want []int32
		for workers := range 4 {
			p, err := New(name, DefaultSpec())
			if err != nil {
				t.Fatal(err)
			}
			agents.SetWorkers(p, workers)
			b, schema := whole, s
			if workers > 1 {
				b, schema = narrow(t, whole, s, agents.Columns(p))
			}
			got := make([]int32, len(cells))
			reset(t, p, schema, len(cells), 7)
			if err := p.ActTo(got, b); err != nil {
				t.Fatal(err)
			}
			if workers == 0 {
				want = slices.Clone(got)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: other actions with %d workers", name, workers)
			}
		}
		b, schema := narrow(t, whole, s, nil)
		p, _ := New(name, DefaultSpec())
		err := p.Reset(schema, len(b.Reward), 1)
		if reads := len(agents.Columns(p)) > 0; reads != (err != nil) {
			t.Errorf("%s reads columns: %v; without any: %v", name, reads, err)
		}
	}
}

// narrow returns the batch with the named columns only.
func narrow(t *testing.T, b *env.Batch, s env.Schema, names []string) (*env.Batch, env.Schema) {
	t.Helper()
	less := s
	less.Fields = nil
	out := *b
	out.Obs = nil
	for row := range b.Reward {
		for i, f := range s.Fields {
			if slices.Contains(names, f.Name) {
				out.Obs = append(out.Obs, b.Obs[row*len(s.Fields)+i])
			}
		}
	}
	for _, f := range s.Fields {
		if slices.Contains(names, f.Name) {
			less.Fields = append(less.Fields, f)
		}
	}
	if len(less.Fields) != len(names) {
		t.Fatalf("columns %v: the schema has %d of them", names, len(less.Fields))
	}
	out.FinalObs = make([]float32, len(out.Obs))
	return &out, less
}

func BenchmarkThreshold(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("%d workers", workers), func(b *testing.B) {
			const rows = 100_000
			p, _ := NewThreshold(DefaultThresholdSpec())
			s := sleepSchema()
			s.Fields = slices.DeleteFunc(s.Fields, func(f env.Field) bool { return !slices.Contains(p.Columns(), f.Name) })
			p.SetWorkers(workers)
			if err := p.Reset(s, rows, 1); err != nil {
				b.Fatal(err)
			}
			random := rand.New(rand.NewPCG(1, 2))
			batch := &env.Batch{Obs: make([]float32, rows*len(s.Fields)), FinalObs: make([]float32, rows*len(s.Fields)),
				Mask: slices.Repeat([]bool{true}, rows*8), Reward: make([]float32, rows), Terminated: make([]bool, rows), Truncated: make([]bool, rows)}
			for i := range batch.Obs {
				batch.Obs[i] = random.Float32()
			}
			dst := make([]int32, rows)
			b.ReportAllocs()
			for b.Loop() {
				if err := p.ActTo(dst, batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/cell")
		})
	}
}
