package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hibernet/scenarios"
	"hibernet/scenarios/strict"
)

func newScenario(io IO) *cobra.Command {
	return group("scenario", "List, show, check and begin scenarios",
		`A scenario is one YAML file: sites and radio, traffic, power, rules, training. Presets
are part of the program; files of your own are read strictly, and all their faults are
reported at once.`,
		"  hibernet scenario list\n  hibernet scenario new --out my.yaml\n  hibernet scenario validate my.yaml",
		newScenarioList(io), newScenarioShow(io), newScenarioValidate(io), newScenarioSchema(io), newScenarioNew(io))
}

func newScenarioList(io IO) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the presets",
		Example: "  hibernet scenario list\n  hibernet scenario list --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := scenarios.Presets()
			if err != nil {
				return err
			}
			if asJSON {
				return io.json(list)
			}
			w := tabwriter.NewWriter(io.Stdout, 0, 0, 2, ' ', 0)
			for _, p := range list {
				for i, line := range wrap(strings.TrimSpace(p.Description), 76) {
					name := p.Name
					if i > 0 {
						name = ""
					}
					fmt.Fprintf(w, "%s\t%s\n", name, line)
				}
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// wrap breaks text at spaces into lines of at most width bytes.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

func newScenarioShow(io IO) *cobra.Command {
	var sets []string
	var source bool
	cmd := &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Show a scenario with every key resolved, units as comments",
		Long: `Show a preset or a file as it will be simulated: every key with its value, defaults
filled in, and its unit as a comment.`,
		Example: `  hibernet scenario show quickstart
  hibernet scenario show quickstart --source
  hibernet scenario show my.yaml --set topology.areas[0].sites=100`,
		Args: exactly("NAME or FILE"), ValidArgsFunction: completeScenarios(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if source {
				text, err := io.scenarioText(args[0])
				if err == nil {
					_, err = io.Stdout.Write(text)
				}
				return err
			}
			sc, err := io.loadScenario(args[0], sets)
			if err != nil {
				return err
			}
			text, err := sc.Show()
			if err == nil {
				_, err = io.Stdout.Write(text)
			}
			return err
		},
	}
	cmd.Flags().StringArrayVar(&sets, "set", nil, aboutSet)
	cmd.Flags().BoolVar(&source, "source", false, "print the file as it was written, with its comments and without defaults")
	return cmd
}

// verdict is what validate says of one file.
type verdict struct {
	File   string        `json:"file"`
	Valid  bool          `json:"valid"`
	Name   string        `json:"name,omitempty"`
	SHA256 string        `json:"sha256,omitempty"`
	Faults strict.Faults `json:"faults"`
}

func newScenarioValidate(io IO) *cobra.Command {
	var sets []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check scenario files and report all their faults",
		Long: `Check scenario files and report all their faults at once: unknown and duplicate keys,
NaN, wrong units, values out of range, relations between keys that do not hold. Each
fault has its file, line, path, value, and what is allowed. Exit code 3 if there is any.`,
		Example: "  hibernet scenario validate my.yaml\n  hibernet scenario validate *.yaml --json",
		Args:    atLeastOne("FILE"), ValidArgsFunction: completeScenarios(many),
		RunE: func(_ *cobra.Command, args []string) error {
			var verdicts []verdict
			faulty := 0
			for _, arg := range args {
				v := io.judge(arg, sets)
				if !v.Valid {
					faulty++
				}
				verdicts = append(verdicts, v)
			}
			if err := io.printVerdicts(verdicts, asJSON); err != nil || faulty == 0 {
				return err
			}
			return input(fmt.Errorf("%d of %s not valid", faulty, count(len(args), "file")), "")
		},
	}
	cmd.Flags().StringArrayVar(&sets, "set", nil, aboutSet)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (o IO) judge(arg string, sets []string) verdict {
	sc, err := o.loadScenario(arg, sets)
	v := verdict{File: arg, Valid: err == nil, Faults: strict.Faults{}}
	switch {
	case err == nil:
		v.Name, v.SHA256 = sc.Name, sc.Hash()
	case !errors.As(err, &v.Faults):
		v.Faults = strict.Faults{{Position: strict.Position{Origin: arg}, Problem: err.Error()}}
	}
	return v
}

func (o IO) printVerdicts(verdicts []verdict, asJSON bool) error {
	if asJSON {
		return o.json(verdicts)
	}
	for _, v := range verdicts {
		if v.Valid {
			fmt.Fprintf(o.Stdout, "%s: valid (scenario %s, SHA-256 %.12s)\n", v.File, v.Name, v.SHA256)
			continue
		}
		fmt.Fprintf(o.Stdout, "%s: %s\n%s\n", v.File, count(len(v.Faults), "fault"), v.Faults)
	}
	return nil
}

func newScenarioSchema(io IO) *cobra.Command {
	var asTable bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files, for editors",
		Example: `  hibernet scenario schema > scenario.schema.json
  hibernet scenario schema --table`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asTable {
				_, err := fmt.Fprint(io.Stdout, scenarios.Reference())
				return err
			}
			text, err := scenarios.Schema()
			if err == nil {
				_, err = io.Stdout.Write(text)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asTable, "table", false, "print a table of all keys (Markdown) instead")
	return cmd
}

func newScenarioNew(io IO) *cobra.Command {
	var kind, out string
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Begin a scenario of your own from a commented file",
		Long: `Write a commented file to begin a scenario of your own with. Edit it, check it with
scenario validate, and give it to run, train or evaluate in place of a preset's name.
Keys that it leaves out have their defaults: scenario schema --table lists all.`,
		Example: `  hibernet scenario new --out my.yaml
  hibernet scenario new --kind trace --out city.yaml`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := scenarios.New(kind)
			if err != nil {
				return usage(fmt.Errorf("--kind: %w", err), "")
			}
			if out == "" {
				_, err = io.Stdout.Write(text)
				return err
			}
			f, err := os.OpenFile(io.path(out), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if err != nil {
				return usage(fmt.Errorf("--out: %w", err), "")
			}
			_, err = f.Write(text)
			if err = errors.Join(err, f.Close()); err == nil {
				fmt.Fprintf(io.Stdout, "wrote %s; check it with: hibernet scenario validate %s\n", out, out)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "synthetic", "what of your own the scenario is to use: synthetic (nothing), trace (imported traffic), sites (imported sites)")
	cmd.Flags().StringVar(&out, "out", "", "`FILE` to write; without it the scenario is printed")
	completeFlag(cmd, "kind", scenarios.Kinds()...)
	return cmd
}
