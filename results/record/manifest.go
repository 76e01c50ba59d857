package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// ManifestName is the file that makes a folder a run folder.
const ManifestName = "manifest.json"

// UnfinishedName is the manifest of a run that goes on or was killed: what
// ManifestName is to a whole one.
const UnfinishedName = ManifestName + partialSuffix

// manifestFormat is the value of Manifest.Format.
const manifestFormat = "hibernet-run"

// maxManifest bounds what ReadManifest reads: a scenario and a list of files
// are far smaller.
const maxManifest = 64 << 20

// Kind is what a run folder is the result of.
type Kind string

// The kinds of runs.
const (
	KindRun      Kind = "run"      // one simulation under one policy
	KindTrain    Kind = "train"    // a training
	KindEvaluate Kind = "evaluate" // a comparison of policies
	KindValidate Kind = "validate" // a validation of the simulator; it has no scenario
)

// File is one file of a run folder.
type File struct {
	Name   string `json:"name"`            // path inside the folder, with slashes
	Table  string `json:"table,omitempty"` // name of the table that it holds
	Rows   int64  `json:"rows,omitempty"`  // number of rows of that table
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Manifest says what was run, with which code and where, and what came out.
type Manifest struct {
	Format   string   `json:"format"`
	Version  int      `json:"version"`
	Complete bool     `json:"complete"` // false while the run goes on
	Kind     Kind     `json:"kind"`
	Command  []string `json:"command"` // the command line, program first

	ScenarioName   string `json:"scenario_name"`
	ScenarioSHA256 string `json:"scenario_sha256"` // of Scenario
	Scenario       string `json:"scenario"`        // resolved, YAML
	Seed           uint64 `json:"seed,string"`     // a string: JSON numbers lose digits above 2^53
	Workers        int    `json:"workers"`

	Build   Build             `json:"build"`
	CPUs    int               `json:"cpus"`
	Started time.Time         `json:"started"`
	Ended   time.Time         `json:"ended"`
	Notes   map[string]string `json:"notes,omitempty"` // what else the kind of run records, such as the environment's version
	Files   []File            `json:"files"`
}

// Table returns the file of the named table.
func (m *Manifest) Table(name string) (File, bool) {
	for _, f := range m.Files {
		if f.Table == name {
			return f, true
		}
	}
	return File{}, false
}

// Differences names what keeps the results of two manifests from being
// compared as they are: scenario, seed, code, architecture. Empty means none.
func (m *Manifest) Differences(o *Manifest) []string {
	var d differences
	d.add("scenario", m.ScenarioName+" ("+m.ScenarioSHA256[:min(12, len(m.ScenarioSHA256))]+")",
		o.ScenarioName+" ("+o.ScenarioSHA256[:min(12, len(o.ScenarioSHA256))]+")")
	d.add("seed", fmt.Sprint(m.Seed), fmt.Sprint(o.Seed))
	return append(d, m.Build.Differences(o.Build)...)
}

// differences are the lines of what differs between two runs.
type differences []string

func (d *differences) add(what, a, b string) {
	if a != b {
		*d = append(*d, fmt.Sprintf("%s: %s and %s", what, a, b))
	}
}

// ReadManifest decodes and checks a manifest. Unknown fields, another version,
// a listed file outside the folder and a scenario that does not match its hash
// are errors.
func ReadManifest(r io.Reader) (*Manifest, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("record: manifest: %w", err)
	}
	if len(text) > maxManifest {
		return nil, fmt.Errorf("record: manifest: larger than %d bytes", maxManifest)
	}
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("record: manifest: %w", err)
	}
	if head.Format != manifestFormat {
		return nil, fmt.Errorf("record: manifest: format is %q, want %q", head.Format, manifestFormat)
	}
	if head.Version != Version {
		return nil, fmt.Errorf("record: manifest: version is %d, this program reads version %d", head.Version, Version)
	}
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("record: manifest: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("record: manifest: data after the closing brace")
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("record: manifest: %w", err)
	}
	return &m, nil
}

// check returns all faults of the manifest's contents.
func (m *Manifest) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	switch m.Kind {
	case KindRun, KindTrain, KindEvaluate, KindValidate:
	default:
		fault("kind: %q is none of run, train, evaluate, validate", m.Kind)
	}
	if got := hexSum(m.Scenario); got != m.ScenarioSHA256 {
		fault("scenario_sha256: is %q, the scenario's is %q", m.ScenarioSHA256, got)
	}
	seen, tables := map[string]bool{}, map[string]bool{}
	for i, f := range m.Files {
		at := fmt.Sprintf("files[%d] %q", i, f.Name)
		if err := checkName(f.Name); err != nil {
			fault("files[%d]: %w", i, err)
		}
		if seen[f.Name] {
			fault("%s: listed twice", at)
		}
		seen[f.Name] = true
		if f.Bytes < 0 || f.Rows < 0 {
			fault("%s: bytes and rows must not be negative, got %d and %d", at, f.Bytes, f.Rows)
		}
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size {
			fault("%s: sha256: %q is not %d bytes in hexadecimal", at, f.SHA256, sha256.Size)
		}
		if f.Table == "" {
			continue
		}
		if f.Name != f.Table+".parquet" {
			fault("%s: table %q must be in %q", at, f.Table, f.Table+".parquet")
		}
		if tables[f.Table] {
			fault("%s: table %q is listed twice", at, f.Table)
		}
		tables[f.Table] = true
	}
	return errors.Join(faults...)
}

// checkName says whether name is allowed for a file of a run folder.
func checkName(name string) error {
	switch {
	case name == "" || !filepath.IsLocal(filepath.FromSlash(name)) || filepath.ToSlash(filepath.Clean(filepath.FromSlash(name))) != name || name == ".":
		return fmt.Errorf("file name %q must be a clean path inside the folder", name)
	case strings.HasSuffix(name, partialSuffix):
		return fmt.Errorf("file name %q must not end in %s", name, partialSuffix)
	case name == ManifestName:
		return fmt.Errorf("file name %q is the manifest's", name)
	}
	return nil
}

// hexSum returns the SHA-256 of text, in hexadecimal.
func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
