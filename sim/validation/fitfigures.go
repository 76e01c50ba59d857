package validation

import (
	"fmt"
	"math"
	"slices"

	"hibernet/sim/power/fit"
)

// PowerFitFigures returns the plots of a power calibration: of the type with
// the most stations energy against load before and after the clocks are
// aligned; the dose response of the best known saving; predicted against
// measured energy of all types. All energies are in the unit of the readings.
func PowerFitFigures(r *fit.Result) []Figure {
	var out []Figure
	if t := largest(r, sketched); t != nil {
		out = append(out, clockFigure(t, r.Unit))
	}
	if t := largest(r, func(t *fit.Type) bool { return dosed(t) != nil }); t != nil {
		out = append(out, doseFigure(t, dosed(t)))
	}
	if f, ok := predictionFigure(r); ok {
		out = append(out, f)
	}
	return out
}

// largest returns the type with the most stations of those that qualify.
func largest(r *fit.Result, ok func(*fit.Type) bool) *fit.Type {
	var best *fit.Type
	for i := range r.Types {
		if t := &r.Types[i]; ok(t) && (best == nil || t.Stations > best.Stations) {
			best = t
		}
	}
	return best
}

// sketched says whether the rows of a type without any mode show how energy
// follows load: a unit that shuts symbols down has such rows at full load only.
func sketched(t *fit.Type) bool {
	const least = 0.3
	return t.Sketch != nil && len(t.Sketch.Load) > 0 && slices.Max(t.Sketch.Load)-slices.Min(t.Sketch.Load) > least
}

// dosed returns the first term of a type with a dose response of more than two
// points.
func dosed(t *fit.Type) *fit.Term {
	for i := range t.Terms {
		if len(t.Terms[i].Dose) > 2 {
			return &t.Terms[i]
		}
	}
	return nil
}

func clockFigure(t *fit.Type, unit string) Figure {
	b := t.Slope[0].Value
	return Figure{
		Name:   "clocks",
		Title:  fmt.Sprintf("%s: energy against load, before and after the clocks are aligned", t.Name),
		XLabel: "load (share)", YLabel: "energy of a step, level of the type (" + unit + ")",
		Series: []Series{
			{Name: "as labelled", X: t.Sketch.BeforeLoad, Y: t.Sketch.Before, Points: true},
			{Name: "clocks aligned", X: t.Sketch.Load, Y: t.Sketch.After, Points: true},
			{Name: "fit", X: []float64{0, 1}, Y: []float64{t.Level, t.Level + b}},
		},
	}
}

func doseFigure(t *fit.Type, m *fit.Term) Figure {
	s := Series{Name: "median, with standard deviation", Points: true}
	for _, d := range m.Dose {
		s.X, s.Y = append(s.X, d.Activation), append(s.Y, d.Saving)
		s.Lo, s.Hi = append(s.Lo, d.Saving-d.Spread), append(s.Hi, d.Saving+d.Spread)
	}
	k := m.Effect.Value
	return Figure{
		Name:   "dose",
		Title:  fmt.Sprintf("%s: saving of %s, at most %.3f from a line", t.Name, m.Name, m.Bend),
		XLabel: "activation (share of the step)", YLabel: "saving (share of the energy without it)",
		Series: []Series{s, {Name: fmt.Sprintf("%.3f x activation", k), X: []float64{0, 1}, Y: []float64{0, k}}},
	}
}

// predictionFigure shows a thinned cloud of what was held out.
func predictionFigure(r *fit.Result) (Figure, bool) {
	own, table := Series{Name: "own level from the first rows", Points: true}, Series{Name: "type table alone", Points: true}
	most, n := 0.0, 0
	const keep = 8 // of the types' own clouds, which are thinned already
	for i := range r.Types {
		k := r.Types[i].Sketch
		if k == nil {
			continue
		}
		for j, y := range k.Measured {
			if n++; n%keep != 0 {
				continue
			}
			table.X, table.Y = append(table.X, y), append(table.Y, k.Table[j])
			if !math.IsNaN(k.Own[j]) {
				own.X, own.Y = append(own.X, y), append(own.Y, k.Own[j])
			}
			most = max(most, y)
		}
	}
	if len(table.X) == 0 {
		return Figure{}, false
	}
	return Figure{
		Name: "held-out", Title: fmt.Sprintf("Held-out stations: median error %.1f %% by the table of types, %.1f %% with a level of their own", r.Table.Median, r.Own.Median),
		XLabel: "measured energy (" + r.Unit + ")", YLabel: "predicted energy (" + r.Unit + ")",
		Series: []Series{table, own, {Name: "equal", X: []float64{0, most}, Y: []float64{0, most}}},
	}, true
}
