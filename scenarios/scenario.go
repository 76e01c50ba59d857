package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hibernet/agents/bandit"
	"hibernet/agents/baseline"
	"hibernet/agents/dqn"
	"hibernet/agents/offline"
	"hibernet/agents/ppo"
	"hibernet/agents/sac"
	"hibernet/agents/tandem"
	"hibernet/agents/train"
	"hibernet/env/region"
	"hibernet/env/shield"
	"hibernet/env/sleep"
	"hibernet/env/variation"
	"hibernet/sim"
	"hibernet/sim/fault"
	"hibernet/sim/kpi"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/topology"
	"hibernet/traffic"
)

// Scenario is everything an experiment depends on, apart from the data files.
type Scenario struct {
	Name        string        `yaml:"name" doc:"short name, used for folders: letters, digits, - and _" minlen:"1" maxlen:"64"`
	Description string        `yaml:"description" doc:"what the scenario is for, in a sentence" maxlen:"2000"`
	Seed        uint64        `yaml:"seed" doc:"root of everything random: sites, shadowing, demand" min:"0" max:"18446744073709551615"`
	Inputs      InputSpec     `yaml:"inputs" doc:"data files"`
	Topology    topology.Spec `yaml:"topology" doc:"sites, carriers and radio conditions"`
	Radio       radio.Spec    `yaml:"radio" doc:"rate curve and load coupling"`
	Power       power.Spec    `yaml:"power" doc:"what a site draws beside its radio units, and changes to power profiles"`
	Traffic     traffic.Spec  `yaml:"traffic" doc:"offered traffic of every sector over time"`
	Load        LoadSpec      `yaml:"load" doc:"how loaded the network is to be"`
	Network     sim.Spec      `yaml:"network" doc:"time steps and overload"`
	Faults      fault.Spec    `yaml:"faults" doc:"what breaks, batteries, and what neighbours do about it; nothing breaks unless faults.random is set or faults are scheduled"`
	Sleep       sleep.Spec    `yaml:"sleep" doc:"the environment that policies act in: episodes and prices"`
	Shield      shield.Spec   `yaml:"shield" doc:"safety rules between any policy and the network"`
	Guards      []string      `yaml:"guards" doc:"limits on figures that a policy must keep on every seed, as text: dropped_pct <= always_on + 0.5; always_on is the same figure with every cell fully awake; a figure that is missing or not defined breaks its limit" maxlen:"32"`
	Baselines   baseline.Spec `yaml:"baselines" doc:"rules that a trained policy is compared with"`
	Training    train.Spec    `yaml:"training" doc:"what surrounds every learning algorithm: verdicts on held-out days, early stop"`
	PPO         ppo.Spec      `yaml:"ppo" doc:"training by proximal policy optimisation"`
	DQN         dqn.Spec      `yaml:"dqn" doc:"training by deep Q-learning"`
	SAC         sac.Spec      `yaml:"sac" doc:"training by soft actor-critic"`
	Bandit      bandit.Spec   `yaml:"bandit" doc:"training of a linear contextual bandit, the light choice"`
	Offline     offline.Spec  `yaml:"offline" doc:"training from a log, without the simulator, by conservative or implicit Q-learning"`
	Split       SplitSpec     `yaml:"split" doc:"days for training and days for judging"`

	Coordinator region.Spec    `yaml:"coordinator" doc:"regions of cells that a coordinator steers, where it is trained"`
	Tandem      tandem.Spec    `yaml:"tandem" doc:"training of the coordinator and the cells in turn, with the settings of ppo"`
	Randomise   variation.Spec `yaml:"randomise" doc:"what is drawn anew for every training episode, so that policies learn to do well in a range of worlds; judging is not affected"`
	Shift       variation.Spec `yaml:"shift" doc:"the same for judging: days that differ from those of the training"`
}

// Default returns the settings that a file's keys replace. Its name is empty:
// a file must give one.
func Default() Scenario {
	return Scenario{
		Seed:      1,
		Topology:  topology.DefaultSpec(),
		Radio:     radio.DefaultSpec(),
		Power:     power.DefaultSpec(),
		Traffic:   traffic.DefaultSpec(),
		Load:      DefaultLoad(),
		Network:   sim.DefaultSpec(),
		Faults:    fault.DefaultSpec(),
		Sleep:     sleep.DefaultSpec(),
		Shield:    shield.DefaultSpec(),
		Guards:    defaultGuards(),
		Baselines: baseline.DefaultSpec(),
		Training:  train.DefaultSpec(),
		PPO:       ppo.DefaultSpec(),
		DQN:       dqn.DefaultSpec(),
		SAC:       sac.DefaultSpec(),
		Bandit:    bandit.DefaultSpec(),
		Offline:   offline.DefaultSpec(),
		Split:     DefaultSplit(),

		Coordinator: region.DefaultSpec(),
		Tandem:      tandem.DefaultSpec(),
		Randomise:   variation.DefaultSpec(),
		Shift:       variation.DefaultSpec(),
	}
}

// Validate returns every broken relation inside and between the sections, each
// beginning with the path of the key at fault.
func (s Scenario) Validate() []error {
	var errs []error
	for _, section := range []struct {
		key  string
		spec interface{ Validate() []error }
	}{
		{"topology", s.Topology}, {"radio", s.Radio}, {"traffic", s.Traffic},
		{"load", s.Load}, {"network", s.Network}, {"faults", s.Faults},
		{"sleep", s.Sleep}, {"shield", s.Shield}, {"baselines", s.Baselines}, {"training", s.Training}, {"ppo", s.PPO}, {"dqn", s.DQN}, {"sac", s.SAC}, {"bandit", s.Bandit}, {"offline", s.Offline}, {"split", s.Split},
		{"coordinator", s.Coordinator}, {"tandem", s.Tandem}, {"randomise", s.Randomise}, {"shift", s.Shift},
	} {
		for _, err := range section.spec.Validate() {
			errs = append(errs, fmt.Errorf("%s.%w", section.key, err))
		}
	}
	errs = append(errs, s.validPower()...)
	return append(errs, s.between()...)
}

// between returns the broken relations between sections.
func (s Scenario) between() []error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(nameOK(s.Name), "name: letters, digits, - and _ are allowed, got %q", s.Name)
	trace, imported := s.Traffic.Source == "trace", s.Topology.Layout == topology.LayoutImported
	check(!trace || s.Inputs.TrafficFile != "", "inputs.traffic_file: traffic.source is trace, so a file must be named")
	check(trace || s.Inputs.TrafficFile == "", "inputs.traffic_file: is not read, because traffic.source is %s", s.Traffic.Source)
	check(!imported || s.Inputs.SitesFile != "", "inputs.sites_file: topology.layout is imported, so a file must be named")
	check(imported || s.Inputs.SitesFile == "", "inputs.sites_file: is not read, because topology.layout is %s", s.Topology.Layout)
	check(!trace || !s.Topology.Wrap, "topology.wrap: a map under a trace has edges, set it to false")
	check(s.Training.JudgeEvery == 0 || s.Training.HeldOut < len(s.Split.TrainDays), "training.held_out: must leave a day to learn on, got %d of the %d in split.train_days", s.Training.HeldOut, len(s.Split.TrainDays))
	_, faults := s.ParseGuards()
	return append(append(errs, faults...), s.episodes()...)
}

// defaultGuards returns what a policy may cost in service (ours): half a
// percent of the traffic, half of the edge user's throughput, and 1.44 minutes,
// a thousandth of a day, without coverage in an episode. Where there is headroom
// half is still far above the 5 to 25 Mbit/s that an operator guarantees when it
// switches cells off (Reiss et al., arXiv:2606.05752).
func defaultGuards() []string {
	return []string{
		"dropped_pct <= always_on + 0.5",
		"throughput_p5_mbps >= 0.5 * always_on",
		"outage_min <= always_on + 1.44",
	}
}

// ParseGuards returns the guards in the order of the list, or every fault.
func (s Scenario) ParseGuards() ([]kpi.Guard, []error) {
	var (
		guards []kpi.Guard
		errs   []error
		first  = map[kpi.Guard]int{}
	)
	for i, text := range s.Guards {
		g, err := kpi.ParseGuard(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("guards[%d]: %w", i, err))
			continue
		}
		if at, twice := first[g]; twice {
			errs = append(errs, fmt.Errorf("guards[%d]: %q stands already in guards[%d]", i, text, at))
			continue
		}
		first[g] = i
		guards = append(guards, g)
	}
	return guards, errs
}

// episodes checks that episodes fit the control interval and stay on the days
// of their phase: an episode of training that ran on into a day of judging
// would let a policy learn what it is judged on.
func (s Scenario) episodes() []error {
	var errs []error
	steps := s.Sleep.EpisodeH * 3600 / s.Network.ControlS
	if !(steps >= 1) || math.Abs(steps-math.Round(steps)) > 1e-9*steps {
		errs = append(errs, fmt.Errorf("sleep.episode_h: must be a whole number of control intervals of %g s, got %g h", s.Network.ControlS, s.Sleep.EpisodeH))
	}
	for _, phase := range []Phase{Train, Evaluate} {
		if first, into, ok := strays(s.Split.Days(phase), s.Sleep.EpisodeH); ok {
			errs = append(errs, fmt.Errorf("sleep.episode_h: an episode of %g h that begins on day %d runs into day %d, which is not in split.%s_days", s.Sleep.EpisodeH, first, into, phase))
		}
	}
	return errs
}

// strays returns the first of the days of the week on which an episode of so
// many hours leaves the days, and where it comes to.
func strays(days []int, hours float64) (first, into int, ok bool) {
	length := int(math.Ceil(min(hours/24, 8)))
	for _, first := range days {
		for d := first + 1; d < first+length; d++ {
			if !slices.Contains(days, d%7) {
				return first, d % 7, true
			}
		}
	}
	return 0, 0, false
}

func nameOK(name string) bool {
	return strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) < 0
}
