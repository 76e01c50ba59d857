package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hibernet/agents/export"
	"hibernet/agents/hierarchy"
	"hibernet/agents/mlp"
	"hibernet/results/record"
)

func newExport(io IO) *cobra.Command {
	var out string
	var force, asJSON bool
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Export the policy of a training as ONNX",
		Long: `Export the policy of a finished training: an ONNX model that takes observations and masks
and gives actions, and beside it what a consumer needs to build its input: every
observation column with unit, offset and scale, every action, and the files' hashes.`,
		Example: "  hibernet export runs/ppo --out policy",
		Args:    exactly("RUN"), ValidArgsFunction: completeFolders(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usage(errors.New("--out: name the folder to write"), "for example --out policy")
			}
			files, err := io.bundle(args[0])
			if err != nil {
				return err
			}
			if _, err := os.Stat(filepath.Join(io.path(out), export.ManifestFile)); err == nil && !force {
				return usage(fmt.Errorf("--out: %s holds a bundle already", out), "--force replaces it")
			}
			for _, f := range files {
				if err := writeWhole(filepath.Join(io.path(out), f.Name), f.Data); err != nil {
					return err
				}
			}
			return io.printBundle(out, files, asJSON)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`FOLDER` to write, a bundle (required)")
	cmd.Flags().BoolVar(&force, "force", false, "replace a bundle in that folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as JSON")
	return cmd
}

// bundle reads the run folder of a training and returns its policy's bundle.
func (o IO) bundle(dir string) ([]export.Content, error) {
	folder, err := o.openRun(dir, record.OpenOptions{Hashes: true})
	if err != nil {
		return nil, err
	}
	m := folder.Manifest
	if m.Kind != record.KindTrain {
		return nil, input(fmt.Errorf("%s: is the folder of a %s, want that of a training", dir, m.Kind), "")
	}
	policy, err := o.trained(dir)
	if err != nil {
		return nil, err
	}
	origin := export.Origin{
		Scenario: m.ScenarioName, ScenarioHash: m.ScenarioSHA256, Seed: m.Seed,
		Run: filepath.Base(o.path(dir)), Software: m.Build.Version + " " + m.Build.Code(),
	}
	switch p := policy.(type) {
	case *mlp.Policy:
		return export.Files(p, origin)
	case *hierarchy.Policy:
		return export.PairFiles(p, origin)
	}
	return nil, fmt.Errorf("policy %s: there is no bundle for a %T", dir, policy)
}

func (o IO) printBundle(out string, files []export.Content, asJSON bool) error {
	type file struct {
		File  string `json:"file"`
		Bytes int    `json:"bytes"`
	}
	list := make([]file, len(files))
	for i, f := range files {
		list[i] = file{filepath.Join(out, f.Name), len(f.Data)}
	}
	if asJSON {
		return o.json(list)
	}
	for _, f := range list {
		fmt.Fprintf(o.Stdout, "wrote %s (%d bytes)\n", f.File, f.Bytes)
	}
	return nil
}
