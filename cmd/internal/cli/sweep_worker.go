package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/results/record"
	"hibernet/results/sweep"
	"hibernet/scenarios"
	"hibernet/scenarios/sweeps"
)

// workerCommand is the command that plays the runs of a sweep; the sweep
// starts it, people do not.
const workerCommand = "sweep-worker"

func newSweepWorker(io IO) *cobra.Command {
	return &cobra.Command{
		Use:    workerCommand,
		Short:  "Play runs of a sweep that come in on standard input; hibernet sweep starts it",
		Hidden: true, Example: "  hibernet sweep-worker", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			runtime.GOMAXPROCS(1) // one run a processor: the pool fills the others
			p := player{io: io}
			// Ctrl-C reaches every process of the terminal. The pool decides
			// what becomes of the runs under way.
			return sweep.Serve(context.WithoutCancel(cmd.Context()), os.Stdin, io.Stdout, p.play)
		},
	}
}

// worker starts a worker: this program again, in the same folder.
func (o IO) worker() (sweep.Worker, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("sweep: this program's path is not known: %w", err)
	}
	cmd := exec.Command(program, workerCommand)
	cmd.Dir = o.Dir
	return sweep.StartProcess(cmd)
}

// sweepPolicy finds what a policy of a sweep file means.
func (o IO) sweepPolicy(arg string) (sweeps.Policy, error) {
	rule := ruleName(arg)
	for _, name := range baseline.Names() {
		if name == rule {
			return sweeps.Policy{Name: rule, Arg: arg, SHA256: sweeps.PolicyDigest([]byte("rule " + rule))}, nil
		}
	}
	if algo, ok := strings.CutPrefix(arg, sweeps.TrainPrefix); ok {
		if !slices.Contains(simulated(), algo) {
			return sweeps.Policy{}, input(fmt.Errorf("policy %s: algorithm %q is not known, allowed: %s", arg, algo, strings.Join(simulated(), ", ")), "")
		}
		return sweeps.Policy{Name: algo, Arg: arg, SHA256: sweeps.PolicyDigest([]byte(arg))}, nil
	}
	trained, err := o.trained(arg)
	if err != nil {
		return sweeps.Policy{}, err
	}
	content, err := trained.Encode()
	if err != nil {
		return sweeps.Policy{}, fmt.Errorf("policy %s: %w", arg, err)
	}
	name := strings.TrimSuffix(filepath.Base(filepath.Clean(arg)), filepath.Ext(policyFile))
	return sweeps.Policy{Name: name, Arg: arg, SHA256: sweeps.PolicyDigest(content)}, nil
}

// inputsDigest returns the digest of the data files that a scenario names.
func (o IO) inputsDigest(in scenarios.InputSpec) (string, error) {
	var all strings.Builder
	for _, f := range []struct{ key, name string }{
		{"traffic_file", in.TrafficFile}, {"sites_file", in.SitesFile}, {"profiles_file", in.ProfilesFile},
	} {
		if f.name == "" {
			continue
		}
		sum, err := record.SumFile(o.path(f.name))
		if err != nil {
			return "", input(fmt.Errorf("inputs.%s: %w", f.key, err), aboutInputs)
		}
		fmt.Fprintf(&all, "%s %s\n", f.key, sum)
	}
	if all.Len() == 0 {
		return "", nil
	}
	return sweeps.PolicyDigest([]byte(all.String())), nil
}

// player plays the tasks of a worker. It keeps the world of the last one: the
// next often differs in the policy only.
type player struct {
	io    IO
	world *scenarios.World
	of    string // hash of the world's scenario, and the digest of its data
}

var errProbed = errors.New("probed")

func (p *player) play(ctx context.Context, task sweep.Task) (sweep.Outcome, sweep.Timing, error) {
	var outcome sweep.Outcome
	var timing sweep.Timing
	started := p.io.Now()
	built, err := p.build(ctx, task)
	if err != nil {
		return outcome, timing, err
	}
	ready := p.io.Now()
	policy, err := p.policy(ctx, task, &timing)
	if err != nil {
		return outcome, timing, err
	}
	timing.PolicySeconds = p.io.Now().Sub(ready).Seconds()
	agents.SetWorkers(policy, 1)
	e, err := days(p.world, agents.Columns(policy), task.StartDay, task.Days, func(m *sleep.Moment) error {
		timing.Steps = m.Step
		if task.ProbeSteps > 0 && m.Step >= task.ProbeSteps {
			return errProbed
		}
		return nil
	})
	if err != nil {
		return outcome, timing, err
	}
	result, err := agents.Rollout(ctx, e, policy, env.NewPlayBatch(e), &task.Seed)
	if err != nil && !errors.Is(err, errProbed) {
		return outcome, timing, err
	}
	outcome = sweep.Outcome{Run: task.Run, Scenario: p.world.Scenario.Name, Code: record.ReadBuild(commit).Code(), Return: sweep.Real(result.Return)}
	for _, f := range result.Figures {
		outcome.Figures = append(outcome.Figures, sweep.Figure{Name: f.Name, Unit: f.Unit, Value: sweep.Real(f.Value)})
	}
	timing.Seconds, timing.BuildSeconds = p.io.Now().Sub(started).Seconds(), built.Seconds()
	timing.MemoryBytes, timing.CPUs = memory(), runtime.NumCPU()
	timing.Machine, err = os.Hostname()
	return outcome, timing, err
}

// build builds the world of a task unless it is there, and says how long that
// took.
func (p *player) build(ctx context.Context, task sweep.Task) (time.Duration, error) {
	if p.world != nil && p.of == task.ScenarioSHA256+task.InputsSHA256 {
		return 0, nil
	}
	p.world = nil // not two at a time
	began := p.io.Now()
	sc, err := scenarios.Load(task.ScenarioName, []byte(task.ScenarioText), task.Sets)
	if err != nil {
		return 0, err
	}
	sc.Seed = task.Seed
	s := setup{workers: 1}
	if p.world, err = s.rebuild(ctx, p.io, sc, task.ScenarioSHA256, task.InputsSHA256); err != nil {
		return 0, err
	}
	p.of = task.ScenarioSHA256 + task.InputsSHA256
	return p.io.Now().Sub(began), nil
}

// rebuild builds the world of a scenario that was sent to a worker, if both it
// and its data files are what the digests that came with it say.
func (s *setup) rebuild(ctx context.Context, io IO, sc scenarios.Scenario, hash, inputs string) (*scenarios.World, error) {
	if sc.Hash() != hash {
		return nil, fmt.Errorf("the scenario has the hash %s, expected %s: the worker is of another version", sc.Hash(), hash)
	}
	found, err := io.inputsDigest(sc.Inputs)
	if err == nil && found != inputs {
		err = errors.New("a data file of the scenario is not the one that was read for it: it has changed since, or this machine has another")
	}
	if err != nil {
		return nil, err
	}
	return s.build(ctx, io, sc)
}

// policy makes the task's policy; one that is trained in the run is trained
// here.
func (p *player) policy(ctx context.Context, task sweep.Task, timing *sweep.Timing) (agents.Policy, error) {
	if algo, ok := strings.CutPrefix(task.Policy.Arg, sweeps.TrainPrefix); ok {
		policy, iterations, err := trainIn(ctx, p.world, algo, task.ProbeSteps > 0)
		timing.Iterations = iterations
		return policy, err
	}
	now, err := p.io.sweepPolicy(task.Policy.Arg)
	if err == nil && now.SHA256 != task.Policy.SHA256 {
		err = fmt.Errorf("policy %s is not the one that the sweep read: it has changed since, or this machine has another", task.Policy.Arg)
	}
	if err != nil {
		return nil, err
	}
	made, err := p.io.policy(p.world.Scenario, task.Policy.Arg)
	if err != nil {
		return nil, err
	}
	return made.make()
}

// trainIn trains a policy as hibernet train does, the best or the last, and
// says how many iterations that takes; a probe trains for one.
func trainIn(ctx context.Context, world *scenarios.World, algo string, probe bool) (agents.Policy, int, error) {
	if limited(algo) {
		unpriced := *world
		unpriced.Scenario = withoutPrices(world.Scenario)
		world = &unpriced
	}
	sc, judge := world.Scenario, newJudge(world, 1)
	limits, err := judge.learnedUnder(ctx, algo)
	if err != nil {
		return nil, 0, err
	}
	l, err := newLearner(algo, sc, func(uint64) (env.Environment, error) {
		e, err := judge.learning(limits).Environment(scenarios.Train, nil, nil)
		return e, err
	}, learnerOptions{workers: 1, limits: limits})
	if err != nil {
		return nil, 0, err
	}
	var best train.Policy
	opt := train.Options{Spec: sc.Training, Keep: func(_ train.Iteration, state train.Checkpoint, better bool) error {
		if better {
			best = state.Policy()
		}
		if probe {
			return errProbed
		}
		return nil
	}}
	if sc.Training.JudgeEvery > 0 {
		opt.Judge = judge.verdict
	}
	if _, err = train.Run(ctx, l, opt); err != nil && !errors.Is(err, errProbed) {
		return nil, 0, err
	}
	if best == nil {
		best = l.Checkpoint().Policy()
	}
	return best, l.Iterations(), nil
}

// memory returns what the process has from the system, in bytes: all that the
// Go runtime has mapped, less what it has given back.
func memory() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}
