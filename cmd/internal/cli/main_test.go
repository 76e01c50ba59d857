package cli

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"testing"
)

// TestMain lets the test binary stand in for the program: a sweep starts
// itself again for its workers, and the tests of killing start whole sweeps and trainings.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{workerCommand, "sweep", "train", "worker"}, os.Args[1]) {
		if fault := os.Getenv(crashEnv); fault != "" && os.Args[1] == workerCommand {
			crash(fault)
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		code := Main(ctx, System())
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}
