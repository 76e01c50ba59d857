package scenarios

import (
	"context"
	"math"
	"os"
	"strings"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
)

// ownUnit is the example of README.md.
func ownUnit(t *testing.T) []power.Profile {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "```\nprofiles:")
	text, _, _ = strings.Cut(text, "```")
	profiles, err := power.Decode("README.md", []byte("profiles:"+text))
	if err != nil {
		t.Fatal(err)
	}
	return profiles
}

// A carrier with a profile of the scenario's own file draws its power, with
// the scenario's override.
func TestOwnProfile(t *testing.T) {
	s := mustPreset(t, "tiny", "inputs.profiles_file=units.yaml", "topology.carriers.n41.profile=my-8t",
		"power.overrides={my-8t: {idle_scale: 2, disable: [deep_sleep]}}", "power.unit_spread=0", "traffic.mean.urban_mbps=0", "load.target_mean=0")
	w := mustBuild(t, s, Inputs{Profiles: ownUnit(t)}, 1)
	n, err := w.Network()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Start(0, w.Demand.Clone()); err != nil {
		t.Fatal(err)
	}
	n.BeginInterval()
	found := 0
	for c := range w.Topology.NumCells() {
		if w.Topology.Carriers[w.Topology.CellCarrier[c]].Profile != "my-8t" {
			continue
		}
		found++
		if err := n.Request(c, power.Sleep); err != nil {
			t.Fatal(err)
		}
		if err := n.Request(c, power.DeepSleep); err == nil {
			t.Error("deep sleep is disabled, but was granted")
		}
	}
	if err := n.RunUntil(des.Hour); err != nil {
		t.Fatal(err)
	}
	v := n.View()
	for c := range w.Topology.NumCells() {
		if w.Topology.Carriers[w.Topology.CellCarrier[c]].Profile != "my-8t" {
			continue
		}
		// 210 W idle, doubled, 0.6 of it asleep, with rectifier and cooling.
		if want := 2 * 210 * 0.6 * (1/0.96 + 0.1) * 3600; math.Abs(float64(v.EnergyJ[c])/want-1) > 1e-6 {
			t.Errorf("cell %d: %g J, want %g", c, v.EnergyJ[c], want)
		}
	}
	if found == 0 {
		t.Fatal("no cell has the profile")
	}
}

// Each fault of the file's content names the setting.
func TestBadProfiles(t *testing.T) {
	own := ownUnit(t)
	twice := append(own, own...)
	broken := ownUnit(t)
	broken[0].TRX = 0
	file := []string{"inputs.profiles_file=units.yaml"}
	for _, c := range []struct {
		sets     []string
		profiles []power.Profile
		want     string
	}{
		{file, nil, "inputs.profiles_file: units.yaml has not been opened"},
		{nil, own, "inputs.profiles_file: power profiles are given, but"},
		{file, twice, `inputs.profiles_file: profiles[1].name: "my-8t" is taken`},
		{file, broken, "inputs.profiles_file: profiles[0]: "},
		{append(file, "topology.carriers.n41.profile=my-9t"), own, `topology.carriers.n41.profile: power profile "my-9t": want one of`},
		{append(file, "power.overrides={my-9t: {idle_scale: 2}}"), own, `power.overrides.my-9t: power profile "my-9t": want one of`},
	} {
		_, err := Build(context.Background(), mustPreset(t, "tiny", c.sets...), Inputs{Profiles: c.profiles}, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %s", c.sets, err, c.want)
		}
	}
}
