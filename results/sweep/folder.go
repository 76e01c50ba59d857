package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"hibernet/results/record"
	"hibernet/scenarios/sweeps"
)

// Files and folders of a sweep's folder.
const (
	HeaderName  = "sweep.json"      // what the sweep is, and whether it is complete
	PlanName    = "plan.jsonl"      // the folder's runs, one a line; not of a search, which finds them
	RunsDir     = "runs"            // one file a finished run
	DataDir     = "data"            // the data set
	TimingsName = "timings.parquet" // what each run took, and where
)

const headerFormat = "hibernet sweep 1"

// Errors that callers branch on.
var (
	// ErrNotSweep is wrapped by errors of opening a folder without a header.
	ErrNotSweep = errors.New("sweep: not a sweep's folder")
	// ErrForeign is wrapped by Begin's error when the folder holds something
	// else.
	ErrForeign = errors.New("sweep: folder is not empty and is not a sweep's folder")
)

// Header says what a folder holds.
type Header struct {
	Format string `json:"format"`
	Name   string `json:"name"`
	// SweepSHA256 is the digest of the list of runs of the whole sweep, of
	// which a shard's folder holds a part.
	SweepSHA256 string          `json:"sweep_sha256"`
	Shard       Shard           `json:"shard"`
	Runs        int             `json:"runs"` // in the whole sweep; 0 for a search, which finds them
	Finished    int             `json:"finished"`
	Failed      []FailedRun     `json:"failed"`
	Complete    bool            `json:"complete"` // every run of the folder is in the data set
	Columns     []sweeps.Column `json:"columns"`  // what varies
	Sweep       string          `json:"sweep"`    // the sweep file with every key, YAML
	Scenario    string          `json:"scenario"` // the base scenario's file
	Policies    []string        `json:"policies"`
	Command     []string        `json:"command"`
	Build       record.Build    `json:"build"`
	Started     time.Time       `json:"started"` // of the last command
	Ended       time.Time       `json:"ended"`
	// Trials are those of a search, in the order in which they were asked for.
	Trials []Trial `json:"trials,omitempty"`
}

// FailedRun is a run without an outcome.
type FailedRun struct {
	Run   string `json:"run"`
	Label string `json:"label"`
	Fault string `json:"fault"`
}

// Folder is a sweep's folder that is being written.
type Folder struct {
	dir    string
	Header Header
	mu     sync.Mutex
	done   map[string]Kept
}

// Kept is the file of a finished run.
type Kept struct {
	Outcome Outcome `json:"outcome"`
	Timing  Timing  `json:"timing"`
}

// Begin begins a sweep in dir, or continues one: outcomes that are there stay.
// Anything else in the folder is refused. runs are those that the folder is
// for; none of a search.
func Begin(dir string, h Header, runs []sweeps.Run) (*Folder, error) {
	h.Format = headerFormat
	if err := foreign(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, RunsDir), 0o755); err != nil {
		return nil, fmt.Errorf("sweep: %w", err)
	}
	f := &Folder{dir: dir, Header: h, done: map[string]Kept{}}
	if err := f.readRuns(true); err != nil {
		return nil, err
	}
	if err := f.writePlan(runs); err != nil {
		return nil, err
	}
	return f, f.writeHeader()
}

// foreign returns an error if a folder holds something that is no sweep's.
func foreign(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sweep: %w", err)
	}
	if _, err := ReadHeader(dir); errors.Is(err, ErrNotSweep) && !onlyLeftovers(entries) {
		return fmt.Errorf("%w: %s", ErrForeign, dir)
	}
	return nil
}

// writePlan writes the list of runs.
func (f *Folder) writePlan(runs []sweeps.Run) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, r := range runs {
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("sweep: %s: %w", PlanName, err)
		}
	}
	return record.WriteAtomic(filepath.Join(f.dir, PlanName), b.Bytes())
}

var (
	runID      = regexp.MustCompile(`^[0-9a-f]{20}$`)
	policyName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// ReadPlan reads the list of runs that a folder is for, whose points have as
// many values as there are columns.
func ReadPlan(dir string, columns int) ([]sweeps.Run, error) {
	text, err := os.ReadFile(filepath.Join(dir, PlanName))
	if err != nil {
		return nil, fmt.Errorf("sweep: %w", err)
	}
	var runs []sweeps.Run
	for line := range bytes.Lines(text) {
		var r sweeps.Run
		err := strictJSON(line, &r)
		if err == nil && (!runID.MatchString(r.ID) || !policyName.MatchString(r.Policy.Name) || len(r.Point) != columns) {
			err = fmt.Errorf("run %q of policy %q with %d values of %d is no run of a sweep", r.ID, r.Policy.Name, len(r.Point), columns)
		}
		if err != nil {
			return nil, fmt.Errorf("sweep: %s: %s: line %d: %w", dir, PlanName, len(runs)+1, err)
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// onlyLeftovers says whether a folder holds nothing but what a sweep leaves
// that was killed before it had written its header.
func onlyLeftovers(entries []os.DirEntry) bool {
	for _, e := range entries {
		if e.Name() != RunsDir && e.Name() != LockName && !strings.HasPrefix(e.Name(), HeaderName) && !strings.HasPrefix(e.Name(), PlanName) {
			return false
		}
	}
	return true
}

// ReadHeader reads the header of a sweep's folder.
func ReadHeader(dir string) (Header, error) {
	var h Header
	text, err := os.ReadFile(filepath.Join(dir, HeaderName))
	if errors.Is(err, fs.ErrNotExist) {
		return h, fmt.Errorf("%w: %s has no %s", ErrNotSweep, dir, HeaderName)
	} else if err != nil {
		return h, fmt.Errorf("sweep: %w", err)
	}
	if err := strictJSON(text, &h); err != nil {
		return h, fmt.Errorf("sweep: %s: %s: %w", dir, HeaderName, err)
	}
	if h.Format != headerFormat {
		return h, fmt.Errorf("sweep: %s: %s: format is %q, this program reads %q", dir, HeaderName, h.Format, headerFormat)
	}
	return h, nil
}

// writeHeader writes the header.
func (f *Folder) writeHeader() error {
	text, err := json.MarshalIndent(f.Header, "", "  ")
	if err != nil {
		return fmt.Errorf("sweep: %s: %w", HeaderName, err)
	}
	return record.WriteAtomic(filepath.Join(f.dir, HeaderName), append(text, '\n'))
}

// readRuns reads what is finished. A file that is torn, or is not what its
// name says, is left out, and with clean removed: its run is played again.
func (f *Folder) readRuns(clean bool) error {
	dir := filepath.Join(f.dir, RunsDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		id, whole := strings.CutSuffix(e.Name(), ".json")
		if kept, err := readKept(path); whole && err == nil && kept.Outcome.Run == id {
			f.done[id] = kept
			continue
		}
		if !clean {
			continue
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}

func readKept(path string) (Kept, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Kept{}, err
	}
	return DecodeKept(text)
}

// DecodeKept reads what Encode wrote; text that is torn is an error.
func DecodeKept(text []byte) (Kept, error) {
	var kept Kept
	return kept, strictJSON(text, &kept)
}

// Encode returns the text of the file of a finished run.
func (k Kept) Encode() ([]byte, error) {
	text, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("sweep: run %s: %w", k.Outcome.Run, err)
	}
	return append(text, '\n'), nil
}

// Outcome returns the outcome of a finished run.
func (f *Folder) Outcome(id string) (Outcome, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept, ok := f.done[id]
	return kept.Outcome, ok
}

// Missing returns the runs that are not finished, in their order.
func (f *Folder) Missing(runs []sweeps.Run) []sweeps.Run {
	var missing []sweeps.Run
	for _, r := range runs {
		if _, ok := f.Outcome(r.ID); !ok {
			missing = append(missing, r)
		}
	}
	return missing
}

// Keep writes the outcome of a run: when it returns, a crash of the machine
// does not lose it.
func (f *Folder) Keep(reply Reply) error {
	kept := Kept{reply.Outcome, reply.Timing}
	text, err := kept.Encode()
	if err != nil {
		return err
	}
	if err := record.WriteAtomic(f.runPath(reply.Run), text); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done[reply.Run] = kept
	return nil
}

func (f *Folder) runPath(id string) string { return filepath.Join(f.dir, RunsDir, id+".json") }

// Clear removes everything but the lock that a sweep wrote in dir, so that it
// begins anew.
// A folder that is no sweep's is left alone and is an error.
func Clear(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := foreign(dir); err != nil {
		return err
	}
	for _, name := range []string{DataDir, TimingsName, RunsDir, PlanName, HeaderName} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}

// Unfinished returns the runs that have no outcome in dir, and changes
// nothing there.
func Unfinished(dir string, runs []sweeps.Run) []sweeps.Run {
	var missing []sweeps.Run
	for _, r := range runs {
		kept, err := readKept(filepath.Join(dir, RunsDir, r.ID+".json"))
		if err != nil || kept.Outcome.Run != r.ID { // torn is as good as missing
			missing = append(missing, r)
		}
	}
	return missing
}
