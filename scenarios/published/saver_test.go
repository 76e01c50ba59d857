package published

import (
	"strings"
	"testing"

	"hibernet/env"
)

// The rule by hand: what a station wants on each rung.
func TestSaverWant(t *testing.T) {
	const full, half, quarter, sleep = 0, 1, 2, 6
	make := func(alone bool, rungs int, state int) *saver {
		return &saver{
			StepDown: 0.1, StepUp: 0.5, SleepBelow: 0.2, WakeAbove: 0.6, Rungs: rungs, Alone: alone,
			rung: [3]int{full, half, quarter}, sleep: state,
		}
	}
	for name, c := range map[string]struct {
		rule *saver
		at   station
		want int
	}{
		"little to do":                    {make(false, 3, -1), station{own: 0.05, rung: 0}, half},
		"little to do on the last rung":   {make(false, 3, -1), station{own: 0.05, rung: 2}, quarter},
		"little to do, one rung":          {make(false, 1, -1), station{own: 0.05, rung: 0}, full},
		"enough to do":                    {make(false, 3, -1), station{own: 0.3, rung: 1}, half},
		"much to do":                      {make(false, 3, -1), station{own: 0.6, rung: 2}, half},
		"much to do on the first rung":    {make(false, 3, -1), station{own: 0.6, rung: 0}, full},
		"hands over":                      {make(false, 3, sleep), station{own: 0.05, other: 0.1, rung: 0}, sleep},
		"nobody has room":                 {make(false, 3, sleep), station{own: 0.05, other: 0.3, rung: 0}, half},
		"asleep, others have room":        {make(false, 3, sleep), station{other: 0.5, asked: 1, rung: -1}, sleep},
		"asleep, others are busy":         {make(false, 3, sleep), station{other: 0.7, rung: -1}, quarter},
		"alone without users":             {make(true, 1, sleep), station{own: 0.4, rung: 0}, sleep},
		"alone with users":                {make(true, 1, sleep), station{own: 0.05, asked: 0.01, rung: 0}, full},
		"alone asleep, nobody comes":      {make(true, 1, sleep), station{other: 0.9, rung: -1}, sleep},
		"alone asleep, somebody comes":    {make(true, 1, sleep), station{asked: 0.01, rung: -1}, full},
		"alone asleep, wakes on its rung": {make(true, 3, sleep), station{asked: 0.01, rung: -1}, quarter},
	} {
		if got := c.rule.want(c.at); got != c.want {
			t.Errorf("%s: action %d, want %d", name, got, c.want)
		}
	}
}

// The rule reads its columns by name, keeps to the mask, and says what is
// missing.
func TestSaverActs(t *testing.T) {
	s := env.Schema{Environment: "toy"}
	for _, name := range []string{"sector_load", "state_quarter_trx", "own_load", "state_full", "candidate_load", "state_half_trx"} {
		s.Fields = append(s.Fields, env.Field{Name: name, Offset: 0.5, Scale: 0.5})
	}
	for _, name := range []string{"half_trx", "dormant", "full", "quarter_trx"} {
		s.Actions = append(s.Actions, env.Action{Name: name})
	}
	p := &saver{Rungs: 3, StepDown: 0.1, StepUp: 0.5, Sleep: "dormant", Alone: true}
	if err := p.Reset(s, 2, 1); err != nil {
		t.Fatal(err)
	}
	b := &env.Batch{Obs: make([]float32, 12), FinalObs: make([]float32, 12), Mask: make([]bool, 8),
		Reward: make([]float32, 2), Terminated: make([]bool, 2), Truncated: make([]bool, 2)}
	raw := [][]float64{{0.3, 0, 0.05, 1, 0, 0}, {0, 0, 0, 1, 0, 0}} // both on all antennas; the second has no user
	for row, values := range raw {
		for i, v := range values {
			b.Obs[row*6+i] = s.Fields[i].Scaled(v)
		}
	}
	for i := range b.Mask {
		b.Mask[i] = i != 5 // the second may not be dormant
	}
	dst := make([]int32, 2)
	if err := p.ActTo(dst, b); err != nil {
		t.Fatal(err)
	}
	if dst[0] != 0 || dst[1] != 0 { // half_trx; the first that is allowed
		t.Errorf("actions %v, want [0 0]", dst)
	}
	for i, missing := range []string{"candidate_load", "sector_load", "dormant"} {
		short := s
		short.Fields = append([]env.Field(nil), s.Fields...)
		short.Actions = append([]env.Action(nil), s.Actions...)
		for j := range short.Fields {
			if short.Fields[j].Name == missing {
				short.Fields[j].Name = "x"
			}
		}
		for j := range short.Actions {
			if short.Actions[j].Name == missing {
				short.Actions[j].Name = "x"
			}
		}
		if err := p.Reset(short, 2, 1); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("%d: without %s: %v", i, missing, err)
		}
	}
}
