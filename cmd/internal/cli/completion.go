package cli

import (
	"github.com/spf13/cobra"

	"hibernet/agents/baseline"
	"hibernet/scenarios"
)

// many is the greatest number of positional arguments that are completed
// where any number may be given.
const many = 1 << 10

// completeScenarios completes the names of presets; where none fits, the shell
// completes files.
func completeScenarios(args int) cobra.CompletionFunc {
	return func(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
		list, err := scenarios.Presets()
		if err != nil || len(given) >= args {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := make([]string, len(list))
		for i, p := range list {
			names[i] = cobra.CompletionWithDesc(p.Name, wrap(p.Description, 60)[0])
		}
		return names, cobra.ShellCompDirectiveDefault
	}
}

// completeFolders completes folders.
func completeFolders(args int) cobra.CompletionFunc {
	return func(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(given) >= args {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
}

// completePolicies completes the rules as values of a flag; where none fits,
// the shell completes folders and files.
func completePolicies(cmd *cobra.Command, flag string) {
	mustComplete(cmd, flag, cobra.FixedCompletions(baseline.Names(), cobra.ShellCompDirectiveDefault))
}

// completeFlag completes the values of a flag that takes one of a few.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	mustComplete(cmd, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func mustComplete(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic("cli: completion of a flag that does not exist")
	}
}
