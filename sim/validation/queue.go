package validation

import (
	"fmt"
	"math"
	"sort"

	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/kpi"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// The sources of the queue model.
const (
	sharingSource = "M/G/1 processor sharing: throughput of a class = its rate x (1 - load), whatever the law of the file sizes (textbook)"
	fluidSource   = "fluid queue Q' = max(Q + (demand - capacity) T, 0), worked by hand"
	halvingSource = "half the chains: half the array gain and half the layers, not below one"
)

// queueCheck drives a network of one sector whose capacity is known by hand.
func queueCheck() Check {
	return Check{
		Name: "queue",
		Doc:  "user throughput, overload, queues and the throughput histogram of one sector against closed forms",
		Run: func(Context) (Result, error) {
			var r Result
			for _, part := range []func() ([]Row, error){sharingRows, admissionRows, overloadRows, drainRows, reducedRows, histogramRows} {
				rows, err := part()
				if err != nil {
					return Result{}, err
				}
				r.Rows = append(r.Rows, rows...)
			}
			return r, nil
		},
	}
}

// What the tower's two bins hear: SNR a block of 100 and 10.
const (
	towerNear, towerFar = 100, 10
	towerHz             = 2e7
	towerLayers         = 1.5
)

// tower is a topology of one site with one sector and one cell of two bins
// with 3/4 and 1/4 of the demand.
func tower() *topology.Topology {
	links, cells := gainLinks([][]float64{{towerNear}}, []uint8{0})
	links.Bins, links.Gain = 2, []uint16{radio.PackGain(towerNear), radio.PackGain(towerFar)}
	cells.BandwidthHz[0], cells.Layers[0] = towerHz, towerLayers
	return &topology.Topology{
		Carriers: []topology.Carrier{{Name: "only", Coverage: true}},
		Links:    *links, Cells: *cells,
		SiteX: []float64{0}, SiteY: []float64{0}, SiteArea: []topology.Area{topology.Urban},
		SiteSectorOff: []int32{0, 1}, SectorSite: []int32{0}, SectorAzimuth: []float32{0}, SectorCellOff: []int32{0, 1},
		CoverageCell: []int32{0}, CellSector: []int32{0}, CellCarrier: []uint8{0},
		BinX: make([]float32, 2), BinY: make([]float32, 2), BinShare: []float32{0.75, 0.25},
		BinIndoor: make([]bool, 2), BinBuilding: make([]radio.Building, 2), Cover: []uint8{3},
	}
}

// towerRates returns what the tower's bins get alone, bit/s, and the demand
// that fills its cell: the harmonic mean of the rates.
func towerRates() (rate [2]float64, capacity float64) {
	spec := radio.DefaultSpec()
	for b, snr := range []float64{towerNear, towerFar} {
		rate[b] = towerHz * towerLayers * spec.RateAlpha * math.Log2(1+snr/towerLayers)
	}
	return rate, 1 / (0.75/rate[0] + 0.25/rate[1])
}

// steps offers the sector's traffic by epoch, the last one for ever, bit/s.
type steps struct {
	epoch des.Time
	rates []float64
}

func (s steps) DemandTo(dst []float32, at des.Time) {
	dst[0] = float32(s.rates[min(int(at/s.epoch), len(s.rates)-1)])
}

// towerProfile is a radio unit with a full, a halved and a DTX state.
func towerProfile() power.Profile {
	p := power.Profile{Name: "tower", Family: power.Target, TRX: 2}
	p.States[power.Full] = power.StateData{Available: true, BaseW: 100, SlopeW: 100, ChainShare: 1, PowerShare: 1, CapacityShare: 1}
	p.States[power.HalfTRX] = power.StateData{Available: true, BaseW: 70, SlopeW: 60, ChainShare: 0.5, PowerShare: 1, CapacityShare: 1}
	p.States[power.DTX] = power.StateData{Available: true, BaseW: 60, SlopeW: 50, ChainShare: 1, PowerShare: 1, CapacityShare: 0.25}
	return p
}

// towerNetwork returns the tower under the given settings and demand by epoch,
// started.
func towerNetwork(spec sim.Spec, demand ...float64) (*sim.Network, error) {
	site := power.DefaultSpec()
	site.UnitSpread = 0
	n, err := sim.New(spec, sim.Parts{
		Topology: tower(), Radio: tightSpec(), Site: site, Workers: 1,
		Profiles: []power.Profile{towerProfile()}, Key: rng.Root(1),
	})
	if err != nil {
		return nil, err
	}
	return n, n.Start(0, steps{spec.Epoch(), demand})
}

// singlePrecision bounds what single-precision rates may differ.
const singlePrecision = 2e-6

// anyNumber returns settings under which cells take any number of transfers.
func anyNumber() sim.Spec {
	spec := sim.DefaultSpec()
	spec.MaxTransfers = 0
	return spec
}

// admissionRows compares what is served and what a user gets with the law of
// the number of transfers, P(n) = f^n / (1 + ... + f^K), summed term by term.
// The last limit is the default one, 100 transfers.
func admissionRows() ([]Row, error) {
	rate, capacity := towerRates()
	var rows []Row
	for _, limit := range []int{5, 20, 0} {
		spec := sim.DefaultSpec()
		if limit > 0 {
			spec.MaxTransfers = limit
		} else {
			limit = 100
		}
		for _, f := range []float64{0.5, 0.95, 1, 1.02, 1.6} {
			n, err := towerNetwork(spec, f*capacity)
			if err != nil {
				return nil, err
			}
			if err := n.RunUntil(spec.Epoch()); err != nil {
				return nil, err
			}
			all, number, term := 0.0, 0.0, 1.0
			for k := range limit + 1 {
				all, number = all+term, number+float64(k)*term
				term *= f
			}
			refused := term / f / all
			user := f * (1 - refused) / (number / all)
			what := fmt.Sprintf("at most %d transfers, offered load %g: ", limit, f)
			const source = "M/G/1 processor sharing with room for K transfers: P(n) = f^n/(1+...+f^K), summed term by term, and Little's law"
			rows = append(rows,
				Claim{what + "share served", "1", source, Derived}.Relative(1-refused, n.Totals().ServedBit/n.Totals().OfferedBit, 1e-5),
				Claim{what + "mean user throughput", "Mbit/s", source, Derived}.Relative((0.75*rate[0]+0.25*rate[1])*user*1e-6, n.Totals().Throughput.Mean(), 1e-5))
		}
	}
	return rows, nil
}

// sharingRows compares load and user throughput at several loads.
func sharingRows() ([]Row, error) {
	rate, capacity := towerRates()
	var rows []Row
	for _, rho := range []float64{0.1, 0.5, 0.9} {
		spec := anyNumber()
		// Between the throughputs of the two bins: the far one's is slow.
		spec.TargetThroughputMbps = (rate[1] + 0.02*(rate[0]-rate[1])) * (1 - rho) * 1e-6
		n, err := towerNetwork(spec, rho*capacity)
		if err != nil {
			return nil, err
		}
		if err := n.RunUntil(spec.Epoch()); err != nil {
			return nil, err
		}
		slow := float64(n.View().SlowBit[0])
		hist, at := n.Totals().Throughput, fmt.Sprintf(" at load %g", rho)
		mean := (0.75*rate[0] + 0.25*rate[1]) * (1 - rho) * 1e-6
		c := Claim{"", "Mbit/s", sharingSource, Derived}
		named := func(q string) Claim { c := c; c.Quantity = q + at; return c }
		rows = append(rows,
			Claim{"load of one cell" + at, "1", "demand x (0.75/R1 + 0.25/R2)", Derived}.Relative(rho, float64(n.View().Load[0]), singlePrecision),
			named("mean user throughput").Relative(mean, hist.Mean(), singlePrecision),
			named("5th percentile of user throughput, the far bin").Relative(rate[1]*(1-rho)*1e-6, hist.Quantile(0.05), histWidth),
			named("median user throughput, the near bin").Relative(rate[0]*(1-rho)*1e-6, hist.Quantile(0.5), histWidth),
			Claim{"traffic served below a target between both" + at, "bit", "that of the far bin", Derived}.Relative(0.25*rho*capacity*spec.EpochS, slow, singlePrecision),
		)
		// A target just under the far bin's throughput leaves nothing slow.
		spec.TargetThroughputMbps = rate[1] * (1 - rho) * 1e-6 * 0.98
		if n, err = towerNetwork(spec, rho*capacity); err != nil {
			return nil, err
		}
		if err := n.RunUntil(spec.Epoch()); err != nil {
			return nil, err
		}
		rows = append(rows, Claim{"traffic served below a target 2 % under both" + at, "bit", "none", Derived}.Absolute(0, float64(n.View().SlowBit[0]), 0))
	}
	return rows, nil
}

// overloadRows offers more than the cell carries: 1/f of it is served.
func overloadRows() ([]Row, error) {
	_, capacity := towerRates()
	var rows []Row
	for _, f := range []float64{1.02, 1.6, 4} {
		spec := anyNumber()
		n, err := towerNetwork(spec, f*capacity)
		if err != nil {
			return nil, err
		}
		if err := n.RunUntil(spec.Epoch()); err != nil {
			return nil, err
		}
		t, all, at := n.Totals(), f*capacity*spec.EpochS, fmt.Sprintf(" at %g times the capacity", f)
		source := "served share 1/f of the demand, the rest dropped"
		rows = append(rows,
			Claim{"unclipped load" + at, "1", source, Derived}.Relative(f, float64(n.View().Offered[0]), singlePrecision),
			Claim{"load" + at, "1", source, Derived}.Absolute(1, float64(n.View().Load[0]), 0),
			Claim{"served traffic" + at, "bit", source, Derived}.Relative(all/f, t.ServedBit, singlePrecision),
			Claim{"dropped traffic" + at, "bit", source, Derived}.Relative(all*(1-1/f), t.DroppedBit, 1e-4),
			Claim{"time in overload" + at, "s", source, Derived}.Absolute(spec.EpochS, t.OverloadCellS, 0),
			Claim{"mean user throughput" + at, "Mbit/s", sharingSource, Derived}.Absolute(0, t.Throughput.Mean(), 0),
		)
	}
	n, err := towerNetwork(anyNumber(), 0.98*capacity)
	if err != nil {
		return nil, err
	}
	if err := n.RunUntil(des.Minute); err != nil {
		return nil, err
	}
	return append(rows, Claim{"time in overload at 0.98 times the capacity", "s", "none", Derived}.Absolute(0, n.Totals().OverloadCellS, 0)), nil
}

// drainRows queues what does not fit and follows the queue epoch by epoch.
func drainRows() ([]Row, error) {
	_, capacity := towerRates()
	spec := anyNumber()
	spec.Overload, spec.QueueMaxS = sim.OverloadQueue, 600
	// Of the capacity. The queue is capped once, when demand falls to 0.1.
	offered := []float64{1.5, 1.2, 0.6, 0.1, 0.9, 1.3, 0.2, 0.2}
	demand := make([]float64, len(offered))
	for i, o := range offered {
		demand[i] = o * capacity
	}
	n, err := towerNetwork(spec, demand...)
	if err != nil {
		return nil, err
	}
	var rows []Row
	queue, dropped, served := 0.0, 0.0, 0.0
	for i, o := range offered {
		if limit := spec.QueueMaxS * demand[i]; queue > limit {
			dropped += queue - limit
			queue = limit
		}
		before := queue
		queue = math.Max(queue+(o-1)*capacity*spec.EpochS, 0)
		served += before + demand[i]*spec.EpochS - queue
		// Just before the next epoch begins.
		if err := n.RunUntil(des.Time(i+1)*spec.Epoch() - 1); err != nil {
			return nil, err
		}
		t, at := n.Totals(), fmt.Sprintf(" after epoch %d, demand %g of the capacity", i, o)
		unit := capacity * spec.EpochS
		rows = append(rows,
			Claim{"queue" + at, "bit", fluidSource, Derived}.Absolute(queue, t.QueuedBit, 1e-5*unit),
			Claim{"served traffic" + at, "bit", fluidSource, Derived}.Absolute(served, t.ServedBit, 1e-5*unit),
			Claim{"dropped traffic" + at, "bit", fluidSource, Derived}.Absolute(dropped, t.DroppedBit, 1e-5*unit),
		)
	}
	return rows, nil
}

// reducedRows compares rates and power in states other than full.
func reducedRows() ([]Row, error) {
	alpha := radio.DefaultSpec().RateAlpha
	var rows []Row
	for _, c := range []struct {
		state  power.State
		source string
		rate   float64
	}{
		// 1.5 layers halved would be 0.75: one is left.
		{power.HalfTRX, halvingSource, towerHz * alpha * math.Log2(1+towerFar/2.0)},
		{power.DTX, "a share of the time is left", 0.25 * towerHz * towerLayers * alpha * math.Log2(1+towerFar/towerLayers)},
	} {
		n, err := towerNetwork(anyNumber(), 1e6)
		if err != nil {
			return nil, err
		}
		if err := n.Request(0, c.state); err != nil {
			return nil, err
		}
		if err := n.RunUntil(des.Second); err != nil {
			return nil, err
		}
		rows = append(rows, Claim{fmt.Sprintf("rate of the far bin in state %s", c.state), "bit/s", c.source, Derived}.Relative(c.rate, float64(n.Rate()[1]), singlePrecision))
	}
	return rows, nil
}

// histWidth is the width of a bin of the histogram, the bound on the error of a
// quantile: 128 bins a decade.
const histWidth = 0.0182

// histogramRows compares quantiles with sorting, and the ends of the range.
func histogramRows() ([]Row, error) {
	const source = "128 bins a decade from 0.001 to 1,000,000 Mbit/s"
	single := func(v, q float64) float64 {
		var h kpi.Hist
		h.Add(v, 3)
		return h.Quantile(q)
	}
	exact := func(what string, want, got float64) Row {
		return Claim{"histogram: " + what, "Mbit/s", source, Derived}.Relative(want, got, 1e-12)
	}
	rows := []Row{
		exact("lower edge of the bin of 1.001", 1, single(1.001, 0)),
		exact("upper edge of the bin of 1.001", math.Pow(10, 1.0/128), single(1.001, 1)),
		exact("middle of the bin of 37", math.Pow(10, -3+(math.Floor((math.Log10(37)+3)*128)+0.5)/128), single(37, 0.5)),
		exact("lower edge of the bin of 0.00101, the first", 1e-3, single(0.00101, 0)),
		exact("0.00099, below the range", 0, single(0.00099, 0.5)),
		exact("upper edge of the bin of 990,000, the last", 1e6, single(990e3, 1)),
		exact("lower edge of the bin of 990,000, the last", math.Pow(10, 6-1.0/128), single(990e3, 0)),
		exact("1,040,000, above the range", 1e6, single(1.04e6, 0.5)),
	}
	invalid := map[bool]float64{true: 1}[math.IsNaN(single(1, 1.01))]
	rows = append(rows, Claim{"histogram: the quantile 1.01 is not a number", "1", "quantiles are from 0 to 1", Derived}.Absolute(1, invalid, 0))
	s := rng.Root(4).Named("histogram").Stream()
	var h kpi.Hist
	values := make([]float64, 20001)
	for i := range values {
		values[i] = math.Exp(3 + 1.5*s.Norm())
		h.Add(values[i], 1)
	}
	sort.Float64s(values)
	worst := extreme{relative: true, tol: histWidth, claim: Claim{"histogram: quantile of a log-normal sample", "Mbit/s", "sorting", Independent}}
	for _, q := range []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99} {
		worst.add(values[int(q*20000)], h.Quantile(q), fmt.Sprintf("%g", q))
	}
	return append(rows, worst.row()), nil
}
