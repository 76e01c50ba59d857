package power

import (
	"math"
	"strings"
	"testing"
)

const goodStates = `
profiles:
  - name: mine
    family: field
    source: own meter
    trx: 8
    max_layers: 4
    base_cv: 0.1
    control_s: {carrier_sleep: 2}
    states:
      full: {base_w: 300, slope_w: 200}
      half_trx: {base_w: 220, slope_w: 100, chain_share: 0.5}
      carrier_sleep: {base_w: 100, entry_ms: 5, wake_ms: 20, transition_j: 3}
`

const goodLinear = `
profiles:
  - name: line
    family: field
    source: own meter
    trx: 4
    linear:
      idle_w: 100
      full_w: 300
      slope_static_share: 0.4
      idle_share: {carrier_sleep: 0.5, deep_sleep: 0.3}
      wake_s: {carrier_sleep: 1, deep_sleep: 10}
`

func TestDecodeStates(t *testing.T) {
	ps, err := Decode("mine.yaml", []byte(goodStates))
	if err != nil {
		t.Fatal(err)
	}
	p := ps[0]
	near(t, "power", p.PowerW(HalfTRX, 0.5), 270, 1e-12)
	if d := p.States[HalfTRX]; d.ChainShare != 0.5 || d.PowerShare != 1 || d.MaxLayers != 2 {
		t.Errorf("half of the chains: %+v", d)
	}
	want := StateData{Available: true, BaseW: 100, EntryUs: 5000, WakeUs: 20000, ControlUs: 2e6, ExitUs: 2.02e6, TransitionJ: 3 + 2*200}
	if d := p.States[Sleep]; d != want {
		t.Errorf("carrier sleep: %+v, want %+v", d, want)
	}
	if !math.IsNaN(p.PowerW(DTX, 0)) {
		t.Error("a state that is not listed must not be available")
	}
}

func TestDecodeLinear(t *testing.T) {
	ps, err := Decode("line.yaml", []byte(goodLinear))
	if err != nil {
		t.Fatal(err)
	}
	p := ps[0]
	near(t, "half of the chains, empty", p.PowerW(HalfTRX, 0), 75, 1e-12)
	near(t, "half of the chains, full", p.PowerW(HalfTRX, 1), 175, 1e-12)
	near(t, "start of the hardware at idle power", p.States[DeepSleep].TransitionJ, 10*70, 1e-9)
	if p.States[Backoff].Available || p.States[DTX].Available || p.States[Dormant].Available {
		t.Error("states without numbers must not be available")
	}
}

// Each case replaces one piece of a good file; the error must begin with the
// file and name the field and what is wrong.
func TestDecodeFaults(t *testing.T) {
	for _, c := range []struct{ file, old, new, want string }{
		{goodStates, "base_cv: 0.1", "base_vc: 0.1", "field base_vc not found"},
		{goodStates, "trx: 8", "trx: 8\n    trx: 4", "already defined"},
		{goodStates, "trx: 8", "trx: many", "cannot unmarshal"},
		{goodStates, "trx: 8", "trx: 0", "profiles[0] (mine): trx: must be from 1"},
		{goodStates, "family: field", "family: guess", "family: must be target, field or literature"},
		{goodStates, "source: own meter", "source: ''", "source: must say"},
		{goodStates, "name: mine", "name: ''", "profiles[0]: name: must not be empty"},
		{goodStates, "base_cv: 0.1", "base_cv: .nan", "base_cv: must be from 0 to 1, got NaN"},
		{goodStates, "base_w: 300", "base_w: .inf", "states.full.base_w: must be from 0"},
		{goodStates, "slope_w: 200", "slope_w: -1", "states.full.slope_w: must be from 0"},
		{goodStates, "full: {base_w: 300, slope_w: 200}", "dtx: {base_w: 300}", "states.full: must be available"},
		{goodStates, "full: {base_w: 300, slope_w: 200}", "full: {base_w: 300, chain_share: 0.5}", "full is the reference"},
		{goodStates, "half_trx:", "half:", `power state "half": want one of`},
		{goodStates, "chain_share: 0.5", "chain_share: 0", "states.half_trx.chain_share: must be from 0.001 to 1, got 0"},
		{goodStates, "base_w: 220", "base_w: 320", "states.half_trx: must not draw more than full"},
		{goodStates, "base_w: 100", "base_w: 330", "states.carrier_sleep.base_w: must not exceed that of full (300), got 330"},
		{goodStates, "wake_ms: 20", "slope_w: 20", "states.carrier_sleep.slope_w: must be from 0 to 0"},
		{goodStates, "wake_ms: 20", "max_layers: 2", "a sleep state has no"},
		{goodStates, "wake_ms: 20", "wake_ms: 1e300", "states.carrier_sleep.wake_ms: must be from 0"},
		{goodStates, "carrier_sleep: 2}", "carrier_sleep: -2}", "control_s.carrier_sleep: must be from 0"},
		{goodStates, "    states:\n", "    earth: {}\n    states:\n", "want exactly one of tr38864, earth, linear, mimo, asm, multicarrier, states, got 2"},
		{goodStates, "name: mine", "name: mine\n    source: x\n    family: field\n    trx: 1\n    states: {full: {base_w: 1}}\n  - name: mine", "name: another profile of the file has it"},
		{goodStates, "profiles:", "profile:", "field profile not found"},
		{goodStates, "wake_ms: 20, transition_j: 3}\n", "wake_ms: 20, transition_j: 3}\n---\na: 1\n", "want one document"},
		{goodStates, goodStates, "", "no document"},
		{goodStates, goodStates, "profiles: []", "profiles: want at least one"},
		{goodLinear, "full_w: 300", "full_w: 99", "linear.full_w: must be from 100"},
		{goodLinear, "idle_w: 100", "idle_w: 0", "linear.idle_w: must be above 0"},
		{goodLinear, "carrier_sleep: 0.5", "carrier_sleep: 0", "linear.idle_share.carrier_sleep: must be above 0"},
		{goodLinear, "deep_sleep: 0.3", "deep_sleep: 0.6", "states.deep_sleep.base_w: must not exceed that of carrier_sleep (50), got 60"},
		{goodLinear, "deep_sleep: 10", "deep_sleep: 0.5", "states.deep_sleep: must not wake faster than carrier_sleep"},
		{goodLinear, "idle_w: 100", "dtx_off_share: 0.5\n      idle_w: 100", "linear.dtx_off_share: belongs to dtx"},
		{goodLinear, "idle_w: 100", "dtx_off_share: 0.5\n      dtx: {cycle_ms: 100, on_ms: 7, ssb_period_ms: 50}\n      idle_w: 100", "linear.dtx.cycle_ms: must be a cycle of TS 38.331"},
		{goodLinear, "idle_w: 100", "dtx_off_share: 0.4\n      dtx: {cycle_ms: 160, on_ms: 200, ssb_period_ms: 80}\n      idle_w: 100", "linear.dtx.on_ms: must be below cycle_ms (160)"},
		{goodLinear, "linear:\n", "tr38864: {anchor_full_w: 1}\n    linear:\n", "tr38864.scs_khz: must be 15, 30, 60, 120 or 240, got 0"},
		{goodLinear, "linear:\n", "mimo: {antennas: 4, full_users: 5}\n    linear:\n", "mimo.full_users: must be from 0 to 4, got 5"},
		{goodLinear, "linear:\n", "asm: {active_w: 10, idle_w: 5, modes: [{power_w: 6}]}\n    linear:\n", "asm.modes: must be the four modes SM1 to SM4, got 1"},
		{goodLinear, "linear:\n", "asm: {active_w: 10, idle_w: 5, modes: [{power_w: 6}]}\n    linear:\n", "asm.modes[0].power_w: must be from 0 to 5, got 6"},
		{goodLinear, "linear:\n", "multicarrier: {added: true, pa_w: 1}\n    linear:\n", "multicarrier.added: a carrier whose partners"},
		{goodLinear, "linear:\n", "tr38864: {on_demand_sib1: true}\n    linear:\n", "tr38864.on_demand_sib1: belongs to cells that send SIB1"},
		{goodLinear, "linear:\n", "tr38864: {ssb_less: true, on_demand_ssb: true}\n    linear:\n", "tr38864.on_demand_ssb: belongs to cells"},
		{goodLinear, "linear:\n", "tr38864: {sib1: {period_ms: 7}}\n    linear:\n", "tr38864.sib1.period_ms: must be one of [20 40 80 160], got 7"},
		{goodLinear, "linear:\n", "earth: {p_sleep_w: 5}\n    linear:\n", "earth.p_sleep_w: must be from 0 to 0, got 5"},
	} {
		text := strings.Replace(c.file, c.old, c.new, 1)
		if text == c.file {
			t.Fatalf("case %q replaces nothing", c.want)
		}
		ps, err := Decode("f.yaml", []byte(text))
		if err == nil || ps != nil || !strings.HasPrefix(err.Error(), "f.yaml: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: got %v, want %q", c.new, c.old, err, c.want)
		}
	}
}

// All faults of a file at once.
func TestDecodeReportsAllFaults(t *testing.T) {
	text := strings.NewReplacer("trx: 8", "trx: -8", "base_cv: 0.1", "base_cv: 7", "base_w: 220", "base_w: 500").Replace(goodStates)
	_, err := Decode("f.yaml", []byte(text))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"trx:", "base_cv:", "states.half_trx:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

// A file decodes to valid profiles or to an error; nothing panics.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(goodStates))
	f.Add([]byte(goodLinear))
	dir, err := files.ReadDir("profiles")
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range dir {
		text, err := files.ReadFile("profiles/" + d.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("profiles: [{tr38864: {}}, {earth: {}}, {linear: {}}, {states: {}}, {}]"))
	f.Add([]byte("profiles: [{mimo: {}}, {asm: {modes: [{}]}}, {multicarrier: {added: true}}, {tr38864: {sib1: {}, ssb_less: true, dtx: {}}}]"))
	f.Add([]byte("profiles: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		ps, err := Decode("f.yaml", text)
		if (err == nil) == (len(ps) == 0) {
			t.Fatalf("%d profiles, error %v", len(ps), err)
		}
		for _, p := range ps {
			if errs := p.Validate(); len(errs) > 0 {
				t.Fatal(errs)
			}
			for s := range State(NumStates) {
				if w := p.PowerW(s, 1); p.States[s].Available && !(w >= 0 && w <= 2*maxUnitW) {
					t.Fatalf("%v draws %v W", s, w)
				}
			}
		}
	})
}
