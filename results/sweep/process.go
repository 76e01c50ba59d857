package sweep

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
)

// Worker plays tasks one after the other. An error of Do that is not a fault
// of the task means that the worker is lost.
type Worker interface {
	Do(Task) (Reply, error)
	// Close ends the worker and waits for it.
	Close() error
}

// tailBytes is how much of a worker's last words is kept.
const tailBytes = 4 << 10

// process is a worker that is a process of its own, which runs Serve.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	words *tail
}

var _ Worker = (*process)(nil)

// StartProcess starts a command that runs Serve on its standard input and
// output.
func StartProcess(cmd *exec.Cmd) (Worker, error) {
	p := &process{cmd: cmd, words: &tail{}}
	cmd.Stderr = p.words
	out, err := cmd.StdoutPipe()
	if err == nil {
		p.in, err = cmd.StdinPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("sweep: start a worker: %w", err)
	}
	p.out = bufio.NewReader(out)
	return p, nil
}

// Do hands the task to the process and waits for its answer.
func (p *process) Do(task Task) (Reply, error) {
	var reply Reply
	line, err := json.Marshal(task)
	if err != nil {
		return reply, fmt.Errorf("sweep: task: %w", err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return reply, p.lost(err)
	}
	answer, err := p.out.ReadBytes('\n')
	if err != nil {
		return reply, p.lost(err)
	}
	if err := strictJSON(answer, &reply); err != nil {
		return reply, p.lost(fmt.Errorf("its answer cannot be read: %w", err))
	}
	if reply.Run != task.Run {
		return reply, p.lost(fmt.Errorf("it answered for run %q", reply.Run))
	}
	return reply, nil
}

// lost ends the process and says how it came to its end.
func (p *process) lost(cause error) error {
	if err := p.Close(); err != nil {
		cause = err
	}
	if words := strings.TrimSpace(p.words.text()); words != "" {
		return fmt.Errorf("the worker ended: %w; its last words: %s", cause, words)
	}
	return fmt.Errorf("the worker ended: %w", cause)
}

// Close ends the process by ending its input, and waits for it.
func (p *process) Close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

// tail keeps the beginning and the end of what is written to it: a Go
// program's dying words begin with the reason and end with details.
type tail struct {
	mu         sync.Mutex
	head, last []byte
}

// Write keeps what it can.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	room := min(tailBytes/2-len(t.head), n)
	t.head, b = append(t.head, b[:room]...), b[room:]
	t.last = append(t.last, b...)
	if over := len(t.last) - tailBytes/2; over > 0 {
		t.last = append(t.last[:0], t.last[over:]...)
	}
	return n, nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.head) + string(t.last)
}
