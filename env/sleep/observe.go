package sleep

import (
	"math"

	"hibernet/env"
	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/shard"
	"hibernet/sim/topology"
)

// Raw values where there is no cell that could take over: a load of 1, and
// with this cell asleep all of its traffic too many.
const (
	noCandidateLoad     = 1
	noCandidateIfAsleep = 2
)

// factors are what the columns with a power of two for their scale are
// multiplied by: that gives the same bits as to divide, sooner. 0 for others.
var factors = func() (out [numColumns]float64) {
	for col, f := range fields {
		if fraction, _ := math.Frexp(f.Scale); fraction == 0.5 {
			out[col] = 1 / f.Scale
		}
	}
	return out
}()

// scaled returns the clamped observation of a raw value.
func scaled(col int, raw float64) float32 {
	x := raw - fields[col].Offset
	if factor := factors[col]; factor != 0 {
		x *= factor
	} else {
		x /= fields[col].Scale
	}
	if x > ObsLimit {
		x = ObsLimit
	} else if x < -ObsLimit {
		x = -ObsLimit
	}
	return float32(x)
}

// loadScaled is scaled of the column of the own load, or of the candidate's
// load, which have the same scale: a load is in [0, 1], or very nearly, so that
// nothing is clamped.
func loadScaled(load float32) float32 {
	const offset, factor = 0.25, 4
	return float32((float64(load) - offset) * factor)
}

// common is what all rows observe alike.
type common struct {
	clock [colWeekend + 1]float32 // the columns up to colWeekend, scaled
	hour  int
}

func (e *Env) clockNow() common {
	day := int(e.view.Now/des.Day) % 7
	ofDay := e.view.Now % des.Day
	sin, cos := math.Sincos(2 * math.Pi * ofDay.Hours() / 24)
	weekend := 0.0
	if day >= 5 {
		weekend = 1
	}
	c := common{hour: int(ofDay / des.Hour)}
	for col, raw := range [...]float64{colHour: ofDay.Hours(), colHourSin: sin, colHourCos: cos, colDow: float64(day), colWeekend: weekend} {
		c.clock[col] = scaled(col, raw)
	}
	return c
}

// write fills everything but the rewards.
func (e *Env) write(b *env.Batch) {
	e.sense()
	e.allow()
	if e.needs.ifFull {
		e.loadsIfFull()
	}
	if e.needs.pooled {
		e.pool.Each(shard.Count(e.sectors), e.tellPass)
	}
	e.now = e.clockNow()
	e.batch = b
	e.pool.Each(shard.Count(e.sectors), e.observePass)
	e.batch = nil // it is the caller's
}

// loadsIfFull estimates the loads if all cells were awake.
func (e *Env) loadsIfFull() {
	clear(e.ifFull)
	bins := e.net.Topology().Bins()
	for i, c := range e.fullCell {
		if c >= 0 {
			e.ifFull[c] += e.fullShare[i] * e.offered[i/bins]
		}
	}
}

// block is how many sectors are observed at a time, column by column: their
// rows fit into the innermost cache.
const block = 32

func (e *Env) observeShard(i int) {
	lo, hi := shard.Range(i, e.sectors)
	first, last := e.cellsOf(lo, hi)
	b, over := e.batch, !e.live && e.step > 0
	for c := first; c < last; c++ {
		*(*[numActions]bool)(b.Mask[c*numActions:]) = bits[e.mask[c]]
	}
	if e.steering != nil {
		for c := first; c < last; c++ {
			copy(b.Mask[c*numActions+numStates:(c+1)*numActions], bits[e.steerable(c)][:])
		}
	}
	if !e.spec.Mask {
		for k := range b.Mask[int(first)*numActions : int(last)*numActions] {
			b.Mask[int(first)*numActions+k] = true
		}
	}
	clear(b.Terminated[first:last])
	truncated := b.Truncated[first:last]
	for k := range truncated {
		truncated[k] = over
	}
	for ; lo < hi; lo += block {
		e.observe(lo, min(lo+block, hi))
	}
}

// observe writes the rows of the sectors [lo, hi).
func (e *Env) observe(lo, hi int) {
	first, last := e.cellsOf(lo, hi)
	width := len(e.cols)
	if width == 0 {
		return
	}
	rows := e.batch.Obs[first*width : last*width]
	for at, col := range e.cols {
		switch {
		case col <= colWeekend:
			fill(rows[at:], width, e.now.clock[col])
		case col >= colState0:
			e.observeState(rows[at:], first, last, uint8(col-colState0))
		case byCarrier[col]:
			table, carrier := &e.plan.byCarrier[col], e.net.Topology().CellCarrier[first:last]
			for k, c := range carrier {
				rows[k*width+at] = table[c]
			}
		case e.plan.fixed[col] != nil:
			i := at
			for _, x := range e.plan.fixed[col][first:last] {
				rows[i] = x
				i += width
			}
		case col == colOwnLoad:
			i := at
			for _, load := range e.load[first:last] {
				rows[i] = loadScaled(load)
				i += width
			}
		case ofCell[col] != nil:
			of := ofCell[col]
			for c := first; c < last; c++ {
				rows[(c-first)*width+at] = scaled(col, of(e, c))
			}
		case ofSector[col] != nil:
			of, off := ofSector[col], e.net.Topology().SectorCellOff
			for s := lo; s < hi; s++ {
				x := scaled(col, of(e, s))
				for c := int(off[s]); c < int(off[s+1]); c++ {
					rows[(c-first)*width+at] = x
				}
			}
		}
	}
	if e.needs.takers {
		e.observeTakers(lo, hi)
	}
	if e.needs.around || e.needs.pooled {
		e.observeAround(lo, hi)
	}
	if at := e.at[colTimeInState]; at >= 0 {
		e.observeAge(rows[at:], first, last)
	}
}

// fill writes x to each width-th place.
func fill(column []float32, width int, x float32) {
	for i := 0; i < len(column); i += width {
		column[i] = x
	}
}

func (e *Env) observeState(column []float32, first, last int, state uint8) {
	width, i := len(e.cols), 0
	for _, target := range e.target[first:last] {
		column[i] = float32(bit(target == state))
		i += width
	}
}

// observeAge writes the time since each cell entered its state: most entered
// theirs when the cell before did.
func (e *Env) observeAge(column []float32, first, last int) {
	width := len(e.cols)
	now, since := e.view.Now, e.view.Since[first:last]
	was := since[0]
	x := scaled(colTimeInState, (now-was).Seconds()/60)
	for k, t := range since {
		if t != was {
			was, x = t, scaled(colTimeInState, (now-t).Seconds()/60)
		}
		column[k*width] = x
	}
}

// byCarrier tells the columns that only the carrier decides on.
var byCarrier = [numColumns]bool{colIsCoverage: true, colIdleShare: true, colSleepShare: true}

// ofCell are the raw values that a cell observes of itself.
var ofCell = [numColumns]func(*Env, int) float64{
	colOwnTrend:  func(e *Env, c int) float64 { return float64(e.load[c] - e.lags[0][c]) },
	colLoadLag1:  func(e *Env, c int) float64 { return float64(e.lags[0][c]) },
	colLoadLag2:  func(e *Env, c int) float64 { return float64(e.lags[1][c]) },
	colLoadLag3:  func(e *Env, c int) float64 { return float64(e.lags[2][c]) },
	colCIO:       func(e *Env, c int) float64 { return e.cioDB(c) },
	colPriority:  func(e *Env, c int) float64 { return e.layerDB(c) },
	colOwnIfFull: func(e *Env, c int) float64 { return float64(e.ifFull[c]) },
	colDwellLeft: func(e *Env, c int) float64 { return e.shield.DwellLeftS(c, int64(e.view.Now)) / 60 },
	colWakesLeft: func(e *Env, c int) float64 {
		return share(float64(e.shield.WakesLeft(c)), float64(e.cfg.Shield.MaxWakesPerDay))
	},
	colInTransition: func(e *Env, c int) float64 {
		if e.busy(c) {
			return 1
		}
		return 0
	},
}

// ofSector are the raw values that the cells of a sector observe alike.
var ofSector = [numColumns]func(*Env, int) float64{
	colSectorLoad: (*Env).sectorLoad,
	colSectorPrev: func(e *Env, s int) float64 { return float64(e.prevRate[s]) / float64(e.plan.capacity[s]) },
	colUsualNow:   func(e *Env, s int) float64 { return e.usual(e.now.hour, s) },
	colUsualNext:  func(e *Env, s int) float64 { return e.usual((e.now.hour+1)%24, s) },
	colUsualMean: func(e *Env, s int) float64 {
		return float64(e.plan.usualMean[s]) / float64(e.plan.capacity[s])
	},
	colForecast1:  forecastLoad(0),
	colForecast2:  forecastLoad(1),
	colForecast4:  forecastLoad(2),
	colClass0:     isClass(0),
	colClass0 + 1: isClass(1),
	colClass0 + 2: isClass(2),
	colClass0 + 3: isClass(3),
	colSlowShare:  func(e *Env, s int) float64 { return share(float64(e.view.SlowBit[s]), float64(e.view.ServedInBit[s])) },
	colDropShare:  (*Env).dropShare,
	colAwakeShare: func(e *Env, s int) float64 {
		lo, hi := e.cellsOf(s, s+1)
		awake := 0
		for _, serving := range e.view.Serving[lo:hi] {
			if serving {
				awake++
			}
		}
		return float64(awake) / float64(hi-lo)
	},
}

// sectorLoad returns the offered rate of a sector over its nominal capacity.
func (e *Env) sectorLoad(s int) float64 { return float64(e.offered[s]) / float64(e.plan.capacity[s]) }

// dropShare returns the share of a sector's traffic that was dropped.
func (e *Env) dropShare(s int) float64 {
	return share(float64(e.view.DroppedBit[s]), float64(e.view.OfferedBit[s]))
}

// isClass returns how the column of an area class finds its raw value.
func isClass(area topology.Area) func(*Env, int) float64 {
	return func(e *Env, s int) float64 {
		t := e.net.Topology()
		return float64(bit(t.SiteArea[t.SectorSite[s]] == area))
	}
}

// usual returns the sector's usual load in an hour.
func (e *Env) usual(hour, s int) float64 {
	return float64(e.plan.history[hour*e.sectors+s]) / float64(e.plan.capacity[s])
}

// share returns part over whole, 0 of nothing.
func share(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return part / whole
}

// observeTakers writes what the cells observe of the one that would take over,
// and notes its present load for the shield.
func (e *Env) observeTakers(lo, hi int) {
	off, width, obs := e.net.Topology().SectorCellOff, len(e.cols), e.batch.Obs
	loadAt, ifAt, awakeAt := e.at[colCandidate], e.at[colCandidateIfAsleep], e.at[colCandidateAwake]
	load, now := e.load, e.view.Load
	first := off[lo]
	for s := lo; s < hi; s++ {
		a, b := e.takers(s)
		last := off[s+1]
		for c := first; c < last; c++ {
			k := a
			if k == c {
				k = b
			}
			x, pressure := float32(noCandidateLoad), float32(0)
			if k >= 0 {
				x, pressure = load[k], now[k]
			}
			e.pressure[c] = pressure
			row := int(c) * width
			if loadAt >= 0 {
				obs[row+loadAt] = loadScaled(x)
			}
			if awakeAt >= 0 {
				obs[row+awakeAt] = float32(bit(k >= 0))
			}
			if ifAt >= 0 {
				obs[row+ifAt] = scaled(colCandidateIfAsleep, e.ifAsleep(c, k))
			}
		}
		first = last
	}
}

// ifAsleep estimates the load of the cell that takes over from c, k or none,
// with c asleep.
func (e *Env) ifAsleep(c, k int32) float64 {
	if k < 0 {
		return noCandidateIfAsleep
	}
	load := float64(e.load[k])
	if e.view.Serving[c] {
		load += float64(e.ifFull[c] * e.plan.capacityOf(int(c)) / e.plan.capacityOf(int(k)))
	}
	return load
}

// leastAsleepW returns the least power of a profile's sleep states, or the
// idle power if there are none.
func leastAsleepW(p *power.Profile) float64 {
	least := p.PowerW(power.Full, 0)
	for s := range p.States {
		if st := power.State(s); p.States[s].Available && !st.Awake() {
			least = min(least, p.PowerW(st, 0))
		}
	}
	return least
}
