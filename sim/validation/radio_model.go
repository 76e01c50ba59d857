package validation

import (
	"fmt"
	"math"

	"hibernet/sim/radio"
	"hibernet/sim/shard"
)

// gainLinks returns cells and links that are given by hand: gain[s][c] is the
// gain from cell c to the one bin of sector s, 0 for a cell that it does not
// hear. Cells have 1 W a block, 1 Hz, one layer, noise of 1 W, no beams, no
// priority and a threshold that all reach; carrier k of cell c is carriers[c].
func gainLinks(gain [][]float64, carriers []uint8) (*radio.Links, *radio.Cells) {
	links, cells := &radio.Links{Bins: 1, Off: []int32{0}}, &radio.Cells{}
	for _, row := range gain {
		for k := range uint8(8) {
			for c, g := range row {
				if carriers[c] == k && g > 0 {
					links.Cell, links.Gain = append(links.Cell, int32(c)), append(links.Gain, radio.PackGain(float32(g)))
				}
			}
		}
		links.Off = append(links.Off, int32(len(links.Cell)))
	}
	for _, k := range carriers {
		cells.Carrier = append(cells.Carrier, k)
		cells.TxRBW = append(cells.TxRBW, 1)
		cells.BandwidthHz = append(cells.BandwidthHz, 1)
		cells.BeamGain = append(cells.BeamGain, 1)
		cells.LeakGain = append(cells.LeakGain, 1)
		cells.NoiseRBW = append(cells.NoiseRBW, 1)
		cells.Layers = append(cells.Layers, 1)
		cells.PRBs = append(cells.PRBs, 1)
		cells.PriorityDB = append(cells.PriorityDB, 0)
		cells.MinRSRPDBm = append(cells.MinRSRPDBm, -156)
	}
	return links, cells
}

// ones returns n times 1.
func ones(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// rateRows compares the rate curve and the load model's fast form of it.
func rateRows() ([]Row, error) {
	ref, err := Ref("radio_rate")
	if err != nil {
		return nil, err
	}
	var curve, model extremes
	for i := range ref.Len() {
		alpha, limit, layers := ref.Number(i, "alpha"), ref.Number(i, "cap_bps_hz"), ref.Number(i, "layers")
		sinr, want := ref.Number(i, "sinr"), ref.Number(i, "bps_hz")
		set, at := fmt.Sprintf("alpha %g, cap %g, %g layers", alpha, limit, layers), fmt.Sprintf("%g dB", ref.Number(i, "sinr_db"))
		curve.of(set, func() extreme {
			return extreme{relative: true, tol: 1e-12, claim: Claim{"rate curve, " + set, "bit/s/Hz", tr36942Rate, Secondary}}
		}).add(want, radio.RateCurve{Alpha: alpha, CapBpsHz: limit}.LayersBpsHz(sinr, layers), at)
		got, err := modelRate(alpha, limit, layers, sinr)
		if err != nil {
			return nil, err
		}
		// Single precision and, where the rate is near 0, the table of
		// logarithms, which is good to 1e-11.
		model.of(set, func() extreme {
			return extreme{relative: true, tol: 2e-7, claim: Claim{"rate of the load model, " + set, "bit/s/Hz", tr36942Rate, Secondary}}
		}).add(want, got, at)
	}
	return append(curve.rows(), model.rows()...), nil
}

// modelRate returns what the load model makes of an SINR on one block of 1 Hz.
func modelRate(alpha, limit, layers, sinr float64) (float64, error) {
	links, cells := gainLinks([][]float64{{1}}, []uint8{0})
	cells.TxRBW[0] = float32(sinr) // gains are rounded, powers are not
	cells.Layers[0] = float32(layers)
	spec := radio.DefaultSpec()
	spec.RateAlpha, spec.RateCapBpsHz = alpha, limit
	m, err := radio.NewModel(spec, links, cells, ones(1), 1)
	if err != nil {
		return 0, err
	}
	st := radio.NewState(cells)
	m.Associate(st)
	m.Solve(make([]float32, 1), make([]float32, 1))
	return float64(m.Rate()[0]), nil
}

// associationRows tries who serves a bin on both sides of each border: layer
// priority, cell individual offset, least received power.
func associationRows() ([]Row, error) {
	const margin = 0.05 // dB on either side
	var rows []Row
	for _, c := range []struct {
		what          string
		priority, cio float64 // dB, of cell 1
	}{{"layer priority 40 dB", 40, 0}, {"cell individual offset 6 dB", 0, 6}} {
		for i, side := range []float64{-margin, margin} {
			lower := side - c.priority - c.cio // dB of cell 1 against cell 0
			links, cells := gainLinks([][]float64{{1e-9, 1e-9 * math.Pow(10, lower/10)}}, []uint8{0, 1})
			cells.PriorityDB[1] = float32(c.priority)
			st := radio.NewState(cells)
			st.CIODB[1] = float32(c.cio)
			row, err := serverRow(fmt.Sprintf("server of a bin, %s, power %+.2f dB beyond it", c.what, side), links, cells, st, float64(i))
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	for i, side := range []float64{-margin, margin} {
		// 12 W a block are 1 W (30 dBm) a subcarrier.
		links, cells := gainLinks([][]float64{{math.Pow(10, (-110-30+side)/10)}}, []uint8{0})
		cells.TxRBW[0], cells.MinRSRPDBm[0] = 12, -110
		row, err := serverRow(fmt.Sprintf("server of a bin, received power %+.2f dB from the least", side), links, cells, radio.NewState(cells), float64(i-1))
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// serverRow returns a row of the link that serves the only bin, -1 in outage.
func serverRow(what string, links *radio.Links, cells *radio.Cells, st *radio.State, want float64) (Row, error) {
	m, err := radio.NewModel(radio.DefaultSpec(), links, cells, ones(1), 1)
	if err != nil {
		return Row{}, err
	}
	m.Associate(st)
	c := Claim{what, "link", "received power + priority + offset, the largest that reaches its least power", Derived}
	return c.Absolute(want, float64(m.Server(0)), 0), nil
}

// hearingRows moves a neighbour's load by a little less and a little more than
// half of the tolerance: the first goes unheard, the second is heard.
func hearingRows() ([]Row, error) {
	const tolerance, before = 0.1, 0.3
	var rows []Row
	for _, side := range []float64{-0.02, 0.02} {
		after := before + tolerance/2*(1+side)
		// The last cell is heard in sector 0, which is in another block of
		// the network, and hears nobody.
		const last = shard.Size
		gain := make([][]float64, last+1)
		for s := range gain {
			gain[s] = make([]float64, last+1)
			gain[s][s] = 4
		}
		gain[0][0], gain[0][last] = 8, 1
		links, cells := gainLinks(gain, make([]uint8, last+1))
		spec := radio.DefaultSpec()
		spec.Tolerance = tolerance
		m, err := radio.NewModel(spec, links, cells, ones(last+1), 1)
		if err != nil {
			return nil, err
		}
		st, load, demand := radio.NewState(cells), make([]float32, last+1), make([]float32, last+1)
		alone := spec.RateAlpha * math.Log2(5) // of cell 1
		m.Associate(st)
		demand[last] = float32(before * alone)
		m.Solve(load, demand)
		// The load moves in the first of these; the next hears it or not.
		demand[last] = float32(after * alone)
		for range 2 {
			m.Solve(load, demand)
		}
		known, word := before, "unheard"
		if side > 0 {
			known, word = after, "heard"
		}
		c := Claim{fmt.Sprintf("a neighbour's load moves by %+.0f %% from half of the tolerance and is %s: rate", 100*side, word), "bit/s",
			"alpha log2(1 + 8/(load + 1))", Derived}
		rows = append(rows, c.Relative(spec.RateAlpha*math.Log2(1+8/(known+1)), float64(m.Rate()[0]), 1e-6))
	}
	return rows, nil
}
