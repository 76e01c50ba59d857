package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"hibernet/results/sweep"
)

// Driver has runs played by the workers of a server. Its Run does what
// sweep.Pool's does.
type Driver struct {
	Connection *Connection
	Store      *Store
	// Name is the sweep's among those of the server: a driver that is begun
	// again goes on with what an earlier one of that name left at work.
	Name string
	// Heartbeat is after how long without a sign of life a worker is lost.
	Heartbeat time.Duration
	// Keep stores the reply of a task.
	Keep func(task int, reply sweep.Reply) error
	// Notify hears of every event. The slot of an event is its task's index.
	Notify func(sweep.Event)
	// Note tells people what they should know while they wait.
	Note func(text string)
}

// Times of the driver.
const (
	leastPause = 200 * time.Millisecond // between two looks at the batches
	mostPause  = 2 * time.Second
	oneCall    = 10 * time.Second // a call to the server may take
	// patience is for how long a sweep that is stopped waits without any sign
	// that a run is under way.
	patience = 20 * time.Second
	// lonely is after how long without a change it asks whether there are
	// workers at all.
	lonely = 5 * time.Second
)

// memoOrder is the memo of a sweep's workflow with its order.
const memoOrder = "order"

// Run has the tasks played and returns those that failed, in their order. When
// ctx ends the workflow is cancelled, the runs under way are played to their
// end and kept, and the error is that of ctx.
func (d *Driver) Run(ctx context.Context, list []sweep.Task) ([]sweep.Failure, error) {
	kept := map[string]bool{}
	at := make(map[string]int, len(list))
	for i, t := range list {
		at[t.Run] = i
	}
	for {
		var rest []sweep.Task
		for _, t := range list {
			if !kept[t.Run] {
				rest = append(rest, t)
			}
		}
		if len(rest) == 0 {
			return nil, nil
		}
		e, err := d.start(ctx, rest)
		if err != nil {
			return nil, err
		}
		e.at, e.kept = at, kept
		if err := e.follow(ctx); err != nil {
			return e.failures(), err
		}
		if !e.earlier {
			return e.failures(), e.complete(rest)
		}
		// What the earlier command asked for has ended; now what is left.
	}
}

// start starts the workflow of the tasks, or finds the one that is running.
func (d *Driver) start(ctx context.Context, list []sweep.Task) (*execution, error) {
	o, err := d.Store.put(ctx, list, d.Connection.server.Version, d.Heartbeat)
	if err != nil {
		return nil, err
	}
	e := &execution{Driver: d, id: "hibernet-sweep-" + d.Name + "-" + d.Connection.server.Version, order: o,
		closed: map[int]bool{}, tries: map[string]int32{}, failed: map[int]string{}}
	call, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	run, err := d.Connection.client.ExecuteWorkflow(call, client.StartWorkflowOptions{
		ID: e.id, TaskQueue: d.Connection.server.queue(), Memo: map[string]any{memoOrder: o},
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL, WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, sweepName, o)
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	switch {
	case errors.As(err, &running):
		d.Note("an earlier command's runs are still at work: going on with them")
		e.earlier, e.run = true, running.RunId
		return e, e.adopt(call)
	case err != nil:
		return nil, fmt.Errorf("temporal: start the sweep: %w", err)
	}
	e.run = run.GetRunID()
	e.tasks = list
	return e, nil
}

// adopt takes over the order of a workflow that an earlier command started.
func (e *execution) adopt(ctx context.Context) error {
	about, err := e.Connection.describe(ctx, e.id, e.run)
	if err != nil {
		return fmt.Errorf("temporal: the sweep that is running: %w", err)
	}
	memo := about.WorkflowExecutionInfo.GetMemo().GetFields()[memoOrder]
	if err := converter.GetDefaultDataConverter().FromPayload(memo, &e.order); err != nil {
		return fmt.Errorf("temporal: the sweep that is running: its order: %w", err)
	}
	for i := range e.order.batches() {
		batch, err := e.Store.batch(ctx, e.order, i)
		if err != nil {
			return err
		}
		e.tasks = append(e.tasks, batch...)
	}
	return nil
}
