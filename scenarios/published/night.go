package published

import (
	"fmt"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/scenarios"
	"hibernet/sim/power"
	"hibernet/sim/validation"
)

// Where the published savings of field equipment are from, and what they are,
// shares of the radio unit's energy.
const (
	zhenjiang = "Zhenjiang: 5G cells off 00:00-05:00 daily save about 20 % of the day's energy (press, 2021)"
	luoyang   = "China Unicom Luoyang and ZTE: deep sleep 21:00-09:00 daily saves 31 to 37 % of the day's energy, and 61 to 74 % of the idle power while asleep"
	operators = "operators' tests of 2020, quoting China Telecom: symbol shutdown saves more than 20 %, with deep sleep more than 30 % of the day's energy"
)

// symbolShare is the largest share of an hour that the mode ES6, which
// behaves as symbol shutdown, is on for 64T units in the hourly data of the
// ITU AI/ML in 5G Challenge 2023 (5G energy consumption modelling; measured).
const symbolShare = 0.44

// nightRule is a way of saving energy in the field.
type nightRule struct {
	name     string
	schedule *baseline.ScheduleSpec // nil: awake all day
	symbols  bool                   // symbol shutdown as well
}

// The rules of nightCheck, in the order of nightRules.
const (
	nightAwake = iota
	nightOff
	nightDeep
	nightSymbols
	nightBoth
	nightCount
)

// nightRules returns the rules of the published trials.
func nightRules(off baseline.ScheduleSpec) [nightCount]nightRule {
	deep := baseline.ScheduleSpec{FromH: 21, ToH: 9, State: "deep_sleep", Fallback: "carrier_sleep"}
	return [nightCount]nightRule{
		nightAwake:   {name: "always on"},
		nightOff:     {name: "off 00:00-05:00", schedule: &off},
		nightDeep:    {name: "deep sleep 21:00-09:00", schedule: &deep},
		nightSymbols: {name: "symbol shutdown", symbols: true},
		nightBoth:    {name: "symbol shutdown and deep sleep 21:00-09:00", schedule: &deep, symbols: true},
	}
}

// nightCheck plays the night shutdown of published trials on field hardware.
func nightCheck() validation.Check {
	return validation.Check{
		Name: "night-sleep", Slow: true,
		Doc: "capacity cells of field hardware asleep by the clock and between symbols: savings of the radio units' day beside those of published trials",
		Run: func(ctx validation.Context) (validation.Result, error) {
			days, err := nightPlay(ctx)
			if err != nil {
				return validation.Result{}, err
			}
			return nightResult(days), nil
		},
	}
}

// nightPlay plays the preset's evaluation days under each rule.
func nightPlay(ctx validation.Context) ([nightCount]outing, error) {
	var out [nightCount]outing
	sc, err := scenarios.Preset("night-sleep", nil)
	if err != nil {
		return out, err
	}
	for i, rule := range nightRules(sc.Baselines.Schedule) {
		one := sc
		if rule.symbols {
			one.Power.Overrides = map[string]power.Override{sc.Topology.Carriers["n41"].Profile: {SymbolSleep: symbolShare}}
		}
		w, err := scenarios.Build(ctx, one, scenarios.Inputs{}, ctx.Workers)
		if err != nil {
			return out, err
		}
		var policy agents.Policy = &baseline.AlwaysOn{}
		if rule.schedule != nil {
			if policy, err = baseline.NewSchedule(*rule.schedule); err != nil {
				return out, err
			}
		}
		for _, day := range sc.Split.Days(scenarios.Evaluate) {
			o, err := play(ctx, w, policy, day, nil)
			if err != nil {
				return out, fmt.Errorf("%s, day %d: %w", rule.name, day, err)
			}
			out[i].merge(&o)
		}
		ctx.Tell(float64(i+1) / nightCount)
	}
	return out, nil
}

// nightResult compares the days with what was published.
func nightResult(days [nightCount]outing) validation.Result {
	units := func(rule int) float64 { return 1 - days[rule].UnitJ/days[nightAwake].UnitJ }
	claim := func(quantity, source string) validation.Claim {
		return validation.Claim{Quantity: quantity, Unit: "1", Source: source, Trust: validation.Secondary}
	}
	// What deep sleep leaves of the idle power: hours that are wholly asleep,
	// against the same hours awake, which have little load.
	asleep, awake := 0.0, 0.0
	for h := 1; h < 5; h++ {
		asleep += days[nightDeep].HourJ[h]
		awake += days[nightAwake].HourJ[h]
	}
	rows := []validation.Row{
		claim("share of the radio units' day saved, off 00:00-05:00", zhenjiang).Within(0.15, 0.25, units(nightOff)),
		claim("share of the radio units' day saved, deep sleep 21:00-09:00", luoyang).Still("D14", 0.34, 0.27, 0.31, units(nightDeep)),
		claim("power saved while in deep sleep, 01:00-05:00", luoyang).Within(0.61, 0.74, 1-asleep/awake),
		expecting(0.2, claim("share of the radio units' day saved, symbol shutdown", operators).Within(0.2, 0.4, units(nightSymbols))),
		expecting(0.3, claim("share of the radio units' day saved, symbol shutdown and deep sleep 21:00-09:00", operators).Within(0.3, 0.6, units(nightBoth))),
	}
	return validation.Result{Rows: rows, Figures: []validation.Figure{nightFigure(days)}}
}

// nightFigure draws the power of the capacity layer over the day.
func nightFigure(days [nightCount]outing) validation.Figure {
	f := validation.Figure{
		Name: "night-power", Title: "Power of the radio units of the capacity layer over the day, under published rules",
		XLabel: "hour of the day", YLabel: "power over the mean when always on",
	}
	mean := days[nightAwake].UnitJ / 24
	for i, rule := range nightRules(baseline.DefaultScheduleSpec()) {
		s := validation.Series{Name: rule.name}
		for h, joule := range days[i].HourJ {
			s.X, s.Y = append(s.X, float64(h)+0.5), append(s.Y, joule/mean)
		}
		f.Series = append(f.Series, s)
	}
	return f
}
