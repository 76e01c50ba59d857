// Package cli is the command line of Hibernet: one file a command. It turns
// arguments into calls of the packages below and their results into files and
// text; it computes nothing itself.
//
// Everything that a command needs from outside stands in one IO, so that
// tests run the whole program in their own process. Results go to standard
// output, progress and faults to standard error; the exit codes are listed in
// exitcode.go.
package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/term"

	"hibernet/sim/validation"
)

// IO is what a command needs from outside.
type IO struct {
	Stdout, Stderr io.Writer
	Args           []string         // without the program's name
	Dir            string           // relative paths are taken from here; empty: the working directory
	Terminal       bool             // standard error is a terminal: progress may be drawn
	Width          int              // columns of that terminal; 0: not known
	Now            func() time.Time // the wall clock, for manifests and progress
	// Free returns the bytes of memory that the program may still take; nil, or
	// 0: not known.
	Free func() int64
	// Checks are those that hibernet validate plays; nil: all of the program.
	Checks []validation.Check
}

// System returns the IO of this process.
func System() IO {
	width, _, err := term.GetSize(int(os.Stderr.Fd()))
	return IO{
		Stdout: os.Stdout, Stderr: os.Stderr, Args: os.Args[1:],
		Terminal: err == nil, Width: width, Now: time.Now, Free: freeMemory,
	}
}

// path resolves a path that the user gave.
func (o IO) path(name string) string {
	if o.Dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(o.Dir, name)
}

// say writes a line to standard error.
func (o IO) say(format string, args ...any) {
	fmt.Fprintf(o.Stderr, format+"\n", args...)
}

// json writes a value to standard output as indented JSON.
func (o IO) json(v any) error {
	enc := json.NewEncoder(o.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// workerCount returns the number of workers that a flag asks for: 0 means all
// processors.
func workerCount(flag int) (int, error) {
	if flag < 0 {
		return 0, usage(fmt.Errorf("--workers: must be 0 (all processors) or more, got %d", flag), "")
	}
	if flag == 0 {
		return runtime.GOMAXPROCS(0), nil
	}
	return flag, nil
}
