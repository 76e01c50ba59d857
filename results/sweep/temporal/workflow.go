package temporal

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Names under which the server knows what workers can do.
const (
	sweepName     = "hibernet-sweep"
	batchName     = "hibernet-batch"
	playName      = "hibernet-play"
	progressQuery = "progress"
)

const (
	// attempts bounds how often a run is begun when workers are lost or the
	// store cannot be reached: a run that brings down its machine must not go
	// round all of them for ever.
	attempts = 10
	// longest bounds a run. Lost workers are found by their heartbeat, so that
	// it only has to be longer than any run.
	longest = 30 * 24 * time.Hour
	// faultType is the type of an activity's error that is the run's own.
	faultType = "Fault"
)

// Progress is how far a batch is, and its result.
type Progress struct {
	Done   []int   `json:"done"` // indices in the batch
	Failed []Fault `json:"failed"`
}

// Fault is a run of a batch that failed.
type Fault struct {
	Index int    `json:"index"`
	Text  string `json:"text"`
}

// Sweep is the workflow of a sweep: a child for each batch, openBatches at a
// time. When it is cancelled no further batch is begun, and those that are open
// end once the runs under way have.
func Sweep(ctx workflow.Context, o Order) error {
	open := workflow.NewSelector(ctx)
	var faults []error
	running := 0
	wait := func() { open.Select(ctx); running-- }
	for i := 0; i < o.batches() && ctx.Err() == nil; i++ {
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID:          batchID(workflow.GetInfo(ctx).WorkflowExecution.RunID, i),
			WaitForCancellation: true,
			ParentClosePolicy:   enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		})
		open.AddFuture(workflow.ExecuteChildWorkflow(child, batchName, o, i), func(f workflow.Future) {
			if err := f.Get(ctx, nil); err != nil && !temporal.IsCanceledError(err) {
				faults = append(faults, fmt.Errorf("batch %d: %w", i, err))
			}
		})
		if running++; running == openBatches {
			wait()
		}
	}
	for running > 0 {
		wait()
	}
	return errors.Join(faults...)
}

// batchID is the identity of the workflow of a batch. It has that of the
// sweep's execution in it, so that it never meets a batch of an earlier one.
func batchID(run string, batch int) string { return fmt.Sprintf("hibernet-batch-%s-%d", run, batch) }

// item is the run that an activity is to play.
type item struct {
	Order Order `json:"order"`
	Batch int   `json:"batch"`
	Index int   `json:"index"` // in the batch
}

// Batch is the workflow of a batch: an activity for each run.
func Batch(ctx workflow.Context, o Order, batch int) (Progress, error) {
	p := Progress{Done: []int{}, Failed: []Fault{}}
	if err := workflow.SetQueryHandler(ctx, progressQuery, func() (Progress, error) { return p, nil }); err != nil {
		return p, err
	}
	ended := workflow.NewSelector(ctx)
	room := faultBytes
	for i := range o.size(batch) {
		f := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, activityOptions(i, o.Heartbeat)), playName, item{o, batch, i})
		ended.AddFuture(f, func(f workflow.Future) {
			switch err := f.Get(ctx, nil); {
			case err == nil:
				p.Done = append(p.Done, i)
			case !temporal.IsCanceledError(err): // else it was never begun
				text := faultText(err)
				if room -= len(text); room < 0 {
					text = "the text is in the history of the workflow " + workflow.GetInfo(ctx).WorkflowExecution.ID
				}
				p.Failed = append(p.Failed, Fault{i, text})
			}
		})
	}
	for range o.size(batch) {
		ended.Select(ctx)
	}
	return p, nil
}

// activityOptions are the options of a run's activity. Its identity is the run's
// index, by which the driver knows it.
func activityOptions(index int, heartbeat time.Duration) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		ActivityID:          strconv.Itoa(index),
		StartToCloseTimeout: longest,
		HeartbeatTimeout:    heartbeat,
		WaitForCancellation: true, // a run under way is played to its end
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
			MaximumAttempts: attempts, // faults of runs say themselves that they are not tried again
		},
	}
}

// faultText returns what an activity's error has to say to people.
func faultText(err error) string {
	var app *temporal.ApplicationError
	var late *temporal.TimeoutError
	text := err.Error()
	switch {
	case errors.As(err, &app) && app.Type() == faultType:
		text = app.Message()
	case errors.As(err, &app):
		text = fmt.Sprintf("given up after %d attempts: %s", attempts, app.Message())
	case errors.As(err, &late):
		text = fmt.Sprintf("given up after %d attempts: the last worker was lost", attempts)
	}
	return text[:min(len(text), oneFault)]
}
