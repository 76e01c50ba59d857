package sweep

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"hibernet/results/evaluate"
	"hibernet/scenarios/sweeps"
)

// Task is a run as it is handed to a worker: all that the run depends on but
// the data files and the trained policy, whose digests it has.
type Task struct {
	Run            string        `json:"run"`
	ScenarioName   string        `json:"scenario_name"` // for messages
	ScenarioText   string        `json:"scenario_text"`
	Sets           []string      `json:"sets"`
	Seed           uint64        `json:"seed,string"`
	ScenarioSHA256 string        `json:"scenario_sha256"` // what the above must come to
	InputsSHA256   string        `json:"inputs_sha256"`
	Policy         sweeps.Policy `json:"policy"`
	StartDay       int           `json:"start_day"`
	Days           float64       `json:"days"`
	// ProbeSteps, if not 0, asks for this many control intervals only, to see
	// how long they take.
	ProbeSteps int `json:"probe_steps,omitempty"`
}

// NewTask returns the task of a run.
func NewTask(base sweeps.Base, r sweeps.Run) Task {
	return Task{
		Run: r.ID, ScenarioName: base.Name, ScenarioText: string(base.Text), Sets: r.Sets, Seed: r.Seed,
		ScenarioSHA256: r.ScenarioSHA256, InputsSHA256: r.InputsSHA256, Policy: r.Policy, StartDay: r.StartDay, Days: r.Days,
	}
}

// Outcome is what a run came to: nothing in it depends on the machine or the
// moment.
type Outcome struct {
	Run      string   `json:"run"`
	Scenario string   `json:"scenario"` // name
	Code     string   `json:"code"`     // commit of the program that played it
	Return   Real     `json:"return"`   // sum of rewards, mean over rows
	Figures  []Figure `json:"figures"`
}

// Real is a number that JSON writes as null where it is NaN; Outcome.check
// refuses infinities, which would come back as NaN.
type Real = evaluate.Number

// Figure is one figure of a run.
type Figure struct {
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Value Real   `json:"value"`
}

// Figure returns the value of the named figure, NaN if the run has none.
func (o *Outcome) Figure(name string) float64 {
	if name == "return" {
		return float64(o.Return)
	}
	for _, f := range o.Figures {
		if f.Name == name {
			return float64(f.Value)
		}
	}
	return math.NaN()
}

// check returns what makes an outcome unfit to be kept.
func (o *Outcome) check() error {
	for _, f := range append([]Figure{{"return", "1", o.Return}}, o.Figures...) {
		if math.IsInf(float64(f.Value), 0) {
			return fmt.Errorf("run %s: figure %s is infinite", o.Run, f.Name)
		}
	}
	return nil
}

// Timing is what a run took, and where.
type Timing struct {
	Seconds      float64 `json:"seconds"`       // wall clock, all of it
	BuildSeconds float64 `json:"build_seconds"` // of it, building the world; 0 if it was there from the run before
	// PolicySeconds is, of Seconds, making the policy: training, if it is
	// trained in the run; of a probe, one iteration of that.
	PolicySeconds float64 `json:"policy_seconds"`
	// Iterations is how many iterations the training in the run has, 0 if there
	// is none.
	Iterations  int    `json:"iterations,omitempty"`
	Steps       int    `json:"steps"`        // control intervals
	MemoryBytes int64  `json:"memory_bytes"` // that the worker had from the system afterwards
	Machine     string `json:"machine"`      // host name
	CPUs        int    `json:"cpus"`
}

// Reply is a worker's answer to a task.
type Reply struct {
	Run     string  `json:"run"`
	Outcome Outcome `json:"outcome"`
	Timing  Timing  `json:"timing"`
	// Fault says why there is no outcome; empty if there is one.
	Fault string `json:"fault,omitempty"`
}

// strictJSON decodes one value and refuses keys that are not known and
// anything after it.
func strictJSON(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("more than one value")
	}
	return nil
}
