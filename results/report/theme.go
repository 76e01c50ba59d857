package report

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hibernet/results/record"
)

// Sizes of text and lines, in points.
const (
	titleSize  vg.Length = 13
	smallSize  vg.Length = 9
	labelSize  vg.Length = 10
	tickSize   vg.Length = 9
	lineWidth  vg.Length = 1.3
	thinWidth  vg.Length = 0.6
	margin     vg.Length = 14
	panelPad   vg.Length = 16
	glyphSize  vg.Length = 4.5
	swatchSize vg.Length = 9
	dotSize    vg.Length = 2.6
)

// boldWeight is golang.org/x/image/font.WeightBold.
const boldWeight = 3

// Colours of everything that is not data.
var (
	ink      = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	softInk  = color.NRGBA{0x66, 0x66, 0x66, 0xff}
	axisGrey = color.NRGBA{0x99, 0x99, 0x99, 0xff}
	gridGrey = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
)

// seriesColor returns the colour of the i-th policy: the palette of M. Okabe
// and K. Ito, "Color Universal Design" (2008), without yellow, which is too
// light for lines on white, and with black last.
func seriesColor(i int) color.Color {
	colors := [...]color.NRGBA{
		{0x00, 0x72, 0xb2, 0xff}, // blue
		{0xd5, 0x5e, 0x00, 0xff}, // vermillion
		{0x00, 0x9e, 0x73, 0xff}, // bluish green
		{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
		{0xe6, 0x9f, 0x00, 0xff}, // orange
		{0x56, 0xb4, 0xe9, 0xff}, // sky blue
		{0x22, 0x22, 0x22, 0xff}, // black
	}
	return colors[i%len(colors)]
}

// seriesLine returns the line of the i-th policy: dashed where the colours
// begin anew.
func seriesLine(i int) draw.LineStyle {
	dashes := [...][]vg.Length{nil, {6, 2}, {2, 2}, {8, 2, 2, 2}}
	return draw.LineStyle{Color: seriesColor(i), Width: lineWidth, Dashes: dashes[i/7%len(dashes)]}
}

// stateColor returns the colour of a power state: awake ones from orange to
// pale, sleeping ones from pale to dark blue, so that light and dark order them
// also in grey.
func stateColor(state int) color.Color {
	colors := [record.NumStates]color.NRGBA{
		{0xd9, 0x7a, 0x1e, 0xff}, // full
		{0xef, 0xa9, 0x4f, 0xff}, // half_trx
		{0xf7, 0xca, 0x85, 0xff}, // quarter_trx
		{0xfb, 0xe3, 0xbd, 0xff}, // backoff
		{0xb9, 0xd8, 0xb0, 0xff}, // dtx
		{0x9e, 0xca, 0xe1, 0xff}, // carrier_sleep
		{0x42, 0x92, 0xc6, 0xff}, // deep_sleep
		{0x08, 0x51, 0x9c, 0xff}, // dormant
	}
	return colors[state]
}

// siteColor is the colour of baseband and site overhead.
var siteColor = color.NRGBA{0xc4, 0xc4, 0xc4, 0xff}

// shareMap maps a share from 0 to 1 to the colours of viridis (S. van der Walt
// and N. Smith, matplotlib, 2015; CC0): even in lightness, and read alike with
// every kind of colour vision.
func shareMap() (palette.ColorMap, error) {
	m, err := moreland.NewLuminance([]color.Color{
		color.NRGBA{0x44, 0x01, 0x54, 0xff}, color.NRGBA{0x3b, 0x52, 0x8b, 0xff}, color.NRGBA{0x21, 0x91, 0x8c, 0xff},
		color.NRGBA{0x5e, 0xc9, 0x62, 0xff}, color.NRGBA{0xfd, 0xe7, 0x25, 0xff},
	})
	if err != nil {
		return nil, err
	}
	m.SetMin(0)
	m.SetMax(1)
	return m, nil
}

// textStyle returns the sans serif style of the given size.
func textStyle(size vg.Length, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size),
		Handler: plot.DefaultTextHandler,
	}
}

// boldStyle is textStyle in bold.
func boldStyle(size vg.Length, c color.Color) text.Style {
	s := textStyle(size, c)
	s.Font.Weight = boldWeight
	return s
}

// newPlot returns an empty panel in the common style.
func newPlot(xLabel, yLabel string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil // the frame has filled the ground
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle = draw.LineStyle{Color: axisGrey, Width: thinWidth}
		a.Tick.LineStyle = draw.LineStyle{Color: axisGrey, Width: thinWidth}
		a.Tick.Length, a.Tick.Marker = 3, evenTicks{}
		a.Padding = 0
		xAlign, yAlign := a.Tick.Label.XAlign, a.Tick.Label.YAlign
		a.Tick.Label = textStyle(tickSize, ink)
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = xAlign, yAlign
		xAlign, yAlign = a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign
		a.Label.TextStyle = textStyle(labelSize, ink)
		a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = xAlign, yAlign
		a.Label.Padding = 4
	}
	p.Title.TextStyle = boldStyle(labelSize, ink)
	p.Title.TextStyle.XAlign, p.Title.TextStyle.YAlign = text.XCenter, text.YTop
	p.Title.Padding = 4
	p.X.Label.Text, p.Y.Label.Text = xLabel, yLabel
	return p
}
