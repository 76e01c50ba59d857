package temporal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
)

// Every shard is played once; a fault ends the iteration and is told, what is
// none is tried again.
func TestRollout(t *testing.T) {
	for _, c := range []struct {
		fault error
		want  string
		tries int
	}{
		{nil, "", 1},
		{fault("the mask allows no action"), "the mask allows no action", 1},
		{errors.New("the store never answers"), "given up after 10 attempts: the store never answers", attempts},
	} {
		var tries [5]int
		suite := quietSuite()
		env := suite.NewTestWorkflowEnvironment()
		register(env, &player{})
		env.OnActivity(shardName, mock.Anything, mock.Anything, mock.Anything).Return(func(_ context.Context, _ RolloutOrder, shard int) error {
			tries[shard]++
			if shard == 2 {
				return c.fault
			}
			return nil
		})
		env.ExecuteWorkflow(rolloutName, RolloutOrder{Key: "k", Shards: 5, Version: "v", Heartbeat: time.Minute})
		text := ""
		if err := env.GetWorkflowError(); err != nil {
			text = faultText(err)
		}
		if text != c.want || tries[2] != c.tries || c.fault == nil && tries != [5]int{1, 1, 1, 1, 1} {
			t.Errorf("%v: ended with %q, tries %v", c.fault, text, tries)
		}
	}
}

// An iteration that is cancelled ends as that.
func TestRolloutCancelled(t *testing.T) {
	suite := quietSuite()
	env := suite.NewTestWorkflowEnvironment()
	register(env, &player{})
	env.OnActivity(shardName, mock.Anything, mock.Anything, mock.Anything).Return(nil)
	env.RegisterDelayedCallback(env.CancelWorkflow, 0)
	env.ExecuteWorkflow(rolloutName, RolloutOrder{Key: "k", Shards: 5, Version: "v", Heartbeat: time.Minute})
	if err := env.GetWorkflowError(); !temporal.IsCanceledError(err) {
		t.Errorf("ended with %v", err)
	}
}

// The activity of a shard: what is in the store is not played again, and
// nothing is kept of a shard that failed or was cancelled.
func TestRoll(t *testing.T) {
	ctx := context.Background()
	store, err := OpenStore(ctx, "mem://")
	if err != nil {
		t.Fatal(err)
	}
	o := RolloutOrder{Key: "k", Shards: 3, Version: "v", Heartbeat: time.Minute}
	if err := store.write(ctx, o.orderKey(), []byte("order")); err != nil {
		t.Fatal(err)
	}
	played := 0
	p := newPlayer(store, "v", "code", 1, nil)
	p.shard = func(_ context.Context, order []byte, shard int) ([]byte, error) {
		if played++; shard == 2 {
			return nil, errors.New("the mask allows no action")
		}
		return fmt.Appendf(nil, "%s, shard %d", order, shard), nil
	}
	suite := quietSuite()
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(p.roll, activity.RegisterOptions{Name: shardName})
	check := func(what string, o RolloutOrder, shard int, fault string, want int) {
		t.Helper()
		_, err := env.ExecuteActivity(shardName, o, shard)
		if fault == "" && err != nil || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) || played != want {
			t.Errorf("%s: %v, played %d, want %q, %d", what, err, played, fault, want)
		}
	}
	check("first", o, 1, "", 1)
	check("once more", o, 1, "", 1)
	if data, err := store.read(ctx, o.shardKey(1)); err != nil || string(data) != "order, shard 1" {
		t.Errorf("kept %q, %v", data, err)
	}
	check("a shard that fails", o, 2, "the mask allows no action", 2)
	if data, err := store.read(ctx, o.shardKey(2)); err != nil || data != nil {
		t.Errorf("kept %q of a shard that failed, %v", data, err)
	}
	other := o
	other.Version = "w"
	check("another version", other, 0, "by version w", 2)
	other = o
	other.Key = "elsewhere"
	check("another store", other, 0, "need the same blob store", 2)

	cancelled, cancel := context.WithCancel(ctx)
	p.shard = func(ctx context.Context, _ []byte, _ int) ([]byte, error) {
		cancel()
		return nil, ctx.Err()
	}
	env.SetWorkerOptions(worker.Options{BackgroundActivityContext: cancelled})
	_, err = env.ExecuteActivity(shardName, o, 0)
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.NonRetryable() {
		t.Errorf("cancelled: %v, which is a fault of the shard's own", err)
	}
	if data, err := store.read(ctx, o.shardKey(0)); err != nil || data != nil {
		t.Errorf("kept %q of a shard that was cancelled, %v", data, err)
	}
}
