package temporal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hibernet/results/sweep"
)

// Temporal refuses a workflow with more than 51,200 events of history, 2,000
// pending activities or children, or a payload of 2 MB. The sums, for the
// million runs that a sweep file may ask for:
//
//   - A batch has batchRuns = 500 activities, all pending at once: a quarter of
//     the limit. Each leaves 3 events (scheduled, started, closed; tries leave
//     none) and at most 3 of a workflow task: 3,000, below even the 10,240 at
//     which the server begins to warn.
//   - A million runs are 2,000 batches. Each leaves 3 events of a child and at
//     most 6 of workflow tasks in the sweep's history: 18,000. Of the children
//     openBatches = 8 are open, which keeps up to 4,000 slots of workers busy.
//   - A result has at most 500 indices (2 kB) and faultBytes = 16 kB of
//     text: 36 MB in the sweep's history, of which 50 MB are allowed, if every
//     run of the million fails.
const (
	batchRuns   = 500
	openBatches = 8
	faultBytes  = 16 << 10
	oneFault    = 2 << 10
)

// Order is what the workflow of a sweep is started with.
type Order struct {
	// Key is where the batches stand in the store: the digest of their tasks.
	Key     string `json:"key"`
	Runs    int    `json:"runs"`
	Version string `json:"version"`
	// Heartbeat is after how long without a sign of life a worker is lost.
	Heartbeat time.Duration `json:"heartbeat"`
}

// batches returns the number of batches.
func (o Order) batches() int { return (o.Runs + batchRuns - 1) / batchRuns }

// size returns the number of runs of a batch.
func (o Order) size(batch int) int { return min(batchRuns, o.Runs-batch*batchRuns) }

// batchKey is where a batch stands in the store.
func (o Order) batchKey(batch int) string { return fmt.Sprintf("orders/%s/%06d.json", o.Key, batch) }

// tasks is a batch as it stands in the store. All tasks of a sweep have the
// same base scenario, which is written once.
type tasks struct {
	Scenario string       `json:"scenario"`
	Tasks    []sweep.Task `json:"tasks"`
}

// encode returns the batches of tasks, and the digest of all of them.
func encode(list []sweep.Task) (batches [][]byte, digest string, err error) {
	sum := sha256.New()
	for from := 0; from < len(list); from += batchRuns {
		b := tasks{Scenario: list[0].ScenarioText}
		for _, t := range list[from:min(from+batchRuns, len(list))] {
			if t.ScenarioText == b.Scenario {
				t.ScenarioText = ""
			}
			b.Tasks = append(b.Tasks, t)
		}
		text, err := json.Marshal(b)
		if err != nil {
			return nil, "", fmt.Errorf("temporal: tasks: %w", err)
		}
		batches = append(batches, text)
		sum.Write(text)
	}
	return batches, hex.EncodeToString(sum.Sum(nil))[:20], nil
}

// put writes tasks to the store and returns the order for them.
func (s *Store) put(ctx context.Context, list []sweep.Task, version string, heartbeat time.Duration) (Order, error) {
	batches, digest, err := encode(list)
	o := Order{Key: digest, Runs: len(list), Version: version, Heartbeat: heartbeat}
	for i, text := range batches {
		if err := s.write(ctx, o.batchKey(i), text); err != nil {
			return o, err
		}
	}
	return o, err
}

// batch reads the tasks of a batch.
func (s *Store) batch(ctx context.Context, o Order, batch int) ([]sweep.Task, error) {
	text, err := s.read(ctx, o.batchKey(batch))
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, errors.New("temporal: " + s.missing(o.batchKey(batch), "the sweep"))
	}
	var b tasks
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, fmt.Errorf("temporal: %s in %s: %w", o.batchKey(batch), s.address, err)
	}
	if len(b.Tasks) != o.size(batch) {
		return nil, fmt.Errorf("temporal: %s in %s has %d tasks, expected %d", o.batchKey(batch), s.address, len(b.Tasks), o.size(batch))
	}
	for i := range b.Tasks {
		if b.Tasks[i].ScenarioText == "" {
			b.Tasks[i].ScenarioText = b.Scenario
		}
	}
	return b.Tasks, nil
}
