package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/results/record"
)

// Main runs the program and returns its exit code.
func Main(ctx context.Context, io IO) int {
	root := newRoot(io)
	err := root.ExecuteContext(ctx)
	code := exitCode(err)
	switch {
	case code == ExitOK:
	case code == ExitInterrupted:
		io.say("hibernet: interrupted")
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
trains reinforcement-learning policies that put base stations to sleep to save energy,
compares them with the rules in use today on the same traffic, and exports them as ONNX.

Begin with a scenario: scenario list names the presets. run simulates one under a rule or
a trained policy. train makes such a policy, tune finds the best settings of a rule,
evaluate compares policies on the same traffic, export hands one on, and report draws what
came out. sweep plays many scenarios, policies and seeds, here or in a worker on each of
many machines, results sets out what they came to. import reads traffic and sites of your
own, calibrate fits the models to measurements, validate checks the simulator itself, bench
measures how large a network this machine simulates.

Exit codes: 0 done, 1 fault of the program or the machine, 2 fault of the command line,
3 fault of a scenario, data file, policy or run folder, 5 a validation failed, 130
interrupted (Ctrl-C; a second one stops at once).`,
		Example: `  hibernet scenario list
  hibernet run quickstart --policy threshold
  hibernet train quickstart --algo ppo --out runs/ppo
  hibernet evaluate quickstart --policy always-on --policy threshold --policy runs/ppo
  hibernet export runs/ppo --out policy
  hibernet report runs/ppo --out report
  hibernet sweep inter-site-distance`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionLine(record.ReadBuild(commit)),
		Args:          cobra.ArbitraryArgs, // the commands that do not exist
		RunE:          runGroup,
	}
	root.SetArgs(io.Args)
	root.SetOut(io.Stdout)
	root.SetErr(io.Stderr)
	root.SetFlagErrorFunc(flagFault)
	root.SetVersionTemplate("hibernet {{.Version}}\n")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 100"))
	root.SetHelpCommand(newHelp())
	root.AddCommand(
		newScenario(io), newImport(io), newCalibrate(io), newRun(io), newTrain(io),
		newTune(io), newEvaluate(io), newSweep(io), newWorker(io), newSweepWorker(io), newResults(io),
		newExport(io), newReport(io), newValidate(io), newBench(io), newVersion(io),
	)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args, c.RunE = cobra.ArbitraryArgs, runGroup
			c.Example = "  source <(hibernet completion bash)\n  hibernet completion zsh > _hibernet"
		}
		markUsage(c)
	}
	return root
}

// group returns a command that only holds others.
func group(use, short, long, example string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args: cobra.ArbitraryArgs, RunE: runGroup,
	}
	cmd.AddCommand(children...)
	return cmd
}

// runGroup runs a command that only holds others: it shows what there is.
func runGroup(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return unknownCommand(cmd, args[0])
}

// newHelp is cobra's help command, except that it fails where there is no
// such command.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Help about any command",
		Example: "  hibernet help import traffic",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if cmd, rest, err := c.Root().Find(args); err == nil && len(rest) == 0 {
				for _, child := range cmd.Commands() {
					names = append(names, cobra.CompletionWithDesc(child.Name(), child.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			cmd, rest, err := c.Root().Find(args)
			if err != nil {
				return usage(err, "")
			}
			if len(rest) > 0 {
				return unknownCommand(cmd, rest[0])
			}
			cmd.InitDefaultHelpFlag()
			cmd.InitDefaultVersionFlag()
			return cmd.Help()
		},
	}
}
