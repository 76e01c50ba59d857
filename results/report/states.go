package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hibernet/results/record"
)

// parts is an amount of energy or power split by power state; the last part is
// baseband and site overhead.
type parts [numParts]float64

const numParts = record.NumStates + 1

func (p parts) total() float64 {
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	return sum
}

// split returns the power (W) of a step by part.
func split(r *record.Step) (p parts) {
	power := r.StatePower.Array()
	copy(p[:], power[:])
	p[record.NumStates] = r.PowerSiteW
	return p
}

// energyByState returns the energy (kWh) of a series by part.
func (s series) energyByState() (sum parts) {
	for i := range s.steps {
		for j, w := range split(&s.steps[i]) {
			sum[j] += w * s.steps[i].DurationS / 3.6e6
		}
	}
	return sum
}

// powerByHour returns the mean power (W) of a series by part in each hour of
// the day; the seconds behind each hour come second.
func (s series) powerByHour() (mean [24]parts, seconds [24]float64) {
	for i := range s.steps {
		r := &s.steps[i]
		// An interval belongs to the hour it starts in.
		h := min(max(int(r.Hour), 0), 23)
		seconds[h] += r.DurationS
		for j, w := range split(r) {
			mean[h][j] += w * r.DurationS
		}
	}
	for h := range mean {
		for j := range mean[h] {
			if seconds[h] > 0 {
				mean[h][j] /= seconds[h]
			}
		}
	}
	return mean, seconds
}

// partEntry returns the name and the colour of a part.
func partEntry(i int) entry {
	if i == record.NumStates {
		return entry{label: "baseband and site overhead", color: siteColor}
	}
	return entry{label: strings.ReplaceAll(record.StateNames()[i], "_", " "), color: stateColor(i)}
}

// stack appends the boxes of one column from x0 to x1, in axis units of factor
// times the parts.
func stack(dst boxes, x0, x1 float64, p parts, factor float64) boxes {
	y := 0.0
	for j := len(p) - 1; j >= 0; j-- { // site at the bottom, full power on top
		if p[j] > 0 {
			dst = append(dst, box{x0, x1, y, y + p[j]*factor, partEntry(j).color})
			y += p[j] * factor
		}
	}
	return dst
}

// stackLegend lists the parts that occur, from the top of a stack down.
func stackLegend(all []parts) []entry {
	var list []entry
	for j := range numParts {
		for _, p := range all {
			if p[j] > 0 {
				list = append(list, partEntry(j))
				break
			}
		}
	}
	return list
}

// states draws the energy by power state: a bar a policy, or for a single
// policy a bar an hour of the day.
func (in *input) states() (*drawing, string, error) {
	switch len(in.series) {
	case 0:
		return nil, in.without(record.TableSteps), nil
	case 1:
		return in.statesByHour()
	}
	var all []parts
	var totals []float64
	var names []string
	for _, s := range in.series {
		p := s.energyByState()
		all, totals, names = append(all, p), append(totals, p.total()), append(names, s.label)
	}
	if upTo(totals...) == 1 {
		return nil, "the steps hold no power by state", nil
	}
	factor, unit := scaled(upTo(totals...), "kWh", "MWh", "GWh")
	p := newPlot(fmt.Sprintf("energy (%s)", unit), "")
	addGrid(p, true, false)
	var b boxes
	var marks barLabels
	for i, q := range all {
		y := float64(len(all) - 1 - i) // the first on top
		for _, r := range stack(nil, y-0.32, y+0.32, q, factor) {
			b = append(b, box{r.y0, r.y1, r.x0, r.x1, r.color}) // lying
		}
		marks = append(marks, barLabel{x: q.total() * factor, y: y, text: short(q.total() * factor)})
	}
	p.Add(b, marks)
	slices.Reverse(names)
	nominal(&p.Y, names)
	p.X.Min, p.X.Max = 0, upTo(totals...)*factor
	return &drawing{
		name: "states", title: in.statesTitle(all), subtitle: in.scenarios() + in.episodeNote(),
		legend: stackLegend(all), width: 8 * 72, height: 50 + 30*vg.Length(len(all)),
		body: func(c draw.Canvas) error {
			drawPanels(c, [][]*plot.Plot{{p}})
			return nil
		},
	}, "", nil
}

// statesTitle states where the energy goes under the policy that uses least.
func (in *input) statesTitle(all []parts) string {
	least := 0
	for i, p := range all {
		if p.total() < all[least].total() {
			least = i
		}
	}
	asleep := all[least][5] + all[least][6] + all[least][7]
	return fmt.Sprintf("Under %s, cells at full power take %s %% of the energy and sleeping cells %s %%",
		in.series[least].label, short(100*all[least][0]/all[least].total()), short(100*asleep/all[least].total()))
}

// statesByHour draws the mean power by state in each hour of the day.
func (in *input) statesByHour() (*drawing, string, error) {
	s := in.series[0]
	mean, seconds := s.powerByHour()
	var all []parts
	lowest, highest, most := -1, -1, 0.0
	for h, p := range mean {
		if seconds[h] == 0 {
			continue
		}
		all = append(all, p)
		if lowest < 0 || p.total() < mean[lowest].total() {
			lowest = h
		}
		if highest < 0 || p.total() > mean[highest].total() {
			highest = h
		}
		most = math.Max(most, p.total())
	}
	if most == 0 {
		return nil, "the steps hold no power by state", nil
	}
	factor, unit := scaled(most, "W", "kW", "MW")
	p := newPlot("hour of the day (h)", fmt.Sprintf("mean power (%s)", unit))
	addGrid(p, false, true)
	var b boxes
	for h, q := range mean {
		b = stack(b, float64(h)+0.08, float64(h)+0.92, q, factor)
	}
	p.Add(b)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 24, 0, upTo(most)*factor
	var ticks plot.ConstantTicks
	for h := 0; h <= 24; h += 3 {
		ticks = append(ticks, plot.Tick{Value: float64(h), Label: fmt.Sprintf("%d", h)})
	}
	p.X.Tick.Marker = ticks
	return &drawing{
		name: "states", subtitle: in.scenarios() + in.episodeNote(),
		title: fmt.Sprintf("Under %s power falls from %s %s at %02d:00 to %s %s at %02d:00", s.label,
			short(mean[highest].total()*factor), unit, highest, short(mean[lowest].total()*factor), unit, lowest),
		legend: stackLegend(all), width: 8 * 72, height: 3.6 * 72,
		body: func(c draw.Canvas) error {
			drawPanels(c, [][]*plot.Plot{{p}})
			return nil
		},
	}, "", nil
}

// nominal labels an axis with names at 0, 1, 2, …
func nominal(a *plot.Axis, names []string) {
	var ticks plot.ConstantTicks
	for i, n := range names {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: n})
	}
	a.Tick.Marker, a.Tick.LineStyle.Width = ticks, 0
	a.Min, a.Max = -0.6, float64(len(names))-0.4
}

// barLabel is a text beside the end of a lying bar.
type barLabel struct {
	x, y float64
	text string
}

// barLabels writes labels to the right of (x, y). It implements plot.Plotter.
type barLabels []barLabel

// Plot writes the labels.
func (n barLabels) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	sty := textStyle(smallSize, ink)
	sty.YAlign = draw.YCenter
	for _, l := range n {
		c.FillText(sty, vg.Point{X: x(l.x) + 4, Y: y(l.y)}, l.text)
	}
}
