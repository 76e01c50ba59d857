package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"hibernet/scenarios/strict"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff before you commit")

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(g), len(w)) {
		if !bytes.Equal(g[i], w[i]) {
			t.Errorf("%s:%d (run with -update to rewrite it)\ngot  %s\nwant %s", path, i+1, g[i], w[i])
			return
		}
	}
	if len(g) != len(w) {
		t.Errorf("%s: got %d lines, want %d (run with -update to rewrite it)", path, len(g), len(w))
	}
}

// Every key of every section carries a description, and every number a unit
// that fits its key, and bounds; the defaults keep them.
func TestTags(t *testing.T) {
	s := Default()
	s.Name = "x" // a file must give one
	for _, err := range strict.Lint(&s) {
		t.Error(err)
	}
}

// The defaults lack a name and nothing else.
func TestDefaults(t *testing.T) {
	for _, err := range Default().Validate() {
		t.Error(err)
	}
	_, err := Load("f.yaml", []byte("seed: 2\n"), nil)
	if err == nil || !strings.HasPrefix(err.Error(), "f.yaml: name: missing key") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

// TestFiles compares the faults of each testdata/*.bad.yaml, between sections,
// with the file beside it. A first line "# --set a=1" holds overrides.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(data), "\n")
		sets := strings.Split(first, "--set ")[1:]
		for i := range sets {
			sets[i] = strings.TrimSpace(sets[i])
		}
		_, err = Load(filepath.Base(file), data, sets)
		if strings.HasSuffix(file, ".good.yaml") {
			if err != nil {
				t.Errorf("faults in a good file:\n%v", err)
			}
			continue
		}
		var faults strict.Faults
		if !errors.As(err, &faults) {
			t.Errorf("%s: no faults (%v)", file, err)
			continue
		}
		golden(t, strings.TrimSuffix(file, ".yaml")+".txt", []byte(faults.Error()+"\n"))
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	back, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// Every preset loads, says what it is for, carries its file's name, passes the
// published schema as written and as resolved, and survives writing.
func TestPresets(t *testing.T) {
	schema := compiled(t)
	list, err := Presets()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
		s, err := Preset(p.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != p.Name || len(p.Description) < 20 {
			t.Errorf("preset %s: name %q, description %q", p.Name, s.Name, p.Description)
		}
		text, err := PresetText(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		resolved, err := s.Show()
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range [][]byte{text, resolved} {
			if err := schema.Validate(asJSON(t, form)); err != nil {
				t.Errorf("preset %s: the schema refuses it: %v", p.Name, err)
			}
		}
		back, err := Load("shown", resolved, nil)
		if err != nil {
			t.Fatalf("preset %s: %v", p.Name, err)
		}
		if back.Hash() != s.Hash() {
			t.Errorf("preset %s: another hash after writing and reading", p.Name)
		}
	}
	_, err = Preset("quickstrat", nil)
	if err == nil || !strings.Contains(err.Error(), "have "+strings.Join(names, ", ")) {
		t.Errorf("got %v", err)
	}
}

func TestShowGolden(t *testing.T) {
	s, err := Preset("tiny", []string{"seed=7"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.Show()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/tiny.show.txt", text)
}

// The schema refuses the bad files whose fault it can express.
func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	for _, text := range []string{
		"name: x\nsede: 1\n", "name: x\nseed: -1\n", "name: x\nseed: one\n", "seed: 1\n", "name: ''\n",
		"name: x\ntopology: {areas: []}\n", "name: x\ntopology: {areas: [{sites: 3}]}\n", "name: x\ntopology: {layout: hexagonal}\n",
		"name: x\nsplit: {train_days: [7]}\n", "name: x\nload: {target_mean: 0.249 }\nnetwork: {epoch_s: 0}\n", "name: x\ntraffic: {surges: [{x_m: 1}]}\n",
	} {
		if schema.Validate(asJSON(t, []byte(text))) == nil {
			t.Errorf("the schema accepts %q", text)
		}
		if _, err := Load("f", []byte(text), nil); err == nil {
			t.Errorf("Load accepts %q", text)
		}
	}
}

// The files that New gives load as they are, and what they show as defaults
// are the defaults.
func TestTemplates(t *testing.T) {
	for _, kind := range Kinds() {
		text, err := New(kind)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := Load(kind, text, nil)
		if err != nil {
			t.Fatalf("%v", err)
		}
		shown, err := Load(kind, bytes.ReplaceAll(text, []byte("#:"), nil), nil)
		if err != nil {
			t.Fatalf("with the defaults that are shown: %v", err)
		}
		if !reflect.DeepEqual(plain, shown) {
			t.Errorf("%s: what is shown as default is not the default", kind)
		}
	}
	if _, err := New("nothing"); err == nil || !strings.Contains(err.Error(), "have sites, synthetic, trace") {
		t.Errorf("got %v", err)
	}
}

const (
	referenceStart = "<!-- keys: generated, see TestReadme -->\n"
	referenceEnd   = "<!-- end of keys -->\n"
)

// The README's key reference is the one that the tags give.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), referenceStart)
	old, tail, ok2 := strings.Cut(rest, referenceEnd)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the key reference")
	}
	want := Reference()
	if *update {
		if err := os.WriteFile("README.md", []byte(head+referenceStart+want+referenceEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != want {
		t.Error("README.md: the key reference is not that of the tags: run with -update")
	}
	faults, err := os.ReadFile("testdata/units.bad.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(head) {
		if strings.HasPrefix(line, "units.bad.yaml:") && !strings.Contains(string(faults), line) {
			t.Errorf("README.md shows a fault that is not printed: %s", line)
		}
	}
	list, err := Presets()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if !strings.Contains(head+tail, fmt.Sprintf("`%s`", p.Name)) {
			t.Errorf("README.md does not mention the preset %s", p.Name)
		}
	}
}

// No input makes Load panic; what it accepts is valid and survives writing.
func FuzzLoad(f *testing.F) {
	for _, dir := range []string{"presets", "templates", "testdata"} {
		files, err := filepath.Glob(dir + "/*.yaml")
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, "topology.areas[0].sites=13")
		}
	}
	f.Add([]byte("name: x\ntopology: {classes: {urban: {isd_m: 0}}, carriers: {n41: {prbs: 0}, new: {}}}\n"), "topology.bins=1000000")
	f.Fuzz(func(t *testing.T, data []byte, set string) {
		s, err := Load("f.yaml", data, []string{set})
		if err != nil {
			var faults strict.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("not Faults: %v", err)
			}
			return
		}
		text, err := s.Show()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Load("back.yaml", text, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if back.Hash() != s.Hash() {
			t.Fatal("another hash after writing and reading")
		}
	})
}
