package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"hibernet/sim/power"
)

// validPower returns every fault of the power section and of the profiles that
// carriers name. What a file of profiles holds is not known before it is
// opened: until then, any name may be in it, and Build looks again.
func (s Scenario) validPower() []error {
	if s.Inputs.ProfilesFile == "" {
		return s.powerWith(power.Builtin())
	}
	var named []power.Profile
	for _, name := range slices.Sorted(maps.Keys(s.Power.Overrides)) {
		named = append(named, power.Profile{Name: name})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Topology.Carriers)) {
		named = append(named, power.Profile{Name: s.Topology.Carriers[name].Profile})
	}
	return s.powerWith(named)
}

// powerWith is validPower with the profiles that there are.
func (s Scenario) powerWith(profiles []power.Profile) []error {
	var errs []error
	for _, err := range s.Power.ValidateWith(profiles) {
		errs = append(errs, fmt.Errorf("power.%w", err))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Topology.Carriers)) {
		if _, err := power.Lookup(profiles, s.Topology.Carriers[name].Profile); err != nil {
			errs = append(errs, fmt.Errorf("topology.carriers.%s.profile: %w", name, err))
		}
	}
	return errs
}

// profiles returns the power profiles that the scenario's carriers may name:
// the embedded ones, then those of its file. A file may not give an embedded
// name another meaning: results tell profiles by their names.
func (in Inputs) profiles(s Scenario) ([]power.Profile, error) {
	all := power.Builtin()
	for i := range in.Profiles {
		p := &in.Profiles[i]
		if _, err := power.Lookup(all, p.Name); err == nil {
			return nil, fmt.Errorf("inputs.profiles_file: profiles[%d].name: %q is taken by another profile", i, p.Name)
		}
		if errs := p.Validate(); len(errs) > 0 {
			return nil, fmt.Errorf("inputs.profiles_file: profiles[%d]: %w", i, errors.Join(errs...))
		}
		all = append(all, *p)
	}
	return all, errors.Join(s.powerWith(all)...)
}

// findProfiles looks up the power profile of each carrier in use.
func (w *World) findProfiles(in Inputs) error {
	all, err := in.profiles(w.Scenario)
	if err != nil {
		return err
	}
	for _, c := range w.Topology.Carriers {
		p, err := power.Lookup(all, c.Profile)
		if err != nil {
			return fmt.Errorf("topology.carriers.%s.profile: %w", c.Name, err)
		}
		w.Profiles = append(w.Profiles, w.Scenario.Power.Apply(p))
	}
	return nil
}
