package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"

	"hibernet/sim/validation"
)

// shown says whether an axis has a place for v.
func shown(a plot.Axis, v float64) bool {
	_, log := a.Scale.(plot.LogScale)
	return finite(v) && (!log || v > 0)
}

// setRanges sets scales and ends of the axes so that every value is inside. A
// panel without values says so.
func setRanges(p *plot.Plot, f validation.Figure) {
	if f.LogX {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	if f.LogY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	var x, y []float64
	points := false
	for _, s := range f.Series {
		points = points || s.Points
		for i, v := range s.X {
			if !shown(p.X, v) || !shown(p.Y, s.Y[i]) {
				continue
			}
			x, y = append(x, v), append(y, s.Y[i])
			if s.Lo != nil {
				for _, end := range []float64{s.Lo[i], s.Hi[i]} {
					if shown(p.Y, end) {
						y = append(y, end)
					}
				}
			}
		}
	}
	if len(x) == 0 {
		p.Title.Text = "no value to show"
		x, y = []float64{1, 10}, []float64{1, 10}
	}
	side := 0.0
	if points { // those at the ends are drawn whole
		side = 0.02
	}
	p.X.Min, p.X.Max = ends(x, f.LogX, side)
	p.Y.Min, p.Y.Max = ends(y, f.LogY, 0.06)
	// Where 0 is near, the axis begins there: lengths are then true.
	if low, _ := bounds(y); !f.LogY && low >= 0 && low < 0.4*p.Y.Max {
		p.Y.Min = 0
	}
}

// ends returns the range of v, with a share of it added on both sides.
func ends(v []float64, log bool, share float64) (low, high float64) {
	low, high = bounds(v)
	if log {
		low, high = math.Log10(low), math.Log10(high)
	}
	if pad := share * (high - low); pad > 0 {
		low, high = low-pad, high+pad
	} else if low == high {
		low, high = widened([]float64{low}, 0)
	}
	if log {
		return math.Pow(10, low), math.Pow(10, high)
	}
	return low, high
}

// bounds returns the smallest and the largest value.
func bounds(v []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, x := range v {
		low, high = math.Min(low, x), math.Max(high, x)
	}
	return low, high
}

// logTicks labels the powers of ten; below two decades also their doubles and
// fivefolds, and below half a decade takes evenly spaced numbers. It implements
// plot.Ticker.
type logTicks struct{}

// Ticks returns the ticks from low to high, which are above 0.
func (logTicks) Ticks(low, high float64) []plot.Tick {
	decades := math.Log10(high / low)
	if decades < 0.5 {
		return evenTicks{}.Ticks(low, high)
	}
	every := max(1, int(math.Ceil(decades/8))) // so many decades a label
	var ticks []plot.Tick
	for k := int(math.Floor(math.Log10(low))); k <= int(math.Ceil(math.Log10(high))); k++ {
		for m := 1; m < 10; m++ {
			v := float64(m) * math.Pow(10, float64(k))
			if v < low*(1-1e-9) || v > high*(1+1e-9) {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 && k%every == 0 || decades < 2 && (m == 2 || m == 5) {
				t.Label = logLabel(v)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

func logLabel(v float64) string {
	if v > 0.0005 && v < 500_000 {
		return strconv.FormatFloat(v, 'f', digits(v), 64)
	}
	return brief(v, 1)
}
