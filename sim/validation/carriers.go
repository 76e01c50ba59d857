package validation

import (
	"fmt"
	"math"
	"slices"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// carrierRows compares the default carrier table with its second entry, and
// the cells that a topology makes of it.
func carrierRows() ([]Row, error) {
	ref, err := Ref("carriers")
	if err != nil {
		return nil, err
	}
	spec := topology.DefaultSpec()
	spec.Areas = []topology.AreaSpec{{Class: "urban", Sites: 12, Carriers: []string{"n28", "n1", "n41", "n78", "n79", "n258"}}}
	top, err := topology.Build(spec, rng.Root(1), topology.Options{})
	if err != nil {
		return nil, err
	}
	table := topology.DefaultCarriers()
	var rows []Row
	for i := range ref.Len() {
		name, field := ref.Text(i, "carrier"), ref.Text(i, "field")
		c, ok := table[name]
		k := slices.IndexFunc(top.Carriers, func(c topology.Carrier) bool { return c.Name == name })
		if !ok || k < 0 {
			return nil, fmt.Errorf("no carrier %q", name)
		}
		got, ok := carrierField(&c, field)
		if !ok {
			got, ok = cellField(&top.Cells, slices.Index(top.Cells.Carrier, uint8(k)), field)
		}
		if !ok {
			return nil, fmt.Errorf("no field %q of a carrier", field)
		}
		// Cells are in single precision; kT is rounded to 0.0005 dB.
		tol := map[bool]float64{true: 1e-4, false: 1e-6}[field == "cell_noise_rb_w"]
		claim := Claim{"carrier " + name + ": " + field, ref.Text(i, "unit"), ref.Text(i, "source"), ref.Text(i, "trust")}
		rows = append(rows, claim.Relative(ref.Number(i, "value"), got, tol))
	}
	return rows, nil
}

func carrierField(c *topology.Carrier, field string) (float64, bool) {
	coverage := 0.0
	if c.Coverage {
		coverage = 1
	}
	v, ok := map[string]float64{
		"freq_ghz": c.FreqGHz, "bandwidth_mhz": c.BandwidthMHz, "scs_khz": c.SCSKHz, "prbs": float64(c.PRBs),
		"dl_share": c.DLShare, "overhead": c.Overhead, "tx_power_w": c.TxPowerW, "trx": float64(c.TRX),
		"gain_dbi": c.GainDBi, "beam_gain_db": c.BeamGainDB, "leak_gain_db": c.LeakGainDB,
		"h_beam_deg": c.HBeamDeg, "v_beam_deg": c.VBeamDeg, "side_lobe_db": c.SideLobeDB, "front_back_db": c.FrontBackDB,
		"layers": c.Layers, "noise_figure_db": c.NoiseFigureDB, "coverage": coverage,
		"priority_db": c.PriorityDB, "min_rsrp_dbm": c.MinRSRPDBm,
	}[field]
	return v, ok
}

func cellField(c *radio.Cells, i int, field string) (float64, bool) {
	k := c.KindOf(int32(i))
	v, ok := map[string]float32{
		"cell_tx_rb_w": c.TxRBW[k], "cell_bandwidth_hz": c.BandwidthHz[k], "cell_noise_rb_w": c.NoiseRBW[k],
		"cell_beam_gain": c.BeamGain[k], "cell_leak_gain": c.LeakGain[k], "cell_layers": c.Layers[k],
		"cell_prbs": c.PRBs[k], "cell_priority_db": c.PriorityDB[k], "cell_min_rsrp_dbm": c.MinRSRPDBm[k],
	}[field]
	return float64(v), ok
}

// gainRows compares the path gains of layouts without shadowing and buildings
// with a slow evaluation: of line of sight, either outcome is allowed.
func gainRows() ([]Row, error) {
	var rows []Row
	for _, c := range []struct {
		class, carrier string
		isdM           float64
	}{{"urban", "n41", 500}, {"rural", "n28", 1732}, {"dense_urban", "n258", 200}} {
		spec := topology.DefaultSpec()
		spec.Shadowing = false
		class := spec.Classes[c.class]
		class.ISDM, class.IndoorShare, class.CarShare, class.Carriers = c.isdM, 0, 0, []string{c.carrier}
		spec.Classes[c.class] = class
		spec.Areas = []topology.AreaSpec{{Class: c.class, Sites: 12}}
		top, err := topology.Build(spec, rng.Root(2), topology.Options{})
		if err != nil {
			return nil, err
		}
		worst := extreme{tol: gainRoundingDB, claim: Claim{fmt.Sprintf("path gain, %s, %s, without shadowing", c.class, c.carrier), "dB",
			"antenna pattern less path loss at the printed positions, line of sight or not", Independent}}
		m := top.Bins()
		for s := range top.Sectors() {
			for l := int(top.Links.Off[s]); l < int(top.Links.Off[s+1]); l++ {
				for b := s * m; b < (s+1)*m; b++ {
					got := 10 * math.Log10(float64(top.Links.At(l, b-s*m)))
					want := slowGainDB(top, &class, spec.UTHeightM, spec.MinCouplingLossDB, b, int(top.Links.Cell[l]))
					near := want[0]
					if math.Abs(got-want[1]) < math.Abs(got-near) {
						near = want[1]
					}
					worst.add(near, got, fmt.Sprintf("bin %d, cell %d", b, top.Links.Cell[l]))
				}
			}
		}
		rows = append(rows, worst.row())
	}
	floor, err := gainFloorRow()
	return append(rows, floor), err
}

// slowGainDB returns the gain from a cell to a bin in dB, with and without line
// of sight.
func slowGainDB(top *topology.Topology, class *topology.ClassSpec, utM, minLossDB float64, bin, cell int) [2]float64 {
	site, carrier := top.CellSite(cell), &top.Carriers[top.CellCarrier[cell]]
	dx := wrapped(float64(top.BinX[bin])-top.SiteX[site], top.MaxX-top.MinX)
	dy := wrapped(float64(top.BinY[bin])-top.SiteY[site], top.MaxY-top.MinY)
	d := max(math.Sqrt(dx*dx+dy*dy), 10)
	off := math.Atan2(dx, dy)*180/math.Pi - float64(top.SectorAzimuth[top.CellSector[cell]])
	down := math.Atan2(class.BSHeightM-utM, d) * 180 / math.Pi
	pattern := dropAntenna{carrier.GainDBi, carrier.HBeamDeg, carrier.VBeamDeg, carrier.SideLobeDB, carrier.FrontBackDB}
	antenna := pattern.gainDBi(off, down-class.DowntiltDeg)
	var out [2]float64
	for i, los := range []bool{true, false} {
		out[i] = min(antenna-dropLossDB(class.Scenario, los, carrier.FreqGHz, class.BSHeightM, utM, d), -minLossDB)
	}
	return out
}

// wrapped brings a difference of coordinates on a circle into its shortest form.
func wrapped(d, length float64) float64 {
	for d > length/2 {
		d -= length
	}
	for d < -length/2 {
		d += length
	}
	return d
}

// gainFloorRow looks for the least gain where losses pass 250 dB.
func gainFloorRow() (Row, error) {
	spec := topology.DefaultSpec()
	class := spec.Classes["urban"]
	class.ISDM, class.IndoorShare, class.HighLossShare, class.Carriers = 50000, 1, 1, []string{"n258"}
	spec.Classes["urban"] = class
	spec.Areas = []topology.AreaSpec{{Class: "urban", Sites: 12}}
	top, err := topology.Build(spec, rng.Root(3), topology.Options{})
	if err != nil {
		return Row{}, err
	}
	c := Claim{"least path gain of a layout far too wide for its carrier", "dB", "gains below -250 dB count as -250 dB", Derived}
	return c.Absolute(-250, 10*math.Log10(float64(radio.UnpackGain(slices.Min(top.Links.Gain)))), gainRoundingDB), nil
}

// gainRoundingDB is what the rounding of a gain to a bfloat16 may come to:
// 10 lg(1 + 1/256), and a little for the sums before it.
const gainRoundingDB = 0.0171
