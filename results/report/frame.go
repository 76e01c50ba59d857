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
	width, height vg.Length // of the body; the head above it takes what it needs
	body          func(c draw.Canvas) error
}

// entry is one entry of a legend: a filled swatch, or a line, a dot, or both.
type entry struct {
	label string
	color color.Color
	line  bool
	dash  []vg.Length
	dot   bool
	band  color.Color // behind the line, if not nil
}

// render draws the figure on c.
func (d *drawing) render(c draw.Canvas) error {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	top := c.Max.Y
	for _, m := range d.head() {
		at := vg.Point{X: c.Min.X + m.x, Y: top - m.down}
		if m.entry == nil {
			c.FillText(m.style, at, m.text)
		} else {
			m.entry.draw(c, at)
		}
	}
	c.Max.Y = top - d.headHeight()
	return d.body(c)
}

// draw draws the sample of the entry with its left end at a point.
func (e *entry) draw(c draw.Canvas, at vg.Point) {
	middle := vg.Point{X: at.X + e.mark()/2, Y: at.Y}
	fill := func(col color.Color) {
		r := around(middle, e.mark()/2, swatchSize/2)
		c.FillPolygon(col, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}})
	}
	if e.band != nil {
		fill(e.band)
	}
	if e.line {
		c.StrokeLine2(draw.LineStyle{Color: e.color, Width: lineWidth, Dashes: e.dash}, at.X, at.Y, at.X+e.mark(), at.Y)
	}
	if e.dot {
		c.DrawGlyph(draw.GlyphStyle{Color: e.color, Radius: dotSize, Shape: draw.CircleGlyph{}}, middle)
	}
	if !e.line && !e.dot {
		fill(e.color)
	}
}

// mark is one thing of the head: a text, or the sample of a legend's entry.
type mark struct {
	x, down vg.Length // from the upper left corner
	text    string
	style   text.Style
	entry   *entry
}

// mark returns the width of the entry's sample.
func (e *entry) mark() vg.Length {
	if e.line {
		return 22
	}
	return swatchSize
}

const (
	lineStep  = 1.25 // of the size of the text
	legendRow = 14
	legendGap = 16
)

// head lays out title, subtitle and legend, each wrapped to the width.
func (d *drawing) head() []mark {
	var (
		marks []mark
		down  vg.Length
	)
	lines := func(sty text.Style, txt string) {
		sty.YAlign = text.YTop
		for _, line := range wrap(sty, txt, d.width) {
			marks = append(marks, mark{down: down, text: line, style: sty})
			down += sty.Font.Size * lineStep
		}
	}
	lines(boldStyle(titleSize, ink), d.title)
	down += 2
	if d.subtitle != "" {
		lines(textStyle(smallSize, softInk), d.subtitle)
	}
	down += 6 + legendRow/2
	sty := textStyle(smallSize, ink)
	sty.YAlign = text.YCenter
	var x vg.Length
	for i := range d.legend {
		e := &d.legend[i]
		need := e.mark() + 5 + sty.Width(e.label)
		if x > 0 && x+need > d.width {
			x, down = 0, down+legendRow
		}
		marks = append(marks, mark{x: x, down: down, entry: e}, mark{x: x + e.mark() + 5, down: down, text: e.label, style: sty})
		x += need + legendGap
	}
	return marks
}

// headHeight returns the height of the head with the gap below it.
func (d *drawing) headHeight() vg.Length {
	marks := d.head()
	last := marks[len(marks)-1]
	if len(d.legend) == 0 {
		return last.down + last.style.Font.Size*lineStep + 10
	}
	return last.down + legendRow/2 + 10
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

// size returns the width and height of the figure.
func (d *drawing) size() (w, h vg.Length) {
	return d.width + 2*margin, d.height + d.headHeight() + 2*margin
}

// fontFallback follows the name of the font in SVG: where it is not installed,
// Arial has the same widths.
const fontFallback = ",Arial,Helvetica,sans-serif"

// svg renders the figure as SVG.
func (d *drawing) svg() ([]byte, error) {
	w, h := d.size()
	canvas := vgsvg.New(w, h)
	if err := d.render(draw.New(canvas)); err != nil {
		return nil, fmt.Errorf("figure %s: %w", d.name, err)
	}
	text, err := written(canvas)
	if err != nil {
		return nil, fmt.Errorf("figure %s: %w", d.name, err)
	}
	return bytes.ReplaceAll(text, []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans"+fontFallback+";")), nil
}

// png renders the figure as PNG.
func (d *drawing) png() ([]byte, error) {
	w, h := d.size()
	canvas := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(pngDPI))
	if err := d.render(draw.New(canvas)); err != nil {
		return nil, fmt.Errorf("figure %s: %w", d.name, err)
	}
	img, err := written(vgimg.PngCanvas{Canvas: canvas})
	if err != nil {
		return nil, fmt.Errorf("figure %s: %w", d.name, err)
	}
	return img, nil
}

func written(w io.WriterTo) ([]byte, error) {
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	return b.Bytes(), err
}
