package validation

import (
	"fmt"

	"hibernet/sim/power"
)

// tr38864Source is where the base-station power model of the study is quoted.
const tr38864Source = "3GPP TR 38.864 V18.1.0 clause 5.1, as quoted by the energy model of ns-3 5G-LENA"

// tr38864Check sets the formula of active downlink power beside values worked
// by hand.
func tr38864Check() Check {
	return Check{
		Name: "tr38864",
		Doc:  "the power model of TR 38.864 against values worked by hand from its formulas and tables",
		Run: func(Context) (Result, error) {
			ref, err := Ref("tr38864_active")
			if err != nil {
				return Result{}, err
			}
			var r Result
			for i := range ref.Len() {
				m := power.TR38864{Deep: 1, Light: 25, Micro: 55, DL: 280, UL: 110, A: 0.4, DualEta: ref.Text(i, "dual") == "1"}
				sa, sf := ref.Number(i, "sa"), ref.Number(i, "sf")
				c := Claim{
					Quantity: fmt.Sprintf("active downlink power, s_a %g, s_f %g, %s eta", sa, sf, eta(m.DualEta)),
					Unit:     "unit", Source: tr38864Source, Trust: Secondary,
				}
				r.Rows = append(r.Rows, c.Relative(ref.Number(i, "units"), m.ActiveDL(sa, sf, 1), 1e-6))
			}
			return r, nil
		},
	}
}

func eta(dual bool) string {
	if dual {
		return "dual"
	}
	return "single"
}
