// Command hibernet simulates very large 5G-Advanced radio networks and trains
// and judges policies that put base stations to sleep. Run hibernet --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"hibernet/cmd/internal/cli"
)

func main() {
	ctx, stop := interruptible()
	code := cli.Main(ctx, cli.System())
	stop()
	os.Exit(code)
}

// interruptible returns a context that the first Ctrl-C or SIGTERM cancels, so
// that commands end in order. The second one kills the program at once, for
// when the first is not obeyed.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
