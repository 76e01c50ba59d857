package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// Errors that callers branch on.
var (
	// ErrExists is wrapped by Create's error when the folder holds a complete
	// run and overwriting was not asked for.
	ErrExists = errors.New("record: folder holds a complete run")
	// ErrIncomplete is wrapped by Open's error when the run did not finish.
	ErrIncomplete = errors.New("record: run did not finish")
	// ErrNotRun is wrapped by Open's error when the folder is no run folder.
	ErrNotRun = errors.New("record: not a run folder")
	// ErrNoTable is wrapped by Scan's and Read's errors when the run wrote no
	// such table.
	ErrNoTable = errors.New("record: no such table")
)

// Info is what the caller of Create knows of the run.
type Info struct {
	Kind         Kind
	ScenarioName string
	Scenario     []byte // resolved scenario, YAML
	Seed         uint64
	Workers      int
	Command      []string // the command line, program first
	Build        Build    // of ReadBuild
	Started      time.Time
	Notes        map[string]string
}

// Options of Create.
type Options struct {
	// Overwrite allows to replace a complete run: the files that its manifest
	// lists are removed first.
	Overwrite bool
	// Keep names files of the old run that are left in place, such as the
	// checkpoint that a training resumes from.
	Keep []string
}

// Run is a run folder that is being written. Its methods may be called
// concurrently; each Writer belongs to one goroutine.
type Run struct {
	dir string
	m   Manifest

	mu    sync.Mutex
	open  map[string]bool // files being written
	files map[string]File // files that are whole
}

// Create begins a run folder at dir, which may exist: an empty folder, a run
// that was killed (its leftovers are removed; files that it had finished and
// that are no tables stay until written anew), or, with opt.Overwrite, a
// complete run. Any other folder with something in it is refused.
func Create(dir string, info Info, opt Options) (*Run, error) {
	m := Manifest{
		Format: manifestFormat, Version: Version, Kind: info.Kind, Command: slices.Clone(info.Command),
		ScenarioName: info.ScenarioName, Scenario: string(info.Scenario), ScenarioSHA256: hexSum(string(info.Scenario)),
		Seed: info.Seed, Workers: info.Workers, Build: info.Build, CPUs: runtime.NumCPU(),
		Started: info.Started.UTC().Truncate(time.Millisecond), Notes: info.Notes,
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("record: create %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if err := clearFolder(dir, opt); err != nil {
		return nil, err
	}
	r := &Run{dir: dir, m: m, open: map[string]bool{}, files: map[string]File{}}
	return r, r.mark()
}

// mark writes the unfinished manifest, which tells Open and the next Create
// that a run began here.
func (r *Run) mark() error {
	text, err := json.MarshalIndent(r.m, "", "  ")
	if err != nil {
		return fmt.Errorf("record: manifest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, UnfinishedName), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return syncDir(r.dir)
}

// clearFolder makes room for a new run in dir, or says why it may not.
func clearFolder(dir string, opt Options) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if len(entries) == 0 {
		return nil
	}
	_, errWhole := os.Stat(filepath.Join(dir, ManifestName))
	_, errMark := os.Stat(filepath.Join(dir, UnfinishedName))
	switch {
	case errWhole == nil && !opt.Overwrite:
		return fmt.Errorf("%w: %s: choose another folder or allow overwriting", ErrExists, dir)
	case errWhole != nil && errMark != nil:
		return fmt.Errorf("record: %s is not empty and is not a run folder: choose another folder", dir)
	}
	var listed []string
	if errWhole == nil {
		if listed, err = listedFiles(dir); err != nil {
			return err
		}
		// The manifest goes first: from here on the folder is not whole.
		if err := os.Remove(filepath.Join(dir, ManifestName)); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	for _, t := range Tables() {
		listed = append(listed, t.File())
	}
	return removeLeftovers(dir, listed, opt.Keep)
}

// listedFiles returns the files that the complete run in dir lists. Their names
// are all that it reads, so that runs of other versions can be replaced.
func listedFiles(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	var m struct {
		Format string `json:"format"`
		Files  []File `json:"files"`
	}
	err = json.Unmarshal(text, &m)
	if err == nil && m.Format != manifestFormat {
		err = fmt.Errorf("format is %q, want %q", m.Format, manifestFormat)
	}
	var names []string
	for _, f := range m.Files {
		err = errors.Join(err, checkName(f.Name))
		names = append(names, f.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("record: %s will not be overwritten: manifest: %w", dir, err)
	}
	return names, nil
}

// removeLeftovers removes the listed files, except those to keep, and whatever
// was left half written.
func removeLeftovers(dir string, listed, keep []string) error {
	for _, name := range listed {
		if slices.Contains(keep, name) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("record: %w", err)
		}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("record: %w", err)
		}
		if d.Type().IsRegular() && strings.HasSuffix(path, partialSuffix) {
			return os.Remove(path)
		}
		return nil
	})
}

// Dir returns the folder's path.
func (r *Run) Dir() string { return r.dir }

// begin claims name and opens its temporary file.
func (r *Run) begin(name string) (*partial, error) {
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, done := r.files[name]; done || r.open[name] {
		return nil, fmt.Errorf("record: %s is written twice in one run", name)
	}
	w, err := newPartial(filepath.Join(r.dir, filepath.FromSlash(name)))
	if err == nil {
		r.open[name] = true
	}
	return w, err
}

// end notes that name is whole, or with f nil that it was given up.
func (r *Run) end(name string, f *File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, name)
	if f != nil {
		r.files[name] = *f
	}
}

// WriteFile writes one file of the run, whole or not at all; it may be read as
// soon as WriteFile returns, and may be written again (a checkpoint). name is
// a path inside the folder, with slashes.
func (r *Run) WriteFile(name string, data []byte) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	for _, t := range Tables() {
		if name == t.File() {
			return fmt.Errorf("record: %s is a table: use NewWriter", name)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	sum, err := writeWhole(filepath.Join(r.dir, filepath.FromSlash(name)), data)
	if err != nil {
		return err
	}
	r.files[name] = File{Name: name, Bytes: int64(len(data)), SHA256: sum}
	return nil
}

// Note records one more fact in the manifest, such as the environment's version.
func (r *Run) Note(name, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	notes := map[string]string{name: value}
	for k, v := range r.m.Notes {
		if k != name {
			notes[k] = v
		}
	}
	r.m.Notes = notes
}

// Finish writes the manifest, which makes the folder whole. It is an error if
// a writer is still open.
func (r *Run) Finish(ended time.Time) (*Manifest, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.open) > 0 {
		var names []string
		for name := range r.open {
			names = append(names, name)
		}
		sort.Strings(names)
		return nil, fmt.Errorf("record: finish %s: still being written: %s", r.dir, strings.Join(names, ", "))
	}
	m := r.m
	m.Complete, m.Ended = true, ended.UTC().Truncate(time.Millisecond)
	m.Files = nil
	for _, f := range r.files {
		m.Files = append(m.Files, f)
	}
	sort.Slice(m.Files, func(i, j int) bool { return m.Files[i].Name < m.Files[j].Name })
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("record: manifest: %w", err)
	}
	if _, err := writeWhole(filepath.Join(r.dir, ManifestName), append(text, '\n')); err != nil {
		return nil, err
	}
	return &m, nil
}
