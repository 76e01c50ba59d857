package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"hibernet/results/record"
	"hibernet/sim/validation"
)

// Page is an account of a validation or a fit: figures of the program beside
// what they must be, tables and plots.
type Page struct {
	Title, Intro string // blank lines of Intro part paragraphs
	Sections     []Section
	// Notes stand at the end; a row whose Deviation is a note's Name links to
	// it.
	Notes []Note
}

// Section is a part of a page: text, figures, a table, rows, in this order.
type Section struct {
	Title, Text string
	Rows        []validation.Row
	Table       *PageTable
	Figures     []validation.Figure
	Skipped     string // why there is nothing to see, or empty
}

// PageTable is a table of text. Columns that read as numbers are aligned as such.
type PageTable struct {
	Head []string
	Rows [][]string
}

// Note is a text that rows refer to.
type Note struct {
	Name, Title, Text string
}

//go:embed page.html
var pageText string

// WritePage writes p to path as one HTML file that needs nothing beside it:
// style and plots are inside, and there are no scripts. A summary comes first,
// then each row that fails, then the sections. The file appears whole or not
// at all; the same page gives the same bytes.
func WritePage(path string, p Page) error {
	text, err := p.HTML()
	if err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	if err := record.WriteAtomic(path, text); err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	return nil
}

// HTML renders the page: the text that WritePage writes.
func (p *Page) HTML() ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"paragraphs": paragraphs,
		"mixed":      func(rows []rowView) rowTable { return rowTable{rows, true} },
		"ofOne":      func(rows []rowView) rowTable { return rowTable{rows, false} },
	}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	v, err := p.view()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, v)
	return b.Bytes(), err
}

// pageView is what the template shows.
type pageView struct {
	*Page
	Parts    []part
	Judged   bool      // there are rows
	Total    tally     // of all parts
	Failing  []rowView // of all parts
	Skipping int       // parts that were left out
}

// part is a section as it is shown.
type part struct {
	Section
	ID    string
	Tally tally
	Views []rowView
	Plots []template.HTML
}

// tally counts rows.
type tally struct{ Rows, Passed, Failed, Deviations int }

// rowView is a row with its figures as text.
type rowView struct {
	validation.Row
	Text   RowText
	Part   string // ID of the part that it stands in
	Linked bool   // its deviation has a note
	Begins bool   // its source is another than that of the row before
}

// rowTable is a table of rows: of many checks, with name and source in each
// row, or of one, with each source above the rows that come from it.
type rowTable struct {
	Rows  []rowView
	Mixed bool
}

func (p *Page) view() (*pageView, error) {
	noted := map[string]bool{}
	for _, n := range p.Notes {
		noted[n.Name] = true
	}
	v := &pageView{Page: p}
	for i, s := range p.Sections {
		w := part{Section: s, ID: fmt.Sprintf("part%d", i+1)}
		for i, r := range s.Rows {
			row := rowView{Row: r, Text: TextOf(r), Part: w.ID, Linked: noted[r.Deviation]}
			row.Begins = i == 0 || r.Source != s.Rows[i-1].Source || r.Trust != s.Rows[i-1].Trust
			w.Views = append(w.Views, row)
			w.Tally.count(r)
			v.Total.count(r)
			if !r.Pass {
				v.Failing = append(v.Failing, row)
			}
		}
		for _, f := range s.Figures {
			svg, err := SVG(f)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Title, err)
			}
			w.Plots = append(w.Plots, inline(svg, f.Title))
		}
		if s.Skipped != "" {
			v.Skipping++
		}
		v.Parts = append(v.Parts, w)
	}
	v.Judged = v.Total.Rows > 0
	return v, nil
}

func (t *tally) count(r validation.Row) {
	t.Rows++
	if r.Pass {
		t.Passed++
	} else {
		t.Failed++
	}
	if r.Deviation != "" {
		t.Deviations++
	}
}

// Numeric says which column of the table holds numbers.
func (t *PageTable) Numeric(column int) bool {
	for _, row := range t.Rows {
		if column < len(row) && row[column] != "" && !numeric(row[column]) {
			return false
		}
	}
	return len(t.Rows) > 0
}

// inline turns an SVG file into an element of a page, named for who cannot see
// it.
func inline(svg []byte, title string) template.HTML {
	at := max(bytes.Index(svg, []byte("<svg ")), 0)
	label := template.HTMLEscapeString(title)
	// The text is what the drawing library wrote, which escapes all labels.
	return template.HTML(`<svg role="img" aria-label="` + label + `" ` + string(svg[at+len("<svg "):])) //nolint:gosec // see above
}

// paragraphs splits text at blank lines.
func paragraphs(text string) []string {
	var list []string
	for _, p := range strings.Split(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}
