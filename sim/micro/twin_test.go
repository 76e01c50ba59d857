package micro

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/rng"
)

// twin plays a cell with one step a slot and no events: what the simulator
// must agree with to the symbol. It returns symbols and sleeps of each state
// and the bits served.
func twin(cfg Config, key rng.Key) (symbols, sleeps [NumStates]int64, served int64) {
	slotUs := float64(cfg.slotUs())
	gaps, sizes := key.Named("arrival").Stream(), key.Named("size").Stream()
	next := math.Inf(1)
	draw := func(now float64) float64 {
		return now + math.Round(-math.Log(gaps.Float64())/cfg.Traffic.FilesPerS*1e6)
	}
	if cfg.Traffic.FilesPerS > 0 {
		next = draw(0)
	}
	queue, uplink := int64(0), int64(0)
	left := make([]float64, len(cfg.Signals))
	state, until, ready := Idle, 0.0, math.Inf(1) // asleep until a time, or called for an earlier one
	start := 0.0
	for n := int64(0); n < int64(cfg.Duration/cfg.slotUs()); n++ {
		now := float64(n) * slotUs
		for next <= now {
			bits := cfg.Traffic.size(sizes)
			queue += bits
			uplink += int64(math.Round(float64(bits) * cfg.Traffic.UplinkPerBit))
			if state != Idle && cfg.CycleMs == 0 && math.IsInf(ready, 1) {
				ms := map[State]float64{Light: cfg.Model.LightMs, Deep: cfg.Model.DeepMs}[state]
				ready = max(start+ms*1e3, next+ms*500)
			}
			next = draw(next)
		}
		if state != Idle && now < min(until, math.Ceil(ready/slotUs)*slotUs) {
			symbols[state] += slotSymbols
			continue
		}
		state, ready = Idle, math.Inf(1)
		ms := now / 1e3
		serving := cfg.CycleMs == 0 || math.Mod(ms, cfg.CycleMs) < cfg.OnMs
		window := false
		due := float64(cfg.Duration) / 1e3
		for i, s := range cfg.Signals {
			phase := math.Mod(ms-s.OffsetMs+s.PeriodMs, s.PeriodMs)
			if ms >= s.OffsetMs && phase < s.WindowMs {
				window = true
				if phase == 0 {
					left[i] = s.Symbols
				}
			} else {
				left[i] = 0
			}
			begin := s.OffsetMs
			for begin <= ms {
				begin += s.PeriodMs
			}
			due = min(due, begin)
		}
		if cfg.CycleMs > 0 {
			due = min(due, (math.Floor(ms/cfg.CycleMs)+1)*cfg.CycleMs)
		}
		if !window && !(serving && queue+uplink > 0) && (cfg.CycleMs == 0 || !serving) {
			if d, _ := cfg.Model.Cheapest(due-ms, cfg.Deepest); d != power.MicroSleep {
				state, start, until = asleep(d), now, due*1e3
				symbols[state] += slotSymbols
				sleeps[state]++
				continue
			}
		}
		for k := range slotSymbols {
			switch cfg.Symbols[(n*slotSymbols+int64(k))%int64(len(cfg.Symbols))] {
			case 'D':
				share := 0.0
				for i := range left {
					if left[i] > 0 {
						left[i]--
						share += cfg.Signals[i].RBShare
					}
				}
				share = min(share, 1)
				sent := min(queue, int64(math.Round(float64(cfg.SymbolBits)*(1-share))))
				if !serving {
					sent = 0
				}
				queue -= sent
				served += sent
				switch {
				case sent > 0:
					symbols[Data]++
				case share > 0:
					symbols[Broadcast]++
				default:
					symbols[Idle]++
				}
			case 'U':
				if serving && uplink > 0 {
					uplink -= min(uplink, cfg.SymbolBits)
					symbols[Uplink]++
				} else {
					symbols[Idle]++
				}
			default:
				symbols[Idle]++
			}
		}
	}
	return symbols, sleeps, served
}

// random returns a Config that is mostly valid.
func random(r *rand.Rand) Config {
	cfg := Config{
		Model: category1, SCSkHz: []int{15, 30, 60, 120}[r.IntN(4)], Symbols: []string{FDD, DDDSU, dlSlot + ulSlot}[r.IntN(3)],
		SymbolBits: 1 + r.Int64N(5000), ChainShare: r.Float64(), PowerShare: r.Float64(),
		Deepest: power.Depth(r.IntN(3)), Scheduler: Scheduler(r.IntN(2)),
		Duration: des.Time(1+r.IntN(2000)) * des.Millisecond,
	}
	for range r.IntN(3) {
		period := float64(int(5) << r.IntN(6))
		window := float64(1 + r.IntN(5))
		cfg.Signals = append(cfg.Signals, power.Signal{
			PeriodMs: period, WindowMs: window, OffsetMs: float64(r.IntN(int(period-window) + 1)),
			Symbols: float64(r.IntN(11 * int(window))), RBShare: r.Float64(),
		})
	}
	if r.IntN(2) == 0 {
		cfg.CycleMs = []float64{10, 20, 32, 40, 64, 160, 320}[r.IntN(7)]
		cfg.OnMs = 1 + float64(r.IntN(int(cfg.CycleMs)))
	}
	cfg.Traffic = Traffic{
		FilesPerS: []float64{0, 5, 30, 200}[r.IntN(4)], FileBits: 1e3 * (1 + 99*r.Float64()),
		Law: Law(r.IntN(3)), UplinkPerBit: r.Float64(),
	}
	return cfg
}

func TestAgainstTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(38, 864))
	played, slept := 0, int64(0)
	for i := range 400 {
		cfg := random(r)
		got, err := Run(cfg, rng.Root(uint64(i)))
		if err != nil {
			continue // signals that do not fit
		}
		played++
		symbols, sleeps, served := twin(cfg, rng.Root(uint64(i)))
		symbolMs := float64(cfg.slotUs()) / 1e3 / slotSymbols
		for s := range NumStates {
			if math.Abs(got.StateMs[s]-float64(symbols[s])*symbolMs) > 1e-6 {
				t.Fatalf("config %d: %v: %g symbols, want %d\n%+v", i, s, got.StateMs[s]/symbolMs, symbols[s], cfg)
			}
		}
		if got.Sleeps != sleeps || got.ServedBits != served {
			t.Fatalf("config %d: sleeps %v, served %d, want %v, %d\n%+v", i, got.Sleeps, got.ServedBits, sleeps, served, cfg)
		}
		slept += sleeps[Light] + sleeps[Deep]
	}
	if played < 200 || slept < 1000 {
		t.Errorf("%d configs played, %d sleeps: too few to tell", played, slept)
	}
}

func TestSameSeedSameBits(t *testing.T) {
	cfg := Config{
		Model: category1, SCSkHz: 30, Symbols: DDDSU, SymbolBits: 3000, ChainShare: 1, PowerShare: 1, Deepest: power.LightSleep,
		Signals:  []power.Signal{{PeriodMs: 20, WindowMs: 5, Symbols: 32, RBShare: 0.07}},
		Traffic:  Traffic{FilesPerS: 40, FileBits: 4e5, Law: Exponential, UplinkPerBit: 0.3},
		Duration: 5 * des.Second,
	}
	run := func(seed uint64) Result {
		r, err := Run(cfg, rng.Root(seed))
		if err != nil {
			t.Fatal(err)
		}
		return *r
	}
	if a, b := run(1), run(1); !reflect.DeepEqual(a, b) {
		t.Errorf("same seed: %+v and %+v", a, b)
	}
	if a, b := run(1), run(2); a.Units == b.Units {
		t.Errorf("other seed, same power %v", a.Units)
	}
}

// Power and mean transfer time do not depend on the law of sizes when files
// share the cell; when they queue, the transfer time does.
func TestInsensitive(t *testing.T) {
	transfer := func(s Scheduler, l Law) float64 {
		cfg := fdd(400 * des.Second)
		cfg.Traffic, cfg.Scheduler = Traffic{FilesPerS: 50, FileBits: 140e3, Law: l}, s
		r, err := Run(cfg, rng.Root(7))
		if err != nil {
			t.Fatal(err)
		}
		// As if the load had been 0.5.
		return r.MeanTransferMs * (1 - r.Load) / 0.5
	}
	fixed := transfer(Sharing, Fixed)
	for _, l := range []Law{Exponential, Mixed} {
		if got := transfer(Sharing, l); math.Abs(got/fixed-1) > 0.05 {
			t.Errorf("sharing, law %d: %g ms, fixed sizes %g", l, got, fixed)
		}
	}
	if got, want := transfer(FIFO, Mixed)/transfer(FIFO, Fixed), (1+1.625)/(1+0.5); math.Abs(got/want-1) > 0.1 {
		t.Errorf("first in first out, mixed over fixed sizes: %g, want %g", got, want)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(30, uint8(1), int64(1000), 0.5, uint8(1), 20.0, 0.0, 5.0, 32.0, 0.1, 20.0, 10.0, 30.0, 1e5, int64(200))
	f.Add(15, uint8(0), int64(1), 1.0, uint8(2), 160.0, 7.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, int64(1))
	f.Add(120, uint8(1), int64(77), 0.0, uint8(0), math.NaN(), math.Inf(1), -1.0, 1e300, -3.0, 0.125, 0.125, 1e4, 1.0, int64(50))
	f.Fuzz(func(t *testing.T, scs int, frame uint8, symbolBits int64, share float64, deepest uint8,
		period, offset, window, symbols, rbs, cycle, on, files, bits float64, ms int64) {
		if ms > 500 || files > 1e4 {
			t.Skip() // valid, but long
		}
		cfg := Config{
			Model: category1, SCSkHz: scs, Symbols: []string{FDD, DDDSU, "", "DDX"}[frame%4], SymbolBits: symbolBits,
			ChainShare: share, PowerShare: share, Deepest: power.Depth(deepest), CycleMs: cycle, OnMs: on,
			Signals: []power.Signal{{PeriodMs: period, OffsetMs: offset, WindowMs: window, Symbols: symbols, RBShare: rbs}},
			Traffic: Traffic{FilesPerS: files, FileBits: bits, UplinkPerBit: share}, Duration: des.Time(ms) * des.Millisecond,
		}
		r, err := Run(cfg, rng.Root(1))
		if err != nil {
			if cfg.Validate() == nil {
				t.Fatalf("a valid Config fails: %v", err)
			}
			return
		}
		total, energy := 0.0, 0.0
		for s := range NumStates {
			total += r.StateMs[s]
			energy += r.EnergyMs[s]
		}
		if math.Abs(total-float64(ms)) > 1e-6*float64(ms) || math.Abs(energy-r.Units*float64(ms)) > 1e-6*energy {
			t.Errorf("states last %g of %d ms, their energy is %g of %g", total, ms, energy, r.Units*float64(ms))
		}
		if !(r.Load >= 0 && r.Load <= 1+1e-9 && r.EmptyShare >= -1e-9 && r.EmptyShare <= 1+1e-9) {
			t.Errorf("load %g, empty %g", r.Load, r.EmptyShare)
		}
	})
}

func TestFaultsNameFields(t *testing.T) {
	err := (&Config{SCSkHz: 17, Symbols: "DD", Model: power.TR38864{A: 2}, Deepest: 3, Scheduler: 2, Traffic: Traffic{FilesPerS: math.NaN(), Law: 3}}).Validate()
	if err == nil {
		t.Fatal("no fault found")
	}
	want := `micro: SCSkHz: must be 15, 30, 60 or 120, got 17
micro: Symbols: must be 1 to 80 whole slots of 14 symbols, got 2 symbols
micro: SymbolBits: must be from 1 to 4294967296, got 0
micro: Deepest: must be micro, light or deep sleep, got 3
micro: Scheduler: must be sharing or FIFO, got 2
micro: Traffic.FilesPerS: must be from 0 to 100000, got NaN
micro: Traffic.FileBits: must be from 1 to 1e+13, got 0
micro: Traffic.Law: must be fixed, exponential or mixed, got 3
micro: Model.A: must be from 0 to 1, got 2`
	if err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	cfg := fdd(10 * des.Millisecond)
	cfg.CycleMs, cfg.OnMs = 10.5, 20
	cfg.Signals = []power.Signal{{PeriodMs: 10, OffsetMs: 9, WindowMs: 2, Symbols: 2}, {PeriodMs: 5, WindowMs: 1, Symbols: 15}}
	want = `micro: CycleMs: must be whole slots of 1000 us, got 10.5 ms
micro: OnMs: must be from 1 to 10.5, got 20
micro: Signals[0].OffsetMs: must be from 0 to 8, got 9
micro: Signals[1].Symbols: must fit into the 14 downlink symbols that a window has at least, got 15`
	if err := cfg.Validate(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if got := State(9).String(); got != "state(9)" {
		t.Error(got)
	}
}
