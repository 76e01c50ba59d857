package descent

import "math"

// SlopeError returns the largest difference between the gradient over the first
// rows of the inputs and central differences of the mean loss, as a share of
// the largest slope: for tests of a formula. The parameters come back as they
// were.
func (d *Descent) SlopeError(rows int, h float32) (float64, error) {
	_, g, err := d.Gradient(rows)
	if err != nil {
		return 0, err
	}
	gradient := append([]float32(nil), g...)
	var worst, largest float64
	for i, was := range d.theta {
		var loss [2]float64
		for k, at := range []float32{was + h, was - h} {
			d.theta[i] = at
			if loss[k], _, err = d.Gradient(rows); err != nil {
				break
			}
		}
		d.theta[i] = was
		if err != nil {
			return 0, err
		}
		slope := (loss[0] - loss[1]) / (2 * float64(h))
		worst = max(worst, math.Abs(slope-float64(gradient[i])))
		largest = max(largest, math.Abs(slope))
	}
	return worst / largest, nil
}
