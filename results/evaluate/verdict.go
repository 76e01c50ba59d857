package evaluate

import (
	"fmt"
	"math"
	"strings"

	"hibernet/results/record"
	"hibernet/sim/kpi"
)

// Bound is energy that no policy can go below while it keeps the guards.
type Bound struct {
	// Name says what kind of bound it is: "oracle" for one that knows the
	// traffic to come.
	Name string
	// EnergyKWh holds, by seed, the bound on the sum over the seed's episodes.
	EnergyKWh map[uint64]float64
}

// Verdict is what one policy comes to: what it saves, how far that is from the
// best possible, and whether it kept the guards.
type Verdict struct {
	Policy    string `json:"policy"`
	EnergyKWh Number `json:"energy_kwh"` // sum over all episodes
	Saving    Number `json:"saving"`     // share of always-on's energy, 0.1 = 10 %
	SavingCI  Number `json:"saving_ci"`  // half width of its 95 % interval over seeds
	// GapClosed is (E(reference) - E(policy)) / (E(reference) - E(bound)), the
	// energies paired by seed: 1 at the bound, 0 at the reference, below 0
	// where the policy needs more. It is null without a bound or a reference,
	// and for a reference that is at the bound.
	GapClosed   Number `json:"gap_closed"`
	GapClosedCI Number `json:"gap_closed_ci"` // half width of its 95 % interval over seeds
	// GapClosedCausal is the same with the causal ceiling in the place of the
	// bound: what is within reach of a policy that sees the past only.
	GapClosedCausal   Number         `json:"gap_closed_causal"`
	GapClosedCausalCI Number         `json:"gap_closed_causal_ci"`
	Guards            []GuardVerdict `json:"guards"`
	Shield            Number         `json:"shield_interventions"`  // sum over all episodes
	Switches          Number         `json:"switches_per_cell_day"` // mean over episodes
}

// GuardVerdict is how a policy stands to a guard. Value and Limit are those of
// the seed on which it does worst: a guard must hold on every seed.
type GuardVerdict struct {
	Name        string `json:"name"` // the guard as text
	Figure      string `json:"figure"`
	Unit        string `json:"unit"`
	Value       Number `json:"value"`
	Limit       Number `json:"limit"`
	Broken      bool   `json:"broken"`       // on at least one seed
	BrokenSeeds int    `json:"broken_seeds"` // on how many
}

// judge makes the verdicts of all policies.
func (c *Comparison) judge(groups map[string][]Episode, against Against) {
	for _, p := range c.Policies {
		v := Verdict{
			Policy: p, Guards: []GuardVerdict{}, GapClosed: Number(math.NaN()), GapClosedCI: Number(math.NaN()),
			GapClosedCausal: Number(math.NaN()), GapClosedCausalCI: Number(math.NaN()),
			EnergyKWh: c.total(p, figureEnergy), Shield: c.total(p, figureShield), Switches: c.total(p, figureSwitches),
		}
		v.Saving, v.SavingCI = c.share(groups[p], groups[against.AlwaysOn])
		if against.Bound != nil {
			v.GapClosed, v.GapClosedCI = c.gapClosed(groups[p], groups[against.Reference], against.Bound)
		}
		if against.Causal != nil {
			v.GapClosedCausal, v.GapClosedCausalCI = c.gapClosed(groups[p], groups[against.Reference], against.Causal)
		}
		for _, g := range against.Guards {
			v.Guards = append(v.Guards, c.guard(g, groups[p], groups[against.AlwaysOn]))
		}
		c.Verdicts = append(c.Verdicts, v)
	}
}

// total returns the policy's own estimate of a figure, NaN if there is none.
func (c *Comparison) total(policy, figure string) Number {
	v, _ := c.own(policy, figure)
	return Number(v)
}

// share returns which part of the energy of base a policy saves, over seeds.
func (c *Comparison) share(policy, base []Episode) (value, half Number) {
	if base == nil {
		return Number(math.NaN()), Number(math.NaN())
	}
	r, h := RatioInterval(c.bySeed(policy, figureEnergy), c.bySeed(base, figureEnergy))
	return Number(1 - r), Number(h)
}

// gapClosed returns the share of the gap between reference and bound that a
// policy closes: a ratio of sums over seeds, with the interval of such a ratio.
func (c *Comparison) gapClosed(policy, reference []Episode, bound *Bound) (value, half Number) {
	nan := Number(math.NaN())
	if reference == nil {
		return nan, nan
	}
	own, ref := c.bySeed(policy, figureEnergy), c.bySeed(reference, figureEnergy)
	closed, gap := make([]float64, len(ref)), make([]float64, len(ref))
	sum := 0.0
	for i, seed := range c.Seeds {
		least, ok := bound.EnergyKWh[seed]
		if !ok {
			return nan, nan
		}
		closed[i], gap[i] = ref[i]-own[i], ref[i]-least
		sum += gap[i]
	}
	if !(sum > 0) {
		return nan, nan
	}
	r, h := RatioInterval(closed, gap)
	return Number(r), Number(h)
}

// bySeed returns the figure of each seed, its episodes put together as Measure
// says: NaN where an episode lacks it.
func (c *Comparison) bySeed(episodes []Episode, figure string) []float64 {
	out := make([]float64, len(c.Seeds))
	unit := ""
	if def, ok := kpi.Find(figure); ok {
		unit = def.Unit
	}
	for i := range out {
		part := episodes[i*c.PerSeed : (i+1)*c.PerSeed]
		switch Measure(figure, unit) {
		case record.MeasureRatio:
			out[i], _ = ratio(part, figure)
		case record.MeasureTotal:
			for _, v := range values(part, figure) {
				out[i] += v
			}
		default:
			out[i], _ = MeanInterval(values(part, figure))
		}
	}
	return out
}

// perEpisode returns the guarded figure of each seed: what bySeed returns, but
// totals as the mean over the seed's episodes, so that a limit does not depend
// on how many were played.
func (c *Comparison) perEpisode(episodes []Episode, figure, unit string) []float64 {
	v := c.bySeed(episodes, figure)
	if Measure(figure, unit) == record.MeasureTotal {
		for i := range v {
			v[i] /= float64(c.PerSeed)
		}
	}
	return v
}

// guard judges one guard on every seed.
func (c *Comparison) guard(g kpi.Guard, policy, alwaysOn []Episode) GuardVerdict {
	def, _ := kpi.Find(g.Figure)
	out := GuardVerdict{Name: g.String(), Figure: g.Figure, Unit: def.Unit, Value: Number(math.NaN()), Limit: Number(math.NaN())}
	own := c.perEpisode(policy, g.Figure, def.Unit)
	base := make([]float64, len(own))
	for i := range base {
		base[i] = math.NaN()
	}
	if alwaysOn != nil {
		base = c.perEpisode(alwaysOn, g.Figure, def.Unit)
	}
	worst := math.Inf(-1)
	for i, v := range own {
		limit := g.Limit(base[i])
		if e := g.Excess(v, limit); e > worst {
			worst, out.Value, out.Limit = e, Number(v), Number(limit)
		}
		if g.Broken(v, limit) {
			out.BrokenSeeds++
		}
	}
	out.Broken = out.BrokenSeeds > 0
	return out
}

// writeVerdicts writes the shares of the gap that are closed, and the guards
// that are broken, as lines below the table.
func (c *Comparison) writeVerdicts(b *strings.Builder) {
	if c.Bound != nil {
		fmt.Fprintf(b, "\n%s bound: %s kWh; share of the gap between %s and it that is closed:\n", c.Bound.Name, number(float64(c.BoundKWh), 1), c.Reference)
		c.writeShares(b, func(v Verdict) (Number, Number) { return v.GapClosed, v.GapClosedCI })
	}
	if !math.IsNaN(float64(c.CausalKWh)) {
		fmt.Fprintf(b, "\nwith all traffic known: %s kWh, with the past known: %s kWh; share of the gap between %s and the latter that is closed:\n",
			number(float64(c.ExactKWh), 1), number(float64(c.CausalKWh), 1), c.Reference)
		c.writeShares(b, func(v Verdict) (Number, Number) { return v.GapClosedCausal, v.GapClosedCausalCI })
	}
	if c.NoCausal != "" {
		fmt.Fprintf(b, "\nno optimum to compare with: %s\n", c.NoCausal)
	}
	for _, v := range c.Verdicts {
		for _, g := range v.Guards {
			if g.Broken {
				fmt.Fprintf(b, "guard broken: %s: %s on %d of %d seed%s: %s %s, limit %s\n", v.Policy, g.Name, g.BrokenSeeds, len(c.Seeds), plural(len(c.Seeds)),
					number(float64(g.Value), 3), g.Unit, number(float64(g.Limit), 3))
			}
		}
	}
}

// writeShares writes one share a policy.
func (c *Comparison) writeShares(b *strings.Builder, share func(Verdict) (value, half Number)) {
	for _, v := range c.Verdicts {
		value, half := share(v)
		text := number(100*float64(value), 1)
		if !math.IsNaN(float64(half)) {
			text += " ± " + number(100*float64(half), 1)
		}
		fmt.Fprintf(b, "  %-20s  %s %%\n", cut(v.Policy, 20), text)
	}
}
