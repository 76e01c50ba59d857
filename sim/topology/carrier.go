package topology

import (
	"math"

	"hibernet/sim/radio"
)

// Carrier is one frequency layer: what its radio units send and how users are
// steered to it.
type Carrier struct {
	Name          string  `yaml:"-"` // the key in the carrier table
	FreqGHz       float64 `yaml:"freq_ghz" doc:"centre of the downlink" unit:"GHz" min:"0.5" max:"100"`
	BandwidthMHz  float64 `yaml:"bandwidth_mhz" doc:"channel bandwidth (of one direction with FDD)" unit:"MHz" min:"5" max:"2000"`
	SCSKHz        float64 `yaml:"scs_khz" doc:"subcarrier spacing" unit:"kHz" min:"15" max:"960"`
	PRBs          int     `yaml:"prbs" doc:"physical resource blocks (3GPP TS 38.101-1)" min:"1" max:"2000"`
	DLShare       float64 `yaml:"dl_share" doc:"share of time that is downlink, 1 with FDD" gt:"0" max:"1"`
	Overhead      float64 `yaml:"overhead" doc:"share of downlink resource elements that carry no user data" min:"0" lt:"1"`
	TxPowerW      float64 `yaml:"tx_power_w" doc:"total transmit power at full load" unit:"W" gt:"0" max:"2000"`
	TRX           int     `yaml:"trx" doc:"transceiver chains" min:"1" max:"1024"`
	GainDBi       float64 `yaml:"gain_dbi" doc:"antenna gain at boresight with all chains, array gain included" unit:"dBi" min:"0" max:"40"`
	BeamGainDB    float64 `yaml:"beam_gain_db" doc:"gain of a served user's data beam over that pattern" unit:"dB" min:"0" max:"30"`
	LeakGainDB    float64 `yaml:"leak_gain_db" doc:"mean gain over that pattern towards users that the cell does not serve, its data beams pointing at those it does" unit:"dB" min:"-20" max:"0"`
	HBeamDeg      float64 `yaml:"h_beam_deg" doc:"half-power width of the sector pattern in azimuth" unit:"deg" min:"5" max:"360"`
	VBeamDeg      float64 `yaml:"v_beam_deg" doc:"half-power width of the sector pattern in elevation" unit:"deg" min:"2" max:"360"`
	SideLobeDB    float64 `yaml:"side_lobe_db" doc:"largest vertical attenuation of the pattern" unit:"dB" min:"0" max:"60"`
	FrontBackDB   float64 `yaml:"front_back_db" doc:"largest attenuation of the pattern" unit:"dB" min:"0" max:"60"`
	Layers        float64 `yaml:"layers" doc:"mean number of spatial layers that can be served at once" min:"1" max:"16"`
	NoiseFigureDB float64 `yaml:"noise_figure_db" doc:"noise figure of the users' receivers" unit:"dB" min:"0" max:"30"`
	Coverage      bool    `yaml:"coverage" doc:"whether the layer is there for coverage"`
	PriorityDB    float64 `yaml:"priority_db" doc:"added to received power when a server is chosen: capacity layers above coverage" unit:"dB" min:"-100" max:"200"`
	MinRSRPDBm    float64 `yaml:"min_rsrp_dbm" doc:"least reference-signal received power for the layer to serve a user" unit:"dBm" min:"-156" max:"-31"`
	Profile       string  `yaml:"profile" doc:"power profile of the radio unit"`
}

// tddShare is the downlink share of symbols of the frame DDDSU with a special
// slot of 10 downlink, 2 guard and 2 uplink symbols: (3 x 14 + 10)/70.
const tddShare = 52.0 / 70

// dlOverhead is the downlink overhead of FR1, 3GPP TS 38.306 clause 4.1.2; FR2
// has 0.18 (both recalled).
const (
	dlOverhead    = 0.14
	dlOverheadFR2 = 0.18
)

// DefaultCarriers returns the carrier table, by name.
//
// Bands, bandwidths and who holds them are those of the Chinese networks. PRB
// counts are of 3GPP TS 38.101-1/-2 Table 5.3.2-1; user noise figure 9 dB of TR
// 36.814, 10 dB in FR2. Transmit powers are typical of the radio units sold
// (4 x 60 W with 4 chains, 240 W for n41, 200 W for n78 and n79; n258 meets its
// usual EIRP of about 62 dBm); all recalled, unverified. Assumed:
//   - the mean spatial layers: 2 of 4 chains, 4 of 64, 2 of FR2's two panels;
//   - the sector patterns: azimuth 65 degrees of TR 38.901 Table 7.3-1; elevation
//     10 degrees and side lobes at 20 dB of TR 36.814 for column antennas, wider
//     for arrays that steer; gains of 15 and 17 dBi for columns and, for arrays,
//     20 dBi (29 in FR2) as the envelope of their broadcast beams;
//   - the data beams of 64 chains: the 8 dBi + 10 lg 64 = 26 dBi of a single
//     narrow beam (8 dBi an element: TR 38.901 Table 7.3-1), 6 dB above that
//     envelope; columns do not form beams towards users;
//   - what such beams send elsewhere: averaged over where they point, an antenna
//     cannot give the whole of its 65 by 15 degrees more than 41253/(65 x 15) =
//     16.3 dBi (41,253 square degrees to the sphere), 3.7 dB below the envelope;
//   - the steering: capacity layers go before coverage wherever they reach
//     -112 dBm, 8 dB over the noise of a 30 kHz subcarrier at a noise figure of
//     9 dB (n1 -114, n258 -105 dBm likewise); coverage reaches down to -116 dBm,
//     7 dB over that of a 15 kHz subcarrier.
func DefaultCarriers() map[string]Carrier {
	column := Carrier{
		SCSKHz: 15, DLShare: 1, Overhead: dlOverhead, TxPowerW: 240, TRX: 4,
		HBeamDeg: 65, VBeamDeg: 10, SideLobeDB: 20, FrontBackDB: 30,
		Layers: 2, NoiseFigureDB: 9, Profile: "field-4t",
	}
	array := Carrier{
		BandwidthMHz: 100, SCSKHz: 30, PRBs: 273, DLShare: tddShare, Overhead: dlOverhead, TRX: 64,
		GainDBi: 20, BeamGainDB: 6, LeakGainDB: -3.7, HBeamDeg: 65, VBeamDeg: 15, SideLobeDB: 20, FrontBackDB: 30,
		Layers: 4, NoiseFigureDB: 9, PriorityDB: 40, MinRSRPDBm: -112, Profile: "field-64t",
	}
	n28, n1 := column, column
	n28.FreqGHz, n28.BandwidthMHz, n28.PRBs, n28.GainDBi = 0.773, 30, 160, 15
	n28.Coverage, n28.MinRSRPDBm = true, -116
	n1.FreqGHz, n1.BandwidthMHz, n1.PRBs, n1.GainDBi = 2.14, 20, 106, 17
	n1.PriorityDB, n1.MinRSRPDBm = 20, -114
	n41, n78, n79, n258 := array, array, array, array
	n41.FreqGHz, n41.TxPowerW = 2.565, 240
	n78.FreqGHz, n78.TxPowerW = 3.45, 200
	n79.FreqGHz, n79.TxPowerW = 4.85, 200
	n258.FreqGHz, n258.TxPowerW, n258.TRX, n258.GainDBi = 26, 2, 4, 29
	n258.BandwidthMHz, n258.SCSKHz, n258.PRBs, n258.Overhead = 400, 120, 264, dlOverheadFR2
	n258.VBeamDeg, n258.Layers, n258.NoiseFigureDB, n258.BeamGainDB, n258.LeakGainDB = 30, 2, 10, 0, 0
	n258.PriorityDB, n258.MinRSRPDBm, n258.Profile = 80, -105, "tr38864-cat1-set3"
	return map[string]Carrier{"n28": n28, "n1": n1, "n41": n41, "n78": n78, "n79": n79, "n258": n258}
}

// pattern returns the antenna pattern of the carrier's sectors.
func (c *Carrier) pattern() radio.SectorPattern {
	return radio.SectorPattern{
		MaxGainDBi: c.GainDBi, HorizontalDeg: c.HBeamDeg, VerticalDeg: c.VBeamDeg,
		SideLobeDB: c.SideLobeDB, FrontBackDB: c.FrontBackDB,
	}
}

// addKind appends the nominal cell of the carrier to the kinds of cells.
func (c *Carrier) addKind(cells *radio.Cells) {
	prbs := float64(c.PRBs)
	cells.TxRBW = append(cells.TxRBW, float32(c.TxPowerW/prbs))
	cells.BandwidthHz = append(cells.BandwidthHz, float32(radio.UsableBandwidthHz(prbs, c.SCSKHz, c.DLShare, c.Overhead)))
	cells.NoiseRBW = append(cells.NoiseRBW, float32(radio.ThermalNoiseW(radio.PRBBandwidthHz(c.SCSKHz), c.NoiseFigureDB)))
	cells.Layers = append(cells.Layers, float32(c.Layers))
	cells.PRBs = append(cells.PRBs, float32(prbs))
	cells.PriorityDB = append(cells.PriorityDB, float32(c.PriorityDB))
	cells.MinRSRPDBm = append(cells.MinRSRPDBm, float32(c.MinRSRPDBm))
	cells.BeamGain = append(cells.BeamGain, float32(math.Pow(10, c.BeamGainDB/10)))
	cells.LeakGain = append(cells.LeakGain, float32(math.Pow(10, c.LeakGainDB/10)))
}
