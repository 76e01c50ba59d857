package sweep

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Player plays a task.
type Player func(context.Context, Task) (Outcome, Timing, error)

// Serve plays the tasks that come in, one JSON value a line, and answers each
// with a Reply on a line, until in ends. When in ends during a task, as it
// does when the pool's process is killed, the task's context ends with it, so
// that no worker is left behind at work for nobody.
func Serve(ctx context.Context, in io.Reader, out io.Writer, play Player) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	lines := make(chan []byte)
	ended := make(chan error, 1)
	go func() {
		defer stop()
		ended <- readLines(ctx, in, lines)
		close(lines)
	}()
	enc := json.NewEncoder(out)
	for line := range lines {
		var task Task
		if err := strictJSON(line, &task); err != nil {
			return fmt.Errorf("sweep: task: %w", err)
		}
		reply := Reply{Run: task.Run}
		var err error
		if reply.Outcome, reply.Timing, err = play(ctx, task); err == nil {
			err = reply.Outcome.check()
		}
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			reply = Reply{Run: task.Run, Fault: err.Error()}
		}
		if err := enc.Encode(reply); err != nil {
			return fmt.Errorf("sweep: answer: %w", err)
		}
	}
	select {
	case err := <-ended:
		return err
	default: // the context has ended, and the reader still waits for input
		return ctx.Err()
	}
}

// readLines hands on lines until in or ctx ends.
func readLines(ctx context.Context, in io.Reader, lines chan<- []byte) error {
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF):
			return nil // half a line is nobody's task any more
		case err != nil:
			return fmt.Errorf("sweep: read tasks: %w", err)
		}
		select {
		case lines <- line:
		case <-ctx.Done():
			return nil
		}
	}
}
