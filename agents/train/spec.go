package train

import "fmt"

// Spec holds the settings of what surrounds a learner.
type Spec struct {
	Seed        uint64  `yaml:"seed" doc:"tells trainings on the same network apart: first weights, exploration, order of days" min:"0" max:"18446744073709551615"`
	JudgeEvery  int     `yaml:"judge_every" doc:"iterations between two verdicts on the policy, played on held-out training days; the best is what the training gives; 0: no verdict, the last policy is what it gives" unit:"1" min:"0" max:"1000000"`
	JudgeSeeds  int     `yaml:"judge_seeds" doc:"draws of the traffic that a verdict plays the held-out days on; limits must be kept on each" unit:"1" min:"1" max:"1000"`
	HeldOut     int     `yaml:"held_out" doc:"how many of the training days are kept for verdicts, the last of them; days for judging are never used" unit:"1" min:"1" max:"6"`
	JudgeMargin float64 `yaml:"judge_margin" doc:"by what share of the room between always-on and a guard's limit the limit is tightened in verdicts, so that the guard holds on other days and draws too" unit:"1" min:"0" max:"0.99"`
	Margin      float64 `yaml:"margin" doc:"by what share of that room it is tightened in learning, which keeps limits in the mean of its episodes only" unit:"1" min:"0" max:"0.99"`
	Patience    int     `yaml:"patience" doc:"verdicts without a better one after which the training ends early; 0: it does not" unit:"1" min:"0" max:"1000000"`
}

// DefaultMargin is the share of the room to a limit that is kept free on the days
// that a policy, or a tuned rule, is chosen by (ours).
const DefaultMargin = 0.2

// DefaultSpec returns a training without verdicts, on all of its days.
func DefaultSpec() Spec {
	return Spec{JudgeEvery: 0, JudgeSeeds: 1, HeldOut: 1, JudgeMargin: DefaultMargin, Margin: 0.5, Patience: 0}
}

// Validate returns every fault of the settings.
func (s Spec) Validate() []error {
	var errs []error
	for _, f := range []struct {
		key           string
		value, lo, hi int
	}{
		{"judge_every", s.JudgeEvery, 0, 1e6},
		{"judge_seeds", s.JudgeSeeds, 1, 1000},
		{"held_out", s.HeldOut, 1, 6},
		{"patience", s.Patience, 0, 1e6},
	} {
		if f.value < f.lo || f.value > f.hi {
			errs = append(errs, fmt.Errorf("%s: allowed %d to %d, got %d", f.key, f.lo, f.hi, f.value))
		}
	}
	for _, f := range []struct {
		key   string
		value float64
	}{{"judge_margin", s.JudgeMargin}, {"margin", s.Margin}} {
		if !(f.value >= 0 && f.value <= 0.99) {
			errs = append(errs, fmt.Errorf("%s: allowed 0 to 0.99, got %g", f.key, f.value))
		}
	}
	if s.Patience > 0 && s.JudgeEvery == 0 {
		errs = append(errs, fmt.Errorf("patience: counts verdicts, but judge_every is 0, got %d", s.Patience))
	}
	return errs
}

// due says whether the policy after an iteration is to be judged: after every
// JudgeEvery of them and after the last.
func (s Spec) due(number, iterations int) bool {
	return s.JudgeEvery > 0 && ((number+1)%s.JudgeEvery == 0 || number == iterations-1)
}

// Stalled says whether the last Patience verdicts brought nothing better.
func (s Spec) Stalled(history []Iteration) bool {
	best, found := Best(history)
	if s.Patience == 0 || !found {
		return false
	}
	since := 0
	for _, it := range history[best+1:] {
		if it.Verdict != nil {
			since++
		}
	}
	return since >= s.Patience
}
