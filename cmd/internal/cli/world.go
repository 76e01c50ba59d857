package cli

import (
	"context"
	"errors"
	"fmt"
	stdio "io"
	"io/fs"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"hibernet/scenarios"
	"hibernet/scenarios/capacity"
	"hibernet/scenarios/strict"
	"hibernet/sim/power"
)

// setup holds the flags of commands that build a world from a scenario.
type setup struct {
	sets         []string
	seed         uint64
	workers      int
	ignoreMemory bool
	networks     int // that are held at the same time, beside the first
}

// aboutSet describes the flag that overrides settings.
const aboutSet = "override a setting, `PATH=VALUE`, for example network.epoch_s=60; may be repeated"

func (s *setup) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&s.sets, "set", nil, aboutSet)
	f.Uint64Var(&s.seed, "seed", 0, "seed of everything random (default the scenario's own)")
	f.IntVar(&s.workers, "workers", 0, "processors to use; 0 means all. The results do not depend on it")
	f.BoolVar(&s.ignoreMemory, "ignore-memory", false, "begin even if the scenario seems too large for the memory that is free")
}

// load reads the scenario that an argument names: a preset, or a file.
func (s *setup) load(io IO, cmd *cobra.Command, arg string) (scenarios.Scenario, error) {
	sets := s.sets
	if cmd.Flags().Changed("seed") {
		sets = append(sets, fmt.Sprintf("seed=%d", s.seed))
	}
	return io.loadScenario(arg, sets)
}

func (o IO) loadScenario(arg string, sets []string) (scenarios.Scenario, error) {
	text, err := o.scenarioText(arg)
	if err != nil {
		return scenarios.Scenario{}, err
	}
	sc, err := scenarios.Load(arg, text, sets)
	var faults strict.Faults
	if errors.As(err, &faults) {
		err = fmt.Errorf("scenario %s has %s:\n%w", arg, count(len(faults), "fault"), faults)
	}
	return sc, input(err, "hibernet scenario schema describes every key; hibernet scenario show quickstart shows a whole file")
}

// scenarioText returns the text of a preset or of a file.
func (o IO) scenarioText(arg string) ([]byte, error) {
	if text, err := scenarios.PresetText(arg); err == nil {
		return text, nil
	}
	text, err := os.ReadFile(o.path(arg))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("scenario %q is neither a preset nor a file", arg)
	} else if err != nil {
		err = fmt.Errorf("scenario %s: %w", arg, err)
	}
	return text, input(err, "hibernet scenario list names the presets")
}

// aboutInputs says where a scenario tells of its data.
const aboutInputs = "hibernet scenario show NAME --source tells from what"

// build builds the world of a scenario, with its data files opened.
func (s *setup) build(ctx context.Context, io IO, sc scenarios.Scenario) (*scenarios.World, error) {
	workers, err := workerCount(s.workers)
	if err != nil {
		return nil, err
	}
	in := scenarios.Inputs{}
	if name := sc.Inputs.TrafficFile; name != "" {
		if in.Series, err = io.readSeries(name); err != nil {
			return nil, input(fmt.Errorf("scenario %s: inputs.traffic_file: %w", sc.Name, err), "hibernet import traffic writes such files; "+aboutInputs)
		}
	}
	if name := sc.Inputs.SitesFile; name != "" {
		if in.Sites, err = io.readSites(name); err != nil {
			return nil, input(fmt.Errorf("scenario %s: inputs.sites_file: %w", sc.Name, err), "hibernet import sites writes such files; "+aboutInputs)
		}
	}
	if name := sc.Inputs.ProfilesFile; name != "" {
		if in.Profiles, err = io.readProfiles(name); err != nil {
			return nil, input(fmt.Errorf("scenario %s: inputs.profiles_file: %w", sc.Name, err), aboutInputs)
		}
	}
	sites := 0
	if in.Sites != nil {
		sites = in.Sites.Len()
	}
	saveMemory(sc.Topology.Size(sites).Cells)
	if !s.ignoreMemory {
		if err := io.fits(sc, sites, 1+s.networks); err != nil {
			return nil, err
		}
	}
	started := io.Now()
	in.Progress = func(p scenarios.Progress) {
		if io.Terminal && io.Now().Sub(started) > progressAfter {
			io.say("build: %s: %s", p.Stage, p.Text)
		}
	}
	world, err := scenarios.Build(ctx, sc, in, workers)
	return world, input(err, "")
}

// saveMemory has the garbage collector keep the memory of a large network
// small.
func saveMemory(cells int) {
	if percent := capacity.GarbagePercent(cells); percent < 100 {
		debug.SetGCPercent(percent)
	}
}

// fits refuses a scenario that needs more memory than is free, with the given
// number of imported sites and of networks at the same time, before anything of
// it is built.
func (o IO) fits(sc scenarios.Scenario, sites, networks int) error {
	free := int64(0)
	if o.Free != nil {
		free = o.Free()
	}
	size := sc.Topology.Size(sites)
	need := capacity.Memory(sc, size, networks)
	if free == 0 || need <= free {
		return nil
	}
	return input(fmt.Errorf("scenario %s: %s cells need about %.1f GiB of memory, %.1f GiB are free",
		sc.Name, grouped(int64(size.Cells)), float64(need)/gib, float64(free)/gib),
		"fewer sites in topology.areas or fewer topology.neighbours take less; --ignore-memory tries it all the same")
}

// maxProfiles is the size of the largest file of power profiles that is read,
// bytes: a file of another kind must not fill the memory.
const maxProfiles = 1 << 20

// readProfiles reads a file of power profiles.
func (o IO) readProfiles(name string) ([]power.Profile, error) {
	src, err := o.open(name)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if src.size > maxProfiles {
		return nil, input(fmt.Errorf("%s: has %d bytes, allowed: %d", name, src.size, maxProfiles), "")
	}
	text := make([]byte, src.size)
	if _, err := stdio.ReadFull(src, text); err != nil {
		return nil, input(fmt.Errorf("%s: %w", name, err), "")
	}
	profiles, err := power.Decode(name, text)
	return profiles, input(err, "")
}

// count renders a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
