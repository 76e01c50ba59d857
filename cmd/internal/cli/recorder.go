package cli

import (
	"errors"
	"math"

	"hibernet/results/record"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/kpi"
	"hibernet/sim/power"
	"hibernet/sim/topology"
)

const (
	joulePerKWh  = 3.6e6
	bitPerGbit   = 1e9
	secondPerH   = 3600
	secondPerMin = 60
)

// recorder turns what a network shows into rows of a run folder. It is told
// of the end of every control interval, of every transition, and of the end
// of every episode.
type recorder struct {
	steps     *record.Writer[record.Step]
	cells     *record.Writer[record.Cell]
	events    *record.Writer[record.Event]
	cellSteps *record.Writer[record.CellStep] // nil: not asked for

	policy  string
	seed    uint64
	episode int32

	groups []sim.Group
	hist   kpi.Hist
	buffer []record.CellStep
}

// newRecorder begins the tables of a simulation in run.
func newRecorder(run *record.Run, policy string, seed uint64, cellSteps bool) (*recorder, error) {
	r := &recorder{policy: policy, seed: seed}
	var errs [4]error
	r.steps, errs[0] = record.NewWriter[record.Step](run)
	r.cells, errs[1] = record.NewWriter[record.Cell](run)
	r.events, errs[2] = record.NewWriter[record.Event](run)
	if cellSteps {
		r.cellSteps, errs[3] = record.NewWriter[record.CellStep](run)
	}
	return r, errors.Join(errs[:]...)
}

// close completes the tables.
func (r *recorder) close() error {
	errs := []error{r.steps.Close(), r.cells.Close(), r.events.Close()}
	if r.cellSteps != nil {
		errs = append(errs, r.cellSteps.Close())
	}
	return errors.Join(errs...)
}

// transition records that a cell was sent to another state, broke or was
// repaired. cause is who asked for it, where somebody did.
func (r *recorder) transition(t sim.Transition, cause string) error {
	from, to := t.From.String(), t.To.String()
	switch t.Cause {
	case sim.ByFault:
		to, cause = record.EventDown, record.CauseFault
	case sim.ByRepair:
		from, cause = record.EventDown, record.CauseRepair
	case sim.ByCompensation:
		cause = record.CauseCompensation
	}
	return r.events.Write(record.Event{
		Policy: r.policy, Seed: r.seed, Episode: r.episode,
		TimeS: t.At.Seconds(), Cell: t.Cell, From: from, To: to, Cause: cause,
	})
}

// interval records the control interval that began at start and ends now.
func (r *recorder) interval(n *sim.Network, start des.Time) error {
	seconds := (n.View().Now - start).Seconds()
	all := r.row(start, seconds, "network", "all")
	topo := n.Topology()
	var areas [topology.NumAreas]*record.Step
	carriers := make([]*record.Step, len(topo.Carriers))
	for _, a := range topo.SiteArea {
		if areas[a] == nil {
			areas[a] = r.row(start, seconds, "area", a.String())
		}
	}
	for k := range carriers {
		carriers[k] = r.row(start, seconds, "carrier", topo.Carriers[k].Name)
	}
	r.addCells(n, all, areas[:], carriers)
	r.addSectors(n, all, areas[:])
	r.addGroups(n, seconds, all, areas[:], carriers)
	n.IntervalThroughputTo(&r.hist)
	all.ThroughputP5, all.ThroughputP50 = r.hist.Quantile(0.05), r.hist.Quantile(0.5)
	if err := r.writeSteps(seconds, all, areas[:], carriers); err != nil {
		return err
	}
	return r.writeCellSteps(n, start, seconds)
}

func (r *recorder) row(start des.Time, seconds float64, scope, name string) *record.Step {
	return &record.Step{
		Policy: r.policy, Seed: r.seed, Episode: r.episode,
		TimeS: start.Seconds(), DurationS: seconds, Hour: math.Mod(start.Hours(), 24),
		Scope: scope, Name: name, ThroughputP5: math.NaN(), ThroughputP50: math.NaN(),
	}
}

func (r *recorder) addCells(n *sim.Network, all *record.Step, areas, carriers []*record.Step) {
	v, topo := n.View(), n.Topology()
	for c := range v.EnergyJ {
		area := areas[topo.SiteArea[topo.CellSite(c)]]
		carrier := carriers[topo.CellCarrier[c]]
		for _, row := range []*record.Step{all, area, carrier} {
			row.Cells++
			row.EnergyKWh += (float64(v.EnergyJ[c]) + float64(v.TransitionJ[c])) / joulePerKWh
			row.LoadMean += float64(v.LoadS[c])
			row.AwakeCells += float64(v.AwakeS[c])
			row.Switches += v.Switches[c]
			if n.HasFaults() {
				row.DownCells += v.DownS[c]
			}
		}
		carrier.OfferedGbit += float64(v.AskedBit[c]) / bitPerGbit
		carrier.ServedGbit += float64(v.ServedBit[c]) / bitPerGbit
	}
	for _, row := range carriers {
		row.DroppedGbit = row.OfferedGbit - row.ServedGbit
		if n.Spec().Overload == sim.OverloadQueue {
			// What a cell leaves waits in its sector, whichever cell takes it.
			row.DroppedGbit = math.NaN()
		}
		row.QueuedGbit, row.OutageMin = math.NaN(), math.NaN()
		row.FaultLostGbit, row.BatteryKWh = math.NaN(), math.NaN()
	}
}

func (r *recorder) addSectors(n *sim.Network, all *record.Step, areas []*record.Step) {
	v, topo, queued := n.View(), n.Topology(), n.QueuedBit()
	var sectors [topology.NumAreas]int
	for s := range v.OfferedBit {
		a := topo.SiteArea[topo.SectorSite[s]]
		sectors[a]++
		for _, row := range []*record.Step{all, areas[a]} {
			row.OfferedGbit += float64(v.OfferedBit[s]) / bitPerGbit
			row.ServedGbit += float64(v.ServedInBit[s]) / bitPerGbit
			row.DroppedGbit += float64(v.DroppedBit[s]) / bitPerGbit
			if queued != nil {
				row.QueuedGbit += queued[s] / bitPerGbit
			}
			row.OutageMin += float64(v.OutageS[s]) / secondPerMin
			if n.HasFaults() {
				row.FaultLostGbit += v.LostBit[s] / bitPerGbit
			}
		}
	}
	all.OutageMin /= float64(len(v.OfferedBit))
	for a, row := range areas {
		if row != nil {
			row.OutageMin /= float64(sectors[a])
		}
	}
	r.addSites(n, all, areas)
}

// addSites adds the sites' baseband, and what their batteries gave.
func (r *recorder) addSites(n *sim.Network, all *record.Step, areas []*record.Step) {
	v, topo := n.View(), n.Topology()
	siteW := n.SitesW() / float64(topo.Sites())
	for i, a := range topo.SiteArea {
		for _, row := range []*record.Step{all, areas[a]} {
			if n.HasFaults() {
				siteW = v.SiteJ[i] / row.DurationS
				row.BatteryKWh += v.BatteryJ[i] / joulePerKWh
			}
			row.PowerSiteW += siteW
			row.EnergyKWh += siteW * row.DurationS / joulePerKWh
		}
	}
}

func (r *recorder) addGroups(n *sim.Network, seconds float64, all *record.Step, areas, carriers []*record.Step) {
	if r.groups == nil {
		r.groups = make([]sim.Group, n.Groups())
	}
	n.IntervalGroupsTo(r.groups)
	for g := range r.groups {
		area, carrier := areas[g/len(carriers)], carriers[g%len(carriers)]
		if area == nil {
			continue
		}
		for _, row := range []*record.Step{all, area, carrier} {
			row.OverloadCellH += r.groups[g].OverloadS / secondPerH
			cells, watts := row.StateCells.Array(), row.StatePower.Array()
			for s := range cells {
				cells[s] += r.groups[g].StateS[s] / seconds
				watts[s] += r.groups[g].StateJ[s] / seconds
			}
			row.StateCells, row.StatePower = record.NewStateCells(cells), record.NewStatePower(watts)
		}
	}
}

func (r *recorder) writeSteps(seconds float64, all *record.Step, areas, carriers []*record.Step) error {
	for _, rows := range [][]*record.Step{{all}, areas, carriers} {
		for _, row := range rows {
			if row == nil {
				continue
			}
			row.LoadMean /= seconds * float64(max(row.Cells, 1))
			row.AwakeCells /= seconds
			row.DownCells /= seconds
			row.PowerW = row.EnergyKWh * joulePerKWh / seconds
			if err := r.steps.Write(*row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *recorder) writeCellSteps(n *sim.Network, start des.Time, seconds float64) error {
	if r.cellSteps == nil {
		return nil
	}
	v := n.View()
	r.buffer = r.buffer[:0]
	for c := range v.EnergyJ {
		r.buffer = append(r.buffer, record.CellStep{
			Policy: r.policy, Seed: r.seed, Episode: r.episode, TimeS: start.Seconds(), Cell: int32(c),
			State: v.State[c].String(), Load: float32(float64(v.LoadS[c]) / seconds),
			EnergyKWh:  float32((float64(v.EnergyJ[c]) + float64(v.TransitionJ[c])) / joulePerKWh),
			ServedGbit: float32(float64(v.ServedBit[c]) / bitPerGbit),
			SleepShare: float32(1 - float64(v.AwakeS[c])/seconds),
		})
	}
	return r.cellSteps.Write(r.buffer...)
}

// endEpisode records the cells of the episode that has just ended.
func (r *recorder) endEpisode(n *sim.Network) error {
	topo, length := n.Topology(), n.Seconds()
	for c := range topo.NumCells() {
		totals := n.CellTotals(c)
		site, carrier := topo.CellSite(c), &topo.Carriers[topo.CellCarrier[c]]
		var shares [record.NumStates]float64
		asleep := 0.0
		for s, seconds := range totals.StateS {
			shares[s] = seconds / length
			if !power.State(s).Awake() {
				asleep += shares[s]
			}
		}
		row := record.Cell{
			Policy: r.policy, Seed: r.seed, Episode: r.episode,
			Cell: int32(c), Sector: topo.CellSector[c], Site: int32(site),
			XM: topo.SiteX[site], YM: topo.SiteY[site], Area: topo.SiteArea[site].String(),
			Carrier: carrier.Name, Coverage: carrier.Coverage, Profile: carrier.Profile,
			DurationS: length, EnergyKWh: totals.EnergyJ / joulePerKWh,
			LoadMean: totals.LoadS / length, OfferedGbit: totals.AskedBit / bitPerGbit,
			ServedGbit: totals.ServedBit / bitPerGbit, SleepShare: asleep,
			Switches: int32(totals.Switches), DownShare: totals.DownS / length, StateShares: record.NewStateShares(shares),
		}
		if err := r.cells.Write(row); err != nil {
			return err
		}
	}
	r.episode++
	return nil
}
