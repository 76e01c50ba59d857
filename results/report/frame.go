package report

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// pngDPI gives figures of 8 inches a width of 1200 pixels.
const pngDPI = 150

// drawing is a figure before it is rendered: a frame with a body.
type drawing struct {
	name          string // file name without extension
	title         string // what the figure shows, in numbers
	subtitle      string // from which runs, how to read it
	legend        []entry
	width, height vg.Length
	body          func(c draw.Canvas) error
}

// entry is one entry of a legend: a filled swatch, or a line if dash is set.
type entry struct {
	label string
	color color.Color
	line  bool
	dash  []vg.Length
}

// render draws the figure on c.
func (d *drawing) render(c draw.Canvas) error {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	top := c.Max.Y
	top = writeLines(c, top, boldStyle(titleSize, ink), d.title)
	if d.subtitle != "" {
		top = writeLines(c, top-2, textStyle(smallSize, softInk), d.subtitle)
	}
	if len(d.legend) > 0 {
		top = drawLegend(c, top-6, d.legend)
	}
	c.Max.Y = top - 10
	return d.body(c)
}

// writeLines writes txt, wrapped to the width of c, below top and returns the
// lower edge.
func writeLines(c draw.Canvas, top vg.Length, sty text.Style, txt string) vg.Length {
	sty.YAlign = text.YTop
	step := sty.Font.Size * 1.25
	for _, line := range wrap(sty, txt, c.Max.X-c.Min.X) {
		c.FillText(sty, vg.Point{X: c.Min.X, Y: top}, line)
		top -= step
	}
	return top
}

// wrap breaks txt at blanks into lines of at most the given width.
func wrap(sty text.Style, txt string, width vg.Length) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(txt) {
		longer := strings.TrimPrefix(line+" "+word, " ")
		if line != "" && sty.Width(longer) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	return append(lines, line)
}

// drawLegend draws the entries from left to right below top, in as many rows
// as they need, and returns the lower edge.
func drawLegend(c draw.Canvas, top vg.Length, entries []entry) vg.Length {
	sty := textStyle(smallSize, ink)
	sty.YAlign = text.YCenter
	const row, gap = 14, 16
	x, y := c.Min.X, top-row/2
	for _, e := range entries {
		mark := swatchSize
		if e.line {
			mark = 22
		}
		need := mark + 5 + sty.Width(e.label)
		if x > c.Min.X && x+need > c.Max.X {
			x, y = c.Min.X, y-row
		}
		if e.line {
			c.StrokeLine2(draw.LineStyle{Color: e.color, Width: lineWidth, Dashes: e.dash}, x, y, x+mark, y)
		} else {
			c.FillPolygon(e.color, []vg.Point{{X: x, Y: y - mark/2}, {X: x + mark, Y: y - mark/2}, {X: x + mark, Y: y + mark/2}, {X: x, Y: y + mark/2}})
		}
		c.FillText(sty, vg.Point{X: x + mark + 5, Y: y}, e.label)
		x += need + gap
	}
	return y - row/2
}

// drawPanels draws a grid of plots with aligned axes on c; nil leaves a gap.
func drawPanels(c draw.Canvas, plots [][]*plot.Plot) {
	tiles := draw.Tiles{Rows: len(plots), Cols: len(plots[0]), PadX: panelPad, PadY: panelPad, PadRight: 6}
	canvases := plot.Align(plots, tiles, c)
	for i, row := range plots {
		for j, p := range row {
			if p != nil {
				p.Draw(canvases[i][j])
			}
		}
	}
}

// encode renders the figure as SVG and as PNG.
func (d *drawing) encode() (svg, png []byte, err error) {
	vector := vgsvg.New(d.width, d.height)
	if err := d.render(draw.New(vector)); err != nil {
		return nil, nil, fmt.Errorf("figure %s: %w", d.name, err)
	}
	raster := vgimg.NewWith(vgimg.UseWH(d.width, d.height), vgimg.UseDPI(pngDPI))
	if err := d.render(draw.New(raster)); err != nil {
		return nil, nil, fmt.Errorf("figure %s: %w", d.name, err)
	}
	if svg, err = written(vector); err != nil {
		return nil, nil, fmt.Errorf("figure %s: %w", d.name, err)
	}
	if png, err = written(vgimg.PngCanvas{Canvas: raster}); err != nil {
		return nil, nil, fmt.Errorf("figure %s: %w", d.name, err)
	}
	return svg, png, nil
}

func written(w io.WriterTo) ([]byte, error) {
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	return b.Bytes(), err
}
