package sweeps

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"hibernet/scenarios/strict"
)

// MaxRuns is the greatest number of runs of a sweep: the list of them is held
// in memory.
const MaxRuns = 1_000_000

//go:embed *.yaml
var examples embed.FS

// Example returns the text of an example, such as "inter-site-distance"; the
// error of an unknown name lists what exists.
func Example(name string) ([]byte, error) {
	text, err := examples.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("sweeps: no example named %q: have %s", name, strings.Join(Examples(), ", "))
	}
	return text, nil
}

// Examples returns the names of the embedded sweep files.
func Examples() []string {
	files, err := fs.Glob(examples, "*.yaml")
	if err != nil {
		panic("sweeps: bad pattern")
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files
}

// Spec is a sweep file.
type Spec struct {
	Name        string     `yaml:"name" doc:"short name, used for folders: letters, digits, - and _" minlen:"1" maxlen:"64"`
	Description string     `yaml:"description" doc:"what the sweep is to show, in a sentence" maxlen:"2000"`
	Scenario    string     `yaml:"scenario" doc:"base scenario: a preset or a file" minlen:"1"`
	Set         []string   `yaml:"set" doc:"overrides of the base scenario for all runs, path=value"`
	Axes        []Axis     `yaml:"axes" doc:"what varies: every combination of the axes' values is run; the first axis varies slowest"`
	Exclude     []string   `yaml:"exclude" doc:"combinations to leave out: conditions on axes, policy, seed and start_day, joined by and: policy == always_on and isd_m > 500"`
	Policies    []string   `yaml:"policies" doc:"rules (always-on, schedule, threshold, forecast, random), folders or files of trained policies, or train:ALGORITHM (train:ppo) to train one within each run, with its settings and seed" minlen:"1" maxlen:"1000"`
	Seeds       SeedSpec   `yaml:"seeds" doc:"seeds of everything random: sites, shadowing, demand, faults"`
	StartDays   []int      `yaml:"start_days" doc:"days of the week on which runs begin; 0 is Monday" min:"0" max:"6" minlen:"1" maxlen:"7"`
	Days        float64    `yaml:"days" doc:"length of a run; parts of a day are allowed" unit:"days" gt:"0" max:"365"`
	Search      SearchSpec `yaml:"search" doc:"search for the best settings in place of axes"`
	Budget      BudgetSpec `yaml:"budget" doc:"what the sweep may take"`
}

// SeedSpec names consecutive seeds.
type SeedSpec struct {
	First uint64 `yaml:"first" doc:"first seed" min:"0" max:"18446744073709551615"`
	Count int    `yaml:"count" doc:"number of seeds" min:"1" max:"100000"`
}

// BudgetSpec bounds a sweep.
type BudgetSpec struct {
	Runs  int     `yaml:"runs" doc:"greatest number of runs: a file that asks for more is refused; 0 leaves it open" min:"0" max:"1000000"`
	Hours float64 `yaml:"hours" doc:"time after which no further run is begun; the same command continues; 0 leaves it open" unit:"h" min:"0" max:"10000"`
}

// Axis is one setting with the values that it takes: a list, a range or a
// logarithmic range, one of them.
type Axis struct {
	Path     string         `yaml:"path" doc:"path of a setting, such as topology.areas[0].isd_m" minlen:"1" maxlen:"200"`
	Name     string         `yaml:"name" doc:"column in the results; empty takes the path with _ in place of dots and brackets" maxlen:"100"`
	Values   []strict.Value `yaml:"values" doc:"list of values"`
	Range    RangeSpec      `yaml:"range" doc:"evenly spaced numbers: from, to, and step or count"`
	LogRange RangeSpec      `yaml:"log_range" doc:"numbers with even ratios: from, to, count"`
	Zip      string         `yaml:"zip" doc:"axes with the same zip vary together, the k-th values of all at once" maxlen:"64"`
}

// RangeSpec is a range of numbers, both ends included.
type RangeSpec struct {
	From  float64 `yaml:"from" doc:"first number" min:"-1e15" max:"1e15"`
	To    float64 `yaml:"to" doc:"last number" min:"-1e15" max:"1e15"`
	Step  float64 `yaml:"step" doc:"distance of neighbours; in place of count" min:"0" max:"1e15"`
	Count int     `yaml:"count" doc:"how many numbers; in place of step" min:"0" max:"10000"`
	Whole bool    `yaml:"whole" doc:"round to whole numbers"`
}

// Default returns the settings that a file's keys replace.
func Default() Spec {
	return Spec{Seeds: SeedSpec{First: 1, Count: 1}, StartDays: []int{0}, Days: 7, Search: defaultSearch()}
}

// Load reads a sweep from the text of a file; name stands for it in messages.
// All faults are returned at once, as a strict.Faults.
func Load(name string, text []byte) (Spec, error) {
	s := Default()
	if err := strict.Decode(&s, strict.Input{Name: name, Data: text}); err != nil {
		return Spec{}, err
	}
	return s, nil
}

// Show returns the sweep as YAML, with every key and the units as comments.
// Loading it again gives an equal sweep.
func (s Spec) Show() ([]byte, error) { return strict.Marshal(&s) }

// Reference returns a Markdown table of all keys.
func Reference() string {
	s := Default()
	return strict.Reference(&s)
}

var (
	nameText   = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	columnText = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// Reserved are the columns of the results that every sweep has; an axis may
// not take their names.
func Reserved() []string {
	return []string{"run", "sweep", "scenario", "scenario_sha256", "inputs_sha256", "code", "policy", "policy_sha256", "seed", "start_day", "days", "return"}
}

// Validate returns every broken relation between the keys.
func (s Spec) Validate() []error {
	var errs []error
	if !nameText.MatchString(s.Name) {
		errs = append(errs, fmt.Errorf("name: letters, digits, - and _ are allowed, got %q", s.Name))
	}
	errs = append(errs, s.validAxes()...)
	errs = append(errs, s.validLists()...)
	if s.Seeds.Count > 0 && s.Seeds.First+uint64(s.Seeds.Count-1) < s.Seeds.First {
		errs = append(errs, fmt.Errorf("seeds.count: the last of %d seeds from %d is above 18446744073709551615", s.Seeds.Count, s.Seeds.First))
	}
	for i, text := range s.Exclude {
		if _, err := s.exclusion(text); err != nil {
			errs = append(errs, fmt.Errorf("exclude[%d]: %w", i, err))
		}
	}
	return append(errs, s.validSearch()...)
}

// validLists checks the lists of overrides, policies and days.
func (s Spec) validLists() []error {
	var errs []error
	for i, set := range s.Set {
		if path, _, ok := strings.Cut(set, "="); !ok || strings.TrimSpace(path) == "" {
			errs = append(errs, fmt.Errorf("set[%d]: must be path=value, got %q", i, set))
		} else if strings.TrimSpace(path) == "seed" {
			errs = append(errs, fmt.Errorf("set[%d]: the seed is set by seeds", i))
		}
	}
	for i, p := range s.Policies {
		if slices.Contains(s.Policies[:i], p) {
			errs = append(errs, fmt.Errorf("policies[%d]: %q is listed twice", i, p))
		}
	}
	for i, d := range s.StartDays {
		if slices.Contains(s.StartDays[:i], d) {
			errs = append(errs, fmt.Errorf("start_days[%d]: day %d is listed twice", i, d))
		}
	}
	return errs
}

// validAxes checks each axis, their names, and the lengths of those that vary
// together.
func (s Spec) validAxes() []error {
	var errs []error
	paths, names, zips := map[string]bool{}, map[string]bool{}, map[string]int{}
	for i, a := range s.Axes {
		values, err := a.values()
		if err != nil {
			errs = append(errs, fmt.Errorf("axes[%d].%w", i, err))
		}
		if n, ok := zips[a.Zip]; ok && a.Zip != "" && n != len(values) && err == nil {
			errs = append(errs, fmt.Errorf("axes[%d].zip: %q joins axes of equal length: this one has %d values, the first has %d", i, a.Zip, len(values), n))
		} else if !ok && err == nil {
			zips[a.Zip] = len(values)
		}
		if bad := badColumn(a.Path, a.Column(), paths, names); bad != nil {
			errs = append(errs, fmt.Errorf("axes[%d].%w", i, bad))
		}
	}
	return errs
}

// badColumn returns what is wrong with the path and the column of an axis or
// of a searched setting, given those before it.
func badColumn(path, column string, paths, names map[string]bool) error {
	defer func() { paths[path], names[column] = true, true }()
	switch {
	case path == "seed":
		return fmt.Errorf("path: the seed is varied by seeds")
	case path == "name" || path == "description":
		return fmt.Errorf("path: %s says nothing of what is simulated", path)
	case strings.Contains(path, "="):
		return fmt.Errorf("path: must be the path of a setting, got %q", path)
	case paths[path]:
		return fmt.Errorf("path: %s is on two axes", path)
	case !columnText.MatchString(column):
		return fmt.Errorf("name: letters, digits and _ are allowed, a letter first, got %q", column)
	case slices.Contains(Reserved(), column):
		return fmt.Errorf("name: %s is a column of every sweep: give another name", column)
	case knownFigure(column) == nil:
		return fmt.Errorf("name: %s is a figure of every run: give another name", column)
	case names[column]:
		return fmt.Errorf("name: two axes have the column %s: give one of them a name", column)
	}
	return nil
}

var notColumn = regexp.MustCompile(`[^A-Za-z0-9]+`)

// Column returns the name of the axis in the results.
func (a Axis) Column() string { return columnOf(a.Path, a.Name) }

func columnOf(path, name string) string {
	if name != "" {
		return name
	}
	return strings.Trim(notColumn.ReplaceAllString(path, "_"), "_")
}
