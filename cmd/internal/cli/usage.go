package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// nearEnough is the greatest number of letters by which a misspelt name may
// differ from one that is suggested.
const nearEnough = 2

// exactly wants one positional argument, and says what it means.
func exactly(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return fmt.Errorf("%s is missing", what)
		case 1:
			return nil
		}
		return fmt.Errorf("want one %s, got %d: %s", what, len(args), strings.Join(args, " "))
	}
}

// atMostOne wants one positional argument or none, and says what it means.
func atMostOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("want at most one %s, got %d: %s", what, len(args), strings.Join(args, " "))
		}
		return nil
	}
}

// atLeastOne wants positional arguments, and says what they mean.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s is missing: name one or more", what)
		}
		return nil
	}
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

// unknownCommand is the fault of a command that does not exist below cmd.
func unknownCommand(cmd *cobra.Command, typed string) error {
	hint := cmd.CommandPath() + " --help lists the commands"
	cmd.SuggestionsMinimumDistance = nearEnough
	if near := cmd.SuggestionsFor(typed); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	if !cmd.HasParent() {
		return usage(fmt.Errorf("unknown command %q", typed), hint)
	}
	return usage(fmt.Errorf("unknown command %q for %q", typed, cmd.CommandPath()), hint)
}

// flagFault says what is wrong with a flag in the words of this program.
func flagFault(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		if near := nearFlags(cmd, unknown.GetSpecifiedName()); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, " or ") + "?"
		}
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		f := invalid.GetFlag()
		err = fmt.Errorf("--%s: must be %s, got %q", f.Name, kindOf(f), invalid.GetValue())
	}
	return usage(err, hint)
}

// nearFlags returns the flags of a command that are spelt nearly like typed.
// The comparison is cobra's own, which it makes between commands only.
func nearFlags(cmd *cobra.Command, typed string) []string {
	names := &cobra.Command{SuggestionsMinimumDistance: nearEnough}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: "--" + f.Name, Run: func(*cobra.Command, []string) {}})
	})
	return names.SuggestionsFor("--" + typed)
}

// kindOf describes the values that a flag takes.
func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "true or false"
	case "int":
		return "a whole number"
	case "uint64":
		return "a whole number from 0 up"
	case "float64":
		return "a number"
	}
	return "a " + f.Value.Type()
}
