package validation

import (
	"fmt"
	"math"
	"slices"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// The sources of the layout check.
const (
	layout3GPP   = "3GPP TR 36.873 V12.5.0 clause 8.2, phase 1 calibration, median of the companies, as printed with the channel model QuaDRiGa"
	layoutDirect = "users at continuous positions among all cells, in double precision, no code shared"
)

// layoutCase is a calibration layout: 36 sites on a torus, one carrier.
type layoutCase struct {
	name, class, reference string
	drop                   dropSpec
}

// element is the single antenna element of the calibration's K = M = 1.
var element = dropAntenna{8, 65, 65, 30, 30}

// layoutCases returns the layouts. Powers and noise matter for throughput
// only: 49 dBm in 106 blocks of 180 kHz, noise figure 9 dB.
func layoutCases() []layoutCase {
	base := dropSpec{
		FreqGHz: 2, Rows: 6, Cols: 6, Antenna: element, PowerRBW: math.Pow(10, 1.9) / 106,
		NoiseRBW: boltzmann * 290 * 180e3 * math.Pow(10, 0.9), Indoor: 0.8, MinLossDB: 1,
	}
	uma, umi, rma := base, base, base
	uma.Scenario, uma.ISDM, uma.BSM = "uma", 500, 25
	umi.Scenario, umi.ISDM, umi.BSM = "umi", 200, 10
	rma.Scenario, rma.ISDM, rma.BSM, rma.FreqGHz, rma.Indoor = "rma", 1732, 35, 0.7, 0.5
	rma.Antenna, rma.TiltDeg = dropAntenna{15, 65, 10, 20, 30}, 5
	return []layoutCase{
		{"urban macro, 500 m, 2 GHz", "urban", "3D-UMa", uma},
		{"street canyon, 200 m, 2 GHz", "dense_urban", "3D-UMi", umi},
		{"rural macro, 1732 m, 700 MHz", "rural", "", rma},
	}
}

// leastM is how near to a site users of the calibration come.
func (c *layoutCase) leastM() float64 {
	return map[string]float64{"uma": 35, "umi": 10}[c.drop.Scenario]
}

// spec returns the topology of the case.
func (c *layoutCase) spec(neighbours int) topology.Spec {
	d := &c.drop
	spec := topology.DefaultSpec()
	spec.Penetration, spec.MinCouplingLossDB = "simple", d.MinLossDB
	spec.Bins, spec.BinShareSigma = 16, 0
	spec.Neighbours, spec.SearchSites = neighbours, d.Rows*d.Cols
	class := spec.Classes[c.class]
	class.ISDM, class.Scenario, class.BSHeightM, class.DowntiltDeg = d.ISDM, d.Scenario, d.BSM, d.TiltDeg
	class.IndoorShare, class.CarShare, class.Carriers = d.Indoor, 0, []string{"n1"}
	spec.Classes[c.class] = class
	n1 := spec.Carriers["n1"]
	n1.FreqGHz, n1.GainDBi, n1.HBeamDeg, n1.VBeamDeg = d.FreqGHz, d.Antenna.maxDBi, d.Antenna.hDeg, d.Antenna.vDeg
	n1.SideLobeDB, n1.FrontBackDB, n1.MinRSRPDBm = d.Antenna.sideDB, d.Antenna.backDB, -156
	n1.TxPowerW, n1.NoiseFigureDB = d.PowerRBW*float64(n1.PRBs), 9
	spec.Carriers["n1"] = n1
	spec.Areas = []topology.AreaSpec{{Class: c.class, Sites: d.Rows * d.Cols}}
	return spec
}

// layoutSample is what users of a layout hear at full load.
type layoutSample struct {
	lossDB     []float64 // to the server
	geometryDB []float64 // server over all others
	mbps       []float64 // alone in the cell, all others full
}

// sort orders the figures.
func (l *layoutSample) sort() {
	slices.Sort(l.lossDB)
	slices.Sort(l.geometryDB)
	slices.Sort(l.mbps)
}

// layoutSizes are the users dropped and the layouts built (of 1728 bins): the
// standard error of a median of the geometry is below 0.1 dB.
const (
	layoutUsers  = 15_000
	layoutBuilds = 8
)

// built samples the bins of some built layouts.
func (c *layoutCase) built(neighbours, workers int) (*layoutSample, error) {
	out := &layoutSample{}
	for i := range layoutBuilds {
		top, err := topology.Build(c.spec(neighbours), rng.Root(31).At(uint64(i)), topology.Options{Workers: workers})
		if err != nil {
			return nil, err
		}
		m, err := radio.NewModel(radio.DefaultSpec(), &top.Links, &top.Cells, top.BinShare, workers)
		if err != nil {
			return nil, err
		}
		st, load, demand := radio.NewState(&top.Cells), make([]float32, top.NumCells()), make([]float32, top.Sectors())
		for c := range load {
			load[c] = 1
		}
		for s := range demand {
			demand[s] = 1e12 // keeps every cell full
		}
		m.Associate(st)
		m.Solve(load, demand)
		out.read(top, m, c.leastM())
	}
	out.sort()
	return out, nil
}

// read adds the bins of a solved layout that are far enough from their site.
func (l *layoutSample) read(top *topology.Topology, m *radio.Model, leastM float64) {
	bins := top.Bins()
	for at := range top.Sectors() * bins {
		server, site := m.Server(at), top.SectorSite[at/bins]
		if server < 0 || math.Hypot(float64(top.BinX[at])-top.SiteX[site], float64(top.BinY[at])-top.SiteY[site]) < leastM {
			continue
		}
		s, b, sum := at/bins, at%bins, 0.0
		for link := int(top.Links.Off[s]); link < int(top.Links.Off[s+1]); link++ {
			if link != int(server) {
				sum += float64(top.Links.At(link, b))
			}
		}
		own := float64(top.Links.At(int(server), b))
		l.lossDB = append(l.lossDB, -10*math.Log10(own))
		l.geometryDB = append(l.geometryDB, 10*math.Log10(own/sum))
		l.mbps = append(l.mbps, float64(m.Rate()[at])*1e-6)
	}
}

// direct samples dropped users.
func (c *layoutCase) direct(floors bool, key rng.Key) *layoutSample {
	d := c.drop
	d.Floors, d.MinM = floors, c.leastM()
	if floors && d.Scenario == "umi" {
		d.Scenario = "3d-umi" // as the companies had it; UMa is the same in both reports
	}
	p := d.dropUsers(key, layoutUsers)
	out := &layoutSample{lossDB: p.couplingLossDB(), geometryDB: p.sinr(1, false), mbps: p.sinr(1, true)}
	n1, spec := topology.DefaultCarriers()["n1"], radio.DefaultSpec()
	for u := range out.geometryDB {
		out.geometryDB[u] = 10 * math.Log10(out.geometryDB[u])
		efficiency := math.Min(spec.RateAlpha*math.Log2(1+out.mbps[u]/n1.Layers), spec.RateCapBpsHz)
		out.mbps[u] = radio.UsableBandwidthHz(float64(n1.PRBs), n1.SCSKHz, n1.DLShare, n1.Overhead) * n1.Layers * efficiency * 1e-6
	}
	out.sort()
	return out
}

// quantile returns a quantile of sorted values.
func quantile(sorted []float64, q float64) float64 { return sorted[int(q*float64(len(sorted)-1))] }

// layoutQuantiles are what is compared.
var layoutQuantiles = []float64{0.05, 0.25, 0.5, 0.75, 0.95}

// layoutCheck compares the distributions of the calibration layouts.
func layoutCheck() Check {
	return Check{
		Name: "layout",
		Doc:  "coupling loss, geometry and throughput at full load of the calibration layouts against the medians that 3GPP published and against users at continuous positions among all cells",
		Slow: true,
		Run: func(ctx Context) (Result, error) {
			var r Result
			list := layoutCases()
			for i := range list {
				if err := ctx.Err(); err != nil {
					return r, err
				}
				if err := list[i].compare(ctx, &r); err != nil {
					return r, err
				}
				ctx.Tell(float64(i+1) / float64(len(list)))
			}
			return r, nil
		},
	}
}

// compare adds the rows and figures of a layout.
func (c *layoutCase) compare(ctx Context, r *Result) error {
	flat := c.direct(false, rng.Root(32))
	nearAll, err := c.built(64, ctx.Workers)
	if err != nil {
		return err
	}
	if c.reference != "" {
		if err := c.published(nearAll, r); err != nil {
			return err
		}
	}
	for _, q := range layoutQuantiles {
		what := fmt.Sprintf("%s, quantile %g of ", c.name, q)
		r.Rows = append(r.Rows,
			Claim{what + "the coupling loss, 64 neighbours", "dB", layoutDirect, Independent}.Absolute(quantile(flat.lossDB, q), quantile(nearAll.lossDB, q), 0.8),
			Claim{what + "the geometry, 64 neighbours", "dB", layoutDirect, Independent}.Absolute(quantile(flat.geometryDB, q), quantile(nearAll.geometryDB, q), 0.5),
			Claim{what + "the throughput alone, 64 neighbours", "Mbit/s", layoutDirect, Independent}.Relative(quantile(flat.mbps, q), quantile(nearAll.mbps, q), 0.05))
	}
	figure := Figure{
		Name: "geometry_" + c.drop.Scenario, Title: "Geometry at full load, " + c.name, XLabel: "geometry, dB", YLabel: "share of users below",
		Series: []Series{cdf("continuous positions, all cells", flat.geometryDB), cdf("64 neighbours", nearAll.geometryDB)},
	}
	throughput := Figure{
		Name: "throughput_" + c.drop.Scenario, Title: "Throughput of a user alone in its cell, all others full, " + c.name, XLabel: "throughput, Mbit/s", YLabel: "share of users below", LogX: true,
		Series: []Series{cdf("continuous positions, all cells", flat.mbps), cdf("64 neighbours", nearAll.mbps)},
	}
	for _, neighbours := range []int{8, 16, 24} {
		l, err := c.built(neighbours, ctx.Workers)
		if err != nil {
			return err
		}
		for _, q := range []float64{0.05, 0.5} {
			claim := Claim{fmt.Sprintf("%s, quantile %g of the geometry, %d neighbours: above all cells", c.name, q, neighbours), "dB", layoutDirect, Independent}
			bounds := map[int][2]float64{8: {0.5, 3}, 16: {0.2, 1.3}, 24: {0.05, 0.8}}[neighbours]
			r.Rows = append(r.Rows, claim.Still(truncationDeviation, 0, bounds[0], bounds[1], quantile(l.geometryDB, q)-quantile(flat.geometryDB, q)))
		}
		name := fmt.Sprintf("%d neighbours", neighbours)
		figure.Series, throughput.Series = append(figure.Series, cdf(name, l.geometryDB)), append(throughput.Series, cdf(name, l.mbps))
	}
	r.Figures = append(r.Figures, figure, throughput)
	return nil
}

// published compares with the medians that 3GPP printed, the independent
// computation with users on floors first: it shows that the layouts are the
// same; the built layout has all users at 1.5 m.
func (c *layoutCase) published(nearAll *layoutSample, r *Result) error {
	ref, err := Ref("layout_3gpp")
	if err != nil {
		return err
	}
	floors := c.direct(true, rng.Root(33))
	printed := Series{Name: "3GPP, median of companies", Points: true}
	for i := range ref.Len() {
		if ref.Text(i, "scenario") != c.reference {
			continue
		}
		q, loss, geometry := ref.Number(i, "quantile"), ref.Number(i, "coupling_loss_db"), ref.Number(i, "geometry_db")
		printed.X, printed.Y = append(printed.X, geometry), append(printed.Y, q)
		if !slices.Contains(layoutQuantiles, q) {
			continue
		}
		what := fmt.Sprintf("%s, quantile %g of ", c.name, q)
		flatLoss := Claim{what + "the coupling loss, users at 1.5 m, 64 neighbours", "dB", layout3GPP, Secondary}
		r.Rows = append(r.Rows,
			Claim{what + "the geometry, independent computation with floors", "dB", layout3GPP, Secondary}.Absolute(geometry, quantile(floors.geometryDB, q), 0.8),
			Claim{what + "the coupling loss, independent computation with floors", "dB", layout3GPP, Secondary}.Absolute(loss, quantile(floors.lossDB, q), 2.5),
			Claim{what + "the geometry, users at 1.5 m, 64 neighbours", "dB", layout3GPP, Secondary}.Absolute(geometry, quantile(nearAll.geometryDB, q), 1.5))
		got := quantile(nearAll.lossDB, q)
		if c.drop.Scenario == "uma" && q >= 0.5 {
			r.Rows = append(r.Rows, flatLoss.Still(heightDeviation, loss, loss+3, loss+8, got))
		} else {
			r.Rows = append(r.Rows, flatLoss.Absolute(loss, got, 3))
		}
	}
	r.Figures = append(r.Figures, Figure{
		Name: "calibration_" + c.drop.Scenario, Title: "Geometry of the 3GPP calibration, " + c.name, XLabel: "geometry, dB", YLabel: "share of users below",
		Series: []Series{printed, cdf("independent, users on floors", floors.geometryDB), cdf("simulator, users at 1.5 m", nearAll.geometryDB)},
	})
	return nil
}

// cdf returns the distribution of sorted values at 100 points.
func cdf(name string, sorted []float64) Series {
	s := Series{Name: name}
	for i := range 101 {
		q := float64(i) / 100
		s.X, s.Y = append(s.X, quantile(sorted, q)), append(s.Y, q)
	}
	return s
}
