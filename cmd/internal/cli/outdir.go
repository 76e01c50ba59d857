package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/results/record"
	"hibernet/scenarios"
)

// output holds the flags of commands that write a run folder.
type output struct {
	dir    string
	force  bool
	asJSON bool
}

func (o *output) register(cmd *cobra.Command, usual string) {
	f := cmd.Flags()
	f.StringVar(&o.dir, "out", "", "run `FOLDER` to write (default "+usual+")")
	f.BoolVar(&o.force, "force", false, "replace a complete run in that folder")
	f.BoolVar(&o.asJSON, "json", false, "print the outcome as JSON")
}

// settle takes the usual folder where the user named none, and says at once,
// before anything large is built, if it holds a run that must not be lost.
func (o *output) settle(io IO, usual string) error {
	o.dir = cmp.Or(o.dir, usual)
	if _, err := os.Stat(filepath.Join(io.path(o.dir), record.ManifestName)); err == nil && !o.force {
		return o.taken()
	}
	return nil
}

func (o *output) taken() error {
	return usage(fmt.Errorf("--out: %s holds a complete run", o.dir), "--force replaces it, --out names another folder")
}

// create begins the run folder of a scenario.
func (o *output) create(io IO, kind record.Kind, sc scenarios.Scenario, workers int, keep ...string) (*record.Run, error) {
	text, err := sc.Show()
	if err != nil {
		return nil, err
	}
	if workers, err = workerCount(workers); err != nil {
		return nil, err
	}
	return o.begin(io, record.Info{Kind: kind, ScenarioName: sc.Name, Scenario: text, Seed: sc.Seed, Workers: workers}, keep...)
}

// begin begins the run folder of what info says; it fills in what is the same
// for every command.
func (o *output) begin(io IO, info record.Info, keep ...string) (*record.Run, error) {
	info.Command, info.Build, info.Started = append([]string{"hibernet"}, io.Args...), record.ReadBuild(commit), io.Now().UTC()
	run, err := record.Create(io.path(o.dir), info, record.Options{Overwrite: o.force || len(keep) > 0, Keep: keep})
	if errors.Is(err, record.ErrExists) {
		return nil, o.taken()
	}
	if err != nil {
		return nil, usage(fmt.Errorf("--out: %w", err), "")
	}
	return run, nil
}

// openRun opens a complete run folder.
func (o IO) openRun(dir string, opt record.OpenOptions) (*record.Folder, error) {
	folder, err := record.Open(o.path(dir), opt)
	hint := ""
	switch {
	case errors.Is(err, record.ErrIncomplete):
		hint = "train goes on with --resume; run and evaluate are begun anew by the same command"
	case errors.Is(err, record.ErrNotRun):
		hint = "hibernet run, train and evaluate make such folders"
	}
	return folder, input(err, hint)
}

// wrote names the files of a complete run folder.
func (o *output) wrote(io IO, m *record.Manifest) {
	names := make([]string, len(m.Files))
	for i, f := range m.Files {
		names[i] = f.Name
	}
	fmt.Fprintf(io.Stdout, "\nwrote %s: %s, %s\n", o.dir, strings.Join(names, ", "), record.ManifestName)
}
