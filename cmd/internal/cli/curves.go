package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"hibernet/agents/train"
	"hibernet/results/record"
	"hibernet/results/tensorboard"
)

// curves is a training's event file for TensorBoard. It is appended to while
// the training goes on, so that its curves can be watched, and written once
// more as a file of the run when it ends. The time of an iteration is that of
// the training's begin plus what all iterations took to it.
type curves struct {
	file *os.File
	data []byte  // all that is in the file
	wall float64 // s since 1970, of the last record
}

// newCurves begins the file anew with the iterations of history.
func newCurves(path string, started time.Time, history []train.Iteration) (*curves, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("event file: %w", err)
	}
	c := &curves{file: file, wall: float64(started.UnixMilli()) / 1000}
	for _, it := range history {
		c.wall -= it.PlayS + it.LearnS // they were made before
	}
	if err := c.write(tensorboard.AppendHeader(nil, c.wall)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	for _, it := range history {
		if err := c.add(it); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return c, nil
}

// add appends an iteration.
func (c *curves) add(it train.Iteration) error {
	c.wall += it.PlayS + it.LearnS
	var scalars []tensorboard.Scalar
	for _, m := range metricsOf(it) {
		scalars = append(scalars, tensorboard.Scalar{Tag: tagOf(m.Name), Value: m.Value})
	}
	scalars = append(scalars, tensorboard.Scalar{Tag: "speed/steps_per_s", Value: it.StepsPerS}, tensorboard.Scalar{Tag: "speed/row_updates_per_s", Value: it.UpdatesPerS})
	return c.write(tensorboard.AppendScalars(nil, c.wall, int64(it.Number), scalars))
}

// tagOf groups a metric on TensorBoard's page.
func tagOf(name string) string {
	for _, group := range []string{"rollout", "held_out", "multiplier", "excess"} {
		if rest, ok := strings.CutPrefix(name, group+"_"); ok {
			return group + "/" + rest
		}
	}
	return "learning/" + name
}

func (c *curves) write(record []byte) error {
	c.data = append(c.data, record...)
	if _, err := c.file.Write(record); err != nil {
		return fmt.Errorf("event file: %w", err)
	}
	return nil
}

// finish makes the file one of the run's.
func (c *curves) finish(run *record.Run) error {
	return run.WriteFile(tensorboard.FileName, c.data)
}

func (c *curves) close() error { return c.file.Close() }
