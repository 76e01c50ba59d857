package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"hibernet/results/record"
	"hibernet/results/sweep"
	"hibernet/results/sweep/temporal"
)

// Engines of sweeps and trainings.
const (
	engineLocal    = "local"
	engineTemporal = "temporal"
)

// engine plays tasks and returns those that failed, as sweep.Pool.Run does.
type engine func(ctx context.Context, tasks []sweep.Task, keep func(int, sweep.Reply) error, notify func(sweep.Event)) ([]sweep.Failure, error)

// engineFlags say who does the work of a command: this machine or workers.
type engineFlags struct {
	engine string
	server serverFlags
}

// register registers the flags of a command whose work is runs or shards.
func (f *engineFlags) register(cmd *cobra.Command, work string) {
	flags := cmd.Flags()
	flags.StringVar(&f.engine, "engine", engineLocal, "who plays the "+work+": local, this machine; temporal, the workers of a Temporal server")
	completeFlag(cmd, "engine", engineLocal, engineTemporal)
	f.server.register(cmd)
	flags.DurationVar(&f.server.heartbeat, "heartbeat", 30*time.Second, "temporal: after how long without a sign of life a worker is lost and its "+work+" go to others")
}

// serverFlags say where a Temporal server and a blob store are.
type serverFlags struct {
	address, namespace, queue, blobs string
	heartbeat                        time.Duration
}

func (f *serverFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.address, "address", "", "temporal: `HOST:PORT` of the server")
	flags.StringVar(&f.namespace, "namespace", "default", "temporal: namespace of the server")
	flags.StringVar(&f.queue, "task-queue", "hibernet", "temporal: task queue, the same for all")
	flags.StringVar(&f.blobs, "blobs", "", "temporal: `URL` of the blob store, the same for all: file:///FOLDER, s3://BUCKET?region=REGION")
}

// check returns what is missing.
func (f *serverFlags) check() error {
	if _, _, err := net.SplitHostPort(f.address); err != nil {
		return usage(fmt.Errorf("--address: must be the HOST:PORT of a Temporal server, got %q", f.address), aboutServer)
	}
	if f.blobs == "" {
		return usage(errors.New("--blobs: must be the URL of a blob store that this command and all workers reach, such as file:///shared/sweeps"), "")
	}
	return nil
}

const aboutServer = "temporal server start-dev --db-filename FILE starts a server at localhost:7233"

// checkEngine checks the flags of the engine.
func (f *engineFlags) checkEngine() error {
	switch f.engine {
	case engineLocal:
		if f.server.address != "" || f.server.blobs != "" {
			return usage(errors.New("--address and --blobs are for --engine temporal"), "")
		}
		return nil
	case engineTemporal:
		if f.server.heartbeat < time.Second {
			return usage(fmt.Errorf("--heartbeat: must be 1s or more, got %s", f.server.heartbeat), "")
		}
		return f.server.check()
	}
	return usage(fmt.Errorf("--engine: %q is not known, allowed: %s, %s", f.engine, engineLocal, engineTemporal), "")
}

// engine makes the sweep's engine ready; the function that it returns too ends
// it.
func (s *sweeping) engine(ctx context.Context) (engine, func(), error) {
	if s.flags.engine == engineLocal {
		return func(ctx context.Context, tasks []sweep.Task, keep func(int, sweep.Reply) error, notify func(sweep.Event)) ([]sweep.Failure, error) {
			pool := sweep.Pool{Slots: s.slots, Start: s.io.worker, Keep: keep, Notify: notify}
			return pool.Run(ctx, tasks)
		}, func() {}, nil
	}
	f := s.flags.server
	link, store, stop, err := s.io.connect(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	name := fmt.Sprintf("%s-%.12s-%d-of-%d", s.spec.Name, s.digest, s.shard.Index, s.shard.Of)
	return func(ctx context.Context, tasks []sweep.Task, keep func(int, sweep.Reply) error, notify func(sweep.Event)) ([]sweep.Failure, error) {
		driver := temporal.Driver{
			Connection: link, Store: store, Name: name, Heartbeat: f.heartbeat, Keep: keep, Notify: notify,
			Note: func(text string) { s.io.say("note: %s", text) },
		}
		return driver.Run(ctx, tasks)
	}, stop, nil
}

// connect opens the blob store and connects to the server; the function that
// it returns closes both.
func (o IO) connect(ctx context.Context, f serverFlags) (*temporal.Connection, *temporal.Store, func(), error) {
	version, err := codeVersion(record.ReadBuild(commit))
	if err != nil {
		return nil, nil, nil, err
	}
	store, err := temporal.OpenStore(ctx, f.blobs)
	if err != nil {
		return nil, nil, nil, usage(fmt.Errorf("--blobs: %w", err), "")
	}
	link, err := temporal.Connect(ctx, temporal.Server{
		Address: f.address, Namespace: f.namespace, Queue: f.queue, Version: version,
		Log: slog.New(slog.NewTextHandler(o.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return nil, nil, nil, errors.Join(mark(ExitInternal, err, aboutServer), store.Close())
	}
	return link, store, func() {
		link.Close()
		if err := store.Close(); err != nil {
			o.say("warning: close the blob store: %v", err)
		}
	}, nil
}

// codeVersion names all that decides the bits of a result: commit, Go version
// and architecture. A commit does not say what a changed or unknown tree was
// built from, so that the program's own digest stands beside it.
func codeVersion(b record.Build) (string, error) {
	version := fmt.Sprintf("%.12s-%s-%s", b.Code(), b.GoVersion, b.GOARCH)
	if b.Commit != "" && !b.Dirty {
		return version, nil
	}
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("this program's path is not known: %w", err)
	}
	file, err := os.Open(program)
	if err != nil {
		return "", fmt.Errorf("this program: %w", err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("this program: %w", err)
	}
	return version + "-" + hex.EncodeToString(sum.Sum(nil))[:12], nil
}
