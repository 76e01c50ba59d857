package temporal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"hibernet/results/sweep"
)

// ErrUnreachable is wrapped by the error of a server that does not answer.
var ErrUnreachable = errors.New("no Temporal server answers")

// reachTimeout is how long a server may take to answer the first call.
const reachTimeout = 5 * time.Second

// Server says where a server is and what is wanted of it.
type Server struct {
	Address   string // HOST:PORT
	Namespace string
	Queue     string // name of the task queue, to which the version is added
	// Version is that of the program's code: only workers of the same version
	// play a sweep's runs.
	Version string
	// Log takes the warnings of the SDK.
	Log *slog.Logger
}

// Connection is a connection to a server.
type Connection struct {
	server Server
	client client.Client
}

// Connect connects to a server.
func Connect(ctx context.Context, s Server) (*Connection, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{
		HostPort: s.Address, Namespace: s.Namespace, Logger: sdklog.NewStructuredLogger(s.Log),
		ConnectionOptions: client.ConnectionOptions{GetSystemInfoTimeout: reachTimeout},
	})
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w", ErrUnreachable, s.Address, err)
	}
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: s.Namespace})
	var none *serviceerror.NamespaceNotFound
	switch {
	case errors.As(err, &none):
		err = fmt.Errorf("the Temporal server at %s has no namespace %q", s.Address, s.Namespace)
	case err != nil:
		err = fmt.Errorf("%w at %s: %w", ErrUnreachable, s.Address, err)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return &Connection{s, c}, nil
}

// Close ends the connection.
func (c *Connection) Close() { c.client.Close() }

// describe returns what the server knows of a workflow.
func (c *Connection) describe(ctx context.Context, id, run string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return c.client.WorkflowService().DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: c.server.Namespace, Execution: &common.WorkflowExecution{WorkflowId: id, RunId: run},
	})
}

// queue is the task queue of this version.
func (s Server) queue() string { return s.Queue + "@" + s.Version }

// Workplace is what a worker has to play runs with.
type Workplace struct {
	Store *Store
	Slots int // runs and shards at a time
	// Start starts the process of a slot.
	Start func() (sweep.Worker, error)
	// Shard plays a shard of an iteration of a training; several may be played
	// at a time. order is what the training gave Rollouts.Gather.
	Shard func(ctx context.Context, order []byte, shard int) ([]byte, error)
	// Code is the commit that the outcomes of this program have.
	Code string
}

// Work plays runs of any sweep of the queue, and shards of any training, until
// ctx ends; those under way are played to their end first.
func (c *Connection) Work(ctx context.Context, place Workplace) error {
	p := newPlayer(place.Store, c.server.Version, place.Code, place.Slots, place.Start)
	p.shard = place.Shard
	w := worker.New(c.client, c.server.queue(), worker.Options{
		MaxConcurrentActivityExecutionSize: place.Slots,
		// Stop waits for the runs under way, however long they are; who will
		// not wait kills the process, and another worker plays them.
		WorkerStopTimeout: longest,
	})
	register(w, p)
	if err := w.Start(); err != nil {
		return fmt.Errorf("temporal: start: %w", err)
	}
	<-ctx.Done()
	w.Stop()
	return errors.Join(ctx.Err(), p.close())
}

// registry is what the SDK's workers and its test environments have in common.
type registry interface {
	RegisterWorkflowWithOptions(any, workflow.RegisterOptions)
	RegisterActivityWithOptions(any, activity.RegisterOptions)
}

// register tells a worker what it can do.
func register(r registry, p *player) {
	r.RegisterWorkflowWithOptions(Sweep, workflow.RegisterOptions{Name: sweepName})
	r.RegisterWorkflowWithOptions(Batch, workflow.RegisterOptions{Name: batchName})
	r.RegisterActivityWithOptions(p.play, activity.RegisterOptions{Name: playName})
	r.RegisterWorkflowWithOptions(Rollout, workflow.RegisterOptions{Name: rolloutName})
	r.RegisterActivityWithOptions(p.roll, activity.RegisterOptions{Name: shardName})
}

// Version returns the version that driver and workers must have in common.
func (c *Connection) Version() string { return c.server.Version }
