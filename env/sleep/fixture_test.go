package sleep

import (
	"math"
	"testing"

	"hibernet/env"
	"hibernet/env/shield"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// diurnal is a demand with a daily cycle and, by key, noise that is constant
// within a quarter of an hour.
type diurnal struct {
	key   rng.Key
	peak  float64 // bit/s per sector
	noise float64 // standard deviation of the logarithm
}

func (d diurnal) DemandTo(dst []float32, at des.Time) {
	hour := math.Mod(at.Hours(), 24)
	level := d.peak * (0.1 + 0.45*(1-math.Cos(2*math.Pi*(hour-4)/24)))
	for s := range dst {
		z := d.key.At(uint64(s)).Norm(uint64(at / (15 * des.Minute)))
		dst[s] = float32(level * math.Exp(d.noise*z))
	}
}

// world says what the tests vary.
type world struct {
	sites   int
	isdM    float64 // 0 takes the area's
	workers int
	spec    Spec
	network sim.Spec
	guard   float64 // sim.Parts.GuardThroughputMbps
	faults  fault.Spec
	change  func(*Config)
}

func small() world {
	return world{sites: 4, workers: 1, spec: DefaultSpec(), network: sim.DefaultSpec()}
}

// topologies are kept from test to test.
var topologies = map[[2]float64]*topology.Topology{}

// steered lets actions move offsets and layer priorities.
func (w world) steered() world {
	w.spec.CIOStepDB, w.spec.LayerStepDB = 2, 10
	return w
}

// noisy spoils readings, too.
func (w world) noisy() world {
	w.spec.Sensor = Sensor{NoiseSD: 0.2, LostShare: 0.3}
	return w
}

// plainTopology has sites of 3 sectors with the urban carriers.
func plainTopology(t testing.TB, sites int, isdM float64) *topology.Topology {
	t.Helper()
	known := [2]float64{float64(sites), isdM}
	if top := topologies[known]; top != nil {
		return top
	}
	spec := topology.DefaultSpec()
	spec.Wrap, spec.Areas[0].Sites, spec.Areas[0].ISDM = false, sites, isdM
	top, err := topology.Build(spec, rng.Root(7), topology.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	topologies[known] = top
	return top
}

func (w world) make(t testing.TB) (*Env, error) {
	t.Helper()
	top := plainTopology(t, w.sites, w.isdM)
	var profiles []power.Profile
	for _, c := range top.Carriers {
		p, err := power.Find(c.Profile)
		if err != nil {
			t.Fatal(err)
		}
		profiles = append(profiles, p)
	}
	net, err := sim.New(w.network, sim.Parts{
		Topology: top, Radio: radio.DefaultSpec(), Site: power.DefaultSpec(), Profiles: profiles,
		Key: rng.Root(3), Workers: w.workers, Faults: w.faults, GuardThroughputMbps: w.guard,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Network: net, Days: []int{0, 5, 2}, Order: Random, Shield: shield.DefaultSpec(), Workers: w.workers,
		Demand: func(key rng.Key) sim.DemandSource { return diurnal{key: key, peak: 6e7, noise: 0.3} },
	}
	if w.change != nil {
		w.change(&cfg)
	}
	return New(w.spec, cfg)
}

func (w world) must(t testing.TB) *Env {
	t.Helper()
	e, err := w.make(t)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// play resets with the seed and plays an episode; choose gets the last
// observation and gives the wish of a row, which is replaced by an allowed
// one where it is masked.
func play(t testing.TB, e *Env, seed uint64, choose func(row, step int) int, visit func(step int, b *env.Batch)) *env.Batch {
	t.Helper()
	b := env.NewBatch(e)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	if visit != nil {
		visit(0, b)
	}
	actions := make([]int32, e.Rows())
	for step := range e.Steps() {
		for row := range actions {
			actions[row] = int32(choose(row, step))
			mask := b.Mask[row*numActions : (row+1)*numActions]
			for !mask[actions[row]] {
				actions[row] = (actions[row] + 1) % int32(numStates)
			}
		}
		if err := e.Step(actions, b); err != nil {
			t.Fatal(err)
		}
		if visit != nil {
			visit(step+1, b)
		}
	}
	return b
}

// randomly chooses among all actions.
func randomly(seed uint64) func(row, step int) int { return among(seed, numActions) }

// among chooses among the first n actions.
func among(seed uint64, n int) func(row, step int) int {
	key := rng.Root(seed).Named("test/actions")
	return func(row, step int) int { return int(key.At(uint64(step)).Uint64(uint64(row)) % uint64(n)) }
}

func awakeAlways(int, int) int { return int(power.Full) }

func figure(t testing.TB, e *Env, name string) float64 {
	t.Helper()
	for _, f := range e.Figures(nil) {
		if f.Name == name {
			return f.Value
		}
	}
	t.Fatalf("no figure %s", name)
	return 0
}
