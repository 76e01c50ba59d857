package temporal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"hibernet/results/sweep"
)

// The largest sweep that a file may ask for keeps the server's limits.
func TestLimits(t *testing.T) {
	o := Order{Runs: 1_000_000}
	if n := o.batches(); n != 2000 || n*9 > 51_200 || openBatches > 2000 {
		t.Errorf("%d batches", n)
	}
	if batchRuns*6 > 10_240 || batchRuns > 2000 {
		t.Errorf("batches of %d", batchRuns)
	}
	if worst := o.batches() * (faultBytes + 2*4*batchRuns); worst > 50<<20 {
		t.Errorf("results of %d bytes", worst)
	}
	for runs, want := range map[int][]int{1: {1}, 500: {500}, 501: {500, 1}, 1500: {500, 500, 500}, 1501: {500, 500, 500, 1}} {
		o := Order{Runs: runs}
		var sizes []int
		for i := range o.batches() {
			sizes = append(sizes, o.size(i))
		}
		if !slices.Equal(sizes, want) {
			t.Errorf("%d runs: batches of %v, want %v", runs, sizes, want)
		}
	}
}

// order is one of n runs.
func order(n int) Order {
	return Order{Key: "k", Runs: n, Version: "v", Heartbeat: time.Minute}
}

// environment returns a workflow environment whose activity is play.
func environment(t *testing.T, play func(context.Context, item) error) *testsuite.TestWorkflowEnvironment {
	suite := quietSuite()
	env := suite.NewTestWorkflowEnvironment()
	register(env, &player{})
	env.OnActivity(playName, mock.Anything, mock.Anything).Return(play)
	return env
}

// Every run is played once; faults of runs are not tried again, others are.
func TestBatch(t *testing.T) {
	tries := make([]int, 7)
	env := environment(t, func(_ context.Context, it item) error {
		tries[it.Index]++
		switch {
		case it.Batch != 1:
			return fault("another batch")
		case it.Index == 2:
			return fault("the run's own fault")
		case it.Index == 3 && tries[3] < 3:
			return errors.New("the store does not answer")
		case it.Index == 4:
			return errors.New("the store never answers")
		}
		return nil
	})
	o := order(batchRuns + 7)
	env.ExecuteWorkflow(batchName, o, 1)
	var p Progress
	if err := env.GetWorkflowResult(&p); err != nil {
		t.Fatal(err)
	}
	slices.Sort(p.Done)
	slices.SortFunc(p.Failed, func(a, b Fault) int { return a.Index - b.Index })
	if !slices.Equal(p.Done, []int{0, 1, 3, 5, 6}) || !slices.Equal(tries, []int{1, 1, 1, 3, attempts, 1, 1}) {
		t.Errorf("done %v, tries %v", p.Done, tries)
	}
	want := []Fault{{2, "the run's own fault"}, {4, "given up after 10 attempts: the store never answers"}}
	if !slices.Equal(p.Failed, want) {
		t.Errorf("failed %v, want %v", p.Failed, want)
	}
	var asked Progress
	answer, err := env.QueryWorkflow(progressQuery)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Get(&asked); err != nil || len(asked.Done) != 5 || len(asked.Failed) != 2 {
		t.Errorf("asked: %+v (%v)", asked, err)
	}
}

// A batch in which everything fails at length keeps its result short.
func TestBatchOfFaults(t *testing.T) {
	env := environment(t, func(context.Context, item) error { return fault(strings.Repeat("x", 5000)) })
	env.ExecuteWorkflow(batchName, order(batchRuns), 0)
	var p Progress
	if err := env.GetWorkflowResult(&p); err != nil {
		t.Fatal(err)
	}
	full := 0
	for _, f := range p.Failed {
		if len(f.Text) == oneFault {
			full++
		} else if !strings.Contains(f.Text, "history of the workflow") {
			t.Fatalf("%q", f.Text)
		}
	}
	if len(p.Failed) != batchRuns || full != faultBytes/oneFault {
		t.Errorf("%d failed, %d with their text", len(p.Failed), full)
	}
}

// A sweep has all of its batches played; one that comes to a bad end does not
// keep the others from theirs.
func TestSweep(t *testing.T) {
	suite := quietSuite()
	env := suite.NewTestWorkflowEnvironment()
	register(env, &player{})
	o := order(20*batchRuns + 1)
	var seen []int
	open, most := 0, 0
	env.OnWorkflow(batchName, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_ workflow.Context, _ Order, batch int) (Progress, error) {
			if batch == 3 {
				return Progress{}, errors.New("a bad end")
			}
			return Progress{}, nil
		})
	env.SetOnChildWorkflowStartedListener(startedListener(&open, &most, &seen))
	env.SetOnChildWorkflowCompletedListener(completedListener(&open))
	env.ExecuteWorkflow(sweepName, o)
	if err := env.GetWorkflowError(); err == nil || !strings.Contains(err.Error(), "batch 3") || strings.Contains(err.Error(), "batch 4") {
		t.Errorf("ended with %v", err)
	}
	slices.Sort(seen)
	if len(seen) != 21 || seen[0] != 0 || seen[20] != 20 || most > openBatches {
		t.Errorf("batches %v, %d at a time", seen, most)
	}
}

// When a batch is cancelled, runs that are not begun have not failed.
func TestBatchCancelled(t *testing.T) {
	env := environment(t, func(context.Context, item) error { return nil })
	env.RegisterDelayedCallback(env.CancelWorkflow, 0)
	env.ExecuteWorkflow(batchName, order(5), 0)
	var p Progress
	if err := env.GetWorkflowResult(&p); err != nil {
		t.Fatal(err)
	}
	if len(p.Failed) > 0 || len(p.Done) == 5 {
		t.Errorf("%+v", p)
	}
}

// fakeWorker answers as a process would.
type fakeWorker struct {
	played *int
	reply  func(sweep.Task) sweep.Reply
}

func (w fakeWorker) Do(task sweep.Task) (sweep.Reply, error) {
	*w.played++
	return w.reply(task), nil
}
func (fakeWorker) Close() error { return nil }

// The activity of a run: what is in the store is not played, what is torn is,
// and nothing is kept of a run that failed or of other code.
func TestPlay(t *testing.T) {
	ctx := context.Background()
	store, err := OpenStore(ctx, "mem://")
	if err != nil {
		t.Fatal(err)
	}
	list := []sweep.Task{{Run: "a", ScenarioText: "text"}, {Run: "b", ScenarioText: "text"}, {Run: "c", ScenarioText: "other"}}
	o, err := store.put(ctx, list, "v", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	played, code := 0, "code"
	p := newPlayer(store, "v", "code", 1, func() (sweep.Worker, error) {
		return fakeWorker{&played, func(task sweep.Task) sweep.Reply {
			if task.Run == "c" {
				return sweep.Reply{Run: "c", Fault: "no scenario: " + task.ScenarioText}
			}
			return sweep.Reply{Run: task.Run, Outcome: sweep.Outcome{Run: task.Run, Code: code, Scenario: task.ScenarioText}}
		}}, nil
	})
	suite := quietSuite()
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(p.play, activity.RegisterOptions{Name: playName})
	play := func(o Order, index int) error {
		_, err := env.ExecuteActivity(playName, item{o, 0, index})
		return err
	}
	check := func(what string, err error, fault string, want int) {
		t.Helper()
		if fault == "" && err != nil || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) || played != want {
			t.Errorf("%s: %v, played %d, want %q, %d", what, err, played, fault, want)
		}
	}
	check("first", play(o, 0), "", 1)
	check("once more", play(o, 0), "", 1)
	if kept, ok, err := store.outcome(ctx, "v", "a"); err != nil || !ok || kept.Outcome.Scenario != "text" {
		t.Errorf("kept %+v, %v, %v", kept, ok, err)
	}
	if err := store.write(ctx, outcomeKey("v", "a"), []byte(`{"outcome":{"run":"a"`)); err != nil {
		t.Fatal(err)
	}
	check("torn", play(o, 0), "", 2)
	check("a run that fails", play(o, 2), "no scenario: other", 3)
	code = "replaced"
	check("a program that was replaced", play(o, 1), "has been replaced", 4)
	if _, ok, err := store.outcome(ctx, "v", "b"); ok || err != nil {
		t.Errorf("an outcome of other code was kept (%v)", err)
	}
	other := o
	other.Version = "w"
	check("another version", play(other, 1), "begun by version w", 4)
	other = o
	other.Key = "elsewhere"
	check("another store", play(other, 1), "need the same blob store", 4)
	if err := p.close(); err != nil {
		t.Error(err)
	}
}

// A server that is not there, and addresses that are none, are told in time.
func TestConnectFaults(t *testing.T) {
	ctx := context.Background()
	began := time.Now()
	_, err := Connect(ctx, Server{Address: "127.0.0.1:1", Namespace: "default", Queue: "q", Version: "v", Log: quiet})
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "127.0.0.1:1") || time.Since(began) > 2*reachTimeout {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	for _, address := range []string{"", "/tmp/x", "ftp://x"} {
		if _, err := OpenStore(ctx, address); !errors.Is(err, ErrStore) {
			t.Errorf("%q: %v", address, err)
		}
	}
}
