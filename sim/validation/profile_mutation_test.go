package validation

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"go.yaml.in/yaml/v3"

	"hibernet/sim/power"
)

// TestEveryProfileNumber changes each number of the embedded power profiles by
// 5 %, one at a time, and plays the checks that judge profiles: some row must
// fail, or the file must be refused.
func TestEveryProfileNumber(t *testing.T) {
	if testing.Short() {
		t.Skip("plays the checks some hundreds of times")
	}
	files, err := filepath.Glob("../power/profiles/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no profiles (%v)", err)
	}
	all := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		for _, n := range numbers(&doc, nil) {
			if n.Value == "0" {
				continue
			}
			all++
			if !profileMutantFails(t, file, &doc, n) {
				t.Errorf("%s:%d: no row fails when %s is changed by 5 %%", filepath.Base(file), n.Line, n.Value)
			}
		}
	}
	if all < 300 {
		t.Errorf("only %d numbers found in %v", all, files)
	}
}

// numbers lists the numeric scalars below a node.
func numbers(n *yaml.Node, dst []*yaml.Node) []*yaml.Node {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") {
		return append(dst, n)
	}
	for _, c := range n.Content {
		dst = numbers(c, dst)
	}
	return dst
}

// profileMutantFails plays the checks of profiles with one number changed.
func profileMutantFails(t *testing.T, file string, doc, n *yaml.Node) bool {
	t.Helper()
	was := n.Value
	defer func() { n.Value = was }()
	v, err := strconv.ParseFloat(was, 64)
	if err != nil {
		t.Fatal(err)
	}
	n.Value = fmt.Sprint(v * factor)
	text, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := power.Decode(file, text)
	if err != nil {
		return true // it is refused
	}
	profiles := power.Builtin()
	for i := range profiles {
		for _, c := range changed {
			if c.Name == profiles[i].Name {
				profiles[i] = c
			}
		}
	}
	table, err := Run(Context{Context: context.Background(), Workers: 1, Profiles: profiles}, []Check{powerCheck(), mechanismCheck()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return table.Failed > 0
}
