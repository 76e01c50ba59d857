package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Main runs the program and returns its exit code.
func Main(ctx context.Context, io IO) int {
	root := newRoot(io)
	err := root.ExecuteContext(ctx)
	code := exitCode(err)
	switch {
	case code == ExitOK:
	case code == ExitInterrupted:
		io.say("hibernet: interrupted; what was complete has been kept")
	default:
		io.say("hibernet: %v", err)
		if hint := hintOf(err); hint != "" {
			io.say("hint: %s", hint)
		}
	}
	return code
}

func newRoot(io IO) *cobra.Command {
	root := &cobra.Command{
		Use:   "hibernet",
		Short: "Simulate very large 5G-Advanced networks and train policies that put base stations to sleep",
		Long: `Hibernet simulates radio networks of up to hundreds of thousands of 5G-Advanced cells,
trains reinforcement-learning policies that schedule their sleep, compares them
with today's rules on the same traffic, and exports them as ONNX.

The way of the work: scenario -> run, or train -> evaluate -> export -> report.`,
		Example: `  hibernet scenario list
  hibernet run quickstart --policy threshold
  hibernet train quickstart --algo ppo --out runs/ppo
  hibernet evaluate quickstart --policy always-on --policy threshold --policy runs/ppo
  hibernet export runs/ppo --out policy
  hibernet report runs/ppo --out report`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return usage(fmt.Errorf("unknown command %q", args[0]), suggestion(cmd, args[0]))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetArgs(io.Args)
	root.SetOut(io.Stdout)
	root.SetErr(io.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(err, fmt.Sprintf("%s --help lists the flags", cmd.CommandPath()))
	})
	root.AddCommand(
		newScenario(io), newImport(io), newRun(io), newTrain(io),
		newEvaluate(io), newExport(io), newReport(io), newVersion(io),
	)
	for _, c := range root.Commands() {
		markUsage(c)
	}
	return root
}

// markUsage makes faults of positional arguments usage errors.
func markUsage(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			return usage(check(c, args), fmt.Sprintf("%s --help shows examples", c.CommandPath()))
		}
	}
	for _, c := range cmd.Commands() {
		markUsage(c)
	}
}

func suggestion(cmd *cobra.Command, typed string) string {
	if near := cmd.SuggestionsFor(typed); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	return cmd.CommandPath() + " --help lists the commands"
}

// group returns a command that only holds others.
func group(use, short, long string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return usage(fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath()), suggestion(cmd, args[0]))
		},
	}
	cmd.AddCommand(children...)
	return cmd
}

// errNothing is for a command that was asked to do nothing.
var errNothing = errors.New("nothing to do")
