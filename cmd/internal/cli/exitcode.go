package cli

import (
	"context"
	"errors"
)

// Exit codes of the program: the whole list.
const (
	ExitOK          = 0   // done
	ExitInternal    = 1   // a fault of the program or of the machine
	ExitUsage       = 2   // the command line cannot be understood
	ExitInput       = 3   // a scenario, data file, policy or run folder is at fault
	ExitGate        = 4   // a gate failed
	ExitValidation  = 5   // a contract or a validation failed
	ExitInterrupted = 130 // stopped by Ctrl-C or a signal; what was done is kept
)

// coded is an error with the exit code that it leads to, and a hint of what
// to do about it.
type coded struct {
	code int
	err  error
	hint string
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

// usage marks an error as a fault of the command line.
func usage(err error, hint string) error { return mark(ExitUsage, err, hint) }

// input marks an error as a fault of something that the user handed in.
func input(err error, hint string) error { return mark(ExitInput, err, hint) }

// mark gives an error an exit code and a hint, unless it has them already:
// the innermost mark is nearest to the cause.
func mark(code int, err error, hint string) error {
	var c *coded
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &c):
		return &coded{code: code, err: err, hint: hint}
	case c.hint == "" && hint != "":
		return &coded{code: c.code, err: err, hint: hint}
	}
	return err
}

// exitCode returns the exit code that an error leads to.
func exitCode(err error) int {
	var c *coded
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &c):
		return c.code
	}
	return ExitInternal
}

// hintOf returns the hint that an error carries, or nothing.
func hintOf(err error) string {
	var c *coded
	if errors.As(err, &c) {
		return c.hint
	}
	return ""
}
