// Package sim steps a radio network through time. It owns the clock, the
// power states of the cells and what they cost, and asks others for the rest:
// the load model (sim/radio) for who serves whom and how loaded the cells
// are, the profiles (sim/power) for watts, and a DemandSource for traffic.
//
// A Network is a discrete-event simulation on sim/des. Its events are the
// traffic epoch (one event for all cells: a vectorised pass), the end of a
// cell's power-state transition, and, where a fault.Spec has things break, the
// beginning and end of faults and what becomes of batteries. Between events nothing changes, so every
// energy and traffic figure is integrated exactly over each piece of time
// between them; nothing is sampled. What an event changes is settled lazily,
// once for all events of one moment: association, load coupling, then the
// rates at which energy, traffic and time accumulate.
//
// The way of the data: New(topology) -> Start(demand) -> for each control
// interval: BeginInterval, Request power states, RunUntil, read View -> Totals.
//
// Units: time in microseconds (des.Time), traffic in bit and bit/s, power in
// W, energy in J. The same inputs give the same bits for any worker count.
package sim

import (
	"errors"
	"fmt"
	"math"

	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
	"hibernet/sim/topology"
)

// Errors that callers branch on.
var (
	// ErrBusy is wrapped by Request's error while the cell is in transition.
	ErrBusy = errors.New("the cell is in transition")
	// ErrUnavailable is wrapped by Request's error when the cell's radio unit
	// does not have the state.
	ErrUnavailable = errors.New("the radio unit has no such power state")
	// ErrNotStarted is returned before the first Start.
	ErrNotStarted = errors.New("sim: the network has not been started")
)

// DemandSource says what traffic is offered. Its answers depend on nothing
// but its own settings and the time asked for.
type DemandSource interface {
	// DemandTo writes the bit/s that each sector is offered, on average,
	// during the traffic epoch that begins at the given time: dst [sectors].
	DemandTo(dst []float32, at des.Time)
}

// Kinds of events.
const (
	evTransition des.Kind = iota // Arg = index of the ending
	evEpoch
	evPlan    // look for the faults of the next day
	evFault   // Arg = index of the fault
	evRepair  // likewise
	evBattery // Arg = number of the event, to tell outdated ones
	evKinds
)

// The order of events at one moment: cells finish their transitions, what is
// repaired works again, what breaks breaks, the new epoch's traffic arrives,
// and last, with all that known, batteries are looked at.
const (
	prioTransition des.Prio = iota
	prioRepair
	prioFault
	prioEpoch
	prioBattery
)

// Network is a radio network at a moment in time. It is for one goroutine at
// a time; inside, its passes run on the workers it was made with.
type Network struct {
	spec      Spec
	guardMbps float32 // Parts.GuardThroughputMbps
	site      power.Spec
	topo      *topology.Topology
	profile   []power.Profile // [carriers]
	factor    []float64       // [carriers] supply overhead of the radio unit
	unit      []float32       // [cells] the unit's own factor on its power without load
	idleErr   []float64       // [carriers] factor on that power, against the profile
	loadErr   []float64       // [carriers] factor on what load adds, against the profile
	group     []uint16        // [cells] area class x carrier
	loop      *des.Loop
	model     *radio.Model
	radio     *radio.State
	pool      *shard.Pool
	source    DemandSource
	started   bool

	demand []float32  // [sectors] bit/s offered in the present epoch
	asked  []float32  // [sectors] the same and what the queue adds to it, bit/s
	queue  []float64  // [sectors] bit waiting; nil if nothing waits
	drain  []float64  // [sectors] bit/s at which the queue re-enters; nil if nothing waits
	late   []float64  // [sectors] bit dropped at this epoch after waiting; nil if nothing waits or nothing may break
	until  []des.Time // [cells] end of the present transition, 0 when in none
	cio    []float32  // [cells] individual offset as set, dB; nil until there is one
	shift  []float32  // [cells] of the layer priority, dB; nil until there is one

	endings []ending // of transitions under way
	open    []int32  // endings to come, in the order of their making
	spare   []int32  // endings to be used again

	outages *outages // nil: nothing breaks

	began    des.Time  // of the run
	now      des.Time  // up to which everything is integrated
	dt       float64   // s, length of the piece being integrated
	reassign bool      // states changed since the last association
	applied  []int32   // cells whose states did, some more than once
	switched []int32   // cells with transitions begun in this interval, some more than once
	first    bool      // no time has passed yet in this interval
	resolve  bool      // association or demand changed since the last solution
	added    [][]int32 // [cells] cells that stand on the cell's radio unit beside it; nil if no unit is shared
	anchor   []int32   // [cells] cell on whose radio unit the cell stands, -1 if its own; nil likewise
	rate     rates
	view     View
	total    totals

	onTransition func(Transition)

	epochPass, sharePass, dropPass, sumPass, foldPass func(int) // made once, so that a pass allocates nothing
}

// Parts is what a network is made of. The network keeps it and changes
// nothing in it.
type Parts struct {
	Topology *topology.Topology
	Radio    radio.Spec
	Site     power.Spec      // what a site's baseband and supply add
	Profiles []power.Profile // [carriers] the radio units' power profiles
	Key      rng.Key         // of what sets one radio unit apart from another of its type, and of faults
	Faults   fault.Spec      // what breaks; the zero value is nothing
	Workers  int
	// NoCellTotals leaves out the sums of each cell (CellTotals): 28 bytes a cell,
	// and 6 for each state that cells sleep or save in.
	NoCellTotals bool
	// GuardThroughputMbps is a second target of user throughput, beside that of
	// the Spec: View.PoorBit sums what is served below it. 0: none.
	GuardThroughputMbps float64
}

// New returns a network of the given parts. The error says which settings do
// not hold or do not fit the topology.
func New(spec Spec, parts Parts) (*Network, error) {
	topo, profiles := parts.Topology, parts.Profiles
	if faults := append(spec.Validate(), parts.Site.Validate()...); len(faults) > 0 {
		return nil, fmt.Errorf("sim: %w", errors.Join(faults...))
	}
	if len(profiles) != len(topo.Carriers) {
		return nil, fmt.Errorf("sim: %d power profiles for %d carriers", len(profiles), len(topo.Carriers))
	}
	m, err := radio.NewModel(parts.Radio, &topo.Links, &topo.Cells, topo.BinShare, parts.Workers)
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	sectors, cells, groups := len(topo.SectorSite), len(topo.CellSector), topology.NumAreas*len(topo.Carriers)
	n := &Network{
		spec: spec, guardMbps: float32(parts.GuardThroughputMbps), site: parts.Site, topo: topo, profile: profiles,
		factor: make([]float64, len(profiles)), idleErr: make([]float64, len(profiles)), loadErr: make([]float64, len(profiles)),
		unit: make([]float32, cells), group: make([]uint16, cells),
		loop: des.NewLoop(int(evKinds)), model: m, radio: radio.NewState(&topo.Cells), pool: shard.New(parts.Workers),
		demand: make([]float32, sectors),
		until:  make([]des.Time, cells),
		rate:   newRates(sectors, cells, len(profiles), parts.Faults.Active()),
		view:   newView(sectors, cells),
		total:  newTotals(topo, groups, !parts.NoCellTotals),
	}
	n.asked = n.demand
	if spec.Overload == OverloadQueue {
		n.asked, n.queue, n.drain = make([]float32, sectors), make([]float64, sectors), make([]float64, sectors)
		if parts.Faults.Active() {
			n.late = make([]float64, sectors)
		}
	}
	if parts.GuardThroughputMbps > 0 {
		n.view.PoorBit = make([]float32, sectors)
	}
	n.placeCells(parts.Key)
	if err := n.placeUnits(); err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	n.view.Offered, n.view.Until = m.Offered(), n.until
	if n.outages, err = newOutages(n, parts.Faults); err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	n.SeedFaults(parts.Key.Named("faults"))
	n.loop.Handle(evTransition, n.endTransitions)
	n.loop.Handle(evEpoch, n.beginEpoch)
	n.loop.Handle(evPlan, n.planFaults)
	n.loop.Handle(evFault, n.beginFault)
	n.loop.Handle(evRepair, n.endFault)
	n.loop.Handle(evBattery, n.checkBatteries)
	n.epochPass, n.sharePass, n.dropPass, n.sumPass, n.foldPass = n.epochPart, n.shareCells, n.dropSectors, n.sumPart, n.foldCells
	return n, nil
}

// placeCells sets what is fixed about each carrier and cell: the overhead of its
// supply, what load costs, its radio unit's own deviation, the group it is
// counted in.
func (n *Network) placeCells(key rng.Key) {
	for k := range n.profile {
		n.factor[k] = n.site.RadioFactor(&n.profile[k])
	}
	key = key.Named("radio unit")
	for c := range n.unit {
		area := n.topo.SiteArea[n.topo.SectorSite[n.topo.CellSector[c]]]
		n.group[c] = uint16(int(area)*len(n.profile) + int(n.topo.CellCarrier[c]))
		n.unit[c] = float32(n.Profile(c).Offset(key.Norm(uint64(c)), n.site.UnitSpread))
	}
	n.SetPowerError(nil, nil)
}

// SetPowerError has radio units draw other power than their profiles say:
// static times as much without load, in every state, and load times what load
// adds, by carrier; nil for 1. Energy spent on transitions, basebands and sites
// stays as planned, and Profile still tells what the profiles say. It is for the
// time before a Start, and stays. It panics unless both have an entry a carrier,
// finite and not negative.
func (n *Network) SetPowerError(static, load []float64) {
	of := func(factors []float64, k int) float64 {
		if factors == nil {
			return 1
		}
		if len(factors) != len(n.profile) || !(factors[k] >= 0) || math.IsInf(factors[k], 0) {
			panic("sim: SetPowerError: want a finite factor of each carrier, not negative")
		}
		return factors[k]
	}
	for k := range n.profile {
		n.idleErr[k], n.loadErr[k] = of(static, k), of(load, k)
		for s, data := range n.profile[k].States {
			n.rate.draws[k*numStates+s] = draws{data.BaseW * n.idleErr[k] * n.factor[k], data.SlopeW * n.loadErr[k] * n.factor[k]}
		}
	}
}

// unitOf returns the factor on the power that a cell's radio unit draws without
// load: its own deviation and the error of its profile.
func (n *Network) unitOf(c int) float64 {
	return float64(n.unit[c]) * n.idleErr[n.topo.CellCarrier[c]]
}

// Topology returns the network's topology.
func (n *Network) Topology() *topology.Topology { return n.topo }

// Spec returns the network's settings.
func (n *Network) Spec() Spec { return n.spec }

// Profile returns the power profile of a cell's radio unit.
func (n *Network) Profile(cell int) *power.Profile { return &n.profile[n.topo.CellCarrier[cell]] }

// Start begins a run at the given time with every cell fully awake and in
// order, full batteries, empty queues and zero totals. Load coupling starts from zero load, so that a run
// does not depend on the one before it.
func (n *Network) Start(at des.Time, source DemandSource) error {
	n.source, n.started = source, true
	n.loop.Reset(at)
	n.began, n.now, n.reassign, n.resolve = at, at, true, true
	clear(n.cio)
	clear(n.shift)
	if n.outages != nil {
		if err := n.outages.start(n, at); err != nil {
			return fmt.Errorf("sim: start: %w", err)
		}
	}
	n.forgetEndings()
	for c := range n.until {
		n.until[c] = 0
		n.view.State[c], n.view.Target[c] = power.Full, power.Full
		n.view.Since[c] = at
		n.view.Load[c] = 0
		n.applyState(c)
	}
	n.applied = n.applied[:0] // the model looks at all cells anyway
	clear(n.queue)
	clear(n.drain)
	n.model.Reset()
	n.view.Now = at
	n.total.clear()
	n.view.clear()
	n.BeginInterval()
	n.total.clear()
	if err := n.loop.Schedule(at, evEpoch, prioEpoch, 0); err != nil {
		return fmt.Errorf("sim: start: %w", err)
	}
	// Handle all that happens at the start itself, so that the view is valid.
	if err := n.loop.RunUntil(at); err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	n.settle()
	return nil
}

// RunUntil lets time pass until t: every event before t is handled, and of
// those at t the ends of transitions, faults and repairs. The traffic epoch
// that begins at t is not: the view shows the network at the end of what was,
// and whoever decides at t does so before meeting the traffic to come.
func (n *Network) RunUntil(t des.Time) error {
	if !n.started {
		return ErrNotStarted
	}
	if err := n.loop.RunBefore(t, prioEpoch); err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	n.advance(t)
	n.settle()
	n.view.Now = t
	return nil
}

// Model returns the load model, for reading association and rates.
func (n *Network) Model() *radio.Model { return n.model }

func (n *Network) beginEpoch(e des.Event) error {
	n.advance(e.At)
	n.source.DemandTo(n.demand, e.At)
	n.pool.Each(len(n.total.parts), n.epochPass)
	for i := range n.total.parts {
		if s := n.total.parts[i].faulty; s >= 0 {
			return fmt.Errorf("sector %d: offered traffic %v bit/s, allowed 0 to %g", s, n.demand[s], float64(maxDemand))
		}
	}
	for s, bit := range n.late {
		if bit > 0 {
			n.putDown(int32(s), bit)
			n.late[s] = 0
		}
	}
	n.resolve = true
	if err := n.touchBatteries(); err != nil {
		return err
	}
	return n.loop.Schedule(e.At+n.spec.Epoch(), evEpoch, prioEpoch, 0)
}

// epochPart looks at the demand of a part of the network, and at what has
// waited for too long there.
func (n *Network) epochPart(i int) {
	p := &n.total.parts[i]
	p.faulty = -1
	for s := p.sectors[0]; s < p.sectors[1]; s++ {
		if d := n.demand[s]; !(d >= 0) || d > maxDemand {
			p.faulty = s
			return
		}
	}
	if n.spec.Overload != OverloadQueue {
		return
	}
	epoch := n.spec.EpochS
	for s := p.sectors[0]; s < p.sectors[1]; s++ {
		d := n.demand[s]
		if limit := n.spec.QueueMaxS * float64(d); n.queue[s] > limit {
			n.view.DroppedBit[s] += float32(n.queue[s] - limit)
			p.dropped += n.queue[s] - limit
			if n.outages != nil {
				n.late[s] = n.queue[s] - limit
			}
			n.queue[s] = limit
		}
		n.drain[s] = n.queue[s] / epoch
		n.asked[s] = d + float32(n.drain[s])
	}
}

// maxDemand is where an offered rate of a sector is taken for a fault of its
// source: a thousand times what any sector's spectrum carries, bit/s.
const maxDemand = 1e13
