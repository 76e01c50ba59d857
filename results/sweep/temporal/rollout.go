package temporal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Names under which the server knows what workers can do for trainings.
const (
	rolloutName = "hibernet-rollout"
	shardName   = "hibernet-shard"
)

// RolloutOrder is what the workflow of an iteration is started with. The
// iteration's history has 6 events a shard at most, 1,000 shards are 6,000 of
// the 51,200 that are allowed, and the next iteration has a workflow of its own.
type RolloutOrder struct {
	// Key is where order and shards stand in the store: the digest of the
	// program's version and the order.
	Key     string `json:"key"`
	Shards  int    `json:"shards"`
	Version string `json:"version"`
	// Heartbeat is after how long without a sign of life a worker is lost.
	Heartbeat time.Duration `json:"heartbeat"`
}

func (o RolloutOrder) orderKey() string { return "rollouts/" + o.Key + "/order" }
func (o RolloutOrder) shardKey(shard int) string {
	return fmt.Sprintf("rollouts/%s/%04d", o.Key, shard)
}

// Rollout is the workflow of an iteration of a training: an activity for each
// shard. When it ends early, by a fault or because it is cancelled, the
// activities under way find that out by their heartbeats.
func Rollout(ctx workflow.Context, o RolloutOrder) error {
	var shards []workflow.Future
	for i := range o.Shards {
		options := activityOptions(i, o.Heartbeat)
		options.WaitForCancellation = false
		shards = append(shards, workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), shardName, o, i))
	}
	for _, f := range shards {
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// roll is the activity of a shard. When it returns without an error the shard
// is in the store. Unlike a run it stops when it is cancelled: what it has
// begun is of no use to anybody.
func (p *player) roll(ctx context.Context, o RolloutOrder, shard int) error {
	if o.Version != p.version {
		return fault(fmt.Sprintf("the training is by version %s of the program, this worker is %s", o.Version, p.version))
	}
	defer beat(ctx, o.Heartbeat)()
	if done, err := p.store.read(ctx, o.shardKey(shard)); err != nil || done != nil {
		return err
	}
	order, err := p.store.read(ctx, o.orderKey())
	switch {
	case err != nil:
		return err
	case order == nil:
		return fault(p.store.missing(o.orderKey(), "the training"))
	}
	data, err := p.shard(ctx, order, shard)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fault(err.Error())
	}
	return p.store.write(ctx, o.shardKey(shard), data)
}

// Rollouts has the shards of a training's iterations played by the workers of
// a server.
type Rollouts struct {
	Connection *Connection
	Store      *Store
	// Heartbeat is after how long without a sign of life a worker is lost.
	Heartbeat time.Duration
	// Note tells people what they should know while they wait.
	Note func(text string)
}

// Gather has the shards of an iteration played, gives each of them to take, in
// their order, and removes all of it from the store. order is what
// Workplace.Shard is called with. When ctx ends the workflow is cancelled, and
// what is in the store by then is left for one who asks for the same again; a
// shard that take refuses is removed.
func (r *Rollouts) Gather(ctx context.Context, order []byte, shards int, take func(shard int, data []byte) error) error {
	sum := sha256.New()
	sum.Write([]byte(r.Connection.Version() + "\n")) // a hash takes all
	sum.Write(order)
	o := RolloutOrder{Key: hex.EncodeToString(sum.Sum(nil)), Shards: shards, Version: r.Connection.Version(), Heartbeat: r.Heartbeat}
	if err := r.Store.write(ctx, o.orderKey(), order); err != nil {
		return err
	}
	if err := r.run(ctx, o); err != nil {
		return err
	}
	for i := range shards {
		data, err := r.Store.read(ctx, o.shardKey(i))
		switch {
		case err != nil:
			return err
		case data == nil:
			return errors.New("temporal: " + r.Store.missing(o.shardKey(i), "the training"))
		}
		if err := take(i, data); err != nil {
			return errors.Join(err, r.Store.remove(ctx, o.shardKey(i)))
		}
	}
	for i := range shards {
		if err := r.Store.remove(ctx, o.shardKey(i)); err != nil {
			return err
		}
	}
	return r.Store.remove(ctx, o.orderKey())
}

// run starts the workflow of an iteration and waits for its end. One that an
// earlier command left behind makes room for it: what that played is in the
// store.
func (r *Rollouts) run(ctx context.Context, o RolloutOrder) error {
	id, told := "hibernet-rollout-"+o.Key, ""
	var run client.WorkflowRun
	for {
		call, stop := context.WithTimeout(ctx, lonely)
		var err error
		if run == nil {
			run, err = r.Connection.client.ExecuteWorkflow(call, client.StartWorkflowOptions{
				ID: id, TaskQueue: r.Connection.server.queue(),
				WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING,
			}, rolloutName, o)
		}
		if err == nil {
			err = run.Get(call, nil)
		}
		stop()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return errors.Join(ctx.Err(), r.cancel(context.WithoutCancel(ctx), id))
		case sdk.IsTerminatedError(err) || sdk.IsCanceledError(err):
			return fmt.Errorf("temporal: the workflow %s was ended from elsewhere, perhaps by another command that makes the same training", id)
		case !gone(err):
			return fmt.Errorf("temporal: %s", faultText(err))
		}
		text, err := r.Connection.unattended(ctx)
		if err != nil {
			text = absent
		}
		if text != told && text != "" && ctx.Err() == nil {
			r.Note(text)
		}
		told = text
		select {
		case <-ctx.Done():
		case <-time.After(leastPause):
		}
	}
}

// cancel cancels a workflow, if it was started and the server is there.
func (r *Rollouts) cancel(ctx context.Context, id string) error {
	ctx, stop := context.WithTimeout(ctx, oneCall)
	defer stop()
	var none *serviceerror.NotFound
	if err := r.Connection.client.CancelWorkflow(ctx, id, ""); err != nil && !gone(err) && !errors.As(err, &none) {
		return fmt.Errorf("temporal: cancel the rollout: %w", err)
	}
	return nil
}
