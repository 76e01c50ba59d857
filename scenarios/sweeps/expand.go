package sweeps

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"hibernet/scenarios"
)

// TrainPrefix begins the name of a policy that is trained within each run; the
// algorithm follows.
const TrainPrefix = "train:"

// Policy is a policy of a sweep.
type Policy struct {
	// Name stands in the results: letters, digits, - and _.
	Name string `json:"name"`
	// Arg is what the sweep file names.
	Arg string `json:"arg"`
	// SHA256 is the digest of a trained policy's file; a rule, whose settings
	// are the scenario's, has that of its name.
	SHA256 string `json:"sha256"`
}

// PolicyDigest returns the digest of a policy from what decides what it does.
func PolicyDigest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Base is what the runs of a sweep have in common.
type Base struct {
	// Name and Text are those of the base scenario's file.
	Name string
	Text []byte
	// Inputs returns the digest of the data files that a scenario names, empty
	// where it names none.
	Inputs func(scenarios.InputSpec) (string, error)
}

// Run is one run of a sweep.
type Run struct {
	// ID is the digest, 20 hexadecimal digits, of what decides the result.
	ID string `json:"id"`
	// Index is the run's place in the sweep, from 0.
	Index int `json:"index"`
	// Point holds the values of what varies.
	Point Point `json:"point"`
	// Sets are the overrides of the base scenario.
	Sets []string `json:"sets"`
	// ScenarioSHA256 is the hash of the scenario with the overrides and the
	// seed, InputsSHA256 the digest of its data files.
	ScenarioSHA256 string  `json:"scenario_sha256"`
	InputsSHA256   string  `json:"inputs_sha256"`
	Policy         Policy  `json:"policy"`
	Seed           uint64  `json:"seed,string"`
	StartDay       int     `json:"start_day"`
	Days           float64 `json:"days"`
}

// Label names the run for people.
func (r Run) Label(columns []Column) string {
	var b strings.Builder
	b.WriteString(r.Policy.Name)
	for i, c := range columns {
		fmt.Fprintf(&b, " %s=%s", c.Name, r.Point[i])
	}
	fmt.Fprintf(&b, " seed %d day %d", r.Seed, r.StartDay)
	return b.String()
}

// idDigits is the length of a run's identity. With 80 bits, a million runs
// meet the same one with a probability of 4e-13.
const idDigits = 20

// id returns the run's identity.
func (r Run) id() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "hibernet run 1\nscenario %s\ninputs %s\npolicy %s\nstart_day %d\ndays %s\n",
		r.ScenarioSHA256, r.InputsSHA256, r.Policy.SHA256, r.StartDay, number(r.Days)))
	return hex.EncodeToString(sum[:])[:idDigits]
}

// Expand returns the runs of a sweep without a search.
func (s Spec) Expand(base Base, policies []Policy) ([]Run, error) {
	points, err := s.Points()
	if err != nil {
		return nil, err
	}
	runs, err := s.Runs(base, policies, points, s.Days)
	switch {
	case err != nil:
		return nil, err
	case len(runs) == 0:
		return nil, fmt.Errorf("sweep %s: exclude leaves no run", s.Name)
	case s.Budget.Runs > 0 && len(runs) > s.Budget.Runs:
		return nil, fmt.Errorf("sweep %s: asks for %d runs, budget.runs allows %d", s.Name, len(runs), s.Budget.Runs)
	}
	return runs, nil
}

// Runs returns the runs of the given combinations, each with every start day,
// seed and policy, of a given length in days.
func (s Spec) Runs(base Base, policies []Policy, points []Point, days float64) ([]Run, error) {
	if err := distinct(policies); err != nil {
		return nil, err
	}
	e := expansion{spec: s, base: base, policies: policies, columns: s.Columns(), days: days, seen: map[string]int{}}
	for _, text := range s.Exclude {
		x, err := s.exclusion(text)
		if err != nil {
			return nil, fmt.Errorf("sweep %s: exclude: %w", s.Name, err)
		}
		e.exclude = append(e.exclude, x)
	}
	for _, p := range points {
		if err := e.add(p); err != nil {
			return nil, fmt.Errorf("sweep %s: %w", s.Name, err)
		}
	}
	return e.runs, nil
}

// distinct checks that policies can be told apart in the results.
func distinct(policies []Policy) error {
	for i, p := range policies {
		if !nameText.MatchString(p.Name) {
			return fmt.Errorf("policies[%d]: %q would stand in the results as %q; allowed: letters, digits, - and _", i, p.Arg, p.Name)
		}
		if j := slices.IndexFunc(policies[:i], func(q Policy) bool { return q.Name == p.Name }); j >= 0 {
			return fmt.Errorf("policies[%d]: %q and %q would both stand in the results as %s: rename a folder", i, policies[j].Arg, p.Arg, p.Name)
		}
	}
	return nil
}

// expansion is an expansion under way.
type expansion struct {
	spec     Spec
	base     Base
	policies []Policy
	columns  []Column
	exclude  []exclusion
	days     float64
	seen     map[string]int // index of a run by its identity
	runs     []Run
}

// add appends the runs of one combination.
func (e *expansion) add(p Point) error {
	sets := slices.Clone(e.spec.Set)
	for i, c := range e.columns {
		sets = append(sets, c.Path+"="+string(p[i]))
	}
	sc, err := scenarios.Load(e.base.Name, e.base.Text, sets)
	if err != nil {
		return err
	}
	if steps := e.days * 86400 / sc.Network.ControlS; steps < 1 || math.Abs(steps-math.Round(steps)) > 1e-9*steps {
		return fmt.Errorf("days: must be a whole number of control intervals of %g s, got %g days", sc.Network.ControlS, e.days)
	}
	inputs, err := e.base.Inputs(sc.Inputs)
	if err != nil {
		return err
	}
	hashes := make([]string, e.spec.Seeds.Count)
	for i := range hashes {
		sc.Seed = e.spec.Seeds.First + uint64(i)
		hashes[i] = sc.Hash()
	}
	for _, day := range e.spec.StartDays {
		for i, hash := range hashes {
			for _, policy := range e.policies {
				if err := e.take(Run{
					Point: p, Sets: sets, ScenarioSHA256: hash, InputsSHA256: inputs, Policy: policy,
					Seed: e.spec.Seeds.First + uint64(i), StartDay: day, Days: e.days,
				}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// take appends a run unless it is excluded.
func (e *expansion) take(r Run) error {
	for _, x := range e.exclude {
		if x.leavesOut(e.columns, r) {
			return nil
		}
	}
	r.Index, r.ID = len(e.runs), r.id()
	if first, twice := e.seen[r.ID]; twice {
		return errors.Join(errTwice, fmt.Errorf("%s and %s", e.runs[first].Label(e.columns), r.Label(e.columns)))
	}
	e.seen[r.ID] = r.Index
	e.runs = append(e.runs, r)
	return nil
}

var errTwice = errors.New("two runs are the same one, because values of an axis mean the same or undo each other")

// Digest returns the digest of a sweep's list of runs: equal for sweeps that
// ask for the same runs in the same order.
func Digest(runs []Run) string {
	h := sha256.New()
	for _, r := range runs {
		h.Write([]byte(r.ID + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}
