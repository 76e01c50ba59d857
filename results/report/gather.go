package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"hibernet/results/record"
)

// input is what the figures draw from.
type input struct {
	folders  []*record.Folder
	alwaysOn string
	series   []series     // of table steps, those over the longest stretch of time
	shorter  []string     // what else table steps had, over other times
	maps     []siteMap    // of table cells
	training []curve      // of table episodes, phase train
	summary  []summaryRow // of table summary, of all folders
	groups   int          // of summary rows, see summaryRow
	lacking  map[string][]string
	colored  []string // labels in the order in which figures first showed them
}

// colorIndex returns the place of a label in the palette: the same in every
// figure of a report.
func (in *input) colorIndex(label string) int {
	i := slices.Index(in.colored, label)
	if i < 0 {
		i = len(in.colored)
		in.colored = append(in.colored, label)
	}
	return i
}

// series is the network over time under one policy.
type series struct {
	policy string
	run    string // base name of the folder
	label  string // policy, with the run where that is needed to tell them apart
	steps  []record.Step
	more   bool // the folder has further episodes of the policy
}

// window returns the time that the series covers (s since Monday 00:00).
func (s series) window() (begin, end float64) {
	last := s.steps[len(s.steps)-1]
	return s.steps[0].TimeS, last.TimeS + last.DurationS
}

// summaryRow is a row of table summary. Rows of one group were paired by an
// evaluation, which is a group of its own, or come from folders with a single
// policy, which together are group 0.
type summaryRow struct {
	record.Summary
	run   string
	group int
}

// curve is one figure of one training by iteration.
type curve struct {
	policy, run, label, figure string
	iteration, value           []float64
}

// siteMap holds the share of time that each site's cells slept.
type siteMap struct {
	policy, run, label string
	xKM, yKM, share    []float64 // a site each
	cells              int
	durationS          float64
}

// gather reads from all folders what the figures need. A table that a folder
// does not have is noted, not an error; one that cannot be read is an error.
func gather(folders []*record.Folder, alwaysOn string) (*input, error) {
	in := &input{folders: folders, alwaysOn: alwaysOn, groups: 1, lacking: map[string][]string{}}
	for _, f := range folders {
		for _, step := range []struct {
			table string
			read  func(*record.Folder) error
		}{
			{record.TableSteps, in.readSteps},
			{record.TableCells, in.readCells},
			{record.TableEpisodes, in.readEpisodes},
			{record.TableSummary, in.readSummary},
		} {
			err := step.read(f)
			switch {
			case errors.Is(err, record.ErrNoTable):
				in.lacking[step.table] = append(in.lacking[step.table], runName(f))
			case err != nil:
				return nil, fmt.Errorf("report: %w", err)
			}
		}
	}
	in.keepLongest()
	in.label()
	return in, nil
}

// runName returns the folder's base name.
func runName(f *record.Folder) string {
	if abs, err := filepath.Abs(f.Dir); err == nil {
		return filepath.Base(abs)
	}
	return filepath.Base(f.Dir)
}

// without says which folders lack a table, for the reason of a skipped figure.
func (in *input) without(table string) string {
	if runs := in.lacking[table]; len(runs) > 0 {
		return fmt.Sprintf("no table %s in %s", table, strings.Join(runs, ", "))
	}
	return fmt.Sprintf("no rows for it in table %s", table)
}

// readSteps keeps the network's rows of the first episode of every policy.
func (in *input) readSteps(f *record.Folder) error {
	run, begin := runName(f), len(in.series)
	first := map[string]*record.Step{}
	return record.Scan(f, func(rows []record.Step) error {
		for _, r := range rows {
			if r.Scope != record.ScopeNetwork {
				continue
			}
			if first[r.Policy] == nil {
				first[r.Policy] = &r
				in.series = append(in.series, series{policy: r.Policy, run: run})
			}
			s := &in.series[begin+slices.IndexFunc(in.series[begin:], func(s series) bool { return s.policy == r.Policy })]
			if head := first[r.Policy]; head.Seed == r.Seed && head.Episode == r.Episode {
				s.steps = append(s.steps, r)
			} else {
				s.more = true
			}
		}
		return nil
	})
}

// readCells averages the sleep share over the cells of each site, in the first
// episode of every policy. A site's cells stand together in the table.
func (in *input) readCells(f *record.Folder) error {
	run, begin := runName(f), len(in.maps)
	type head struct {
		seed    uint64
		episode int32
		site    int32
		cells   int
	}
	heads := map[string]*head{}
	return record.Scan(f, func(rows []record.Cell) error {
		for i := range rows {
			r := &rows[i]
			h := heads[r.Policy]
			if h == nil {
				h = &head{seed: r.Seed, episode: r.Episode, site: -1}
				heads[r.Policy] = h
				in.maps = append(in.maps, siteMap{policy: r.Policy, run: run, durationS: r.DurationS})
			}
			if h.seed != r.Seed || h.episode != r.Episode {
				continue
			}
			m := &in.maps[begin+slices.IndexFunc(in.maps[begin:], func(m siteMap) bool { return m.policy == r.Policy })]
			if r.Site != h.site {
				h.site, h.cells = r.Site, 0
				m.xKM, m.yKM, m.share = append(m.xKM, r.XM/1000), append(m.yKM, r.YM/1000), append(m.share, 0)
			}
			last := len(m.share) - 1
			m.share[last] = (m.share[last]*float64(h.cells) + r.SleepShare) / float64(h.cells+1)
			h.cells++
			m.cells++
		}
		return nil
	})
}

// readEpisodes keeps the figures of training iterations.
func (in *input) readEpisodes(f *record.Folder) error {
	begin := len(in.training)
	return record.Scan(f, func(rows []record.Episode) error {
		for _, r := range rows {
			if r.Phase != record.PhaseTrain {
				continue
			}
			at := slices.IndexFunc(in.training[begin:], func(c curve) bool { return c.policy == r.Policy && c.figure == r.Figure })
			if at < 0 {
				in.training = append(in.training, curve{policy: r.Policy, run: runName(f), figure: r.Figure})
				at = len(in.training) - begin - 1
			}
			c := &in.training[begin+at]
			c.iteration, c.value = append(c.iteration, float64(r.Episode)), append(c.value, r.Value)
		}
		return nil
	})
}

// readSummary keeps the rows of every folder.
func (in *input) readSummary(f *record.Folder) error {
	rows, err := record.Read[record.Summary](f)
	if err != nil {
		return err
	}
	group := 0
	if slices.ContainsFunc(rows, func(r record.Summary) bool { return r.Policy != rows[0].Policy }) {
		group = in.groups
		in.groups++
	}
	for _, r := range rows {
		in.summary = append(in.summary, summaryRow{r, runName(f), group})
	}
	return nil
}

// keepLongest keeps the series that cover the longest stretch of time, so that
// a figure compares like with like; a week and a day of it do not add up.
func (in *input) keepLongest() {
	var begin, end float64
	for _, s := range in.series {
		if b, e := s.window(); e-b > end-begin {
			begin, end = b, e
		}
	}
	var kept []series
	for _, s := range in.series {
		if b, e := s.window(); b == begin && e == end {
			kept = append(kept, s)
		} else {
			in.shorter = append(in.shorter, s.policy+" ("+s.run+")")
		}
	}
	in.series = kept
}

// label names series, maps and trainings: by policy, with the run where one policy comes
// from several folders.
func (in *input) label() {
	count := map[string]int{}
	for _, s := range in.series {
		count[s.policy]++
	}
	for i := range in.series {
		in.series[i].label = labelOf(in.series[i].policy, in.series[i].run, count)
	}
	count = map[string]int{}
	for _, m := range in.maps {
		if !slices.ContainsFunc(in.maps, func(o siteMap) bool { return o.policy == m.policy && o.durationS > m.durationS }) {
			count[m.policy]++
		}
	}
	for i := range in.maps {
		in.maps[i].label = labelOf(in.maps[i].policy, in.maps[i].run, count)
	}
	count = map[string]int{}
	for _, c := range in.training {
		if c.figure == record.FigureReturn {
			count[c.policy]++
		}
	}
	for i := range in.training {
		in.training[i].label = labelOf(in.training[i].policy, in.training[i].run, count)
	}
}

func labelOf(policy, run string, count map[string]int) string {
	if count[policy] > 1 {
		return policy + " (" + run + ")"
	}
	return policy
}

// scenarios names the scenarios of all folders, for subtitles.
func (in *input) scenarios() string {
	var names []string
	for _, f := range in.folders {
		name := fmt.Sprintf("scenario %s, seed %d", f.Manifest.ScenarioName, f.Manifest.Seed)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "; ")
}
