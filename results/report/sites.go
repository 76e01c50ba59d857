package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hibernet/results/record"
)

// maxSites is the number of sites above which a map shows the mean over
// squares: beyond it single dots are smaller than a pixel apart.
const maxSites = 4000

// squares is the number of squares along the longer side of such a map.
const squares = 90

// sites draws, for each policy that ever slept, the map of its sites coloured
// by the share of time that their cells slept.
func (in *input) sites() (list []*drawing, reasons []string, err error) {
	if len(in.maps) == 0 {
		return nil, []string{in.without(record.TableCells)}, nil
	}
	for i := range in.maps {
		m := &in.maps[i]
		longer := slices.IndexFunc(in.maps, func(o siteMap) bool { return o.policy == m.policy && o.durationS > m.durationS })
		if longer >= 0 {
			reasons = append(reasons, fmt.Sprintf("%s of %s covers less time than that of %s", m.policy, m.run, in.maps[longer].run))
			continue
		}
		if slices.Max(m.share) == 0 {
			reasons = append(reasons, fmt.Sprintf("under %s no cell ever slept", m.label))
			continue
		}
		d, err := in.siteMap(m)
		if err != nil {
			return nil, nil, err
		}
		// Labels that differ only in signs would share a file.
		for base, n := d.name, 2; slices.ContainsFunc(list, func(o *drawing) bool { return o.name == d.name }); n++ {
			d.name = fmt.Sprintf("%s-%d", base, n)
		}
		list = append(list, d)
	}
	return list, reasons, nil
}

func (in *input) siteMap(m *siteMap) (*drawing, error) {
	colors, err := shareMap()
	if err != nil {
		return nil, err
	}
	marks, err := m.marks(colors)
	if err != nil {
		return nil, err
	}
	bar, err := colorBar(colors)
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%s; %s, %s", in.scenarios(), counted(len(m.share), "site"), counted(m.cells, "cell"))
	if len(m.share) > maxSites {
		note += "; mean over squares"
	}
	return &drawing{
		name: "map_" + fileName(m.label), subtitle: note, width: 7 * 72, height: m.height(),
		title: fmt.Sprintf("Under %s cells sleep %s of the time; by site, from %s to %s",
			m.label, percent(mean(m.share)), percent(slices.Min(m.share)), percent(slices.Max(m.share))),
		body: func(c draw.Canvas) error {
			const barWidth = 58
			left, right := draw.Crop(c, 0, -barWidth-14, 0, 0), c
			right.Min.X = right.Max.X - barWidth
			p := newPlot("east (km)", "north (km)")
			addGrid(p, true, true)
			p.Add(marks)
			equalAxes(p, left, m)
			p.Draw(left)
			// The bar is as high as the map's data.
			data := p.DataCanvas(left)
			own := bar.DataCanvas(right)
			right.Min.Y += data.Min.Y - own.Min.Y
			right.Max.Y -= own.Max.Y - data.Max.Y
			bar.Draw(right)
			return nil
		},
	}, nil
}

// percent formats a share in whole percent.
func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// height returns the height of the body, between 3.2 and 7 inches, that fits
// the area's shape on a map of some 400 points width.
func (m *siteMap) height() vg.Length {
	x0, x1 := widened(m.xKM, 0.04)
	y0, y1 := widened(m.yKM, 0.04)
	return vg.Length(math.Min(math.Max(45+390*(y1-y0)/(x1-x0), 3.2*72), 7*72))
}

// equalAxes sets the ranges of p so that a kilometre is as long in both
// directions and all sites are inside, with a margin.
func equalAxes(p *plot.Plot, c draw.Canvas, m *siteMap) {
	p.X.Min, p.X.Max = widened(m.xKM, 0.04)
	p.Y.Min, p.Y.Max = widened(m.yKM, 0.04)
	midX, midY := (p.X.Min+p.X.Max)/2, (p.Y.Min+p.Y.Max)/2
	spanX, spanY := p.X.Max-p.X.Min, p.Y.Max-p.Y.Min
	// The widths of the tick labels depend on the ranges: settle both.
	for range 3 {
		data := p.DataCanvas(c)
		w, h := float64(data.Max.X-data.Min.X), float64(data.Max.Y-data.Min.Y)
		perPoint := math.Max(spanX/w, spanY/h)
		p.X.Min, p.X.Max = midX-perPoint*w/2, midX+perPoint*w/2
		p.Y.Min, p.Y.Max = midY-perPoint*h/2, midY+perPoint*h/2
	}
}

// dots are sites drawn as circles of one radius. It implements plot.Plotter.
type dots struct {
	x, y   []float64
	color  []color.Color
	radius vg.Length
}

// Plot draws the sites in order.
func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i := range d.x {
		c.DrawGlyph(draw.GlyphStyle{Color: d.color[i], Radius: d.radius, Shape: draw.CircleGlyph{}}, vg.Point{X: x(d.x[i]), Y: y(d.y[i])})
	}
}

// marks returns what stands for the sites: dots, or squares for very many.
func (m *siteMap) marks(colors palette.ColorMap) (plot.Plotter, error) {
	if len(m.share) > maxSites {
		return m.grid(colors)
	}
	// Dots of half the mean spacing of sites on a map of some 400 points.
	d := dots{x: m.xKM, y: m.yKM, radius: vg.Length(math.Min(7, math.Max(1.2, 0.32*400/math.Sqrt(float64(len(m.share))))))}
	for _, s := range m.share {
		c, err := colors.At(math.Min(math.Max(s, 0), 1))
		if err != nil {
			return nil, fmt.Errorf("sleep share %v: %w", s, err)
		}
		d.color = append(d.color, c)
	}
	return d, nil
}

// grid returns the mean over squares of the map; squares without a site stay
// empty.
func (m *siteMap) grid(colors palette.ColorMap) (plot.Plotter, error) {
	x0, y0 := slices.Min(m.xKM), slices.Min(m.yKM)
	side := math.Max(slices.Max(m.xKM)-x0, slices.Max(m.yKM)-y0) / squares
	var sum, count [squares + 1][squares + 1]float64
	for i, s := range m.share {
		ix, iy := int((m.xKM[i]-x0)/side), int((m.yKM[i]-y0)/side)
		sum[iy][ix] += s
		count[iy][ix]++
	}
	var b boxes
	for iy := range sum {
		for ix, n := range count[iy] {
			if n == 0 {
				continue
			}
			c, err := colors.At(math.Min(math.Max(sum[iy][ix]/n, 0), 1))
			if err != nil {
				return nil, fmt.Errorf("sleep share %v: %w", sum[iy][ix]/n, err)
			}
			// A little wider than the square: no seams between neighbours.
			x, y := x0+float64(ix)*side, y0+float64(iy)*side
			b = append(b, box{x, x + 1.1*side, y, y + 1.1*side, c})
		}
	}
	return b, nil
}

// colorBar returns the panel that explains the colours.
func colorBar(colors palette.ColorMap) (*plot.Plot, error) {
	p := newPlot("", "share of time asleep (%)")
	const steps = 100
	var b boxes
	for i := range steps {
		c, err := colors.At((float64(i) + 0.5) / steps)
		if err != nil {
			return nil, err
		}
		b = append(b, box{0, 1, float64(i), steps, c}) // to the top: no seams
	}
	p.Add(b)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 100
	p.HideX()
	return p, nil
}

// fileName keeps letters, digits and underscores of s, with one dash for
// whatever stands between them.
func fileName(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	}), "-")
}
