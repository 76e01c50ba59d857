package power

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// file is a YAML file of profiles.
type file struct {
	Profiles []entry `yaml:"profiles"`
}

// entry is one profile as written: what all forms share, and exactly one form.
type entry struct {
	Name      string  `yaml:"name"`
	Family    string  `yaml:"family"`
	Source    string  `yaml:"source"`
	TRX       int     `yaml:"trx"`
	MaxLayers float64 `yaml:"max_layers"` // with all chains; in proportion with fewer; 0 = no limit
	BaseCV    float64 `yaml:"base_cv"`
	WholeSite bool    `yaml:"whole_site"`
	BackoffDB float64 `yaml:"backoff_db"` // reduction in state backoff; 0 = not offered
	Control   bySleep `yaml:"control_s"`  // reactivation by the control plane

	TR38864 *trForm            `yaml:"tr38864"`
	EARTH   *earthForm         `yaml:"earth"`
	Linear  *linearForm        `yaml:"linear"`
	MIMO    *mimoForm          `yaml:"mimo"`
	ASM     *asmForm           `yaml:"asm"`
	Shared  *sharedForm        `yaml:"multicarrier"`
	States  map[string]rawData `yaml:"states"`
}

// bySleep holds a number for each sleep state.
type bySleep struct {
	Sleep     float64 `yaml:"carrier_sleep"`
	DeepSleep float64 `yaml:"deep_sleep"`
	Dormant   float64 `yaml:"dormant"`
}

// of returns the number of a state, 0 for a state that is not a sleep.
func (b *bySleep) of(s State) float64 {
	switch s {
	case Sleep:
		return b.Sleep
	case DeepSleep:
		return b.DeepSleep
	case Dormant:
		return b.Dormant
	}
	return 0
}

// Decode reads a YAML file of profiles; name stands for the file in errors.
// It is strict: unknown and duplicate keys, further documents, numbers out of
// range and profiles against the order of the ladder are errors, all of them
// joined. The order is the file's.
func Decode(name string, text []byte) ([]Profile, error) {
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("no document")
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: want one document, got more", name)
	}
	if len(f.Profiles) == 0 {
		return nil, fmt.Errorf("%s: profiles: want at least one", name)
	}
	var errs []error
	seen := map[string]bool{}
	out := make([]Profile, 0, len(f.Profiles))
	for i := range f.Profiles {
		e := &f.Profiles[i]
		path := fmt.Sprintf("%s: profiles[%d]", name, i)
		if e.Name != "" {
			path += " (" + e.Name + ")"
		}
		p, faults := e.build()
		if e.Name != "" && seen[e.Name] {
			faults = append(faults, errors.New("name: another profile of the file has it"))
		}
		seen[e.Name] = true
		for _, err := range faults {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
		out = append(out, p)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}

// checker collects faults of an entry's numbers.
type checker struct {
	errs []error
}

// in notes a fault unless lo <= v <= hi; NaN is one.
func (c *checker) in(path string, v, lo, hi float64) {
	if !(v >= lo && v <= hi) {
		c.errs = append(c.errs, fmt.Errorf("%s: must be from %g to %g, got %g", path, lo, hi, v))
	}
}

// positive notes a fault unless 0 < v <= hi.
func (c *checker) positive(path string, v, hi float64) {
	if !(v > 0 && v <= hi) {
		c.errs = append(c.errs, fmt.Errorf("%s: must be above 0 and at most %g, got %g", path, hi, v))
	}
}

// that notes a fault unless ok.
func (c *checker) that(ok bool, path, format string, a ...any) {
	if !ok {
		c.errs = append(c.errs, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, a...)))
	}
}

// form is one way of stating a profile's numbers.
type form interface {
	// check notes the faults of the numbers on their own.
	check(c *checker)
	// fill sets the states' powers and hardware transitions; check has passed.
	fill(e *entry, p *Profile)
}

// check notes the faults of the numbers that all forms share.
func (e *entry) check(c *checker) {
	c.in("max_layers", e.MaxLayers, 0, 1024)
	c.in("backoff_db", e.BackoffDB, 0, 30)
	c.in("control_s.carrier_sleep", e.Control.Sleep, 0, 3600)
	c.in("control_s.deep_sleep", e.Control.DeepSleep, 0, 3600)
	c.in("control_s.dormant", e.Control.Dormant, 0, 3600)
}

// build makes the profile and returns all faults. Numbers are checked before
// they are used, so that a fault is reported once, at its cause.
func (e *entry) build() (Profile, []error) {
	p := Profile{Name: e.Name, Family: e.Family, Source: e.Source, TRX: e.TRX, BaseCV: e.BaseCV, WholeSite: e.WholeSite}
	var forms []form
	if e.TR38864 != nil {
		forms = append(forms, e.TR38864)
	}
	if e.EARTH != nil {
		forms = append(forms, e.EARTH)
	}
	if e.Linear != nil {
		forms = append(forms, e.Linear)
	}
	if e.MIMO != nil {
		forms = append(forms, e.MIMO)
	}
	if e.ASM != nil {
		forms = append(forms, e.ASM)
	}
	if e.Shared != nil {
		forms = append(forms, e.Shared)
	}
	if e.States != nil {
		forms = append(forms, rawForm(e.States))
	}
	var c checker
	e.check(&c)
	c.that(len(forms) == 1, "form", "want exactly one of tr38864, earth, linear, mimo, asm, multicarrier, states, got %d", len(forms))
	for _, f := range forms {
		f.check(&c)
	}
	if len(c.errs) > 0 {
		return p, c.errs
	}
	forms[0].fill(e, &p)
	e.finish(&p)
	return p, p.Validate()
}

// finish sets what follows from the states' powers: the control plane's delay
// and energy, and the effect of fewer chains on layers.
func (e *entry) finish(p *Profile) {
	full := p.States[Full].BaseW
	for s := range State(NumStates) {
		d := &p.States[s]
		if !d.Available {
			*d = StateData{}
			continue
		}
		if !s.Awake() {
			d.ControlUs += microseconds(e.Control.of(s))
			d.TransitionJ += float64(d.ControlUs) / 1e6 * max(full-d.BaseW, 0)
		}
		d.ExitUs = d.WakeUs + d.ControlUs
		if s != Full && s.Awake() && d.MaxLayers == 0 && d.ChainShare < 1 && e.MaxLayers > 0 {
			d.MaxLayers = max(1, e.MaxLayers*d.ChainShare)
		}
	}
}

// microseconds converts from seconds.
func microseconds(s float64) int64 { return int64(s*1e6 + 0.5) }
