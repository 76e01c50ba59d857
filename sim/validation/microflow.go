package validation

import (
	"fmt"

	"hibernet/sim/des"
	"hibernet/sim/micro"
	"hibernet/sim/power"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// psSource is the theory of files that share a server.
const psSource = "M/G/1 processor sharing, insensitive to the law of sizes (textbook); plus half a slot until the next one begins"

// fifoSource is that of files that wait their turn.
const fifoSource = "M/G/1 first in first out, mean wait by Pollaczek and Khinchine (textbook); plus half a slot"

// microFlowRows: files in an FDD cell without signals against queueing theory.
func microFlowRows(ctx Context, sets []microSet) ([]Row, error) {
	s := &sets[1] // FDD
	slotMs := 15 / s.scs
	const flowSeconds = 300
	const serviceMs = 10.0 // of a mean file: many slots, so that slots matter little
	bits := s.symbolBits * 14 / slotMs * serviceMs
	type flow struct {
		rho  float64
		law  micro.Law
		name string
		scv  float64 // squared coefficient of variation of sizes
		fifo bool
	}
	flows := []flow{
		{0.3, micro.Fixed, "fixed", 0, false}, {0.5, micro.Fixed, "fixed", 0, false},
		{0.5, micro.Exponential, "exponential", 1, false}, {0.5, micro.Mixed, "mixed", 2.25, false},
		{0.5, micro.Fixed, "fixed", 0, true}, {0.5, micro.Exponential, "exponential", 1, true},
	}
	results, errs := make([]*micro.Result, len(flows)), make([]error, len(flows))
	shard.New(max(ctx.Workers, 1)).Each(len(flows), func(i int) {
		cfg := s.config(flowSeconds * des.Second)
		cfg.Traffic = micro.Traffic{FilesPerS: flows[i].rho / serviceMs * 1e3, FileBits: bits, Law: flows[i].law}
		if flows[i].fifo {
			cfg.Scheduler = micro.FIFO
		}
		results[i], errs[i] = micro.Run(cfg, rng.Root(38864).Named("flows").At(uint64(i)))
	})
	var rows []Row
	for i, f := range flows {
		if errs[i] != nil {
			return nil, errs[i]
		}
		r := results[i]
		// The load that arrived, not the one that was meant: most of the
		// noise of a run of this length is in it.
		rho, perMs := r.Load, float64(r.Files)/flowSeconds/1e3
		service := rho / perMs
		transfer, source, order := service/(1-rho)+slotMs/2, psSource, "sharing"
		if f.fifo {
			transfer = service*(1+rho*(1+f.scv)/(2*(1-rho))) + slotMs/2
			source, order = fifoSource, "first in first out"
		}
		what := fmt.Sprintf("%s, %s sizes, load %g", order, f.name, f.rho)
		c := Claim{Source: source, Trust: Derived}
		c.Quantity, c.Unit = "mean transfer time of a file: "+what, "ms"
		rows = append(rows, c.Relative(transfer, r.MeanTransferMs, 0.04))
		c.Quantity, c.Unit = "mean number of files: "+what, "1"
		rows = append(rows, c.Relative(perMs*transfer, r.MeanFlows, 0.05))
		c.Quantity, c.Unit = "share of time without files: "+what, "1"
		rows = append(rows, c.Relative(1-rho-perMs*slotMs/2*(1-rho), r.EmptyShare, 0.01))
	}
	return rows, nil
}

// microProfileRows: what the profiles of the study draw, empty and full, is what
// the simulated cell draws, by the unit that the profile's full load fixes.
func microProfileRows(ctx Context, sets []microSet) ([]Row, error) {
	var rows []Row
	for i := range sets {
		s := &sets[i]
		name := fmt.Sprintf("tr38864-cat%s-set%s", s.category, s.set)
		p, err := power.Lookup(ctx.Profiles, name)
		if err != nil {
			continue // a user's profiles only
		}
		more, err := s.profileRows(&p)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// saturation is how far the full load of a simulated cell is from full: its
// queues are empty in the first slot, and its load is counted beside signals,
// whose symbols are full anyway.
const saturation = 5e-4

func (s *microSet) profileRows(p *power.Profile) ([]Row, error) {
	idle, err := s.simulate(p.States[power.Full], false, micro.Traffic{})
	if err != nil {
		return nil, err
	}
	full, err := s.saturated(p.States[power.Full], false)
	if err != nil {
		return nil, err
	}
	unitW := p.PowerW(power.Full, full.Load) / full.Units
	var rows []Row
	c := Claim{Unit: "unit", Source: simulatedCell, Trust: Independent}
	for _, state := range []power.State{power.Full, power.HalfTRX, power.QuarterTRX, power.DTX} {
		d := p.States[state]
		if !d.Available {
			continue
		}
		empty, err := s.simulate(d, state == power.DTX, micro.Traffic{})
		if err != nil {
			return nil, err
		}
		c.Quantity = fmt.Sprintf("%s: state %v without load", p.Name, state)
		rows = append(rows, c.Relative(empty.Units, p.PowerW(state, 0)/unitW, saturation))
		if state == power.Full {
			continue // what the unit was taken from
		}
		busy, err := s.saturated(d, state == power.DTX)
		if err != nil {
			return nil, err
		}
		c.Quantity = fmt.Sprintf("%s: state %v at full load", p.Name, state)
		rows = append(rows, c.Relative(busy.Units, p.PowerW(state, busy.Load)/unitW, saturation))
	}
	c.Source, c.Trust = microSource, Secondary
	for _, x := range []struct {
		state          power.State
		units, ms, ums float64
	}{{power.Sleep, s.model.Light, s.model.LightMs, s.model.LightE}, {power.DeepSleep, s.model.Deep, s.model.DeepMs, s.model.DeepE}} {
		d := p.States[x.state]
		c.Quantity, c.Unit = fmt.Sprintf("%s: power in %v", p.Name, x.state), "unit"
		rows = append(rows, c.Relative(x.units, d.BaseW/unitW, saturation))
		// While the control plane restores service the unit idles already.
		want := x.ums + float64(d.ControlUs)/1e3*(idle.Units-x.units)
		c.Quantity, c.Unit = fmt.Sprintf("%s: energy of a transition, %v", p.Name, x.state), "unit ms"
		rows = append(rows, c.Relative(want, d.TransitionJ*1e3/unitW, 2*saturation))
		c.Quantity, c.Unit = fmt.Sprintf("%s: time into and out of %v, hardware", p.Name, x.state), "ms"
		rows = append(rows, c.Relative(x.ms, float64(d.EntryUs+d.WakeUs)/1e3, 1e-9))
	}
	return rows, nil
}

// saturated simulates a cell whose queues never run dry once the first slot is
// over.
func (s *microSet) saturated(d power.StateData, dtx bool) (*micro.Result, error) {
	perMs := s.symbolBits * 14 * s.scs / 15
	return s.simulate(d, dtx, micro.Traffic{FilesPerS: 1e4, FileBits: perMs, UplinkPerBit: 1})
}

// simulate plays a cell in an awake state of a profile, with SSBs every 20 ms,
// or 80 of 160 ms active and SSBs every 160 ms.
func (s *microSet) simulate(d power.StateData, dtx bool, t micro.Traffic) (*micro.Result, error) {
	cfg := s.config(960 * des.Millisecond)
	ssb := s.ssb
	if dtx {
		cfg.CycleMs, cfg.OnMs, cfg.Deepest, ssb.PeriodMs = 160, 80, power.LightSleep, 160
	}
	cfg.Signals = []power.Signal{ssb}
	cfg.ChainShare, cfg.PowerShare, cfg.Traffic = d.ChainShare, d.PowerShare, t
	return micro.Run(cfg, rng.Root(38864).Named("saturated"))
}
