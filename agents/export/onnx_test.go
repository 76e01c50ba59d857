package export

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/sim/rng"
)

var (
	ortDir    = flag.String("onnxruntime", "", "folder with run.mjs and its installed node_modules; without it the comparison with ONNX Runtime is skipped")
	bundleDir = flag.String("bundle", "", "folder of an exported bundle to compare as well")
)

func testPolicy(activation string, hidden []int, fields, actions int) *mlp.Policy {
	s := env.Schema{Environment: "test", Version: 1}
	for i := range fields {
		s.Fields = append(s.Fields, env.Field{Name: "f" + strconv.Itoa(i), Unit: "1", Doc: "a | b", Scale: 1})
	}
	for i := range actions {
		s.Actions = append(s.Actions, env.Action{Name: "a" + strconv.Itoa(i), Doc: "does"})
	}
	sizes := append(append([]int{fields}, hidden...), actions)
	return &mlp.Policy{Actor: mlp.New(sizes, activation, 1, rng.Root(7)), Schema: s, Label: "test", Workers: 1}
}

// inputs returns rows random observations and masks with at least one
// allowed action a row.
func inputs(p *mlp.Policy, rows int) (obs []float32, mask []bool) {
	key := rng.Root(11)
	obs, mask = make([]float32, rows*p.Actor.In()), make([]bool, rows*p.Actor.Out())
	for i := range obs {
		obs[i] = float32(key.Named("obs").Norm(uint64(i)))
	}
	for i := range mask {
		mask[i] = key.Named("mask").Float64(uint64(i)) < 0.6
	}
	for r := range rows {
		mask[r*p.Actor.Out()+r%p.Actor.Out()] = true
	}
	return obs, mask
}

// runtimeOutputs runs the model in dir with ONNX Runtime.
func runtimeOutputs(t *testing.T, dir string, p *mlp.Policy, obs []float32, mask []bool, rows int) (logits []float32, action []int32) {
	t.Helper()
	var text, flags bytes.Buffer
	binary.Write(&text, binary.LittleEndian, obs)
	for _, m := range mask {
		flags.WriteByte(map[bool]byte{true: 1}[m])
	}
	for name, data := range map[string][]byte{"obs.bin": text.Bytes(), "mask.bin": flags.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("node", filepath.Join(*ortDir, "run.mjs"), dir, strconv.Itoa(rows), strconv.Itoa(p.Actor.In()), strconv.Itoa(p.Actor.Out()))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ONNX Runtime: %v\n%s", err, out)
	}
	logits, action = make([]float32, rows*p.Actor.Out()), make([]int32, rows)
	for name, dst := range map[string]any{"logits.bin": logits, "action.bin": action} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, dst); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return logits, action
}

// Outputs equal ours to 1e-5 on 1,000 random observations.
func TestONNXRuntimeAgrees(t *testing.T) {
	if *ortDir == "" {
		t.Skip("no -onnxruntime folder given; `make readers` installs it and runs this test")
	}
	dir, err := filepath.Abs(*ortDir)
	if err != nil {
		t.Fatal(err)
	}
	*ortDir = dir
	policies := map[string]*mlp.Policy{
		"tanh":  testPolicy(mlp.Tanh, []int{64, 64}, 24, 8),
		"relu":  testPolicy(mlp.ReLU, []int{64, 64}, 24, 8),
		"small": testPolicy(mlp.Tanh, []int{3}, 2, 2),
		"deep":  testPolicy(mlp.ReLU, []int{16, 16, 16}, 5, 3),
	}
	if *bundleDir != "" {
		data, err := os.ReadFile(filepath.Join(*bundleDir, PolicyFile))
		if err != nil {
			t.Fatal(err)
		}
		if policies["bundle"], err = mlp.Decode(data); err != nil {
			t.Fatal(err)
		}
	}
	for name, p := range policies {
		t.Run(name, func(t *testing.T) { compareWithRuntime(t, name, p) })
	}
}

func compareWithRuntime(t *testing.T, name string, p *mlp.Policy) {
	const rows, tolerance = 1000, 1e-5
	work := t.TempDir()
	model, err := ONNX(p, nil)
	if name == "bundle" {
		model, err = os.ReadFile(filepath.Join(*bundleDir, ModelFile))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "policy.onnx"), model, 0o644); err != nil {
		t.Fatal(err)
	}
	obs, mask := inputs(p, rows)
	logits, action := runtimeOutputs(t, work, p, obs, mask, rows)
	want := make([]float32, len(logits))
	p.Actor.ForwardTo(want, obs, rows, mlp.NewScratch(1, p.Actor))
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(want[i]-logits[i])))
	}
	if !(worst <= tolerance) {
		t.Errorf("logits differ by up to %g, want at most %g", worst, tolerance)
	}
	n := p.Actor.Out()
	for r := range rows {
		// ONNX Runtime's own logits decide, so that a tie within the tolerance is no fault.
		if best := mlp.Argmax(logits[r*n:(r+1)*n], mask[r*n:(r+1)*n]); int(action[r]) != best {
			t.Fatalf("row %d: action %d, the best allowed logit is %d", r, action[r], best)
		}
	}
	t.Logf("%s: %d rows, largest difference of a logit %.2g", name, rows, worst)
}

// field returns the bytes of every occurrence of a length-delimited field.
func field(t *testing.T, m []byte, want protowire.Number) [][]byte {
	t.Helper()
	var all [][]byte
	for len(m) > 0 {
		num, typ, n := protowire.ConsumeTag(m)
		if n < 0 {
			t.Fatal("not a protobuf message")
		}
		m = m[n:]
		if typ == protowire.BytesType && num == want {
			v, _ := protowire.ConsumeBytes(m)
			all = append(all, v)
		}
		m = m[protowire.ConsumeFieldValue(num, typ, m):]
	}
	return all
}

func TestModelHoldsTheWeightsAndNothingElse(t *testing.T) {
	p := testPolicy(mlp.Tanh, []int{4}, 3, 2)
	model, err := ONNX(p, []Entry{{"k", "v"}})
	if err != nil {
		t.Fatal(err)
	}
	graph := field(t, model, modelGraph)[0]
	var ops []string
	for _, n := range field(t, graph, graphNode) {
		ops = append(ops, string(field(t, n, nodeOp)[0]))
	}
	if got, want := strings.Join(ops, " "), "Gemm Tanh Gemm Where ArgMax"; got != want {
		t.Errorf("operators are %q, want %q", got, want)
	}
	var names []string
	for _, init := range field(t, graph, graphInitializer) {
		name := string(field(t, init, tensorName)[0])
		names = append(names, name)
		if name == "forbidden" {
			// Lower than any logit of a network with finite weights in practice.
			if v := math.Float32frombits(binary.LittleEndian.Uint32(field(t, init, tensorRaw)[0])); v > -1e20 {
				t.Errorf("a forbidden action's logit is %g", v)
			}
		}
		if name == "w1" {
			var raw []byte
			for _, v := range p.Actor.W[1] {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
			}
			if !bytes.Equal(field(t, init, tensorRaw)[0], raw) {
				t.Error("w1 does not hold the second layer's weights")
			}
		}
	}
	if got, want := strings.Join(names, " "), "w0 b0 w1 b1 forbidden"; got != want {
		t.Errorf("initializers are %q, want %q", got, want)
	}
}

func TestBundleDescribesItsFiles(t *testing.T) {
	p := testPolicy(mlp.ReLU, []int{8, 8}, 3, 2)
	files, err := Files(p, Origin{Scenario: "tiny", ScenarioHash: strings.Repeat("ab", 32), Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Files(p, Origin{Scenario: "tiny", ScenarioHash: strings.Repeat("ab", 32), Seed: 3})
	for i := range files {
		if !bytes.Equal(files[i].Data, again[i].Data) {
			t.Errorf("%s differs between two exports of the same policy", files[i].Name)
		}
	}
	var b Bundle
	if err := json.Unmarshal(files[len(files)-1].Data, &b); err != nil {
		t.Fatal(err)
	}
	if b.SchemaHash != p.Schema.Hash() || b.Schema.Hash() != b.SchemaHash {
		t.Errorf("schema hash %q, want %q", b.SchemaHash, p.Schema.Hash())
	}
	if len(b.Files) != len(files)-1 || b.Files[0].Name != ModelFile || b.Files[0].Bytes != len(files[0].Data) {
		t.Errorf("files are listed as %+v", b.Files)
	}
	text := string(files[2].Data)
	for _, want := range []string{"| 0 | `f0` | 1 | 0 | 1 | a \\| b |", "| 1 | `a1` | does |", "rows × 3"} {
		if !strings.Contains(text, want) {
			t.Errorf("README lacks %q", want)
		}
	}
}

func TestFaultyPolicyIsRefused(t *testing.T) {
	p := testPolicy(mlp.Tanh, []int{4}, 3, 2)
	p.Actor.W[0][0] = float32(math.NaN())
	if _, err := ONNX(p, nil); err == nil {
		t.Error("a network with a NaN weight was exported")
	}
}
