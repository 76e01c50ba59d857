package temporal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"hibernet/results/sweep"
)

// player plays runs in the slots of a worker, and shards of trainings.
type player struct {
	store   *Store
	version string
	code    string           // commit that outcomes of this program have
	slots   chan *sweep.Slot // those that are free
	shard   func(ctx context.Context, order []byte, shard int) ([]byte, error)

	mu     sync.Mutex
	batch  []sweep.Task // the one read last: runs of a batch come together
	batchK string
}

// newPlayer returns a player with free slots.
func newPlayer(store *Store, version, code string, slots int, start func() (sweep.Worker, error)) *player {
	p := &player{store: store, version: version, code: code, slots: make(chan *sweep.Slot, slots)}
	for range slots {
		p.slots <- &sweep.Slot{Start: start}
	}
	return p
}

// close ends the processes of all slots, which must be free.
func (p *player) close() error {
	var faults []error
	for range cap(p.slots) {
		faults = append(faults, (<-p.slots).Close())
	}
	return errors.Join(faults...)
}

// play is the activity of a run. When it returns without an error the outcome
// is in the store. It does not heed the end of its context: a run that has
// begun is played to its end, which is what stopping a sweep promises.
func (p *player) play(ctx context.Context, it item) error {
	if it.Order.Version != p.version {
		return fault(fmt.Sprintf("the sweep was begun by version %s of the program, this worker is %s", it.Order.Version, p.version))
	}
	ctx = context.WithoutCancel(ctx)
	defer beat(ctx, it.Order.Heartbeat)()
	task, err := p.task(ctx, it)
	if err != nil {
		return err
	}
	if _, done, err := p.store.outcome(ctx, p.version, task.Run); err != nil || done {
		return err
	}
	slot := <-p.slots
	reply, err := slot.Play(task, nil)
	p.slots <- slot
	switch {
	case err != nil:
		return err
	case reply.Fault != "":
		return fault(reply.Fault)
	case reply.Outcome.Code != p.code:
		return fault(fmt.Sprintf("played by code %s, expected %s: the worker's program has been replaced since it was started", reply.Outcome.Code, p.code))
	}
	// Another worker may have been first, if this one was taken for lost.
	if _, done, err := p.store.outcome(ctx, p.version, task.Run); err != nil || done {
		return err
	}
	return p.store.keep(ctx, p.version, sweep.Kept{Outcome: reply.Outcome, Timing: reply.Timing})
}

// fault is an error of the run itself, which no other try will mend.
func fault(text string) error {
	return temporal.NewNonRetryableApplicationError(text[:min(len(text), oneFault)], faultType, nil)
}

// task returns the task of an item.
func (p *player) task(ctx context.Context, it item) (sweep.Task, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if key := it.Order.batchKey(it.Batch); p.batchK != key {
		batch, err := p.store.batch(ctx, it.Order, it.Batch)
		if err != nil {
			return sweep.Task{}, err
		}
		p.batch, p.batchK = batch, key
	}
	return p.batch[it.Index], nil
}

// beat tells the server that the run goes on, until the function that it
// returns is called.
func beat(ctx context.Context, timeout time.Duration) (stop func()) {
	ticker, quit, ended := time.NewTicker(max(timeout/4, time.Millisecond)), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			case <-quit:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(quit)
		<-ended
	}
}
