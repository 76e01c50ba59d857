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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, cli.System())
	stop()
	os.Exit(code)
}
