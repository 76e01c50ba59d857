package published

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"hibernet/scenarios"
	"hibernet/sim/des"
	"hibernet/sim/radio"
	"hibernet/sim/validation"
)

// reiss is the study of offloading, and what it found.
const reiss = "Reiss et al., arXiv 2606.05752 and 2606.05755, abstracts: on a European operator's data, 17 to 79 % of 5G cells can be switched off for a guaranteed 25 to 5 Mbit/s"

// reissStrict and reissLoose are its shares of cells at the highest and the
// lowest guarantee.
const reissStrict, reissLoose = 0.17, 0.79

// guaranteesMbps are the guaranteed user throughputs, strictest first.
var guaranteesMbps = []float64{25, 20, 15, 10, 5}

// offloadHour is when the search is made: Wednesday, 20:00, a busy hour.
const offloadHour = 2*des.Day + 20*des.Hour

// offloadCheck searches how many cells of a capacity layer may sleep at a busy
// hour without users falling below a guarantee.
func offloadCheck() validation.Check {
	return validation.Check{
		Name: "nsa-offload", Slow: true,
		Doc: "share of 5G cells that can sleep at a busy hour while 4G holds a guaranteed user throughput, by greedy search, beside a study of an operator's data",
		Run: func(ctx validation.Context) (validation.Result, error) {
			sc, err := scenarios.Preset("nsa-offload", nil)
			if err != nil {
				return validation.Result{}, err
			}
			w, err := scenarios.Build(ctx, sc, scenarios.Inputs{}, ctx.Workers)
			if err != nil {
				return validation.Result{}, err
			}
			s, err := newSearch(w, offloadHour, ctx.Workers)
			if err != nil {
				return validation.Result{}, err
			}
			bps := slices.Clone(guaranteesMbps)
			floats.Scale(1e6, bps)
			return offloadResult(s.greedy(bps)), nil
		},
	}
}

// search looks for cells that may sleep under fixed demand.
type search struct {
	model    *radio.Model
	state    *radio.State
	demand   []float32 // [sectors] bit/s
	share    []float32 // [bins] of the sector's demand
	load     []float32 // [cells]
	capacity []int     // cells that may sleep
	now, all quality   // with the present cells awake, and with all
}

// quality is what users have.
type quality struct {
	bps  []float64 // [cells] mean user throughput in each cell, +Inf without users
	lost float64   // bit/s offered where no cell reaches
}

// newSearch returns a search at a time of a world's demand.
func newSearch(w *scenarios.World, at des.Time, workers int) (*search, error) {
	t := w.Topology
	model, err := radio.NewModel(w.Scenario.Radio, &t.Links, &t.Cells, t.BinShare, workers)
	if err != nil {
		return nil, err
	}
	s := &search{
		model: model, state: radio.NewState(&t.Cells), share: t.BinShare,
		demand: make([]float32, t.Sectors()), load: make([]float32, t.NumCells()),
	}
	w.Demand.Clone().DemandTo(s.demand, at)
	for c := range t.NumCells() {
		if !t.Carriers[t.CellCarrier[c]].Coverage {
			s.capacity = append(s.capacity, c)
		}
	}
	return s, nil
}

// solve works out what users have with the present cells awake. A cell's mean
// user throughput is that of M/G/1 processor sharing: the rate at which it
// would clear its traffic, times the share of time that it has left.
func (s *search) solve(q *quality) {
	s.model.Associate(s.state)
	s.model.Solve(s.load, s.demand)
	offered, links := s.model.Offered(), s.model.Links()
	q.bps, q.lost = append(q.bps[:0], make([]float64, len(offered))...), 0
	for b, share := range s.share {
		bps, link := float64(share*s.demand[b/links.Bins]), s.model.Server(b)
		if link < 0 {
			q.lost += bps
			continue
		}
		q.bps[links.Cell[link]] += bps
	}
	for c, carried := range q.bps {
		q.bps[c] = meanThroughput(carried, float64(offered[c]))
	}
}

// meanThroughput returns the mean user throughput in bit/s of a cell that is
// offered so much traffic at that load: 0 if overloaded, +Inf if empty.
func meanThroughput(offeredBps, load float64) float64 {
	switch {
	case offeredBps == 0:
		return math.Inf(1)
	case load >= 1:
		return 0
	}
	return offeredBps / load * (1 - load)
}

// holds says whether every cell keeps the guarantee, those that did not have it
// with all cells awake are not overloaded if they were not, and no more traffic
// is out of reach.
func (s *search) holds(bps float64) bool {
	for c, now := range s.now.bps {
		if all := s.all.bps[c]; now < min(bps, all) && (all >= bps || now == 0) {
			return false
		}
	}
	return s.now.lost <= s.all.lost
}

// greedy puts cells to sleep one by one, the emptiest first, as long as a
// guarantee in bit/s holds, and returns the share of cells asleep for each
// guarantee: a lower bound of what can sleep. The guarantees must be in falling
// order: what sleeps under one sleeps under those that are looser.
func (s *search) greedy(guarantees []float64) []float64 {
	s.solve(&s.all)
	idle := slices.Clone(s.load)
	awake := slices.Clone(s.capacity)
	slices.SortStableFunc(awake, func(a, b int) int { return cmp.Compare(idle[a], idle[b]) })
	var shares []float64
	for _, bps := range guarantees {
		awake = slices.DeleteFunc(awake, func(c int) bool {
			s.state.Serving[c] = false
			s.solve(&s.now)
			asleep := s.holds(bps)
			s.state.Serving[c] = !asleep
			return asleep
		})
		shares = append(shares, 1-float64(len(awake))/float64(len(s.capacity)))
	}
	return shares
}

// offloadResult compares the shares, strictest guarantee first.
func offloadResult(shares []float64) validation.Result {
	claim := func(quantity string) validation.Claim {
		return validation.Claim{Quantity: quantity, Unit: "1", Source: reiss, Trust: validation.Secondary}
	}
	last := len(shares) - 1
	rows := []validation.Row{
		claim("share of 5G cells that can sleep at a guaranteed 25 Mbit/s").Still("D15", reissStrict, 0.55, 0.75, shares[0]),
		claim("share of 5G cells that can sleep at a guaranteed 5 Mbit/s, to which the load is set").Relative(reissLoose, shares[last], 0.1),
	}
	f := validation.Figure{
		Name: "nsa-offload", Title: "Share of 5G cells that can sleep at a busy hour, by the guaranteed user throughput",
		XLabel: "guaranteed mean user throughput of every cell, Mbit/s", YLabel: "cells asleep, %",
		Series: []validation.Series{
			{Name: "simulated", X: guaranteesMbps},
			{Name: "published, highest and lowest guarantee", X: []float64{25, 5}, Y: []float64{100 * reissStrict, 100 * reissLoose}, Points: true},
		},
	}
	for _, s := range shares {
		f.Series[0].Y = append(f.Series[0].Y, 100*s)
	}
	return validation.Result{Rows: rows, Figures: []validation.Figure{f}}
}
