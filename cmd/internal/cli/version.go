package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"hibernet/results/record"
)

// commit is the version-control state that the binary was built from, set at
// link time by the Makefile; empty: the go command's own record is used.
var commit string

func newVersion(io IO) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version, the commit and the Go version of this binary",
		Example: "  hibernet version\n  hibernet version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := record.ReadBuild(commit)
			if asJSON {
				return io.json(b)
			}
			fmt.Fprintf(io.Stdout, "hibernet %s, commit %s, %s %s/%s\n", b.Version, b.Code(), b.GoVersion, b.GOOS, b.GOARCH)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
