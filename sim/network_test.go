package sim

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// closing is how well the books must close: sums of float32 rates.
const closing = 1e-6

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance*max(math.Abs(want), 1e-12) {
		t.Errorf("%s = %.9g, want %.9g", what, got, want)
	}
}

// Energy by hand: an idle pair of cells for an hour; one of them asleep for
// the middle of it.
func TestEnergyOfASleepByHand(t *testing.T) {
	n := network(t, DefaultSpec(), bare(), towers(1), 1)
	var seen []Transition
	n.OnTransition(func(tr Transition) { seen = append(seen, tr) })
	must(t, n.Start(0, constant{0}))
	must(t, n.RunUntil(10*des.Minute))
	n.BeginInterval()
	must(t, n.Request(1, power.Sleep))
	must(t, n.RunUntil(40*des.Minute))
	n.BeginInterval()
	must(t, n.Request(1, power.Full))
	must(t, n.RunUntil(des.Hour))
	first, second := n.CellTotals(0), n.CellTotals(1)
	near(t, "energy of the cell that stayed awake", first.EnergyJ, 100*3600, closing)
	// Awake 10 min at 100 W; asleep 30 min and 2 s of waking at 50 W, 30 J once.
	near(t, "energy of the cell that slept", second.EnergyJ, 100*(3600-1802)+50*1802+30, closing)
	near(t, "time in full", second.StateS[power.Full], 3600-1802, closing)
	if second.Switches != 2 {
		t.Errorf("%d switches, want 2", second.Switches)
	}
	want := []Transition{{10 * des.Minute, 1, power.Full, power.Sleep, ByRequest}, {40 * des.Minute, 1, power.Sleep, power.Full, ByRequest}}
	if !slices.Equal(seen, want) {
		t.Errorf("transitions seen: %v, want %v", seen, want)
	}
	near(t, "time in carrier sleep", second.StateS[power.Sleep], 1802, closing)
}

// Baseband and supply losses: (radio units + baseband) x overhead.
func TestEnergyOfASiteByHand(t *testing.T) {
	site := power.DefaultSpec()
	site.SiteBasebandW = 250
	n := network(t, DefaultSpec(), site, towers(2), 1)
	must(t, n.Start(0, constant{0, 0}))
	must(t, n.RunUntil(des.Hour))
	near(t, "energy", n.Totals().EnergyJ, 2*(2*100+250)*3600*site.Overhead(), closing)
}

func TestRequestFollowsTheTransitions(t *testing.T) {
	n := network(t, DefaultSpec(), bare(), towers(1), 1)
	if err := n.Request(0, power.Sleep); !errors.Is(err, ErrNotStarted) {
		t.Errorf("before Start: %v, want ErrNotStarted", err)
	}
	must(t, n.Start(0, constant{1e6}))
	v := n.View()
	must(t, n.Request(1, power.DeepSleep))
	if v.Serving[1] || v.State[1] != power.DeepSleep {
		t.Errorf("asked to sleep: serving %v, state %v, want not serving at once", v.Serving[1], v.State[1])
	}
	if err := n.Request(1, power.Full); !errors.Is(err, ErrBusy) {
		t.Errorf("on the way down: %v, want ErrBusy", err)
	}
	must(t, n.Request(1, power.DeepSleep)) // the target again: nothing
	must(t, n.RunUntil(11*des.Second))
	must(t, n.Request(1, power.Full))
	must(t, n.RunUntil(20*des.Second))
	if v.Serving[1] || v.State[1] != power.DeepSleep || v.Target[1] != power.Full {
		t.Errorf("waking: serving %v, state %v, target %v", v.Serving[1], v.State[1], v.Target[1])
	}
	must(t, n.RunUntil(21*des.Second))
	if !v.Serving[1] || v.State[1] != power.Full || v.Since[1] != 21*des.Second {
		t.Errorf("awake: serving %v, state %v since %v", v.Serving[1], v.State[1], v.Since[1])
	}
	if err := n.Request(1, power.Dormant); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a state that the unit lacks: %v, want ErrUnavailable", err)
	}
	for _, cell := range []int{-1, 2} {
		if n.Request(cell, power.Full) == nil {
			t.Errorf("cell %d was accepted", cell)
		}
	}
}

// A sleeping capacity cell's users go to the coverage cell of their sector.
func TestSleepMovesUsers(t *testing.T) {
	n := network(t, DefaultSpec(), bare(), towers(2), 1)
	must(t, n.Start(0, constant{1e7, 0}))
	if load := n.View().Load; load[0] != 0 || load[1] <= 0 {
		t.Fatalf("loads %v, want all on the capacity cell", load)
	}
	must(t, n.Request(1, power.Sleep))
	must(t, n.RunUntil(des.Minute))
	if load := n.View().Load; load[0] <= 0 || load[1] != 0 {
		t.Errorf("loads %v, want all on the coverage cell", load)
	}
	must(t, n.Request(0, power.Sleep))
	n.BeginInterval()
	must(t, n.RunUntil(2*des.Minute))
	// The other sector's coverage cell reaches the near bin at -100 dBm, not the far one.
	v := n.View()
	near(t, "outage", float64(v.OutageS[0]), 0.5*60, closing)
	near(t, "dropped", float64(v.DroppedBit[0]), 0.5*1e7*60, closing)
}

// Offered = served + dropped + queued and the energy sums agree, over random
// requests, both ways of treating overload, sub-epoch events and all states.
func TestBooksClose(t *testing.T) {
	for _, overload := range []string{OverloadDrop, OverloadQueue} {
		for seed := range uint64(5) {
			r := rand.New(rand.NewPCG(seed, 4))
			spec := DefaultSpec()
			spec.Overload, spec.QueueMaxS = overload, 600
			n := network(t, spec, power.DefaultSpec(), towers(6), 2)
			source := stepped{epoch: spec.Epoch()}
			for range 12 {
				rates := make([]float32, 6)
				for s := range rates {
					rates[s] = float32(math.Pow(10, 6+3.3*r.Float64()))
				}
				source.rates = append(source.rates, rates)
			}
			must(t, n.Start(0, source))
			for at := des.Time(0); at < des.Hour; at += 90 * des.Second {
				if r.IntN(3) == 0 {
					n.BeginInterval()
				}
				for c := range 12 {
					err := n.Request(c, power.State(r.IntN(power.NumStates)))
					if err != nil && !errors.Is(err, ErrBusy) && !errors.Is(err, ErrUnavailable) {
						t.Fatal(err)
					}
				}
				must(t, n.RunUntil(at+90*des.Second))
			}
			totals := n.Totals()
			traffic, energy := totals.Imbalance()
			if traffic > closing || energy > closing {
				t.Errorf("%s, seed %d: traffic is off by %g, energy by %g", overload, seed, traffic, energy)
			}
			if totals.DroppedBit <= 0 || overload == OverloadQueue && totals.QueuedBit < 0 {
				t.Errorf("%s, seed %d: dropped %g, queued %g: the test has lost its point", overload, seed, totals.DroppedBit, totals.QueuedBit)
			}
			near(t, "cell-seconds by state", sum(totals.StateS), totals.CellS, closing)
			if overload == OverloadDrop {
				near(t, "bits behind the throughput histogram", totals.Throughput.Weight(), totals.OfferedBit, closing)
			}
		}
	}
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// What waits is served later: with a queue a short overload drops nothing.
func TestQueueServesLater(t *testing.T) {
	spec := DefaultSpec()
	spec.Overload, spec.QueueMaxS = OverloadQueue, 86400
	n := network(t, spec, bare(), towers(1), 1)
	must(t, n.Start(0, stepped{spec.Epoch(), [][]float32{{2e9}, {1e7}}}))
	must(t, n.RunUntil(2*des.Hour))
	totals := n.Totals()
	near(t, "served", totals.ServedBit, totals.OfferedBit, closing)
	if totals.DroppedBit != 0 {
		t.Errorf("dropped %g bit, want 0", totals.DroppedBit)
	}
}

func TestSameBitsForAnyWorkerCountAndAnyReading(t *testing.T) {
	run := func(workers int, look bool) (uint64, *Network) {
		n := network(t, DefaultSpec(), power.DefaultSpec(), towers(1200), workers)
		r := rand.New(rand.NewPCG(1, 5))
		demand := make(constant, 1200)
		for s := range demand {
			demand[s] = float32(3e8 * r.Float64())
		}
		must(t, n.Start(0, demand))
		for at := des.Time(0); at < des.Hour; at += 15 * des.Minute {
			for range 300 {
				_ = n.Request(r.IntN(2400), power.State(r.IntN(power.NumStates)))
			}
			if look {
				n.Totals()
				n.CellTotals(0)
			}
			must(t, n.RunUntil(at+15*des.Minute))
			n.BeginInterval()
		}
		totals := n.Totals()
		bits := math.Float64bits(totals.EnergyJ) ^ math.Float64bits(totals.ServedBit)<<1 ^ math.Float64bits(totals.Throughput.Quantile(0.05))<<2
		for c, cell := range cellTotals(n) {
			bits = bits*31 + math.Float64bits(cell.EnergyJ) + uint64(c)
		}
		return bits, n
	}
	want, _ := run(1, false)
	for _, workers := range []int{1, 2, 7} {
		if got, _ := run(workers, true); got != want {
			t.Errorf("%d workers: bits %x, want %x", workers, got, want)
		}
	}
}

// A second run on the same network is as if it were the first.
func TestStartForgetsTheRunBefore(t *testing.T) {
	loose := radio.DefaultSpec()
	loose.Tolerance = 0.05 // so that what is remembered would show
	n, err := New(DefaultSpec(), Parts{
		Topology: towers(3), Radio: loose, Site: power.DefaultSpec(), Workers: 1,
		Profiles: []power.Profile{testProfile(), testProfile()},
	})
	must(t, err)
	run := func(demand constant) (loads [6]float32) {
		must(t, n.Start(des.Day, demand))
		must(t, n.RunUntil(des.Day+des.Hour))
		copy(loads[:], n.View().Load)
		must(t, n.Request(1, power.DeepSleep))
		return loads
	}
	quiet := constant{4e6, 3e6, 2e6} // loads that neighbours do not hear of
	first := run(quiet)
	run(constant{5e6, 4e6, 1e6})
	if second := run(quiet); first != second {
		t.Errorf("first run %v, after another %v", first, second)
	}
}

func TestFaultyDemandIsAnError(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), -1, float32(math.Inf(1)), 1e14} {
		n := network(t, DefaultSpec(), bare(), towers(1), 1)
		if err := n.Start(0, constant{bad}); err == nil {
			t.Errorf("an offered rate of %v was accepted", bad)
		}
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	n := network(t, DefaultSpec(), power.DefaultSpec(), towers(800), 2)
	demand := make(constant, 800)
	for s := range demand {
		demand[s] = 5e7
	}
	must(t, n.Start(0, demand))
	at := des.Time(0)
	step := func() {
		n.BeginInterval()
		for c := 1; c < 1600; c += 2 {
			_ = n.Request(c, power.State(5*(int(at/(15*des.Minute))%2)))
		}
		at += 15 * des.Minute
		must(t, n.RunUntil(at))
	}
	step()
	step()
	if got := testing.AllocsPerRun(10, step); got != 0 {
		t.Errorf("a control interval allocates %g times, want 0", got)
	}
}

// A state's radio effect: with half of the chains the received power falls by
// 3 dB and the layers from two to one; with cell DTX at a duty of one half
// only the share of time does.
func TestStatesHaveTheirRadioEffect(t *testing.T) {
	for state, want := range map[power.State]func(snr float64) float64{
		power.Full:    func(snr float64) float64 { return 2 * 0.65 * math.Log2(1+snr/2) },
		power.HalfTRX: func(snr float64) float64 { return 0.65 * math.Log2(1+snr/2) },
		power.DTX:     func(snr float64) float64 { return 0.5 * 2 * 0.65 * math.Log2(1+snr/2) },
	} {
		n := network(t, DefaultSpec(), bare(), towers(1), 1)
		must(t, n.Start(0, constant{1e6}))
		must(t, n.Request(1, state))
		must(t, n.RunUntil(des.Minute))
		snr := gainFar / 1e-13 // the far bin
		near(t, state.String()+": rate", float64(n.Rate()[1]), 8e7*want(snr), 1e-5)
	}
}

// Twice what a cell can carry: half is served, all of it slow, and the cell
// counts as overloaded.
func TestOverloadByHand(t *testing.T) {
	spec := DefaultSpec()
	spec.MaxTransfers = 0
	n := network(t, spec, bare(), towers(1), 1)
	must(t, n.Start(0, constant{1}))
	rate := n.Rate()
	capacity := 1 / (0.5/float64(rate[0]) + 0.5/float64(rate[1]))
	must(t, n.Start(0, constant{float32(2 * capacity)}))
	must(t, n.RunUntil(des.Hour))
	n.BeginInterval()
	must(t, n.RunUntil(2*des.Hour))
	near(t, "integral of load", n.CellTotals(1).LoadS, 2*3600, closing)
	v, totals := n.View(), n.Totals()
	near(t, "offered load", float64(v.Offered[1]), 2, closing)
	near(t, "asked of the cell", float64(v.AskedBit[1]), 2*capacity*3600, closing)
	near(t, "served by the cell", float64(v.ServedBit[1]), capacity*3600, closing)
	near(t, "dropped", totals.DroppedBit, capacity*2*3600, closing)
	near(t, "slow", float64(v.SlowBit[0]), capacity*3600, closing)
	near(t, "overloaded cell-seconds", totals.OverloadCellS, 2*3600, closing)
	if p := totals.Throughput.Quantile(0.95); p != 0 {
		t.Errorf("95th percentile of the user throughput %v, want 0 in a full cell", p)
	}
}

// Units of one type differ in the power they draw without load, as measured
// ones do, and by nothing but their key.
func TestRadioUnitsDiffer(t *testing.T) {
	topo, profile := towers(400), testProfile()
	profile.BaseCV = 0.15
	site := bare()
	site.UnitSpread = 1
	energies := func(key uint64) (j []float64) {
		n, err := New(DefaultSpec(), Parts{
			Topology: topo, Radio: radio.DefaultSpec(), Site: site, Key: rng.Root(key),
			Profiles: []power.Profile{profile, profile},
		})
		if err != nil {
			t.Fatal(err)
		}
		must(t, n.Start(0, make(constant, 400)))
		must(t, n.RunUntil(des.Hour))
		for _, cell := range cellTotals(n) {
			j = append(j, cell.EnergyJ)
		}
		return j
	}
	one := energies(1)
	mean, squares := sum(one)/800, 0.0
	for _, e := range one {
		squares += (e - mean) * (e - mean)
	}
	near(t, "mean", mean, 100*3600, 0.02)
	near(t, "coefficient of variation", math.Sqrt(squares/800)/mean, 0.15, 0.1)
	if !slices.Equal(one, energies(1)) || slices.Equal(one, energies(2)) {
		t.Error("the units' powers must depend on the key, and on nothing else")
	}
}

// Cells are counted by area class and carrier.
func TestGroupsAreAreaAndCarrier(t *testing.T) {
	topo := towers(2)
	topo.SiteArea[1] = topology.Rural
	n := network(t, DefaultSpec(), bare(), topo, 1)
	must(t, n.Start(0, constant{0, 0}))
	must(t, n.Request(3, power.HalfTRX))
	must(t, n.RunUntil(des.Minute))
	groups := make([]Group, n.Groups())
	n.IntervalGroupsTo(groups)
	rural := groups[int(topology.Rural)*2+1]
	near(t, "half-TRX energy of the rural capacity cells", rural.StateJ[power.HalfTRX], 70*60, closing)
	near(t, "full energy of the urban capacity cells", groups[int(topology.Urban)*2+1].StateJ[power.Full], 100*60, closing)
	if n.GroupOf(3) != int(topology.Rural)*2+1 {
		t.Errorf("cell 3 is in group %d", n.GroupOf(3))
	}
}

// A run that is broken off in the middle of transitions leaves nothing behind:
// the next one begins and goes on as that of a new network.
func TestStartForgetsARunBrokenOff(t *testing.T) {
	spec := DefaultSpec()
	used := network(t, spec, bare(), towers(20), 1)
	must(t, used.Start(0, constant(make([]float32, 20))))
	must(t, used.RunUntil(des.Minute))
	for c := 1; c < 40; c += 2 {
		must(t, used.Request(c, power.DeepSleep))
	}
	must(t, used.RunUntil(des.Minute+des.Millisecond))
	busy := false
	for _, until := range used.View().Until {
		busy = busy || until != 0
	}
	if !busy {
		t.Fatal("no cell is in transition when the run is broken off")
	}
	fresh := network(t, spec, bare(), towers(20), 1)
	demand := constant(make([]float32, 20))
	for s := range demand {
		demand[s] = float32(1e7 * (1 + s))
	}
	for _, until := range []des.Time{0, des.Hour} {
		for _, n := range []*Network{used, fresh} {
			if until == 0 {
				must(t, n.Start(0, demand))
			}
			must(t, n.RunUntil(until))
		}
		if !reflect.DeepEqual(used.View(), fresh.View()) {
			t.Errorf("at %v: the view is %+v, that of a new network %+v", until, used.View(), fresh.View())
		}
		if !slices.Equal(cellTotals(used), cellTotals(fresh)) {
			t.Errorf("at %v: the totals differ from those of a new network", until)
		}
	}
}

// cellTotals returns the totals of all cells.
func cellTotals(n *Network) []CellTotals {
	all := make([]CellTotals, len(n.until))
	for c := range all {
		all[c] = n.CellTotals(c)
	}
	return all
}
