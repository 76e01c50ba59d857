package temporal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueue "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"hibernet/results/sweep"
)

// execution is a sweep's workflow that a driver follows.
type execution struct {
	*Driver
	id, run string
	order   Order
	earlier bool         // an earlier command started it
	tasks   []sweep.Task // of the order

	at     map[string]int   // index in the driver's list, by run
	kept   map[string]bool  // by run
	failed map[int]string   // by index in the driver's list
	closed map[int]bool     // batches whose result is taken
	tries  map[string]int32 // of runs that were seen under way
	signs  int              // of life: runs begun again, kept or failed
	busy   int              // runs under way at the last look
}

// follow keeps outcomes as they come until the workflow has ended.
func (e *execution) follow(ctx context.Context) error {
	server := context.WithoutCancel(ctx)
	var stopped, told, away bool
	pause, changed := leastPause, time.Now()
	for {
		signs := e.signs
		over, err := e.look(server)
		switch {
		case gone(err):
			if !away {
				e.Note(absent)
			}
			away = true
		case err != nil:
			return err
		case over:
			return ctx.Err()
		default:
			away = false
		}
		if e.signs != signs {
			pause, changed = leastPause, time.Now()
		}
		quiet := time.Since(changed)
		if stopped && e.busy == 0 && quiet > patience {
			e.Note("no run is under way and nobody answers; the workers will find the sweep cancelled")
			return ctx.Err()
		}
		if quiet > lonely && e.busy == 0 && !told && !away {
			if text, err := e.Connection.unattended(server); err == nil && text != "" {
				e.Note(text)
				told = true
			}
		}
		if ctx.Err() != nil && !stopped {
			if err := e.cancel(server); err == nil {
				stopped, pause, changed = true, leastPause, time.Now()
			} else if !gone(err) || quiet > patience {
				return errors.Join(ctx.Err(), fmt.Errorf("temporal: cancel the sweep: %w", err))
			}
		}
		e.wait(ctx, stopped, pause)
		pause = min(pause*5/4, mostPause)
	}
}

// wait waits for the next look, or for ctx to end if it has not yet.
func (e *execution) wait(ctx context.Context, stopped bool, pause time.Duration) {
	end := ctx.Done()
	if stopped || ctx.Err() != nil {
		end = nil
	}
	select {
	case <-end:
	case <-time.After(pause):
	}
}

// absent is what people are told while the server is away.
const absent = "the Temporal server does not answer: waiting for it"

// gone says whether an error means that the server does not answer now.
func gone(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded)
}

func (e *execution) cancel(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	return e.Connection.client.CancelWorkflow(ctx, e.id, e.run)
}

// unattended returns what to tell people if no worker asks for work, nothing
// if one does; an error if the server does not answer.
func (c *Connection) unattended(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	s := c.server
	about, err := c.client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: s.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: s.queue(), Kind: enums.TASK_QUEUE_KIND_NORMAL},
		TaskQueueType: enums.TASK_QUEUE_TYPE_ACTIVITY,
	})
	if err != nil || len(about.Pollers) > 0 {
		return "", err
	}
	return fmt.Sprintf("no worker of this version of the program (%s) asks for work in the task queue %q at %s; waiting for: hibernet worker --address %s --blobs URL",
		s.Version, s.Queue, s.Address, s.Address), nil
}

// look takes what there is from the batches, in the order in which they are
// begun, and says whether the workflow has ended.
func (e *execution) look(ctx context.Context) (over bool, err error) {
	status, _, err := e.status(ctx, e.id, e.run) // before the batches, so that their last words are heard
	if err != nil {
		return false, err
	}
	over, e.busy = status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING, 0
	for i := range e.order.batches() {
		if e.closed[i] {
			continue
		}
		begun, err := e.lookAt(ctx, i)
		if err != nil {
			return false, err
		}
		if !begun {
			break
		}
	}
	if over && status != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		return true, fmt.Errorf("temporal: the workflow %s ended as %s", e.id, status)
	}
	return over, nil
}

// status returns the state of a workflow and the activities it waits for.
func (e *execution) status(ctx context.Context, id, run string) (enums.WorkflowExecutionStatus, []*workflow.PendingActivityInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	about, err := e.Connection.describe(ctx, id, run)
	if err != nil {
		return 0, nil, err
	}
	return about.WorkflowExecutionInfo.Status, about.PendingActivities, nil
}

// lookAt takes what there is from a batch; begun is false if it is not there
// yet.
func (e *execution) lookAt(ctx context.Context, batch int) (begun bool, err error) {
	id := batchID(e.run, batch)
	status, pending, err := e.status(ctx, id, "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	var p Progress
	switch status {
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING:
		e.underWay(batch, pending)
		answer, err := e.Connection.client.QueryWorkflow(ctx, id, "", progressQuery)
		if err != nil {
			return true, nil // it is a worker that answers, and there may be none
		}
		if err := answer.Get(&p); err != nil {
			return true, fmt.Errorf("temporal: progress of batch %d: %w", batch, err)
		}
	default:
		if err := e.Connection.client.GetWorkflow(ctx, id, "").Get(ctx, &p); err != nil {
			return true, fmt.Errorf("temporal: batch %d: %w", batch, err)
		}
		e.closed[batch] = true
	}
	return true, e.take(ctx, batch, p)
}

// underWay tells of the runs that workers have begun, or begun again.
func (e *execution) underWay(batch int, pending []*workflow.PendingActivityInfo) {
	for _, a := range pending {
		i, err := strconv.Atoi(a.ActivityId)
		if err != nil || a.State != enums.PENDING_ACTIVITY_STATE_STARTED {
			continue
		}
		e.busy++
		run := e.tasks[batch*batchRuns+i].Run
		task, ours := e.at[run]
		if !ours || e.kept[run] || e.tries[run] == a.Attempt {
			continue
		}
		if e.tries[run] > 0 {
			e.Notify(sweep.Event{Kind: sweep.Retried, Slot: task, Task: task, Fault: a.GetLastFailure().GetMessage()})
		} else {
			e.Notify(sweep.Event{Kind: sweep.Started, Slot: task, Task: task})
		}
		e.tries[run] = a.Attempt
		e.signs++
	}
}

// take keeps the outcomes of a batch that are new.
func (e *execution) take(ctx context.Context, batch int, p Progress) error {
	for _, i := range p.Done {
		run := e.tasks[batch*batchRuns+i].Run
		task, ours := e.at[run]
		if !ours || e.kept[run] {
			continue
		}
		kept, ok, err := e.Store.outcome(ctx, e.order.Version, run)
		if err == nil && !ok {
			err = fmt.Errorf("temporal: run %s is finished and its outcome is not in %s: the sweep and all workers need the same blob store", run, e.Store.address)
		}
		if err == nil {
			err = e.Keep(task, sweep.Reply{Run: run, Outcome: kept.Outcome, Timing: kept.Timing})
		}
		if err != nil {
			return err
		}
		e.kept[run] = true
		e.signs++
		e.Notify(sweep.Event{Kind: sweep.Finished, Slot: task, Task: task})
	}
	if e.earlier {
		return nil // what failed there is tried again
	}
	for _, f := range p.Failed {
		task, ours := e.at[e.tasks[batch*batchRuns+f.Index].Run]
		if _, known := e.failed[task]; known || !ours {
			continue
		}
		e.failed[task] = f.Text
		e.signs++
		e.Notify(sweep.Event{Kind: sweep.Failed, Slot: task, Task: task, Fault: f.Text})
	}
	return nil
}

// failures returns the tasks that failed in their order.
func (e *execution) failures() []sweep.Failure {
	var list []sweep.Failure
	for _, task := range slices.Sorted(maps.Keys(e.failed)) {
		list = append(list, sweep.Failure{Task: task, Fault: e.failed[task]})
	}
	return list
}

// complete fails unless every task has come to an end: somebody else may have
// cancelled the workflow.
func (e *execution) complete(list []sweep.Task) error {
	left := -len(e.failed)
	for _, t := range list {
		if !e.kept[t.Run] {
			left++
		}
	}
	if left > 0 {
		return fmt.Errorf("temporal: the workflow %s has ended with %d runs left: it was cancelled from elsewhere; the same command goes on", e.id, left)
	}
	return nil
}
