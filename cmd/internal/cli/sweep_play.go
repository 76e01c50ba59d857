package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hibernet/results/sweep"
	"hibernet/scenarios"
	"hibernet/scenarios/sweeps"
)

// shownFailures is how many failed runs are named at the end; all are in the
// header.
const shownFailures = 5

// onceInputs returns a function for the digests of data files that reads
// every file once.
func (o IO) onceInputs() func(scenarios.InputSpec) (string, error) {
	known := map[scenarios.InputSpec]string{}
	return func(in scenarios.InputSpec) (string, error) {
		if sum, ok := known[in]; ok {
			return sum, nil
		}
		sum, err := o.inputsDigest(in)
		if err == nil {
			known[in] = sum
		}
		return sum, err
	}
}

// played is what came of a command.
type played struct {
	folder *sweep.Folder
	engine engine
	board  *board
	failed map[string]sweep.FailedRun
	before int // finished runs that were there
}

// play plays what is missing, writes the data set and says what there is.
func (s *sweeping) play(ctx context.Context, folder *sweep.Folder, e engine) error {
	p := &played{folder: folder, engine: e, failed: map[string]sweep.FailedRun{}}
	p.before = len(s.runs) - len(folder.Missing(s.runs))
	p.board = s.io.board("sweep "+s.spec.Name, len(s.runs), p.before)
	stop := p.board.tick()
	defer stop()
	var stopped error
	var best *sweep.Trial
	if s.spec.Search.Method == "" {
		stopped = s.missing(ctx, p, s.runs)
	} else {
		search := sweep.Search{
			Spec: s.spec, Base: s.base, Policies: s.policies, Outcome: folder.Outcome,
			Play: func(ctx context.Context, runs []sweeps.Run) error { return s.missing(ctx, p, runs) },
		}
		folder.Header.Trials, s.runs, stopped = search.Run(ctx)
		folder.Header.Runs, best = len(s.runs), search.Best()
	}
	stop()
	if err := folder.Finish(s.runs, s.columns, p.failures(s.runs), s.io.Now().UTC()); err != nil {
		return errors.Join(stopped, err)
	}
	if s.flags.asJSON {
		if err := s.io.json(s.outcome(folder, best)); err != nil {
			return err
		}
	} else {
		s.print(p, best)
	}
	return s.verdict(ctx, p, stopped)
}

// missing plays those of the runs that are not finished.
func (s *sweeping) missing(ctx context.Context, p *played, runs []sweeps.Run) error {
	missing := p.folder.Missing(runs)
	if s.spec.Search.Method != "" {
		p.board.more(len(missing))
	}
	tasks := make([]sweep.Task, len(missing))
	for i, r := range missing {
		tasks[i] = sweep.NewTask(s.base, r)
	}
	failures, err := p.engine(ctx, tasks,
		func(_ int, reply sweep.Reply) error { return p.folder.Keep(reply) },
		func(e sweep.Event) { p.board.see(e, missing[e.Task].Label(s.columns)) })
	for _, f := range failures {
		r := missing[f.Task]
		p.failed[r.ID] = sweep.FailedRun{Run: r.ID, Label: r.Label(s.columns), Fault: f.Fault}
	}
	return err
}

// failures returns the failed runs in the order of the list.
func (p *played) failures(runs []sweeps.Run) []sweep.FailedRun {
	list := []sweep.FailedRun{}
	for _, r := range runs {
		if f, ok := p.failed[r.ID]; ok {
			list = append(list, f)
		}
	}
	return list
}

// sweepOutcome is what hibernet sweep --json prints.
type sweepOutcome struct {
	Folder   string            `json:"folder"`
	Sweep    string            `json:"sweep"`
	Digest   string            `json:"sweep_sha256"`
	Shard    string            `json:"shard"`
	Runs     int               `json:"runs"`
	Finished int               `json:"finished"`
	Failed   []sweep.FailedRun `json:"failed"`
	Complete bool              `json:"complete"`
	Best     *sweep.Trial      `json:"best,omitempty"`
}

func (s *sweeping) outcome(folder *sweep.Folder, best *sweep.Trial) sweepOutcome {
	h := folder.Header
	return sweepOutcome{s.flags.dir, h.Name, h.SweepSHA256, h.Shard.String(), len(s.runs), h.Finished, h.Failed, h.Complete, best}
}

// print says what there is in words.
func (s *sweeping) print(p *played, best *sweep.Trial) {
	h := p.folder.Header
	fmt.Fprintf(s.io.Stdout, "%s: %d of %s finished", h.Name, h.Finished, count(len(s.runs), "run"))
	if p.before > 0 {
		fmt.Fprintf(s.io.Stdout, ", %d of them before", p.before)
	}
	fmt.Fprintln(s.io.Stdout)
	for i, f := range h.Failed {
		if i == shownFailures {
			fmt.Fprintf(s.io.Stdout, "and %d more that failed, see %s\n", len(h.Failed)-i, sweep.HeaderName)
			break
		}
		fmt.Fprintf(s.io.Stdout, "failed: %s: %s\n", f.Label, f.Fault)
	}
	switch {
	case s.spec.Search.Method == "":
	case best == nil:
		fmt.Fprintf(s.io.Stdout, "%s, none of full length that keeps the constraints\n", count(len(h.Trials), "trial"))
	default:
		fmt.Fprintf(s.io.Stdout, "%s; the best keeps the constraints, with a mean %s of %.6g:\n",
			count(len(h.Trials), "trial"), strings.Fields(s.spec.Search.Objective)[1], float64(best.Objective))
		for i, c := range s.columns {
			fmt.Fprintf(s.io.Stdout, "  --set %s=%s\n", c.Path, best.Settings[i])
		}
	}
	if h.Finished > 0 {
		fmt.Fprintf(s.io.Stdout, "\nwrote %s: %s, %s, %s\n", s.flags.dir, sweep.DataDir, sweep.TimingsName, sweep.HeaderName)
	}
}

// verdict is the error that the command ends with.
func (s *sweeping) verdict(ctx context.Context, p *played, stopped error) error {
	left := len(s.runs) - p.folder.Header.Finished - len(p.folder.Header.Failed)
	switch {
	case errors.Is(context.Cause(ctx), sweep.ErrBudget) && stopped != nil:
		return fmt.Errorf("budget.hours is used up with %s left: the same command goes on", count(left, "run"))
	case errors.Is(stopped, context.Canceled):
		s.io.say("%s left; the same command goes on: hibernet %s", count(left, "run"), goOn(s.io.Args))
		return stopped
	case stopped != nil:
		return stopped
	case len(p.folder.Header.Failed) > 0:
		return fmt.Errorf("%s of %d failed; the same command tries them again", count(len(p.folder.Header.Failed), "run"), len(s.runs))
	}
	return nil
}

// goOn returns the arguments without --force, which would begin anew.
func goOn(args []string) string {
	var words []string
	for _, a := range args {
		if !strings.HasPrefix(a, "--force") {
			words = append(words, quoted(a))
		}
	}
	return strings.Join(words, " ")
}

// rounded renders a time as people say it.
func rounded(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", 1000*seconds)
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", seconds)
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", seconds)
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
