package validation

import (
	"fmt"

	"hibernet/sim/radio"
)

// The sources of the radio formulas; the reference tables say more.
const (
	tr38901PathLoss    = "3GPP TR 38.901 V19.4.0 Table 7.4.1-1"
	tr38901LOS         = "3GPP TR 38.901 V19.4.0 Table 7.4.2-1"
	tr38901Penetration = "3GPP TR 38.901 V19.4.0 clause 7.4.3"
	tr38901Antenna     = "3GPP TR 38.901 Table 7.3-1"
	tr36942Rate        = "3GPP TR 36.942 Annex A"
)

// radioCheck sets every formula and number of package radio and of the carrier
// table beside values worked elsewhere.
func radioCheck() Check {
	return Check{
		Name: "radio",
		Doc:  "path loss, line of sight, penetration, antenna, shadowing, noise, rate curve and carrier table against values worked by a separate program from the printed formulas",
		Run: func(ctx Context) (Result, error) {
			var r Result
			for _, part := range []func() ([]Row, error){
				pathLossRows, losRows, penetrationRows, antennaRows, rateRows, scalarRows,
				associationRows, hearingRows, carrierRows, gainRows,
			} {
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

// formula bounds the difference between double-precision evaluations of one
// formula in dB, given to nine decimals.
const formulaDB = 1e-6

func pathLossRows() ([]Row, error) {
	ref, err := Ref("radio_pathloss")
	if err != nil {
		return nil, err
	}
	var loss, sigma extremes
	for i := range ref.Len() {
		s, err := radio.ParseScenario(ref.Text(i, "scenario"))
		if err != nil {
			return nil, err
		}
		los, d := ref.Text(i, "los") == "1", ref.Number(i, "d2_m")
		f, bs, ut := ref.Number(i, "fc_ghz"), ref.Number(i, "bs_m"), ref.Number(i, "ut_m")
		p := radio.NewPathLoss(s, f, bs, ut)
		kind := fmt.Sprintf("%s %s", s, map[bool]string{true: "LOS", false: "NLOS"}[los])
		set, at := fmt.Sprintf("%s, %g GHz, %g m to %g m", kind, f, bs, ut), fmt.Sprintf("%g m", d)
		loss.of(set, func() extreme {
			return extreme{tol: formulaDB, claim: Claim{"path loss " + set, "dB", tr38901PathLoss, Secondary}}
		}).add(ref.Number(i, "loss_db"), p.DB(los, d), at)
		sigma.of(kind, func() extreme {
			return extreme{claim: Claim{"shadow fading sigma " + kind, "dB", tr38901PathLoss, Secondary}}
		}).add(ref.Number(i, "sigma_db"), p.SigmaDB(los, d), set+", "+at)
	}
	return append(loss.rows(), sigma.rows()...), nil
}

func losRows() ([]Row, error) {
	ref, err := Ref("radio_los")
	if err != nil {
		return nil, err
	}
	var groups extremes
	for i := range ref.Len() {
		s, err := radio.ParseScenario(ref.Text(i, "scenario"))
		if err != nil {
			return nil, err
		}
		d, ut := ref.Number(i, "d_m"), ref.Number(i, "ut_m")
		name := fmt.Sprintf("probability of line of sight, %s, terminal at %g m", s, ut)
		groups.of(name, func() extreme {
			return extreme{tol: 1e-9, claim: Claim{name, "1", tr38901LOS, Secondary}}
		}).add(ref.Number(i, "probability"), radio.LOSProbability(s, d, ut), fmt.Sprintf("%g m", d))
	}
	return groups.rows(), nil
}

func penetrationRows() ([]Row, error) {
	ref, err := Ref("radio_o2i")
	if err != nil {
		return nil, err
	}
	var groups extremes
	for i := range ref.Len() {
		name, f := ref.Text(i, "building"), ref.Number(i, "fc_ghz")
		b, err := building(name)
		if err != nil {
			return nil, err
		}
		inside := ref.Number(i, "inside_m")
		for _, c := range []struct {
			what      string
			want, got float64
		}{
			{"wall loss", ref.Number(i, "wall_db"), b.WallLossDB(f)},
			{"loss inside", ref.Number(i, "inside_db"), b.InsideLossDB(inside)},
			{"sigma of penetration", ref.Number(i, "sigma_db"), b.SigmaDB()},
		} {
			q := c.what + ", " + name
			groups.of(q, func() extreme {
				return extreme{tol: formulaDB, claim: Claim{q, "dB", tr38901Penetration, Secondary}}
			}).add(c.want, c.got, fmt.Sprintf("%g GHz, %g m", f, inside))
		}
	}
	return groups.rows(), nil
}

// building returns the kind of enclosure of a name.
func building(name string) (radio.Building, error) {
	for b := radio.Outdoor; b <= radio.Car; b++ {
		if b.String() == name {
			return b, nil
		}
	}
	return 0, fmt.Errorf("no building %q", name)
}

func antennaRows() ([]Row, error) {
	ref, err := Ref("radio_antenna")
	if err != nil {
		return nil, err
	}
	patterns := map[string]radio.SectorPattern{
		"element": radio.ElementPattern(),
		"column":  {MaxGainDBi: 15, HorizontalDeg: 65, VerticalDeg: 10, SideLobeDB: 20, FrontBackDB: 30},
		"array":   {MaxGainDBi: 20, HorizontalDeg: 65, VerticalDeg: 15, SideLobeDB: 20, FrontBackDB: 25},
		"wide":    {MaxGainDBi: 6, HorizontalDeg: 360, VerticalDeg: 65, SideLobeDB: 20, FrontBackDB: 30},
	}
	var groups extremes
	for i := range ref.Len() {
		name := ref.Text(i, "pattern")
		p, ok := patterns[name]
		if !ok {
			return nil, fmt.Errorf("no antenna pattern %q", name)
		}
		off, down, tilt := ref.Number(i, "off_deg"), ref.Number(i, "down_deg"), ref.Number(i, "tilt_deg")
		groups.of(name, func() extreme {
			return extreme{tol: formulaDB, claim: Claim{"antenna gain, " + name, "dBi", tr38901Antenna, Secondary}}
		}).add(ref.Number(i, "gain_dbi"), p.GainDBi(off, down, tilt), fmt.Sprintf("%g deg off, %g down, tilt %g", off, down, tilt))
	}
	return groups.rows(), nil
}

// scalarRows compares the numbers that stand alone.
func scalarRows() ([]Row, error) {
	ref, err := Ref("radio_scalars")
	if err != nil {
		return nil, err
	}
	d := radio.DefaultSpec()
	got := map[string]float64{
		"rate_alpha": d.RateAlpha, "rate_cap_bps_hz": d.RateCapBpsHz,
		"tolerance": d.Tolerance, "max_iterations": float64(d.MaxIterations),
		"noise_dbm_hz":          radio.WToDBm(radio.ThermalNoiseW(1, 0)),
		"noise_prb_30khz_nf9_w": radio.ThermalNoiseW(radio.PRBBandwidthHz(30), 9),
		"dbm_37.3_w":            radio.DBmToW(37.3),
		"w_0.02_dbm":            radio.WToDBm(0.02),
		"prb_30khz_hz":          radio.PRBBandwidthHz(30),
		"usable_n78_hz":         radio.UsableBandwidthHz(273, 30, 52.0/70, 0.14),
		"array_64_db":           radio.ArrayGainDB(64),
		"shadow_inter_site":     radio.InterSiteCorrelation,
		"shadow_simple_o2i_db":  radio.SimpleO2ISigmaDB,
		"shadow_join":           radio.JoinShadow(0.3, 1.2, -0.7),

		"shadow_autocorrelation": radio.ShadowAutocorrelation(radio.UMa, false, -30),
		"breakpoint_uma_m":       radio.BreakpointM(radio.UMa, 2, 25, 1.5),
		"breakpoint_rma_m":       radio.BreakpointM(radio.RMa, 0.7, 35, 1.5),
	}
	for _, s := range []radio.Scenario{radio.UMa, radio.UMi, radio.RMa, radio.InH} {
		got["shadow_"+s.String()+"_los_m"] = radio.ShadowDistanceM(s, true)
		got["shadow_"+s.String()+"_nlos_m"] = radio.ShadowDistanceM(s, false)
	}
	var rows []Row
	for i := range ref.Len() {
		name := ref.Text(i, "name")
		v, ok := got[name]
		if !ok {
			return nil, fmt.Errorf("no number %q", name)
		}
		c := Claim{name, ref.Text(i, "unit"), ref.Text(i, "source"), ref.Text(i, "trust")}
		rows = append(rows, c.Relative(ref.Number(i, "value"), v, ref.Number(i, "tolerance")))
	}
	return rows, nil
}
