package report

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hibernet/sim/validation"
)

// samplePage has everything that a page can show: rows that pass, fail and
// assert a deviation, a check that was left out, plots of every kind.
func samplePage() Page {
	formula := validation.Claim{Quantity: "active downlink power, s_a 0.5, s_f 0.25, single eta", Unit: "unit", Source: "3GPP TR 38.864 V18.1.0 clause 5.1, by hand", Trust: validation.Secondary}
	cell := validation.Claim{Quantity: "energy of one cell over an hour, load 0.3, SSB every 20 ms", Unit: "kWh", Source: "one cell slot by slot", Trust: validation.Independent}
	site := validation.Claim{Quantity: "energy of a full macro site in a year", Unit: "MWh", Source: "Some & Other <2023>, Table 2", Trust: validation.Recalled}
	rest := validation.Claim{Quantity: "residual of the fixed point", Unit: "1", Source: "fixed point of the load equations", Trust: validation.Derived}
	p := Page{
		Title: "Validation of Hibernet",
		Intro: "Figures of the simulator beside what they must be.\n\nMade by hibernet validate, commit 0123456789ab.",
		Sections: []Section{
			{Title: "tr38864", Text: "The power model of TR 38.864 against values worked by hand.",
				Rows: []validation.Row{formula.Relative(280, 280.00000001, 1e-6), formula.Relative(158.4, 158.4, 1e-6)}},
			{Title: "micro", Text: "The closed form against one cell, slot by slot.",
				Rows:    []validation.Row{cell.Relative(0.412, 0.4191, 0.02), cell.Relative(0.412, 0.4381, 0.02), cell.Still("D2", 0.412, 0.42, 0.44, 0.4305)},
				Figures: []validation.Figure{bandFigure(), errorFigure()}},
			{Title: "coupling", Text: "Loads against a solver of another kind.",
				Rows:    []validation.Row{rest.AtMost(1e-9, 3.2e-12), rest.AtMost(1e-9, math.NaN()), site.Within(24, 42, 33.9)},
				Figures: []validation.Figure{cloudFigure()},
				Table:   &PageTable{Head: []string{"solver", "steps", "residual"}, Rows: [][]string{{"Newton", "7", "1e-13"}, {"fixed point", "41", "3.2e-12"}}}},
			{Title: "itu5g", Text: "Measured energy of base stations.", Skipped: "itu5g_energy/CLdata.csv.gz is not among the data"},
		},
		Notes: []Note{{"D2", "Sleep is begun at slot bounds", "The closed form lets sleep begin at any moment.\n\nA finer formula would mend it."}},
	}
	for _, s := range p.Sections {
		for i := range s.Rows {
			s.Rows[i].Check = s.Title
		}
	}
	return p
}

// bandFigure is a line with a band and points with bars about it.
func bandFigure() validation.Figure {
	var line, sim validation.Series
	line = validation.Series{Name: "closed form, ± 2 %"}
	sim = validation.Series{Name: "slot by slot, 95 % interval", Points: true}
	for i := range 31 {
		x := 0.03 * float64(i)
		y := 120 + 480*x
		line.X, line.Y = append(line.X, x), append(line.Y, y)
		line.Lo, line.Hi = append(line.Lo, 0.98*y), append(line.Hi, 1.02*y)
		if i%3 == 0 {
			y *= 1 + 0.01*math.Sin(float64(i))
			sim.X, sim.Y = append(sim.X, x), append(sim.Y, y)
			sim.Lo, sim.Hi = append(sim.Lo, y-14), append(sim.Hi, y+14)
		}
	}
	return validation.Figure{Name: "power", Title: "The closed form follows the slots within 2 % at every load", XLabel: "load (1)", YLabel: "mean power (W)", Series: []validation.Series{line, sim}}
}

// errorFigure has logarithmic axes and more series than colours.
func errorFigure() validation.Figure {
	f := validation.Figure{Name: "error", Title: "The error falls with the SSB period & grows with the load, whatever the category of the base station is", XLabel: "SSB period (ms)", YLabel: "error (%)", LogX: true, LogY: true}
	for k := range 9 {
		s := validation.Series{Name: "load 0." + string(rune('0'+k))}
		for _, p := range []float64{5, 10, 20, 40, 80, 160} {
			y := 0.8 * float64(k) / p
			if k == 4 && p == 20 {
				y = math.NaN()
			}
			s.X, s.Y = append(s.X, p), append(s.Y, y)
		}
		f.Series = append(f.Series, s)
	}
	return f
}

// cloudFigure has many points and a diagonal.
func cloudFigure() validation.Figure {
	cloud := validation.Series{Name: "cells", Points: true}
	for i := range 600 {
		x := math.Mod(float64(i)*0.618034, 1)
		cloud.X, cloud.Y = append(cloud.X, x), append(cloud.Y, x+0.01*math.Sin(37*float64(i)))
	}
	return validation.Figure{Name: "loads", Title: "Loads of 600 cells by both solvers", XLabel: "load by Newton (1)", YLabel: "load by fixed point (1)",
		Series: []validation.Series{{Name: "equal", X: []float64{0, 1}, Y: []float64{0, 1}}, cloud}}
}

func TestPageGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "page.html")
	if err := WritePage(path, samplePage()); err != nil {
		t.Fatal(err)
	}
	text := readFile(t, path)
	golden(t, "page.html", text)
	again, err := (&Page{Title: "Validation of Hibernet"}).HTML()
	if err != nil || bytes.Contains(again, []byte("verdict\">")) {
		t.Errorf("a page without rows has a verdict (err %v)", err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || !slices.Equal(left, []string{path}) {
		t.Errorf("beside the page: %v (err %v)", left, err)
	}
	for _, f := range samplePage().Sections[1].Figures {
		img, err := PNG(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(img)); err != nil {
			t.Error(err)
		}
	}
}

// A page works alone: it names no other file and no address, and its plots are
// well-formed.
func TestPageStandsAlone(t *testing.T) {
	p := samplePage()
	html, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	text := string(html)
	for _, part := range []string{"<script", "src=", "@import", "url(", "<link", "<?xml"} {
		if strings.Contains(text, part) {
			t.Errorf("the page holds %q", part)
		}
	}
	for _, link := range strings.SplitAfter(text, `href="`)[1:] {
		id, _, _ := strings.Cut(strings.TrimPrefix(link, "#"), `"`)
		if !strings.HasPrefix(link, "#") || !strings.Contains(text, `id="`+id+`"`) {
			t.Errorf("a link leads to %.20s", link)
		}
	}
	if n := strings.Count(text, "<svg "); n != 3 {
		t.Errorf("%d plots, want 3", n)
	}
	for _, plot := range strings.SplitAfter(text, "<figure>")[1:] {
		plot, _, _ = strings.Cut(plot, "</figure>")
		dec := xml.NewDecoder(strings.NewReader(plot))
		for {
			_, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("a plot is not well-formed: %v", err)
			}
		}
		if strings.Contains(plot, "NaN") || strings.Contains(plot, "Inf") {
			t.Error("a plot has a coordinate that is no number")
		}
	}
}

// Rows that fail stand before every section, and what the texts hold cannot
// become markup.
func TestPageSummary(t *testing.T) {
	p := samplePage()
	html, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	text := string(html)
	head, _, _ := strings.Cut(text, `<section id="part1">`)
	if n := strings.Count(head, `<span class="fail">FAIL</span>`); n != 2 {
		t.Errorf("%d rows that fail before the sections, want 2", n)
	}
	for _, want := range []string{
		"<b>6</b><span>rows pass</span>", `<b class="fail">2</b><span>rows fail</span>`, "<b>1</b><span>checks left out</span>",
		"Left out: itu5g_energy/CLdata.csv.gz is not among the data.", "Some &amp; Other &lt;2023&gt;", `<article id="D2">`,
		"<b>1</b><span>rows assert a known deviation</span>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	p.Sections[1].Rows, p.Sections[2].Rows = nil, nil
	if html, err = p.HTML(); err != nil || strings.Contains(string(html), "fails\"") || !strings.Contains(string(html), ">Passes<") {
		t.Errorf("a page on which nothing fails does not say so (err %v)", err)
	}
}

func TestFigureFaults(t *testing.T) {
	two := []float64{1, 2}
	for want, s := range map[string]validation.Series{
		`figure f: series "a": Y has 1 values, X has 2`:  {Name: "a", X: two, Y: two[:1]},
		`figure f: series "a": Hi has 1 values, X has 2`: {Name: "a", X: two, Y: two, Lo: two, Hi: two[:1]},
		`figure f: series "a": has one of Lo and Hi`:     {Name: "a", X: two, Y: two, Lo: two},
	} {
		f := validation.Figure{Name: "f", Series: []validation.Series{s}}
		if _, err := SVG(f); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if _, err := PNG(f); err == nil {
			t.Error("PNG draws it")
		}
		path := filepath.Join(t.TempDir(), "page.html")
		if err := WritePage(path, Page{Sections: []Section{{Title: "t", Figures: []validation.Figure{f}}}}); err == nil || !strings.Contains(err.Error(), "t: figure f") {
			t.Errorf("page: error %v", err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("a page was written all the same")
		}
	}
}

// Nothing that a figure may hold makes a coordinate that is no number.
func TestFigureOfOddValues(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, s := range map[string][]float64{
		"none": {}, "one": {5}, "zero": {0, 0}, "same": {3, 3, 3}, "gaps": {1, nan, 2, inf, 3}, "never": {nan, inf},
		"negative": {-1, -2}, "small": {1e-12, 2e-12}, "large": {1e12, 5e15}, "signs": {-1, 0, 1},
	} {
		x := make([]float64, len(s))
		for i := range x {
			x[i] = float64(i)
		}
		for k := range 16 {
			f := validation.Figure{Name: name, Title: name, LogX: k&1 > 0, LogY: k&2 > 0, Series: []validation.Series{{Name: name, X: x, Y: s, Points: k&4 > 0}}}
			if k&8 > 0 {
				f.Series[0].Lo, f.Series[0].Hi = s, s
			}
			svg, err := SVG(f)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if text := string(svg); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
				t.Errorf("%s, log %t %t, points %t: a coordinate is no number", name, f.LogX, f.LogY, f.Series[0].Points)
			}
		}
	}
}

// Points that belong to a line have its colour, and stand with it in the
// legend; all other series differ.
func TestPairsShareAColour(t *testing.T) {
	line := func(name string) validation.Series { return validation.Series{Name: name} }
	dots := func(name string) validation.Series { return validation.Series{Name: name, Points: true} }
	series := []validation.Series{dots("20 ms, measured"), line("20 ms"), dots("20 ms, simulated"), line("40 ms"), dots("40 ms, simulated"), line("40 ms, other"), dots(""), dots("40 ms")}
	looks := looksOf(series)
	var index []int
	for _, k := range looks {
		index = append(index, k.index)
	}
	if want := []int{0, 1, 1, 2, 2, 3, 4, 5}; !slices.Equal(index, want) {
		t.Errorf("colours %v, want %v", index, want)
	}
	var legend []string
	for _, e := range legendOf(series, looks) {
		kind := map[[2]bool]string{{true, false}: "line", {false, true}: "dot", {true, true}: "both"}[[2]bool{e.line, e.dot}]
		legend = append(legend, kind+" "+e.label)
	}
	if want := []string{"dot 20 ms, measured", "both 20 ms", "both 40 ms", "line 40 ms, other", "dot 40 ms", "dot simulated"}; !slices.Equal(legend, want) {
		t.Errorf("legend %q, want %q", legend, want)
	}
}

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{1, 1000, "1 10 100 1000"}, {5, 160, "5 10 20 50 100"}, {0.02, 3, "0.1 1"},
		{1e-12, 1e-3, "1e-12 1e-10 1e-8 1e-6 0.0001"}, {100, 120, "100 105 110 115 120"}, {1e4, 1e7, "10000 100000 1e6 1e7"},
	} {
		var got []string
		for _, tick := range (logTicks{}).Ticks(c.low, c.high) {
			if tick.Label != "" {
				got = append(got, tick.Label)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%g to %g: %s, want %s", c.low, c.high, s, c.want)
		}
	}
}

func TestRowText(t *testing.T) {
	c := validation.Claim{Quantity: "q", Unit: "W", Source: "s", Trust: validation.Primary}
	for _, x := range []struct {
		row  validation.Row
		want RowText
	}{
		{c.Relative(280, 280, 1e-6), RowText{"280", "280", "0 %", "± 0.0001 %"}},
		{c.Relative(412.5, 419.1, 0.02), RowText{"412.5", "419.1", "+1.6 %", "± 2.0 %"}},
		{c.Relative(100, 130, 0.02), RowText{"100", "130", "+30 %", "± 2.0 %"}},
		{c.Relative(1, 0.99999995, 1e-6), RowText{"1", "1", "-5e-6 %", "± 0.0001 %"}},
		{c.Absolute(0, 0.02, 0.05), RowText{"0", "0.02", "0.02 W", "± 0.05"}},
		{c.Absolute(7, 7, 0), RowText{"7", "7", "0 %", "exact"}},
		{c.Absolute(0, 0, 0), RowText{"0", "0", "0 W", "exact"}},
		{c.Within(24, 42, 30), RowText{"33", "30", "-9.1 %", "24 to 42"}},
		{c.AtMost(1e-9, 3.25e-12), RowText{"0", "3.25e-12", "3.25e-12 W", "at most 1e-9"}},
		{c.Still("D1", 10, 10.5, 11.5, 11), RowText{"10", "11", "+10 %", "10.5 to 11.5"}},
		{c.Relative(1234567.8, math.NaN(), 0.1), RowText{"1.23457e6", "NaN", "n/a", "1.11111e6 to 1.35802e6"}},
	} {
		if got := TextOf(x.row); got != x.want {
			t.Errorf("%+v: %+v, want %+v", x.row, got, x.want)
		}
	}
}
