package ppo

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

func smallCheckpoint(t testing.TB) []byte {
	t.Helper()
	spec := toySpec(1, 4)
	spec.Hidden = []int{2}
	var text []byte
	_, err := Train(context.Background(), spec, twoCells.make(4), Options{Seed: math.MaxUint64, Checkpoint: func(c *Checkpoint) (err error) {
		text, err = c.Encode()
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDecodeCheckpointNamesTheFault(t *testing.T) {
	good := string(smallCheckpoint(t))
	c, err := DecodeCheckpoint([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Encode(); err != nil || string(again) != good {
		t.Errorf("encoding again gives other bytes (%v)", err)
	}
	if c.Seed != math.MaxUint64 || c.Iteration != 1 {
		t.Errorf("seed %d, iteration %d, want %d, 1", c.Seed, c.Iteration, uint64(math.MaxUint64))
	}
	for _, c := range []struct{ old, new, want string }{
		{`"hibernet-ppo-checkpoint"`, `"hibernet-policy"`, "format: want"},
		{`"version": 3,`, `"version": 4,`, "version: this program reads 3, got 4"},
		{`"seed": 18446744073709551615`, `"seed": -1`, "cannot unmarshal"},
		{`"iteration": 1`, `"iteration": 2`, "iteration: allowed 0 to 1, got 2"},
		{`"iteration": 1`, `"iteration": 1, "iteration": 1`, `key "iteration" is repeated`},
		{`"iteration": 1`, `"iteration": 1, "note": 1`, `unknown field "note"`},
		{`"reward_scale": `, `"reward_scale": -`, "reward_scale: not possible after 1 iterations"},
		{`"adam_steps": `, `"adam_steps": -`, "adam_steps: at least 0"},
		{`"Gamma": 0.99`, `"Gamma": 1.5`, "spec.gamma: allowed 0 to 1, got 1.5"},
		{`"toy_two_cells"`, `"toy_three_cells"`, "schema_hash: the schema hashes to"},
		{`"parameters": "`, `"parameters": "AAAA`, "parameters: "},
		{`"adam_m1": "`, `"adam_m1": "AAAA`, "adam_m1: "},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%q is not in the file", c.old)
		}
		if _, err := DecodeCheckpoint([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: error %v, want one with %q", c.new, c.old, err, c.want)
		}
	}
	for _, spoil := range []func(*Checkpoint){
		func(c *Checkpoint) { c.Actor.W[0][0] = float32(math.NaN()) },
		func(c *Checkpoint) { c.adam.M2[0] = -1 },
	} {
		c, err := DecodeCheckpoint([]byte(good))
		if err != nil {
			t.Fatal(err)
		}
		spoil(c)
		text, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeCheckpoint(text); err == nil || !strings.Contains(err.Error(), "[0]: not a possible value") {
			t.Errorf("error %v, want one that names the array", err)
		}
	}
}

func FuzzDecodeCheckpoint(f *testing.F) {
	f.Add(smallCheckpoint(f))
	f.Add([]byte(`{"format":"hibernet-ppo-checkpoint","version":1}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCheckpoint(data)
		if err != nil {
			return
		}
		text, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeCheckpoint(text)
		if err != nil {
			t.Fatalf("encoded but not decoded: %v", err)
		}
		if more, err := again.Encode(); err != nil || !bytes.Equal(more, text) {
			t.Fatalf("encoding twice gives other bytes (%v)", err)
		}
	})
}

func TestValidateNamesEveryFault(t *testing.T) {
	if errs := DefaultSpec().Validate(); len(errs) > 0 {
		t.Fatalf("the defaults are faulty: %v", errs)
	}
	nan := math.NaN()
	text := errors.Join(Spec{
		RowsPerUpdate: -1, RewardScale: -1, Gamma: nan, Lambda: 2, Clip: 1, AdvantageClip: -1, ValueClip: -1, Entropy: nan, ValueCoef: -1,
		LearningRate: 2, Schedule: "cosine", TargetKL: nan, Hidden: []int{0, 64, 5000}, Activation: "gelu",
	}.Validate()...).Error()
	for _, path := range []string{"iterations", "shards", "horizon", "rows_per_update", "epochs", "minibatch", "gamma", "lambda", "reward_scale", "clip",
		"value_clip", "entropy", "value_coef", "max_grad_norm", "learning_rate", "schedule", "target_kl", "hidden[0]", "hidden[2]", "activation"} {
		if !strings.Contains("\n"+text, "\n"+path+": ") {
			t.Errorf("no fault begins with %q in:\n%s", path, text)
		}
	}
	s := DefaultSpec()
	s.Hidden = nil
	if errs := s.Validate(); len(errs) != 1 || errs[0].Error() != "hidden: allowed 1 to 15 layers, got 0" {
		t.Errorf("no hidden layers: %v", errs)
	}
}
