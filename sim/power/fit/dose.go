package fit

import "math"

// doseEdges bound the classes of activation; full activation is one of its own.
var doseEdges = []float64{0.01, 0.1, 0.25, 0.42, 0.6, 0.77, 0.9, 0.99, 1.01}

// minDose is how many rows a class of activation needs to be shown.
const minDose = 10

// doses returns the saving of a multiplicative term by strength of activation:
// with the station's own level, one less the energy without additive terms
// over the energy without savings, less what the other terms save. Rows of any
// strength count alike, whatever the fit gave them as weight: a dose response
// that is bent must show.
func (f *regression) doses(term int) ([]Dose, float64) {
	var act, save [8][]float64
	for i := range f.s.station {
		for row := f.s.start[i]; row < f.s.start[i+1]; row++ {
			x := f.s.act[term][row]
			class := doseClass(x)
			if class < 0 {
				continue
			}
			plain, left, add := f.m.parts(f.s, f.m.level[i], row)
			others := 1 - left - f.m.term[term]*x
			act[class] = append(act[class], x)
			save[class] = append(save[class], 1-(f.s.y[row]-add)/plain-others)
		}
	}
	var out []Dose
	bend := 0.0
	for c := range act {
		if len(act[c]) < minDose {
			continue
		}
		d := Dose{Activation: median(act[c]), Saving: median(save[c]), Rows: len(act[c])}
		dev := make([]float64, len(save[c]))
		for i, v := range save[c] {
			dev[i] = v - d.Saving
		}
		d.Spread = spread(dev)
		out = append(out, d)
		bend = max(bend, math.Abs(d.Saving-f.m.term[term]*d.Activation))
	}
	return out, bend
}

func doseClass(x float64) int {
	for c := range len(doseEdges) - 1 {
		if x >= doseEdges[c] && x < doseEdges[c+1] {
			return c
		}
	}
	return -1
}
