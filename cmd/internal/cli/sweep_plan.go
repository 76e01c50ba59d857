package cli

import (
	"context"
	"fmt"
	"math"
	"text/tabwriter"

	"hibernet/results/sweep"
	"hibernet/scenarios"
	"hibernet/scenarios/sweeps"
)

// plan is what hibernet sweep --dry-run --json prints.
type plan struct {
	Sweep    string          `json:"sweep"`
	Digest   string          `json:"sweep_sha256"`
	Shard    string          `json:"shard"`
	Total    int             `json:"runs_of_sweep"`
	Runs     []plannedRun    `json:"runs"`
	Rounds   []plannedRound  `json:"rounds,omitempty"`
	Finished int             `json:"finished"`
	Workers  int             `json:"workers"`
	Estimate *sweep.Estimate `json:"estimate"`
}

type plannedRun struct {
	ID       string            `json:"id"`
	Policy   string            `json:"policy"`
	Settings map[string]string `json:"settings"`
	Seed     uint64            `json:"seed,string"`
	StartDay int               `json:"start_day"`
	Days     float64           `json:"days"`
	Scenario string            `json:"scenario_sha256"`
	Finished bool              `json:"finished"`
}

// plannedRound is a round of a search, whose settings are not known yet.
type plannedRound struct {
	Trials int     `json:"trials"`
	Runs   int     `json:"runs"`
	Days   float64 `json:"days"`
}

// dryRun lists the runs and estimates what they take.
func (s *sweeping) dryRun(ctx context.Context) error {
	p := plan{Sweep: s.spec.Name, Digest: s.digest, Shard: s.shard.String(), Total: s.all, Workers: s.slots, Rounds: s.rounds(), Runs: []plannedRun{}}
	missing := sweep.Unfinished(s.io.path(s.flags.dir), s.runs)
	p.Finished = len(s.runs) - len(missing)
	open := map[string]bool{}
	for _, r := range missing {
		open[r.ID] = true
	}
	for _, r := range s.runs {
		p.Runs = append(p.Runs, s.planned(r, !open[r.ID]))
	}
	if s.flags.probe && len(missing)+len(p.Rounds) > 0 {
		e, err := s.estimate(ctx, missing, p.Rounds)
		if err != nil {
			return input(err, "--probe=false lists the runs without an estimate")
		}
		p.Estimate = &e
	}
	if s.flags.asJSON {
		return s.io.json(p)
	}
	s.printPlan(p)
	return nil
}

func (s *sweeping) planned(r sweeps.Run, finished bool) plannedRun {
	settings := map[string]string{}
	for i, c := range s.columns {
		settings[c.Name] = string(r.Point[i])
	}
	return plannedRun{r.ID, r.Policy.Name, settings, r.Seed, r.StartDay, r.Days, r.ScenarioSHA256, finished}
}

// rounds returns the rounds of a search.
func (s *sweeping) rounds() []plannedRound {
	spec := s.spec.Search
	each := s.spec.Seeds.Count * len(s.spec.StartDays)
	switch spec.Method {
	case "":
		return nil
	case sweeps.MethodHalving:
		var list []plannedRound
		n := spec.Trials
		for _, days := range spec.Rungs(s.spec.Days) {
			list = append(list, plannedRound{n, n * each, days})
			n = max(1, n/spec.Eta)
		}
		return list
	}
	return []plannedRound{{spec.Trials, spec.Trials * each, s.spec.Days}}
}

// estimate probes runs; of a search, those in the middle of the space.
func (s *sweeping) estimate(ctx context.Context, runs []sweeps.Run, rounds []plannedRound) (sweep.Estimate, error) {
	pool := sweep.Pool{Slots: s.slots, Start: s.io.worker}
	sc, err := scenarios.Load(s.base.Name, s.base.Text, s.spec.Set)
	if err != nil {
		return sweep.Estimate{}, err
	}
	steps := func(days float64) int { return int(math.Round(days * 86400 / sc.Network.ControlS)) }
	for _, r := range rounds {
		var middle sweeps.Point
		for _, p := range s.spec.Search.Space {
			middle = append(middle, p.Value(0.5))
		}
		one, err := s.spec.Runs(s.base, s.policies, []sweeps.Point{middle}, s.spec.Days)
		if err != nil {
			return sweep.Estimate{}, err
		}
		for range max(1, int(math.Round(float64(r.Runs)/float64(len(one))*r.Days/s.spec.Days))) {
			runs = append(runs, one...)
		}
	}
	return sweep.Probe(ctx, &pool, s.base, runs, func(r sweeps.Run) int { return steps(r.Days) })
}

func (s *sweeping) printPlan(p plan) {
	if len(p.Rounds) > 0 {
		for i, r := range p.Rounds {
			fmt.Fprintf(s.io.Stdout, "round %d: up to %s in %s of %.4g days\n", i+1, count(r.Trials, "trial"), count(r.Runs, "run"), r.Days)
		}
	} else {
		w := tabwriter.NewWriter(s.io.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, "run\tpolicy")
		for _, c := range s.columns {
			fmt.Fprintf(w, "\t%s", c.Name)
		}
		fmt.Fprintln(w, "\tseed\tday\tdays")
		for _, r := range p.Runs {
			fmt.Fprintf(w, "%s\t%s", r.ID, r.Policy)
			for _, c := range s.columns {
				fmt.Fprintf(w, "\t%s", r.Settings[c.Name])
			}
			state := ""
			if r.Finished {
				state = "\tfinished"
			}
			fmt.Fprintf(w, "\t%d\t%d\t%.4g%s\n", r.Seed, r.StartDay, r.Days, state)
		}
		w.Flush()
		fmt.Fprintf(s.io.Stdout, "\n%s", count(len(p.Runs), "run"))
		if s.shard != sweep.Whole {
			fmt.Fprintf(s.io.Stdout, " in shard %s of %d", p.Shard, p.Total)
		}
		fmt.Fprintf(s.io.Stdout, ", %d finished\n", p.Finished)
	}
	if e := p.Estimate; e != nil {
		fmt.Fprintf(s.io.Stdout, "about %s a run, %s for what is left with %s, %.0f MB of memory\n",
			rounded(e.RunSeconds), rounded(e.WallSeconds), count(p.Workers, "worker"), float64(e.MemoryBytes)/1e6)
		fmt.Fprintf(s.io.Stdout, "estimated by playing the first control intervals of %s; busy hours and larger networks take longer\n", count(e.Probes, "run"))
	}
}
