package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

const (
	dayS = 86400.0
	hour = 3600.0
)

// week draws load and power over the simulated time, one line a policy.
func (in *input) week() (*drawing, string, error) {
	if len(in.series) == 0 {
		return nil, in.without("steps"), nil
	}
	top := 0.0
	begin, end := math.Inf(1), math.Inf(-1)
	for _, s := range in.series {
		for _, r := range s.steps {
			top = math.Max(top, r.PowerW)
			begin, end = math.Min(begin, r.TimeS), math.Max(end, r.TimeS+r.DurationS)
		}
	}
	factor, unit := scaled(top, "W", "kW", "MW")
	load, power := newPlot("", "mean load of all cells (%)"), newPlot("", fmt.Sprintf("power of the network (%s)", unit))
	d := &drawing{
		name: "week", title: in.weekTitle(), subtitle: in.scenarios() + in.episodeNote(), width: 8 * 72, height: 4.8 * 72,
	}
	for _, p := range []*plot.Plot{load, power} {
		timeAxis(p, begin, end)
		addGrid(p, false, true)
	}
	load.X.Label.Text = "" // the panel below says it
	var loads, powers []float64
	for _, s := range in.series {
		t, l, w := stairs(s, factor)
		sty := seriesLine(in.colorIndex(s.label))
		if err := addLine(load, t, l, sty); err != nil {
			return nil, "", err
		}
		if err := addLine(power, t, w, sty); err != nil {
			return nil, "", err
		}
		loads, powers = append(loads, l...), append(powers, w...)
		d.legend = append(d.legend, entry{label: s.label, color: sty.Color, line: true, dash: sty.Dashes})
	}
	load.Y.Min, load.Y.Max = 0, upTo(loads...)
	power.Y.Min, power.Y.Max = 0, upTo(powers...)
	d.body = func(c draw.Canvas) error {
		drawPanels(c, [][]*plot.Plot{{load}, {power}})
		return nil
	}
	return d, "", nil
}

// stairs returns the series as a line that is constant over each interval:
// time (s), load (%), power (W times factor). A gap in time breaks the line.
func stairs(s series, factor float64) (t, load, power []float64) {
	for i, r := range s.steps {
		if i > 0 && r.TimeS > s.steps[i-1].TimeS+s.steps[i-1].DurationS {
			t, load, power = append(t, r.TimeS), append(load, math.NaN()), append(power, math.NaN())
		}
		t = append(t, r.TimeS, r.TimeS+r.DurationS)
		load = append(load, 100*r.LoadMean, 100*r.LoadMean)
		power = append(power, factor*r.PowerW, factor*r.PowerW)
	}
	return t, load, power
}

// energy returns the energy (kWh) and the length (s) of a series.
func (s series) energy() (kWh, seconds float64) {
	for _, r := range s.steps {
		kWh += r.EnergyKWh
		seconds += r.DurationS
	}
	return kWh, seconds
}

// weekTitle states the largest saving against always-on over the time shown,
// or mean load and power where there is nothing to compare with.
func (in *input) weekTitle() string {
	base := -1
	for i, s := range in.series {
		if s.policy == in.alwaysOn {
			base = i
			break
		}
	}
	if base >= 0 && len(in.series) > 1 {
		all, seconds := in.series[base].energy()
		best, least := "", math.Inf(1)
		for i, s := range in.series {
			if e, length := s.energy(); i != base && length == seconds && e < least {
				best, least = s.label, e
			}
		}
		if best != "" && all > 0 {
			word, change := "less", 1-least/all
			if change < 0 {
				word, change = "more", -change
			}
			return fmt.Sprintf("%s uses %s %% %s energy than %s over %s", best, short(100*change), word, in.alwaysOn, span(seconds))
		}
	}
	s := in.series[0]
	kWh, seconds := s.energy()
	load := 0.0
	for _, r := range s.steps {
		load += r.LoadMean * r.DurationS
	}
	factor, unit := scaled(kWh/seconds*hour*1000, "W", "kW", "MW")
	return fmt.Sprintf("Under %s the network draws %s %s at a mean load of %s %% over %s",
		s.label, short(kWh/seconds*hour*1000*factor), unit, short(100*load/seconds), span(seconds))
}

// span spells a length of time.
func span(seconds float64) string {
	if days := seconds / dayS; days >= 1 {
		if math.Round(days) == 1 {
			return "1 day"
		}
		return short(days) + " days"
	}
	return short(seconds/hour) + " h"
}

// episodeNote says what was left out of the lines.
func (in *input) episodeNote() string {
	note := ""
	if slices.ContainsFunc(in.series, func(s series) bool { return s.more }) {
		note = "; first episode of each policy"
	}
	if len(in.shorter) > 0 {
		note += "; not shown, over other times: " + strings.Join(in.shorter, ", ")
	}
	return note
}

// timeAxis labels the days of a week in their middle with lines at midnight,
// the hours where less than two days are shown, or every seventh day.
func timeAxis(p *plot.Plot, begin, end float64) {
	p.X.Min, p.X.Max = begin, end
	var ticks plot.ConstantTicks
	var lines []float64
	add := func(at float64, label string) { ticks = append(ticks, plot.Tick{Value: at, Label: label}) }
	names := [...]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	switch days := (end - begin) / dayS; {
	case days < 2:
		p.X.Label.Text = "time of day (hh:mm)"
		every := 60.0
		for _, e := range []float64{300, 900, hour, 3 * hour, 6 * hour} {
			if (end-begin)/every > 8 {
				every = e
			}
		}
		for t := math.Ceil(begin/every) * every; t <= end; t += every {
			minutes := int(math.Mod(t, dayS)) / 60
			add(t, fmt.Sprintf("%02d:%02d", minutes/60, minutes%60))
			lines = append(lines, t)
		}
	case days <= 10:
		for d := math.Floor(begin / dayS); d*dayS < end; d++ {
			from, to := math.Max(begin, d*dayS), math.Min(end, (d+1)*dayS)
			if to-from >= dayS/4 {
				add((from+to)/2, names[int(d)%7])
			}
			lines = append(lines, d*dayS)
		}
		p.X.Label.Text = "day of the week, lines at midnight"
		p.X.Tick.LineStyle.Width = 0
	default:
		for d := math.Ceil(begin/dayS/7) * 7; d*dayS <= end; d += 7 {
			add(d*dayS, fmt.Sprintf("%.0f", d))
			lines = append(lines, d*dayS)
		}
		p.X.Label.Text = "time (d since Monday 00:00)"
	}
	p.X.Tick.Marker = ticks
	p.Add(rules{at: lines, vertical: true, style: gridStyle()})
}
