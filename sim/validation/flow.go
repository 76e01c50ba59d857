package validation

import (
	"errors"
	"fmt"
	"math"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
	"hibernet/sim/topology"
)

// The sources of the flow check.
const (
	flowMeanSource    = "event-driven simulation of single flows (Poisson arrivals, files, equal sharing), each at the rate of the mean interference that the simulation itself measured"
	flowInstantSource = "event-driven simulation of single flows, interference of the cells that are busy at each moment"
	flowDropSource    = "20,000 users at continuous positions, all cells interfering, one load for all cells by bisection"
)

// flowFileBits is the file of FTP model 3 (3GPP TR 38.864 Table A-2): 0.5 MB.
const flowFileBits = 4e6

// flowCheck compares the load model and the queue model together with
// simulations of single users.
func flowCheck() Check {
	return Check{
		Name: "flow",
		Doc:  "cell loads and user throughput of a layout of 12 sites against users simulated flow by flow, with mean and with instantaneous interference, and against users at continuous positions",
		Slow: true,
		Run: func(ctx Context) (Result, error) {
			var r Result
			tell := func(done float64) { ctx.Tell(done) }
			for i, part := range []func(Context) (Result, error){meanFlows, instantFlows, continuousFlows} {
				got, err := part(ctx)
				if err != nil {
					return r, err
				}
				if err := ctx.Err(); err != nil {
					return r, err
				}
				r.Rows, r.Figures = append(r.Rows, got.Rows...), append(r.Figures, got.Figures...)
				tell(float64(i+1) / 3)
			}
			return r, nil
		},
	}
}

// flowTrial is a hexagonal torus of 12 sites whose sectors' demands are such
// that the busier of each sector's own cells has the given load in the exact
// coupling.
func flowTrial(carriers []string, target float64) (*trial, *exactNetwork, error) {
	spec := topology.DefaultSpec()
	spec.Areas = []topology.AreaSpec{{Class: "urban", Sites: 12, Carriers: carriers}}
	top, err := topology.Build(spec, rng.Root(21), topology.Options{})
	if err != nil {
		return nil, nil, err
	}
	t := &trial{links: &top.Links, cells: &top.Cells, state: radio.NewState(&top.Cells), share: top.BinShare}
	for range top.Sectors() {
		t.demand = append(t.demand, 1e7)
	}
	rho := make([]float64, top.NumCells())
	for range 100 {
		e := t.exact(radio.DefaultSpec(), 1)
		for range 3 {
			for c, f := range e.offered(rho) {
				rho[c] = math.Min(f, 1)
			}
		}
		for s := range t.demand {
			busiest := 1e-3
			for c := top.SectorCellOff[s]; c < top.SectorCellOff[s+1]; c++ {
				busiest = math.Max(busiest, rho[c])
			}
			t.demand[s] *= float32(math.Pow(target/busiest, 0.7))
		}
	}
	return t, t.exact(radio.DefaultSpec(), 1), nil
}

// modelFigures returns the simulator's loads and its mean user throughput,
// weighted by traffic: rate alone times the idle share of the cell.
func modelFigures(t *trial) (load []float32, mean float64, err error) {
	m, load, err := t.solve(radio.DefaultSpec(), 1, 0, 2)
	if err != nil {
		return nil, 0, err
	}
	weight, bins := 0.0, t.links.Bins
	for b, share := range t.share {
		if l := m.Server(b); l >= 0 {
			w := float64(t.demand[b/bins]) * float64(share)
			mean += w * float64(m.Rate()[b]) * (1 - float64(load[t.links.Cell[l]]))
			weight += w
		}
	}
	return load, mean / weight, nil
}

// flowFiles is how many files arrive in each cell in the last round with mean
// interference: at a squared variation of the work of a file of up to 6 the
// standard error of a cell's load is up to 0.8 %.
const flowFiles = 100_000

// meanFlows plays single flows under mean interference.
func meanFlows(ctx Context) (Result, error) {
	var r Result
	var predicted, simulated []float64
	for i, target := range []float64{0.3, 0.7} {
		t, e, err := flowTrial([]string{"n28", "n41"}, target)
		if err != nil {
			return r, err
		}
		load, mean, err := modelFigures(t)
		if err != nil {
			return r, err
		}
		for j, law := range sizeLaws() {
			tally := selfConsistent(e, law, flowFileBits, rng.Root(22).Named(law.name).At(uint64(i)), flowFiles, ctx.Workers)
			what := fmt.Sprintf("busiest cells at load %g, %s files, mean interference", target, law.name)
			worst := extreme{relative: true, tol: 0.03, claim: Claim{what + ": load of a cell", "1", flowMeanSource, Independent}}
			for c, busy := range tally.busy {
				if busy > 0.01 {
					worst.add(busy, float64(load[c]), fmt.Sprintf("cell %d", c))
				}
				if j == 0 {
					predicted, simulated = append(predicted, float64(load[c])), append(simulated, busy)
				}
			}
			r.Rows = append(r.Rows, worst.row(),
				Claim{what + ": mean load", "1", flowMeanSource, Independent}.Relative(meanOf(tally.busy), mean32(load), 0.01),
				Claim{what + ": mean user throughput", "Mbit/s", flowMeanSource, Independent}.Relative(tally.throughput(e)*1e-6, mean*1e-6, 0.05))
		}
		if err := ctx.Err(); err != nil {
			return r, err
		}
	}
	r.Figures = append(r.Figures, Figure{
		Name: "load", Title: "Load of each cell: load model and single flows under mean interference",
		XLabel: "load of the load model", YLabel: "share of the time with a flow",
		Series: []Series{{Name: "flow by flow", X: predicted, Y: simulated, Points: true}, {Name: "equal", X: []float64{0, 1}, Y: []float64{0, 1}}},
	})
	return r, nil
}

// instantFiles is how many files arrive in a whole network with instantaneous
// interference.
const instantFiles = 80_000

// instantFlows plays single flows under the interference of each moment.
func instantFlows(ctx Context) (Result, error) {
	var r Result
	loads := []float64{0.1, 0.2, 0.35, 0.5, 0.65, 0.8}
	model, flows := make([][2]float64, len(loads)), make([][2]float64, len(loads))
	rows, errs := make([][]Row, len(loads)+1), make([]error, len(loads)+1)
	shard.New(ctx.Workers).Each(len(rows), func(i int) {
		if ctx.Err() != nil {
			return
		}
		if i == len(loads) {
			rows[i], _, _, errs[i] = instantRows("n28", 0.5)
			return
		}
		rows[i], model[i], flows[i], errs[i] = instantRows("n41", loads[i])
	})
	if err := errors.Join(errs...); err != nil {
		return r, err
	}
	for _, list := range rows {
		r.Rows = append(r.Rows, list...)
	}
	at := func(list [][2]float64, k int) []float64 {
		out := make([]float64, len(list))
		for i := range list {
			out[i] = list[i][k]
		}
		return out
	}
	r.Figures = []Figure{
		{
			Name: "instant_load", Title: "Mean load: load model and single flows under the interference of each moment",
			XLabel: "load that the demand was set for", YLabel: "mean load",
			Series: []Series{{Name: "load model", X: loads, Y: at(model, 0)}, {Name: "flow by flow", X: loads, Y: at(flows, 0), Points: true}},
		}, {
			Name: "instant_throughput", Title: "Mean user throughput: load model and single flows under the interference of each moment",
			XLabel: "load that the demand was set for", YLabel: "user throughput, Mbit/s",
			Series: []Series{{Name: "load model", X: loads, Y: at(model, 1)}, {Name: "flow by flow", X: loads, Y: at(flows, 1), Points: true}},
		},
	}
	return r, nil
}

// openSpec is the topology that the dropped users of openDrop live in: one
// carrier of columns without beams, coverage everywhere, simple penetration.
func openSpec(neighbours int) topology.Spec {
	spec := topology.DefaultSpec()
	spec.Penetration = "simple"
	spec.Bins, spec.BinShareSigma = 16, 0
	spec.Neighbours, spec.SearchSites = neighbours, 36
	class := spec.Classes["urban"]
	class.CarShare, class.Carriers = 0, []string{"n1"}
	spec.Classes["urban"] = class
	n1 := spec.Carriers["n1"]
	n1.MinRSRPDBm = -156
	spec.Carriers["n1"] = n1
	spec.Areas = []topology.AreaSpec{{Class: "urban", Sites: 36}}
	return spec
}

// openDrop is the same layout for continuous positions.
func openDrop() *dropSpec {
	return &dropSpec{
		Scenario: "uma", FreqGHz: 2.14, Rows: 6, Cols: 6, ISDM: 500, BSM: 25, TiltDeg: 9,
		Antenna: dropAntenna{17, 65, 10, 20, 30}, PowerRBW: 240.0 / 106, NoiseRBW: boltzmann * 290 * 180e3 * math.Pow(10, 0.9),
		Indoor: 0.8, MinLossDB: 70,
	}
}

// boltzmann is k, J/K (SI, exact).
const boltzmann = 1.380649e-23

// openUsers and openBuilds are the users dropped and the layouts built: the
// mean of 1/rate over as many positions has a standard error of about 1 %.
const (
	openUsers  = 20_000
	openBuilds = 12
)

// instantRows compares one carrier at one load. The load model puts the mean
// interference into the rate, which is convex in it: it gives lower rates than
// the mean over the moments.
func instantRows(carrier string, target float64) (rows []Row, model, flows [2]float64, err error) {
	t, e, err := flowTrial([]string{carrier}, target)
	if err != nil {
		return nil, model, flows, err
	}
	load, mean, err := modelFigures(t)
	if err != nil {
		return nil, model, flows, err
	}
	key := rng.Root(23).Named(carrier).At(uint64(100 * target))
	tally := instantaneous(e, sizeLaws()[0], flowFileBits, key, instantFiles)
	model, flows = [2]float64{mean32(load), mean * 1e-6}, [2]float64{meanOf(tally.busy), tally.throughput(e) * 1e-6}
	what := fmt.Sprintf("%s at load %g, interference of each moment", carrier, target)
	bounds := [4]float64{1.04, 1.36, 0.64, 0.88} // of load and throughput
	switch {
	case carrier == "n28": // columns without beams: near to critical
		bounds = [4]float64{1.4, 2.6, 0.3, 0.7}
	case target > 0.6: // towards saturation all are busy all the time
		bounds = [4]float64{1.04, 1.24, 0.64, 0.88}
	}
	return []Row{
		Claim{what + ": mean load", "1", flowInstantSource, Independent}.Still(meanDeviation, flows[0], bounds[0]*flows[0], bounds[1]*flows[0], model[0]),
		Claim{what + ": mean user throughput", "Mbit/s", flowInstantSource, Independent}.Still(meanDeviation, flows[1], bounds[2]*flows[1], bounds[3]*flows[1], model[1]),
	}, model, flows, nil
}

// The headings in DEVIATIONS.md of what these checks show.
const (
	truncationDeviation = "D5"
	meanDeviation       = "D7"
	heightDeviation     = "D6"
)

// continuousFlows compares the mean load of many built layouts with users at
// continuous positions.
func continuousFlows(ctx Context) (Result, error) {
	var r Result
	p := openDrop().dropUsers(rng.Root(24), openUsers)
	spec := radio.DefaultSpec()
	n1 := topology.DefaultCarriers()["n1"]
	hz := radio.UsableBandwidthHz(float64(n1.PRBs), n1.SCSKHz, n1.DLShare, n1.Overhead)
	rates := func(load float64) []float64 {
		out := p.sinr(load, true)
		for u, x := range out {
			out[u] = hz * n1.Layers * math.Min(spec.RateAlpha*math.Log2(1+x/n1.Layers), spec.RateCapBpsHz)
		}
		return out
	}
	for _, target := range []float64{0.15, 0.3, 0.5} {
		// The demand of a sector at which every cell has the target load.
		alone, inverse, throughput := rates(target), 0.0, 0.0
		for _, rate := range alone {
			inverse += 1 / rate / openUsers
			throughput += rate * (1 - target) * 1e-6 / openUsers
		}
		for _, neighbours := range []int{8, 16, 64} {
			load, mean, err := openModel(neighbours, target/inverse)
			if err != nil {
				return r, err
			}
			r.Rows = append(r.Rows, openRows(neighbours, target, load, throughput, mean*1e-6)...)
		}
	}
	rows, err := defaultMapRows()
	r.Rows = append(r.Rows, rows...)
	return r, err
}

// openRows compares mean load and user throughput (Mbit/s) of a layout with so
// many neighbours with those of users at continuous positions.
func openRows(neighbours int, target, load, throughput, mean float64) []Row {
	what := fmt.Sprintf("columns at load %g, continuous positions, %d neighbours", target, neighbours)
	loads := Claim{what + ": mean load", "1", flowDropSource, Independent}
	users := Claim{what + ": mean user throughput", "Mbit/s", flowDropSource, Independent}
	switch neighbours {
	case 8:
		return []Row{
			loads.Still(truncationDeviation, target, 0.65*target, 0.9*target, load),
			users.Still(truncationDeviation, throughput, 1.1*throughput, 1.75*throughput, mean),
		}
	case 16:
		return []Row{
			loads.Still(truncationDeviation, target, 0.82*target, 0.96*target, load),
			users.Still(truncationDeviation, throughput, 1.03*throughput, 1.35*throughput, mean),
		}
	}
	return []Row{loads.Relative(target, load, 0.03), users.Relative(throughput, mean, 0.05)}
}

// defaultMapRows compares loads of the default map with few and with many
// neighbours: the same positions, demand and gains.
func defaultMapRows() ([]Row, error) {
	var rows []Row
	figures := func(neighbours int, demand float32) (float64, float64, error) {
		spec := topology.DefaultSpec()
		spec.Neighbours, spec.SearchSites = neighbours, 48
		top, err := topology.Build(spec, rng.Root(26), topology.Options{Workers: 2})
		if err != nil {
			return 0, 0, err
		}
		t := &trial{links: &top.Links, cells: &top.Cells, state: radio.NewState(&top.Cells), share: top.BinShare}
		for range top.Sectors() {
			t.demand = append(t.demand, demand)
		}
		load, mean, err := modelFigures(t)
		return mean32(load), mean * 1e-6, err
	}
	for _, demand := range []float32{5e7, 2e8} {
		load, mean, err := figures(64, demand)
		if err != nil {
			return nil, err
		}
		for _, neighbours := range []int{8, 16, 24} {
			few, fewMean, err := figures(neighbours, demand)
			if err != nil {
				return nil, err
			}
			what := fmt.Sprintf("default map, %g Mbit/s a sector, %d neighbours", demand*1e-6, neighbours)
			const source = "the same map with 64 neighbours a carrier"
			rows = append(rows,
				Claim{what + ": mean load", "1", source, Independent}.Still(truncationDeviation, load, 0.5*load, 0.999*load, few),
				Claim{what + ": mean user throughput", "Mbit/s", source, Independent}.Still(truncationDeviation, mean, 1.001*mean, 2*mean, fewMean))
		}
	}
	return rows, nil
}

// openModel returns the load model's mean load and user throughput over some
// built layouts with the same demand in every sector, bit/s.
func openModel(neighbours int, demand float64) (load, throughput float64, err error) {
	for i := range openBuilds {
		top, err := topology.Build(openSpec(neighbours), rng.Root(25).At(uint64(i)), topology.Options{Workers: 2})
		if err != nil {
			return 0, 0, err
		}
		t := &trial{links: &top.Links, cells: &top.Cells, state: radio.NewState(&top.Cells), share: top.BinShare}
		for range top.Sectors() {
			t.demand = append(t.demand, float32(demand))
		}
		loads, mean, err := modelFigures(t)
		if err != nil {
			return 0, 0, err
		}
		load, throughput = load+mean32(loads)/openBuilds, throughput+mean/openBuilds
	}
	return load, throughput, nil
}
