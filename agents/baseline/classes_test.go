package baseline

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hibernet/env"
)

// classSchema is sleepSchema with the columns of two area classes.
func classSchema() env.Schema {
	s := sleepSchema()
	s.Fields = append(s.Fields, env.Field{Name: "class_urban", Scale: 1}, env.Field{Name: "class_rural", Scale: 2})
	return s
}

// Cells of a class follow its thresholds, others those of all.
func TestThresholdsByClass(t *testing.T) {
	spec := DefaultThresholdSpec()
	spec.SleepAfterS, spec.DwellS = 0, 0
	rural := spec.plain()
	rural.OwnSleepBelow, rural.State = 0.6, "dormant"
	spec.Classes = map[string]ClassThresholds{"rural": rural}
	p, err := NewThreshold(spec)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(p.Columns(), "class_rural") || slices.Contains(p.Columns(), "class_urban") {
		t.Errorf("columns %v", p.Columns())
	}
	s := classSchema()
	b := batch(t, s, cell{own: 0.2}, cell{own: 0.5}, cell{own: 0.5}, cell{own: 0.2}, cell{own: 0.7})
	column, _ := s.Column("class_rural")
	for _, row := range []int{2, 3, 4} {
		b.Obs[row*len(s.Fields)+column] = s.Fields[column].Scaled(1)
	}
	reset(t, p, s, 5, 1)
	want := []string{"carrier_sleep", "full", "dormant", "dormant", "full"}
	if got := act(t, p, s, b); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	dst := make([]int32, 5)
	if n := testing.AllocsPerRun(10, func() { _ = p.ActTo(dst, b) }); n != 0 {
		t.Errorf("ActTo allocates %g times", n)
	}
	if err := p.Reset(sleepSchema(), 5, 1); err == nil || !strings.Contains(err.Error(), `no observation column "class_rural"`) {
		t.Errorf("an environment without the class: %v", err)
	}
}

func TestValidateClasses(t *testing.T) {
	spec := DefaultThresholdSpec()
	bad := spec.plain()
	bad.OwnSleepBelow = 2
	spec.Classes = map[string]ClassThresholds{"urban": bad, "lunar": spec.plain()}
	text := errors.Join(spec.Validate()...).Error()
	for _, want := range []string{"classes.urban.own_sleep_below: allowed above 0 to 1, got 2", `classes: no area class is called "lunar"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no fault %q in %s", want, text)
		}
	}
}
