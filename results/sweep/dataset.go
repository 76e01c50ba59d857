package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hibernet/results/record"
	"hibernet/scenarios/sweeps"
	"hibernet/sim/kpi"
)

// Names of the tables in their files' metadata.
const (
	tableRuns    = "sweep"
	tableTimings = "sweep_timings"
)

// Finish writes the data set and the timings of the finished ones among runs,
// and the header, which says how many of them there are. columns describes the
// runs' points; trials are those of a search, else nil.
func (f *Folder) Finish(runs []sweeps.Run, columns []sweeps.Column, failed []FailedRun, ended time.Time) error {
	f.Header.Complete, f.Header.Failed = false, failed
	if err := f.writeHeader(); err != nil {
		return err
	}
	var done []sweeps.Run
	for _, r := range runs {
		if _, ok := f.Outcome(r.ID); ok {
			done = append(done, r)
		}
	}
	if err := os.RemoveAll(filepath.Join(f.dir, DataDir)); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	for _, name := range policiesOf(done) {
		part := slices.DeleteFunc(slices.Clone(done), func(r sweeps.Run) bool { return r.Policy.Name != name })
		if err := f.writeFrame(f.results(part, done, columns), DataDir, "policy="+name, "part-0.parquet"); err != nil {
			return err
		}
	}
	if len(done) > 0 {
		if err := f.writeFrame(f.timings(done), TimingsName); err != nil {
			return err
		}
	}
	f.Header.Finished, f.Header.Ended = len(done), ended
	f.Header.Complete = len(done) == len(runs)
	return f.writeHeader()
}

// policiesOf returns the names of the runs' policies in order.
func policiesOf(runs []sweeps.Run) []string {
	var names []string
	for _, r := range runs {
		if !slices.Contains(names, r.Policy.Name) {
			names = append(names, r.Policy.Name)
		}
	}
	return names
}

func (f *Folder) writeFrame(frame *record.Frame, path ...string) error {
	data, err := frame.Encode()
	if err != nil {
		return err
	}
	return record.WriteAtomic(filepath.Join(append([]string{f.dir}, path...)...), data)
}

// builder fills the columns of a frame row by row.
type builder struct {
	frame record.Frame
	at    int
}

// column returns the next column of the row; in the first row it is made.
func (b *builder) column(name, typ, unit, doc string) *record.Series {
	if b.at == len(b.frame.Columns) {
		b.frame.Columns = append(b.frame.Columns, record.Series{Column: record.Column{Name: name, Type: typ, Unit: unit, Doc: doc}})
	}
	b.at++
	return &b.frame.Columns[b.at-1]
}

func (b *builder) text(name, doc, v string) {
	c := b.column(name, "string", "", doc)
	c.Text = append(c.Text, v)
}

func (b *builder) float(name, unit, doc string, v float64) {
	c := b.column(name, "float64", unit, doc)
	c.Float = append(c.Float, v)
}

func (b *builder) whole(name, unit, doc string, v int64) {
	c := b.column(name, "int64", unit, doc)
	c.Int = append(c.Int, v)
}

func (b *builder) unsigned(name, doc string, v uint64) {
	c := b.column(name, "uint64", "", doc)
	c.Uint = append(c.Uint, v)
}

// results returns the table of one policy's runs; all gives the figures, so
// that every policy's file has the same columns. The policy's name is in the
// file's path, as partitioned data sets have it.
func (f *Folder) results(runs, all []sweeps.Run, columns []sweeps.Column) *record.Frame {
	figures := f.figures(all)
	b := builder{frame: record.Frame{Name: tableRuns}}
	for _, r := range runs {
		b.at = 0
		o, _ := f.Outcome(r.ID)
		b.text("run", "identity of the run: digest of what decides its result", r.ID)
		b.text("sweep", "name of the sweep", f.Header.Name)
		for i, c := range columns {
			if c.Numeric {
				b.float(c.Name, "see scenario", "setting "+c.Path, r.Point.Number(i))
			} else {
				b.text(c.Name, "setting "+c.Path, string(r.Point[i]))
			}
		}
		b.unsigned("seed", "seed of everything random", r.Seed)
		b.whole("start_day", "d", "day of the week on which the run begins, 0 is Monday", int64(r.StartDay))
		b.float("days", "d", "length of the run", r.Days)
		for _, d := range figures {
			b.float(d.Name, d.Unit, d.Doc, o.Figure(d.Name))
		}
		b.text("scenario", "name of the scenario", o.Scenario)
		b.text("scenario_sha256", "hash of the resolved scenario, seed included", r.ScenarioSHA256)
		b.text("inputs_sha256", "digest of the data files that the scenario names, empty without any", r.InputsSHA256)
		b.text("policy_sha256", "digest of the trained policy's file, or of the rule's name", r.Policy.SHA256)
		b.text("code", "commit of the program that played the run", o.Code)
	}
	return &b.frame
}

// figures describes the figures that any of the runs has: those that every run
// has in their usual order, then the others by name.
func (f *Folder) figures(runs []sweeps.Run) []kpi.Def {
	have := map[string]kpi.Def{}
	for _, r := range runs {
		o, _ := f.Outcome(r.ID)
		for _, fig := range o.Figures {
			if _, ok := have[fig.Name]; !ok {
				d, _ := kpi.Find(fig.Name)
				d.Name, d.Unit = fig.Name, fig.Unit
				have[fig.Name] = d
			}
		}
	}
	list := []kpi.Def{{Name: "return", Unit: "1", Doc: "Sum of rewards, mean over rows."}}
	for _, d := range kpi.Defs() {
		if known, ok := have[d.Name]; ok {
			list = append(list, known)
			delete(have, d.Name)
		}
	}
	var rest []kpi.Def
	for _, d := range have {
		rest = append(rest, d)
	}
	slices.SortFunc(rest, func(a, b kpi.Def) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return append(list, rest...)
}

// timings returns the table of what the runs took.
func (f *Folder) timings(runs []sweeps.Run) *record.Frame {
	b := builder{frame: record.Frame{Name: tableTimings}}
	for _, r := range runs {
		b.at = 0
		f.mu.Lock()
		t := f.done[r.ID].Timing
		f.mu.Unlock()
		b.text("run", "identity of the run", r.ID)
		b.float("seconds", "s", "wall clock of the run in its worker", t.Seconds)
		b.float("build_seconds", "s", "of it, building the network; 0 if it was that of the run before", t.BuildSeconds)
		b.float("policy_seconds", "s", "of it, making the policy: its training, if it is trained in the run", t.PolicySeconds)
		b.whole("steps", "1", "control intervals played", int64(t.Steps))
		b.whole("memory_bytes", "B", "memory that the worker had from the system afterwards", t.MemoryBytes)
		b.text("machine", "host name", t.Machine)
		b.whole("cpus", "1", "processors of the machine", int64(t.CPUs))
	}
	return &b.frame
}

// ReadData reads the data set of a sweep's folder: one frame over all
// policies, with the policy as a column, in the order of the policies' names.
func ReadData(dir string) (*record.Frame, error) {
	h, err := ReadHeader(dir)
	if err != nil {
		return nil, err
	}
	names := slices.Clone(h.Policies)
	slices.Sort(names)
	var all *record.Frame
	for _, name := range names {
		path := filepath.Join(dir, DataDir, "policy="+name, "part-0.parquet")
		if _, err := os.Stat(path); err != nil {
			continue // no run of the policy is finished
		}
		part, err := record.ReadFrame(path)
		if err != nil {
			return nil, err
		}
		policy := record.Series{Column: record.Column{Name: "policy", Type: "string", Doc: "name of the policy"}}
		for range part.Rows() {
			policy.Text = append(policy.Text, name)
		}
		part.Columns = slices.Insert(part.Columns, 0, policy)
		if all == nil {
			all = part
		} else if err := extend(all, part); err != nil {
			return nil, fmt.Errorf("sweep: %s: %w", path, err)
		}
	}
	if all == nil {
		return nil, fmt.Errorf("sweep: %s: no run is finished yet", dir)
	}
	return all, nil
}

// extend appends the rows of a frame with the same columns.
func extend(dst, src *record.Frame) error {
	for i := range max(len(dst.Columns), len(src.Columns)) {
		if i >= len(dst.Columns) || i >= len(src.Columns) || dst.Columns[i].Column != src.Columns[i].Column {
			return fmt.Errorf("its columns differ from those of another policy")
		}
		d, s := &dst.Columns[i], &src.Columns[i]
		d.Text, d.Float = append(d.Text, s.Text...), append(d.Float, s.Float...)
		d.Int, d.Uint = append(d.Int, s.Int...), append(d.Uint, s.Uint...)
	}
	return nil
}
