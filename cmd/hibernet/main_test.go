package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// asChild makes the test binary the program that is interrupted.
const asChild = "HIBERNET_TEST_INTERRUPTED"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := interruptible()
	defer stop()
	fmt.Println("ready")
	<-ctx.Done()
	// What a deaf command does, until the default action of the signal is in
	// force again: the parent repeats it.
	fmt.Println("cancelled")
	time.Sleep(time.Minute)
}

// The first interrupt cancels, a further one kills.
func TestSecondInterruptKills(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), asChild+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Process.Kill()
	lines := bufio.NewScanner(out)
	for _, want := range []string{"ready", "cancelled"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("got %q, want %q", lines.Text(), want)
		}
		if err := child.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	late := time.After(20 * time.Second)
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Fatalf("got %v, want the death by a signal", err)
			}
			if status := exit.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
				t.Fatalf("got %v, want the death by an interrupt", err)
			}
			return
		case <-again.C: // the handler may have been gone a moment too late
			_ = child.Process.Signal(os.Interrupt)
		case <-late:
			t.Fatal("outlived 20 s of interrupts after the first")
		}
	}
}
