package sleep

import (
	"slices"

	"hibernet/env/shield"
	"hibernet/sim/shard"
)

// needs says what the observed columns need.
type needs struct {
	lags int // intervals of loads before the last one

	offered, prevRate, ifFull, history, forecast, takers, around, pooled bool
}

func needsOf(at *[numColumns]int) needs {
	any := func(cols ...int) bool {
		return slices.ContainsFunc(cols, func(col int) bool { return at[col] >= 0 })
	}
	n := needs{
		prevRate: any(colSectorPrev), history: any(colUsualNow, colUsualNext, colUsualMean),
		forecast: any(colForecast1, colForecast2, colForecast4),
		ifFull:   any(colOwnIfFull, colCandidateIfAsleep),
		takers:   any(colCandidate, colCandidateIfAsleep, colCandidateAwake),
		around:   any(colNeighbourMean, colNeighbourMax, colSoleCover),
		pooled:   any(colAroundCount, colAroundIfFull, colAroundSector, colAroundDrop),
	}
	n.ifFull = n.ifFull || n.pooled
	switch {
	case any(colLoadLag3):
		n.lags = 3
	case any(colLoadLag2):
		n.lags = 2
	case any(colLoadLag1, colOwnTrend):
		n.lags = 1
	}
	n.offered = n.prevRate || n.ifFull || n.forecast || any(colSectorLoad)
	return n
}

// makeArrays allocates what the columns need.
func (e *Env) makeArrays() {
	t := e.net.Topology()
	cells, bins := t.NumCells(), t.Sectors()*t.Bins()
	e.sectors = t.Sectors()
	states := func() []uint8 { return make([]uint8, cells) }
	e.wish, e.decision, e.urgent, e.present, e.target, e.mask = states(), states(), states(), states(), states(), states()
	e.flags, e.refused = make([]shield.Flags, cells), make([]int32, shard.Count(cells))
	e.ignored = make([]int64, shard.Count(cells))
	e.crowded = make([][]int32, shard.Count(e.sectors))
	e.pressure, e.load = make([]float32, cells), make([]float32, cells)
	for i := range e.needs.lags {
		e.lags[i] = make([]float32, cells)
	}
	for i := range e.forecast {
		if e.at[colForecast1+i] >= 0 {
			e.forecast[i] = make([]float32, e.sectors)
		}
	}
	if e.needs.offered {
		e.offered = make([]float32, e.sectors)
	}
	if e.needs.prevRate {
		e.prevRate = make([]float32, e.sectors)
	}
	if e.needs.ifFull {
		e.fullCell, e.fullShare, e.ifFull = make([]int32, bins), make([]float32, bins), make([]float32, cells)
	}
	if e.needs.pooled {
		e.told = make([][2]float32, e.sectors)
	}
}
