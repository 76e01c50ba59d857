package report

import (
	"errors"
	"fmt"
	"path/filepath"

	"hibernet/results/record"
)

// IndexName is the file that holds the table and links the figures.
const IndexName = "report.md"

// Options of Write.
type Options struct {
	// AlwaysOn is the policy that savings refer to, "always_on" if empty.
	AlwaysOn string
}

// Figure is one figure that was written.
type Figure struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	SVG   string `json:"svg"` // paths
	PNG   string `json:"png"`
}

// Skip is a figure that was left out.
type Skip struct {
	Figure string `json:"figure"`
	Reason string `json:"reason"`
}

// Report is what Write has done.
type Report struct {
	Index    string   `json:"index"` // path of report.md
	Figures  []Figure `json:"figures"`
	Skipped  []Skip   `json:"skipped"`
	Warnings []string `json:"warnings"` // what keeps the runs from being compared as they are
}

// Write draws every figure that the run folders allow and writes them, as SVG
// and as PNG, with report.md, to the folder out, which is made if need be. Every file appears whole or not
// at all, report.md last.
// Figures that lack data are listed in Skipped, here and in report.md; a table
// that cannot be read is an error.
func Write(folders []*record.Folder, out string, opt Options) (*Report, error) {
	if len(folders) == 0 {
		return nil, errors.New("report: no run folders")
	}
	if opt.AlwaysOn == "" {
		opt.AlwaysOn = "always_on"
	}
	in, err := gather(folders, opt.AlwaysOn)
	if err != nil {
		return nil, err
	}
	drawings, skipped, err := in.draw()
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	r := &Report{Index: filepath.Join(out, IndexName), Skipped: skipped, Warnings: in.conflicts()}
	for _, d := range drawings {
		svg, err := d.svg()
		if err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		png, err := d.png()
		if err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		f := Figure{Name: d.name, Title: d.title, SVG: filepath.Join(out, d.name+".svg"), PNG: filepath.Join(out, d.name+".png")}
		if err := errors.Join(record.WriteAtomic(f.SVG, svg), record.WriteAtomic(f.PNG, png)); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		r.Figures = append(r.Figures, f)
	}
	if err := record.WriteAtomic(r.Index, []byte(in.index(r))); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return r, nil
}

// draw builds all figures, in the order of the report.
func (in *input) draw() (list []*drawing, skipped []Skip, err error) {
	for _, figure := range []struct {
		name  string
		build func() (*drawing, string, error)
	}{
		{"comparison", in.bars},
		{"tradeoff", in.tradeoff},
		{"week", in.week},
		{"states", in.states},
		{"training", in.trainingCurve},
	} {
		d, reason, err := figure.build()
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("figure %s: %w", figure.name, err)
		case d == nil:
			skipped = append(skipped, Skip{figure.name, reason})
		default:
			list = append(list, d)
		}
	}
	maps, reasons, err := in.sites()
	if err != nil {
		return nil, nil, fmt.Errorf("figure map: %w", err)
	}
	for _, reason := range reasons {
		skipped = append(skipped, Skip{"map", reason})
	}
	return append(list, maps...), skipped, nil
}
