package env

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckActionsNamesTheRow(t *testing.T) {
	mask := []bool{true, false, true, true}
	for _, c := range []struct {
		actions []int32
		masked  bool
		want    string
	}{
		{[]int32{0, 1}, false, ""},
		{[]int32{1, 1}, true, "row 0: action 1"},
		{[]int32{0, 2}, true, "row 1: action 2, allowed 0..1"},
		{[]int32{0, -1}, true, "row 1: action -1"},
		{[]int32{0}, false, "1 actions for a mask of 2 rows"},
	} {
		err := CheckActions(c.actions, mask, 2)
		if (err == nil) != (c.want == "") || errors.Is(err, ErrMasked) != c.masked {
			t.Errorf("%v: error %v", c.actions, err)
		}
		if err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %q does not say %q", c.actions, err, c.want)
		}
	}
}

func TestFitsNamesTheBuffer(t *testing.T) {
	e := &counter{rows: 3}
	b := NewBatch(e)
	if err := b.Fits(e.Schema(), 3); err != nil {
		t.Fatal(err)
	}
	b.Truncated = b.Truncated[:2]
	if err := b.Fits(e.Schema(), 3); err == nil || !strings.Contains(err.Error(), "Truncated") {
		t.Errorf("error %v", err)
	}
}

func TestCostMayBeMissingButNotIllSized(t *testing.T) {
	for _, mode := range []ResetMode{Disabled, NextStep, SameStep} {
		e := AutoReset(&counter{rows: 3}, mode)
		b := NewBatch(e)
		if len(b.Cost) != 3 {
			t.Fatalf("%v: NewBatch made %d costs for 3 rows and a guard", mode, len(b.Cost))
		}
		b.Cost = nil
		drive(t, e, b, 3)
		b.Cost = make([]float32, 2)
		seed := uint64(1)
		if err := e.Reset(&seed, b); err == nil || !strings.Contains(err.Error(), "Cost") {
			t.Errorf("%v: 2 costs for 3 rows: error %v", mode, err)
		}
	}
}

func TestFieldScalingInverts(t *testing.T) {
	f := Field{Offset: 12, Scale: 7}
	if got := f.Raw(f.Scaled(19)); got != 19 {
		t.Errorf("Raw(Scaled(19)) = %v", got)
	}
}

func TestHashCoversMeaningNotWording(t *testing.T) {
	base := func() Schema {
		return Schema{Environment: "e", Version: 1,
			Fields:  []Field{{Name: "a", Unit: "s", Doc: "x", Scale: 1}, {Name: "b", Unit: "s", Scale: 1}},
			Actions: []Action{{Name: "go"}, {Name: "stay"}}}
	}
	want := base().Hash()
	reworded := base()
	reworded.Fields[0].Doc, reworded.Actions[0].Doc = "y", "z"
	reworded.Guards = []Guard{{Name: "dropped_pct"}}
	if reworded.Hash() != want {
		t.Error("wording or guards moved the hash")
	}
	for name, change := range map[string]func(*Schema){
		"environment": func(s *Schema) { s.Environment = "f" },
		"version":     func(s *Schema) { s.Version = 2 },
		"name":        func(s *Schema) { s.Fields[0].Name = "c" },
		"unit":        func(s *Schema) { s.Fields[0].Unit = "h" },
		"offset":      func(s *Schema) { s.Fields[0].Offset = 1 },
		"scale":       func(s *Schema) { s.Fields[0].Scale = 2 },
		"order":       func(s *Schema) { s.Fields[0], s.Fields[1] = s.Fields[1], s.Fields[0] },
		"action":      func(s *Schema) { s.Actions[1].Name = "run" },
		"fewer":       func(s *Schema) { s.Actions = s.Actions[:1] },
	} {
		s := base()
		change(&s)
		if s.Hash() == want {
			t.Errorf("a change of %s did not move the hash", name)
		}
	}
}
