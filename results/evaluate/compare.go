package evaluate

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"hibernet/env"
	"hibernet/results/record"
	"hibernet/sim/kpi"
)

// fewEpisodes is the number of episodes below which an interval is called
// doubtful: the t quantile is then above 2.7 and rests on a variance that is
// itself hardly known.
const fewEpisodes = 5

// Estimate is one number about one policy.
type Estimate struct {
	Policy    string `json:"policy"`
	Figure    string `json:"figure"`
	Unit      string `json:"unit"`
	Measure   string `json:"measure"`   // one of record's Measures
	Reference string `json:"reference"` // policy compared with, empty for the figure itself
	Value     Number `json:"value"`
	CI95      Number `json:"ci95"` // half width of the 95 % interval, NaN below two episodes
	Episodes  int    `json:"episodes"`
}

// Warning is a reason to doubt an estimate or all of them.
type Warning struct {
	Code   string `json:"code"`             // one of the Warn constants
	Policy string `json:"policy,omitempty"` // empty: all policies
	Figure string `json:"figure,omitempty"` // empty: all figures
	Text   string `json:"text"`
}

// Codes of warnings.
const (
	WarnFewEpisodes = "few_episodes" // intervals are missing or doubtful
	WarnOneSeed     = "one_seed"     // intervals cover traffic only, not the network
	WarnReference   = "no_reference" // a policy to compare with was not evaluated
	WarnUndefined   = "undefined"    // a figure is NaN or infinite in some episode
	WarnMissing     = "missing"      // a figure is absent in some episode
	WarnTraffic     = "no_traffic"   // equal traffic could not be checked
)

// Comparison is the outcome of an evaluation.
type Comparison struct {
	Policies  []string    `json:"policies"` // in the order of the contenders
	AlwaysOn  string      `json:"always_on"`
	Reference string      `json:"reference"`
	Seeds     []uint64    `json:"-"`
	PerSeed   int         `json:"episodes_per_seed"`
	Estimates []Estimate  `json:"estimates"`
	Verdicts  []Verdict   `json:"verdicts"`            // one a policy
	Bound     *Bound      `json:"-"`                   // nil if there is none
	BoundKWh  Number      `json:"bound_kwh"`           // its sum over all seeds, null without one
	ExactKWh  Number      `json:"exact_kwh"`           // that of the clairvoyant optimum, null where it is not known
	CausalKWh Number      `json:"causal_kwh"`          // that of the causal ceiling, likewise
	NoCausal  string      `json:"no_causal,omitempty"` // why it is not known, if it was asked for
	Trainings []Trainings `json:"trainings,omitempty"` // groups of trained policies, added by Over
	Warnings  []Warning   `json:"warnings"`
	Episodes  []Episode   `json:"-"`
}

// Against says what policies are compared with. Each field may be empty.
type Against struct {
	AlwaysOn  string      // the policy that never sleeps
	Reference string      // the rule in use today
	Guards    []kpi.Guard // limits to be kept on every seed
	Bound     *Bound      // the least energy that is possible under the guards
	Exact     *Bound      // what the best plan needs that knows all traffic
	Causal    *Bound      // what the best policy needs that sees the past only, in the mean over seeds
	NoCausal  string      // why there is none
}

// Compare estimates every figure of every policy from the episodes that Run
// returned (ordered by policy, seed, episode; the same seeds and episodes for
// every policy, else an error).
func Compare(episodes []Episode, against Against) (*Comparison, error) {
	c := &Comparison{AlwaysOn: against.AlwaysOn, Reference: against.Reference, Episodes: episodes, Bound: against.Bound, NoCausal: against.NoCausal}
	groups, err := c.group(episodes)
	if err != nil {
		return nil, err
	}
	c.warnSample(groups)
	names := figureNames(episodes)
	for _, p := range c.Policies {
		for _, f := range names {
			c.figure(groups[p], p, f)
		}
	}
	for _, ref := range against.names() {
		base, ok := groups[ref]
		if !ok {
			c.warn(Warning{Code: WarnReference, Policy: ref, Text: fmt.Sprintf("policy %s was not evaluated: nothing is compared with it", ref)})
			continue
		}
		for _, p := range c.Policies {
			if p != ref {
				c.against(groups[p], base, p, ref, names)
			}
		}
	}
	for _, b := range []struct {
		bound *Bound
		sum   *Number
	}{{against.Bound, &c.BoundKWh}, {against.Exact, &c.ExactKWh}, {against.Causal, &c.CausalKWh}} {
		if *b.sum, err = c.sumOf(b.bound); err != nil {
			return nil, err
		}
	}
	c.judge(groups, against)
	return c, nil
}

// sumOf returns the sum of a bound over all seeds, NaN without one.
func (c *Comparison) sumOf(b *Bound) (Number, error) {
	if b == nil {
		return Number(math.NaN()), nil
	}
	sum := 0.0
	for _, seed := range c.Seeds {
		kWh, ok := b.EnergyKWh[seed]
		if !ok {
			return 0, fmt.Errorf("evaluate: bound %s: none for seed %d", b.Name, seed)
		}
		sum += kWh
	}
	return Number(sum), nil
}

// names returns the distinct policies to compare with.
func (a Against) names() []string {
	var names []string
	if a.AlwaysOn != "" {
		names = append(names, a.AlwaysOn)
	}
	if a.Reference != "" && a.Reference != a.AlwaysOn {
		names = append(names, a.Reference)
	}
	return names
}

// group splits the episodes by policy and checks that they pair up.
func (c *Comparison) group(episodes []Episode) (map[string][]Episode, error) {
	groups := map[string][]Episode{}
	for _, e := range episodes {
		if _, seen := groups[e.Policy]; !seen {
			c.Policies = append(c.Policies, e.Policy)
		}
		groups[e.Policy] = append(groups[e.Policy], e)
	}
	if len(c.Policies) == 0 {
		return nil, fmt.Errorf("evaluate: no episodes to compare")
	}
	first := groups[c.Policies[0]]
	for _, e := range first {
		if len(c.Seeds) == 0 || c.Seeds[len(c.Seeds)-1] != e.Seed {
			c.Seeds = append(c.Seeds, e.Seed)
		}
	}
	c.PerSeed = len(first) / len(c.Seeds)
	for _, p := range c.Policies[1:] {
		g := groups[p]
		for i := range max(len(g), len(first)) {
			if i >= len(g) || i >= len(first) || g[i].Seed != first[i].Seed || g[i].Episode != first[i].Episode {
				return nil, fmt.Errorf("evaluate: policies %s and %s played different episodes", c.Policies[0], p)
			}
		}
	}
	return groups, nil
}

// warnSample warns of what the sample as a whole cannot support.
func (c *Comparison) warnSample(groups map[string][]Episode) {
	first := groups[c.Policies[0]]
	switch n := len(first); {
	case n < 2:
		c.warn(Warning{Code: WarnFewEpisodes, Text: "1 episode: no intervals"})
	case n < fewEpisodes:
		c.warn(Warning{Code: WarnFewEpisodes, Text: fmt.Sprintf("%d episodes: intervals rest on a variance that is hardly known", n)})
	}
	if len(c.Seeds) == 1 && len(first) > 1 {
		c.warn(Warning{Code: WarnOneSeed, Text: "1 seed: intervals cover the traffic of one network, not other networks"})
	}
	if _, ok := first[0].Figure(figureOffered); !ok {
		c.warn(Warning{Code: WarnTraffic, Text: "no figure " + figureOffered + ": equal traffic was not checked"})
	}
}

func (c *Comparison) warn(w Warning) { c.Warnings = append(c.Warnings, w) }

// figureNames returns the figures in the order of their first appearance.
func figureNames(episodes []Episode) []env.Figure {
	var names []env.Figure
	seen := map[string]bool{}
	for _, e := range episodes {
		for _, f := range e.Figures {
			if !seen[f.Name] {
				seen[f.Name] = true
				names = append(names, env.Figure{Name: f.Name, Unit: f.Unit})
			}
		}
	}
	return names
}

// values returns the named figure of each episode, NaN where it is absent.
func values(episodes []Episode, name string) []float64 {
	v := make([]float64, len(episodes))
	for i := range episodes {
		v[i] = math.NaN()
		if f, ok := episodes[i].Figure(name); ok {
			v[i] = f.Value
		}
	}
	return v
}

// figure estimates one figure of one policy and warns of what it lacks.
func (c *Comparison) figure(episodes []Episode, policy string, f env.Figure) {
	v := values(episodes, f.Name)
	missing, undefined := 0, 0
	for i := range v {
		if _, ok := episodes[i].Figure(f.Name); !ok {
			missing++
		} else if math.IsNaN(v[i]) || math.IsInf(v[i], 0) {
			undefined++
		}
	}
	if missing > 0 {
		c.warn(Warning{WarnMissing, policy, f.Name, fmt.Sprintf("policy %s: figure %s is missing in %d of %d episodes", policy, f.Name, missing, len(v))})
	}
	if undefined > 0 {
		c.warn(Warning{WarnUndefined, policy, f.Name, fmt.Sprintf("policy %s: figure %s is not a finite number in %d of %d episodes", policy, f.Name, undefined, len(v))})
	}
	est := Estimate{Policy: policy, Figure: f.Name, Unit: f.Unit, Measure: Measure(f.Name, f.Unit), Episodes: len(v)}
	value, half := MeanInterval(v)
	switch est.Measure {
	case record.MeasureTotal:
		value, half = floats.Sum(v), half*float64(len(v))
	case record.MeasureRatio:
		value, half = ratio(episodes, f.Name)
	}
	est.Value, est.CI95 = Number(value), Number(half)
	c.Estimates = append(c.Estimates, est)
}

// ratio estimates a figure that is a ratio of two others.
func ratio(episodes []Episode, name string) (value, half float64) {
	for _, r := range ratios {
		if r.name == name {
			value, half = RatioInterval(values(episodes, r.num), values(episodes, r.den))
			return r.factor * value, r.factor * half
		}
	}
	panic("evaluate: no such ratio")
}

// against compares a policy with ref, episode by episode: the mean difference
// of every figure, and the saving of energy.
func (c *Comparison) against(policy, base []Episode, name, ref string, figures []env.Figure) {
	for _, f := range figures {
		p, b := values(policy, f.Name), values(base, f.Name)
		if f.Name == figureEnergy {
			r, half := RatioInterval(p, b)
			c.Estimates = append(c.Estimates, Estimate{
				Policy: name, Figure: f.Name, Unit: "%", Measure: record.MeasureSaving, Reference: ref,
				Value: Number(100 * (1 - r)), CI95: Number(100 * half), Episodes: len(p),
			})
		}
		for i := range p {
			p[i] -= b[i]
		}
		mean, half := MeanInterval(p)
		c.Estimates = append(c.Estimates, Estimate{
			Policy: name, Figure: f.Name, Unit: f.Unit, Measure: record.MeasureDifference, Reference: ref,
			Value: Number(mean), CI95: Number(half), Episodes: len(p),
		})
	}
}

// Estimate returns the estimate of a policy's figure: of the figure itself
// where ref is empty, else of the measure against ref.
func (c *Comparison) Estimate(policy, figure, measure, ref string) (Estimate, bool) {
	for _, e := range c.Estimates {
		if e.Policy == policy && e.Figure == figure && e.Measure == measure && e.Reference == ref {
			return e, true
		}
	}
	return Estimate{}, false
}
