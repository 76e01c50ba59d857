package mlp

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hibernet/sim/rng"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func small() *Policy {
	n := New([]int{2, 3, 2}, ReLU, 1, rng.Root(1))
	for l := range n.W { // exact values: the file must not depend on the processor
		for i := range n.W[l] {
			n.W[l][i] = float32(i)/4 - float32(l)
		}
	}
	return &Policy{Actor: n, Schema: schema(2, 2), Label: "small"}
}

func TestFileIsAsItWas(t *testing.T) {
	got, err := small().Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "small.policy.json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the policy file changed; got:\n%s", got)
	}
}

func TestDecodeReversesEncode(t *testing.T) {
	p := toyPolicy(false, 3)
	p.Actor.W[0][0] = float32(math.Copysign(0, -1))
	text, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Greedy || got.Workers != 1 || got.Label != "toy" || got.Schema.Hash() != p.Schema.Hash() {
		t.Errorf("decoded %+v", got)
	}
	a, b := got.Actor.AppendTo(nil), p.Actor.AppendTo(nil)
	if !slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }) {
		t.Error("parameters changed on the way")
	}
	again, err := got.Encode()
	if err != nil || !bytes.Equal(again, text) {
		t.Errorf("encoding again gives other bytes (%v)", err)
	}
}

func TestDecodeNamesTheFault(t *testing.T) {
	good, err := small().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"format": "hibernet-policy"`, `"format": "onnx"`, `format: want "hibernet-policy", got "onnx"`},
		{`"version": 1,`, `"version": 2,`, "version: this program reads 1, got 2"},
		{`"version": 1,`, `"version": 1, "version": 1,`, `key "version" is repeated`},
		{`"version": 1,`, `"version": 1, "Version": 1,`, `key "version" is repeated`},
		{`"version": 1,`, `"version": 1, "extra": 1,`, `unknown field "extra"`},
		{`"version": 1,`, `"version": "1",`, "cannot unmarshal string"},
		{`"scale": 2`, `"scale": 4`, "schema_hash: the schema hashes to"},
		{`"activation": "relu"`, `"activation": "gelu"`, `activation: allowed "tanh", "relu", got "gelu"`},
		{"3,\n    2\n", "4,\n    2\n", "weights: 22 values need 120 characters"},
		{"2,\n    3,", "3,\n    3,", "weights: 20 values"},
		{`"weights": "`, `"weights": "!`, "weights: "},
		{`"weights": "AAAAAA`, `"weights": "!AAAAA`, "weights: illegal base64 data"},
		{`"weights": "AAAAAA`, `"weights": "AADAfw`, "not finite"},
		{"\n}\n", "\n} {}", "data after the end"},
		{"\n}\n", "\n", "unexpected EOF"},
	} {
		bad := strings.Replace(string(good), c.old, c.new, 1)
		if bad == string(good) {
			t.Fatalf("%q is not in the file", c.old)
		}
		if _, err := Decode([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: error %v, want one with %q", c.new, c.old, err, c.want)
		}
	}
	if _, err := (&Policy{}).Encode(); err == nil {
		t.Error("a policy without a network is encoded")
	}
}

func FuzzDecode(f *testing.F) {
	good, err := small().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"hibernet-policy","version":1,"sizes":[16384,16384],"activation":"tanh","weights":""}`))
	f.Add([]byte(`[{"a":1,"a":2}]`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data)
		if err != nil {
			return
		}
		text, err := p.Encode()
		if err != nil {
			t.Fatalf("decoded but not encoded: %v", err)
		}
		again, err := Decode(text)
		if err != nil {
			t.Fatalf("encoded but not decoded: %v", err)
		}
		if err := p.Reset(again.Schema, 1, 1); err != nil {
			t.Fatal(err)
		}
	})
}
