package train

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"hibernet/env"
)

// plan is the settings of an algorithm that has none but its length.
type plan struct{ Iterations int }

func (p plan) Validate() []error {
	return Bounds([]Bound{{Path: "iterations", Value: float64(p.Iterations), Lo: 1, Hi: 10}})
}

// written is a state with a memory that repeats itself, and its file.
func written(t *testing.T) (State, []byte) {
	t.Helper()
	s := State{
		Algorithm: "plan", Seed: 3, Iteration: 2, Spec: plan{5}, Schema: env.Schema{Environment: "x"}, Numbers: map[string]float64{"steps": 7},
		Arrays: map[string][]float32{"theta": {1, -2}}, Memory: bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, 10_000),
	}
	text, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return s, text
}

// base returns the text of bytes in a file.
func base(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// What is remembered takes less room in a file and comes back to the bit, also from
// a file of the version before, in which it is plain.
func TestMemoryComesBackFromFilesOfBothVersions(t *testing.T) {
	s, text := written(t)
	if len(text) > len(s.Memory)/10 {
		t.Errorf("%d bytes of file for a memory of %d", len(text), len(s.Memory))
	}
	packed, err := packMemory(s.Memory)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Replace(string(text), `"version": 2`, `"version": 1`, 1)
	old = strings.Replace(old, base(packed), base(s.Memory), 1)
	for name, file := range map[string]string{"version 2": string(text), "version 1": old} {
		var p plan
		var got *State
		if err := Restore([]byte(file), "plan", &p, func(s *State) error { got = s; return s.Within(p.Iterations) }); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(got.Memory, s.Memory) || p != (plan{5}) || got.Seed != 3 || got.Iteration != 2 || got.Numbers["steps"] != 7 || got.Arrays["theta"][1] != -2 {
			t.Errorf("%s: another state came back", name)
		}
	}
}

func TestRestoreNamesTheFault(t *testing.T) {
	s, text := written(t)
	packed, err := packMemory(s.Memory)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no room")
	for _, c := range []struct {
		old, new string
		take     func(*State) error
		want     string
	}{
		{`"hibernet-plan-checkpoint"`, `"hibernet-policy"`, nil, "plan: checkpoint: format: want"},
		{`"version": 2`, `"version": 3`, nil, "version: this program reads 1 and 2, got 3"},
		{`"Iterations": 5`, `"Iterations": 50`, nil, "iterations: allowed 1 to 10, got 50"},
		{`"Iterations": 5`, `"Iterations": 1`, nil, "iteration: allowed 0 to 1, got 2"},
		{base(packed), base(packed[:len(packed)-2]), nil, "memory: "},
		{base(packed), base(s.Memory), nil, "memory: "},
		{"", "", func(*State) error { return full }, "plan: checkpoint: no room"},
	} {
		bad := strings.Replace(string(text), c.old, c.new, 1)
		if bad == string(text) && c.take == nil {
			t.Fatalf("%q is not in the file", c.old)
		}
		var p plan
		take := c.take
		if take == nil {
			take = func(s *State) error { return s.Within(p.Iterations) }
		}
		if err := Restore([]byte(bad), "plan", &p, take); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: error %v, want one with %q", c.new, err, c.want)
		}
	}
}
