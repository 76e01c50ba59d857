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
			_, err := fmt.Fprintf(io.Stdout, "hibernet %s\n", versionLine(b))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// versionLine is all that a fault report needs to say of the binary.
func versionLine(b record.Build) string {
	return fmt.Sprintf("%s, commit %s, %s %s/%s", b.Version, b.Code(), b.GoVersion, b.GOOS, b.GOARCH)
}
