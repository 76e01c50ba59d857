package sleep

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/env/shield"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/kpi"
	"hibernet/sim/power"
	"hibernet/sim/rng"
)

func TestContract(t *testing.T) {
	w := small().steered().noisy()
	w.sites, w.spec.EpisodeH = 2, 6
	for _, mode := range []env.ResetMode{env.Disabled, env.NextStep, env.SameStep} {
		for _, order := range []Order{Random, Sequential} {
			w.change = func(c *Config) { c.Order = order }
			mk := func() (env.Environment, error) {
				e, err := w.make(t)
				if err != nil {
					return nil, err
				}
				return env.AutoReset(e, mode), nil
			}
			if err := envtest.Check(mk, envtest.Options{Seed: 5, Low: -ObsLimit, High: ObsLimit}); err != nil {
				t.Errorf("%v, order %d: %v", mode, order, err)
			}
		}
	}
}

func TestHorizonTruncates(t *testing.T) {
	e := small().must(t)
	b := play(t, e, 1, awakeAlways, func(step int, b *env.Batch) {
		if b.Terminated[0] || b.Truncated[0] != (step == 96) {
			t.Fatalf("step %d: terminated %v, truncated %v", step, b.Terminated[0], b.Truncated[0])
		}
	})
	if err := e.Step(make([]int32, e.Rows()), b); !errors.Is(err, env.ErrEpisodeOver) {
		t.Errorf("step after the end: %v", err)
	}
}

// The books close: traffic, energy, and the cost as energy, drops, slow
// traffic and switches of the whole episode.
func TestConservation(t *testing.T) {
	for _, overload := range []string{sim.OverloadDrop, sim.OverloadQueue} {
		w := small().steered()
		w.network.Overload = overload
		slow := 0.0
		var money Cost
		w.change = func(c *Config) {
			c.Demand = func(key rng.Key) sim.DemandSource { return diurnal{key: key, peak: 2e9, noise: 0.5} }
			c.Observe = func(m *Moment) error {
				for s := range m.Network.Topology().Sectors() {
					x := m.CostOf(s)
					money.Energy += x.Energy
					money.Drop += x.Drop
					money.Slow += x.Slow
					money.Switch += x.Switch
				}
				if m.Step > 0 {
					for _, bit := range m.Network.View().SlowBit {
						slow += float64(bit)
					}
				}
				return nil
			}
		}
		e := w.must(t)
		returned := 0.0
		play(t, e, 2, randomly(2), func(_ int, b *env.Batch) {
			for s := range e.net.Topology().Sectors() {
				returned += float64(b.Reward[e.net.Topology().SectorCellOff[s]])
			}
		})
		totals := e.Totals()
		traffic, energy := totals.Imbalance()
		if !(traffic < 1e-6) || !(energy < 1e-9) {
			t.Errorf("%s: traffic is off by %v, energy by %v", overload, traffic, energy)
		}
		if totals.DroppedBit == 0 || totals.Switches == 0 || slow == 0 {
			t.Errorf("%s: %v bit dropped, %d switches: the episode tests nothing", overload, totals.DroppedBit, totals.Switches)
		}
		for name, c := range map[string]struct{ got, want float64 }{
			"energy":  {money.Energy, (totals.EnergyJ - totals.SiteJ) / 3.6e6 * e.spec.EnergyPricePerKWh},
			"drops":   {money.Drop, totals.DroppedBit / 1e9 * e.spec.DropPricePerGbit},
			"slow":    {money.Slow, slow / 1e9 * e.spec.SlowPricePerGbit},
			"switch":  {money.Switch, float64(totals.Switches) * e.spec.SwitchPrice},
			"rewards": {-returned * e.scale, money.Total()},
		} {
			if math.Abs(c.got-c.want) > 1e-5*c.want {
				t.Errorf("%s: cost of %s %v, want %v", overload, name, c.got, c.want)
			}
		}
	}
}

// Always on without overload, the reward of a busy interval is about -1: the
// radio units draw more than half of their full power, and supply overhead.
func TestRewardScale(t *testing.T) {
	w := small()
	w.sites = 12
	e := w.must(t)
	least := 0.0
	play(t, e, 1, awakeAlways, func(step int, b *env.Batch) {
		if step > 0 {
			least = min(least, mean(b.Reward))
		}
	})
	if least > -0.4 || least < -1.2 {
		t.Errorf("busiest interval: mean reward %v, want about -1", least)
	}
}

func mean(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v)
	}
	return sum / float64(len(x))
}

// All rows of a sector share its reward, as the formula says.
func TestRewardIsTheSectors(t *testing.T) {
	e := small().must(t)
	top := e.net.Topology()
	play(t, e, 3, randomly(3), func(step int, b *env.Batch) {
		for s := range e.sectors {
			lo, hi := top.SectorCellOff[s], top.SectorCellOff[s+1]
			want := float32(-e.costOf(s).Total() / e.scale)
			for c := lo; c < hi; c++ {
				if step > 0 && b.Reward[c] != want {
					t.Fatalf("step %d, cell %d: reward %v, want %v", step, c, b.Reward[c], want)
				}
			}
		}
	})
}

func TestSleepSavesEnergy(t *testing.T) {
	e := small().must(t)
	play(t, e, 1, awakeAlways, nil)
	always := figure(t, e, "energy_kwh")
	if n := figure(t, e, "shield_total"); n != 0 {
		t.Errorf("always-on met the shield %v times", n)
	}
	play(t, e, 1, func(_, step int) int {
		if step < 24 {
			return int(power.Sleep)
		}
		return int(power.Full)
	}, nil)
	if asleep := figure(t, e, "energy_kwh"); asleep > 0.99*always {
		t.Errorf("energy %v kWh with a night asleep, %v always on", asleep, always)
	}
}

// Whatever the wishes, no bin that can be covered is in outage, coverage
// cells stay awake and a masked wish is never the shield's doing. The sparse
// network is one in which half the transmit power costs coverage.
func TestShieldHolds(t *testing.T) {
	for _, isdM := range []float64{0, 1500} {
		w := small().steered() // offsets choose among cells that reach a bin, so they open no hole
		w.isdM = isdM
		e := w.must(t)
		coverable := make([]bool, len(e.fullCell))
		play(t, e, 4, randomly(4), func(step int, b *env.Batch) {
			m := e.net.Model()
			for i := range coverable {
				if step == 0 {
					coverable[i] = m.Server(i) >= 0
				}
				if coverable[i] && m.Server(i) < 0 {
					t.Fatalf("step %d: bin %d lost its coverage", step, i)
				}
			}
			for c, k := range e.net.Topology().CellCarrier {
				if e.net.Topology().Carriers[k].Coverage && !e.view.Target[c].Awake() {
					t.Fatalf("step %d: coverage cell %d asleep", step, c)
				}
			}
		})
		counts := e.shield.Counts()
		for i, name := range shield.Causes() {
			other := name == "emergency_wake" || name == "coverage_hole"
			if !other && counts[i] > 0 {
				t.Errorf("%d interventions by %s: the mask should have kept them from being wished", counts[i], name)
			}
			if name == "coverage_hole" && isdM > 0 && counts[i] == 0 {
				t.Error("no wish was refused for coverage: the sparse network tests nothing")
			}
		}
	}
}

// When the cells that stand in are overloaded the shield wakes sleepers
// inside the interval.
func TestEmergencyInsideInterval(t *testing.T) {
	w := small()
	w.network.ControlS = 3600
	surge := des.Time(0)
	w.change = func(c *Config) {
		c.Days = []int{0}
		c.Demand = func(rng.Key) sim.DemandSource { return &surging{at: &surge} }
	}
	e := w.must(t)
	surge = 90 * des.Minute
	var asleep, awake int
	play(t, e, 1, func(int, int) int { return int(power.Sleep) }, func(step int, _ *env.Batch) {
		n := 0
		for c := range e.wish {
			if !e.view.Target[c].Awake() {
				n++
			}
		}
		switch step {
		case 1:
			asleep = n
		case 2:
			awake = n
		}
	})
	if asleep == 0 || awake >= asleep || figure(t, e, "shield_emergency_wake") == 0 {
		t.Errorf("%d asleep before the surge, %d in its interval", asleep, awake)
	}
}

type surging struct{ at *des.Time }

func (s *surging) DemandTo(dst []float32, at des.Time) {
	for i := range dst {
		dst[i] = 1e6
		if at >= *s.at {
			dst[i] = 3e9
		}
	}
}

func TestSameBitsForAnyWorkers(t *testing.T) {
	var want []uint32
	for _, workers := range []int{1, 2, 7} {
		w := small().steered().noisy()
		w.sites, w.workers, w.spec.EpisodeH = 16, workers, 3
		e := w.must(t)
		var got []uint32
		play(t, e, 6, randomly(6), func(_ int, b *env.Batch) {
			for _, x := range [][]float32{b.Obs, b.Reward, b.Cost} {
				for _, v := range x {
					got = append(got, math.Float32bits(v))
				}
			}
		})
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers: other bits than 1 worker", workers)
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	w := small().steered().noisy()
	w.change = func(c *Config) { c.Demand = func(rng.Key) sim.DemandSource { return diurnal{peak: 4e8} } }
	e := w.must(t)
	b, seed := env.NewBatch(e), uint64(1)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	actions := make([]int32, e.Rows())
	if n := testing.AllocsPerRun(20, func() {
		for row := range actions {
			actions[row] = 0
			if b.Mask[row*numActions+int(power.Sleep)] {
				actions[row] = int32(power.Sleep)
			} else if !b.Mask[row*numActions] {
				actions[row] = int32(e.target[row])
			} else if b.Mask[row*numActions+actCIODown] {
				actions[row] = int32(actCIODown)
			} else if b.Mask[row*numActions+actLayerUp] {
				actions[row] = int32(actLayerUp)
			}
		}
		if err := e.Step(actions, b); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}

func TestDaysInOrder(t *testing.T) {
	w := small()
	w.sites, w.spec.EpisodeH = 1, 0.25
	w.change = func(c *Config) { c.Order = Sequential }
	e := w.must(t)
	b, seed := env.NewBatch(e), uint64(9)
	dow, _ := e.schema.Column("dow")
	for i, want := range []float64{0, 5, 2, 0} {
		next := &seed
		if i > 0 {
			next = nil
		}
		if err := e.Reset(next, b); err != nil {
			t.Fatal(err)
		}
		if got := e.schema.Fields[dow].Raw(b.Obs[dow]); math.Abs(got-want) > 1e-6 {
			t.Errorf("episode %d: day %v, want %v", i, got, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for say, spoil := range map[string]func(w *world){
		"episode_h: must be in":   func(w *world) { w.spec.EpisodeH = -1 },
		"whole number of control": func(w *world) { w.spec.EpisodeH = 1.1 },
		"energy_price_per_kwh":    func(w *world) { w.spec.EnergyPricePerKWh = 0 },
		"drop_price_per_gbit":     func(w *world) { w.spec.DropPricePerGbit = math.NaN() },
		"currency":                func(w *world) { w.spec.Currency = "" },
		"cio_step_db: must be 0 or in [0.5, cio_limit_db = 3] dB, got 4": func(w *world) { w.spec.CIOStepDB, w.spec.CIOLimitDB = 4, 3 },
		"layer_step_db: must be 0 or in":                                 func(w *world) { w.spec.LayerStepDB = 0.1 },
		"layer_limit_db: must be in [0, 40]":                             func(w *world) { w.spec.LayerLimitDB = 41 },
		"sensor.noise_sd":                                                func(w *world) { w.spec.Sensor.NoiseSD = math.NaN() },
		"sensor.lost_share":                                              func(w *world) { w.spec.Sensor.LostShare = 1 },
		"without: group 1: \"weather\", allowed neighbours, lags":        func(w *world) { w.spec.Without = []string{"lags", "weather"} },
		"days: 0 days":                                                   func(w *world) { w.change = func(c *Config) { c.Days = nil } },
		"days[1]":                                                        func(w *world) { w.change = func(c *Config) { c.Days = []int{0, -1} } },
		"emergency_load":                                                 func(w *world) { w.change = func(c *Config) { c.Shield.EmergencyLoad = 2 } },
		"columns[1]: no observation column is called \"colour\"": func(w *world) {
			w.change = func(c *Config) { c.Columns = []string{"hour", "colour"} }
		},
		"3 always on":       func(w *world) { w.change = func(c *Config) { c.AlwaysOn = make([]bool, 3) } },
		"history: 1 values": func(w *world) { w.change = func(c *Config) { c.History = func() []float32 { return []float32{1} } } },
		"history: hour 0, sector 0: NaN": func(w *world) {
			w.change = func(c *Config) {
				c.History = func() []float32 { return append([]float32{float32(math.NaN())}, make([]float32, 24*6-1)...) }
			}
		},
	} {
		w := small()
		w.sites = 2
		spoil(&w)
		if _, err := w.make(t); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("want %q, got %v", say, err)
		}
	}
}

// A demand that is no number ends the episode with an error, not a panic.
func TestBrokenDemand(t *testing.T) {
	w := small()
	w.sites = 1
	w.change = func(c *Config) {
		c.Demand = func(rng.Key) sim.DemandSource { return diurnal{peak: math.Inf(1)} }
		c.History = func() []float32 { return make([]float32, 24*3) }
	}
	e := w.must(t)
	seed := uint64(1)
	b := env.NewBatch(e)
	if err := e.Reset(&seed, b); err == nil || !strings.Contains(err.Error(), "offered traffic") {
		t.Errorf("reset: %v", err)
	}
	if err := e.Step(make([]int32, e.Rows()), b); !errors.Is(err, env.ErrEpisodeOver) {
		t.Errorf("step: %v", err)
	}
}

func TestObserver(t *testing.T) {
	stop := errors.New("disk full")
	w := small()
	w.sites, w.spec.EpisodeH = 1, 1
	var steps []int
	w.change = func(c *Config) {
		c.Observe = func(m *Moment) error {
			steps = append(steps, m.Step)
			if m.Ended != (m.Step == 4) {
				t.Errorf("step %d: ended %v", m.Step, m.Ended)
			}
			if len(steps) > 7 {
				return stop
			}
			return nil
		}
	}
	e := w.must(t)
	play(t, e, 1, awakeAlways, nil)
	if want := []int{0, 1, 2, 3, 4}; !slices.Equal(steps, want) {
		t.Errorf("observed %v, want %v", steps, want)
	}
	b := env.NewBatch(e)
	actions := make([]int32, e.Rows())
	err := e.Reset(nil, b)
	for range 3 {
		err = errors.Join(err, e.Step(actions, b))
	}
	if !errors.Is(err, stop) {
		t.Errorf("the observer's error is lost: %v", err)
	}
}

func BenchmarkStep(b *testing.B) {
	w := small()
	w.sites = 300
	e := w.must(b)
	batch, seed := env.NewBatch(e), uint64(1)
	actions := make([]int32, e.Rows())
	steps := e.Steps()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%steps == 0 {
			if err := e.Reset(&seed, batch); err != nil {
				b.Fatal(err)
			}
		}
		if err := e.Step(actions, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(e.Rows()), "ns/cell")
}

func BenchmarkObserve(b *testing.B) {
	w := small()
	w.sites = 300
	e := w.must(b)
	batch, seed := env.NewBatch(e), uint64(1)
	if err := e.Reset(&seed, batch); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		e.write(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(e.Rows()), "ns/cell")
}

// Inside an interval the shield is asked about some cells only. That gives the
// same episodes as to ask about all: under loads that call for it, with cells
// that break, awake states of less power, few cells on the always-on list.
func TestGuardMissesNothing(t *testing.T) {
	for seed := range uint64(6) {
		play := func(thorough bool) (*kpi.Totals, []uint32) {
			w := small()
			if seed%2 == 1 {
				w = broken(1)
			}
			w.sites, w.isdM, w.spec.EpisodeH = 9, []float64{0, 1200, 400}[seed%3], 12
			change := w.change
			w.change = func(c *Config) {
				if change != nil {
					change(c)
				}
				c.Shield.EmergencyLoad, c.Shield.AlwaysOnCoverage = 0.5, seed%4 == 0
				c.Demand = func(key rng.Key) sim.DemandSource {
					return diurnal{key: key, peak: []float64{6e7, 4e8, 2e9}[seed/2], noise: 1}
				}
			}
			e := w.must(t)
			e.thorough = thorough
			var bits []uint32
			play(t, e, seed, among(seed, numStates), func(_ int, b *env.Batch) {
				for _, x := range b.Obs {
					bits = append(bits, math.Float32bits(x))
				}
			})
			return e.Totals(), bits
		}
		want, wantBits := play(true)
		got, gotBits := play(false)
		if !reflect.DeepEqual(got, want) || !slices.Equal(gotBits, wantBits) {
			t.Errorf("seed %d: %+v, to look at all cells gives %+v", seed, got, want)
		}
		if n := want.ShieldCounts[shield.EmergencyWake-1]; n < 20 {
			t.Errorf("seed %d: %d emergencies: the test is void", seed, n)
		}
	}
}
