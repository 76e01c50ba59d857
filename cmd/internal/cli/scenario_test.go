package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestScenarioList(t *testing.T) {
	s := newShell(t)
	text := s.do("scenario", "list")
	var list []struct{ Name, Description string }
	if err := json.Unmarshal([]byte(s.do("scenario", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 4 {
		t.Fatalf("%d presets", len(list))
	}
	for _, p := range list {
		if p.Description == "" {
			t.Errorf("%s: no description", p.Name)
		}
		contains(t, text, p.Name)
		// Every preset can be shown, and what is shown is a valid file.
		s.write(p.Name+".yaml", s.do("scenario", "show", p.Name))
		s.do("scenario", "validate", p.Name+".yaml")
	}
}

// TestScenarioShowIsWhole holds a scenario that is shown and read again to
// the same hash, and --set and --source to what they promise.
func TestScenarioShowIsWhole(t *testing.T) {
	s := newShell(t)
	s.write("copy.yaml", s.do("scenario", "show", "tiny", "--set", "topology.areas[0].sites=4"))
	first := s.do("scenario", "validate", "tiny", "--set", "topology.areas[0].sites=4")
	second := s.do("scenario", "validate", "copy.yaml")
	if a, b := strings.SplitN(first, ":", 2)[1], strings.SplitN(second, ":", 2)[1]; a != b {
		t.Errorf("the scenario became another: %q, %q", a, b)
	}
	contains(t, s.do("scenario", "show", "tiny", "--source"), "# Three sites")
	contains(t, s.do("scenario", "show", "copy.yaml"), "sites: 4")
}

func TestScenarioValidate(t *testing.T) {
	s := newShell(t)
	s.write("good.yaml", "name: good\ntopology:\n  wrap: false\n  areas:\n    - {class: urban, sites: 3}\n")
	s.write("bad.yaml", "name: bad\nname: worse\nsede: 3\nload: {target_mean: .nan}\ntopology:\n  areas:\n    - {class: urban, sites: -1}\n")
	o := s.try("scenario", "validate", "good.yaml", "bad.yaml", "missing.yaml")
	if o.code != ExitInput {
		t.Errorf("exit code %d", o.code)
	}
	golden(t, "validate.txt", shapeHash(o.stdout)+"--- stderr\n"+o.err)

	o = s.try("scenario", "validate", "--json", "good.yaml", "bad.yaml")
	var verdicts []verdict
	if err := json.Unmarshal([]byte(o.stdout), &verdicts); err != nil {
		t.Fatal(err)
	}
	if len(verdicts) != 2 || !verdicts[0].Valid || verdicts[1].Valid || len(verdicts[0].SHA256) != 64 || len(verdicts[1].Faults) < 4 {
		t.Errorf("verdicts %+v", verdicts)
	}
	for _, f := range verdicts[1].Faults {
		if f.Line == 0 || f.Problem == "" {
			t.Errorf("fault without line or problem: %+v", f)
		}
	}
}

// shapeHash hides the hash of a scenario, which changes with every default.
func shapeHash(text string) string {
	if i := strings.Index(text, "SHA-256 "); i >= 0 {
		return text[:i+len("SHA-256 ")] + "..." + text[i+len("SHA-256 ")+12:]
	}
	return text
}

func TestScenarioSchema(t *testing.T) {
	s := newShell(t)
	var schema map[string]any
	if err := json.Unmarshal([]byte(s.do("scenario", "schema")), &schema); err != nil {
		t.Fatal(err)
	}
	if schema["$schema"] == nil || schema["properties"] == nil {
		t.Errorf("no JSON Schema: keys of %d", len(schema))
	}
	contains(t, s.do("scenario", "schema", "--table"), "network.epoch_s", "topology.areas")
}

// TestScenarioNew holds every file that new writes to what validate wants.
func TestScenarioNew(t *testing.T) {
	s := newShell(t)
	for _, kind := range []string{"synthetic", "trace", "sites"} {
		contains(t, s.do("scenario", "new", "--kind", kind, "--out", kind+".yaml"), "wrote "+kind+".yaml", "scenario validate")
		if s.do("scenario", "new", "--kind", kind) != string(s.read(kind+".yaml")) {
			t.Errorf("%s: printed and written differ", kind)
		}
		s.do("scenario", "validate", kind+".yaml")
	}
}
