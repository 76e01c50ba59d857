package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hibernet/agents/baseline"
	"hibernet/scenarios"
)

// visit calls do for a command and all below it.
func visit(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, c := range cmd.Commands() {
		visit(c, do)
	}
}

// TestEveryCommandIsDescribed holds each command to a description and, but
// for those that cobra makes, to examples.
func TestEveryCommandIsDescribed(t *testing.T) {
	visit(newRoot(newShell(t).io), func(cmd *cobra.Command) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: short description %q", cmd.CommandPath(), cmd.Short)
		}
		if cmd.Example == "" && !strings.HasPrefix(cmd.CommandPath(), "hibernet completion ") {
			t.Errorf("%s: no examples", cmd.CommandPath())
		}
	})
}

// TestExamplesParse holds the examples in the help of every command to what
// the command line understands: commands, flags and numbers of arguments.
func TestExamplesParse(t *testing.T) {
	examples := 0
	visit(newRoot(newShell(t).io), func(cmd *cobra.Command) {
		text := strings.ReplaceAll(cmd.Example, "\\\n", " ")
		for _, line := range strings.Split(text, "\n") {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			line, _, _ = strings.Cut(line, " > ")
			line = strings.TrimSuffix(strings.TrimPrefix(line, "source <("), ")")
			words := strings.Fields(line)
			if words[0] != "hibernet" {
				t.Errorf("%s: example does not begin with hibernet: %s", cmd.CommandPath(), line)
				continue
			}
			examples++
			if err := parse(newRoot(newShell(t).io), words[1:]); err != nil {
				t.Errorf("%s: example %q: %v", cmd.CommandPath(), line, err)
			}
		}
	})
	if examples < 25 {
		t.Errorf("only %d examples found", examples)
	}
}

// parse checks a command line without running it.
func parse(root *cobra.Command, words []string) error {
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if cmd.HasSubCommands() && cmd.Flags().NArg() > 0 && !strings.Contains(cmd.Use, " ") { // a command that only holds others
		return unknownCommand(cmd, cmd.Flags().Arg(0))
	}
	var bad error
	cmd.Flags().Visit(func(f *pflag.Flag) { // the usage of an action lists those allowed
		if strings.HasPrefix(f.Name, "on-") && !regexp.MustCompile(`[:,] `+f.Value.String()+`\b`).MatchString(f.Usage) {
			bad = fmt.Errorf("--%s %s: not among %s", f.Name, f.Value, f.Usage)
		}
	})
	return errors.Join(bad, cmd.ValidateArgs(cmd.Flags().Args()))
}

// TestParseFails shows that the check above can fail.
func TestParseFails(t *testing.T) {
	for _, line := range []string{"runn tiny", "run tiny --polcy x", "run", "run a b", "scenario lst", "evaluate tiny --seeds x", "report", "import traffic x.csv --on-hole interpolate"} {
		if parse(newRoot(newShell(t).io), strings.Fields(line)) == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}

// TestHelp shows the help at every level, and that flags keep their names.
func TestHelp(t *testing.T) {
	s := newShell(t)
	visit(newRoot(s.io), func(cmd *cobra.Command) {
		words := strings.Fields(cmd.CommandPath())[1:]
		if cmd.Name() == "help" {
			return
		}
		long, short := s.do(append([]string{"help"}, words...)...), s.do(append(words, "--help")...)
		if long != short {
			t.Errorf("help %v and %v --help differ", words, words)
		}
		contains(t, short, "Usage:", cmd.CommandPath())
		for _, line := range strings.Split(short, "\n") {
			if len(line) > 140 {
				t.Errorf("%s: line of %d bytes in the help: %s", cmd.CommandPath(), len(line), line)
			}
		}
	})
	contains(t, s.do("scenario", "new", "--help"), scenarios.Kinds()...)
	for _, rule := range baseline.Names() {
		contains(t, s.do("run", "--help"), strings.ReplaceAll(rule, "_", "-"))
	}
	golden(t, "help.txt", s.do("--help")+"---\n"+s.do("train", "--help"))
}

func TestVersion(t *testing.T) {
	s := newShell(t)
	line := s.do("version")
	if want := s.do("--version"); line != want {
		t.Errorf("version prints %q, --version %q", line, want)
	}
	contains(t, line, "hibernet ", "commit ", "go1.")
	contains(t, s.do("version", "--json"), `"go_version"`)
}

func TestCompletion(t *testing.T) {
	s := newShell(t)
	for _, shellName := range []string{"bash", "zsh", "fish", "powershell"} {
		contains(t, s.do("completion", shellName), "hibernet")
	}
	tests := []struct {
		words []string
		want  []string
	}{
		{[]string{"run", ""}, []string{"quickstart", "tiny", ":0"}},
		{[]string{"run", "tiny", ""}, []string{":4"}},
		{[]string{"evaluate", "qui"}, []string{"quickstart"}},
		{[]string{"scenario", "show", ""}, []string{"beijing"}},
		{[]string{"run", "tiny", "--policy", ""}, []string{"always_on", "schedule", "threshold", "forecast", "random", ":0"}},
		{[]string{"evaluate", "tiny", "--policy", "al"}, []string{"always_on"}},
		{[]string{"report", ""}, []string{":16"}},
		{[]string{"export", ""}, []string{":16"}},
		{[]string{"export", "runs/ppo", ""}, []string{":4"}},
		{[]string{"import", "traffic", "x.csv", "--on-gap", ""}, []string{"interpolate", "zero", "drop", "fail", ":4"}},
		{[]string{"import", "traffic", "x.csv", "--unit", ""}, []string{"Mbit/s", "relative"}},
		{[]string{"scenario", "new", "--kind", ""}, []string{"synthetic", "trace", "sites"}},
		{[]string{"help", "im"}, []string{"import"}},
		{[]string{"tra"}, []string{"train"}},
	}
	for _, tt := range tests {
		contains(t, s.do(append([]string{"__complete"}, tt.words...)...), tt.want...)
	}
}
