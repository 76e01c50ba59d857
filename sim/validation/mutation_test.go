package validation

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

var mutants = flag.String("mutants", "", "change every constant in the files that match (a path prefix within the module, or all), and play the checks on each")

// mutated lists the files whose numbers the validation must hold: the power,
// radio and queue models.
var mutated = []string{
	"sim/power/*.go", "sim/radio/*.go", "sim/topology/carrier.go", "sim/topology/gain.go",
	"sim/settle.go", "sim/sharing.go", "sim/unit.go", "sim/transition.go", "sim/kpi/hist.go",
}

// factor is the change of each constant.
const factor = 1.05

// mutant is one constant of the model, to be changed.
type mutant struct {
	file, function, literal string
	line                    int
	at, end                 int // byte offsets
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %s in %s", m.file, m.line, m.literal, m.function)
}

// TestEveryConstant changes each numeric constant of the models by 5 %, one at
// a time, rebuilds, and plays the checks that are not slow: some row must fail.
// What does not compile with the change is no number of the model but a count
// or an index. It takes many builds, so it runs only when asked (make mutants).
func TestEveryConstant(t *testing.T) {
	if *mutants == "" {
		t.Skip("rebuilds the program for each constant: make mutants runs it")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	exempt := exemptions(t)
	var todo []mutant
	for _, m := range allMutants(t, root) {
		if *mutants == "all" || strings.HasPrefix(m.file, *mutants) {
			todo = append(todo, m)
		}
	}
	if len(todo) == 0 || *mutants == "all" && len(todo) < 500 {
		t.Fatalf("%d constants in files that begin with %q", len(todo), *mutants)
	}
	outcome := make([]string, len(todo))
	var group sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := range next {
				outcome[i] = play(t, root, todo[i])
				t.Logf("%v: %s", todo[i], outcome[i])
			}
		})
	}
	for i := range todo {
		next <- i
	}
	close(next)
	group.Wait()
	caught, structural := 0, 0
	met := map[string]bool{}
	for i, m := range todo {
		reason, known := exempt[m.key()]
		met[m.key()] = true
		switch outcome[i] {
		case "caught":
			caught++
			if known {
				t.Errorf("%v is caught, but exempt: %s", m, reason)
			}
		case "does not compile":
			structural++
		case "survived":
			if !known {
				t.Errorf("%v: no row fails when it is changed by 5 %%", m)
			}
		default:
			t.Errorf("%v: %s", m, outcome[i])
		}
	}
	for key := range exempt {
		if *mutants == "all" && !met[key] {
			t.Errorf("testdata/exempt.txt: %s: there is no such constant", key)
		}
	}
	t.Logf("%d constants: %d caught, %d are counts or indices, %d exempt", len(todo), caught, structural, len(todo)-caught-structural)
}

// key names a constant without its line, which moves.
func (m mutant) key() string { return m.file + " " + m.function + " " + m.literal }

// exemptions reads testdata/exempt.txt: constants that are no part of the
// model, each with the reason.
func exemptions(t *testing.T) map[string]string {
	text, err := os.ReadFile("testdata/exempt.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, reason, ok := strings.Cut(line, ": ")
		if !ok || reason == "" {
			t.Fatalf("testdata/exempt.txt: %q: must be FILE FUNCTION LITERAL: REASON", line)
		}
		out[key] = reason
	}
	return out
}

// play builds the checks with one constant changed and runs them.
func play(t *testing.T, root string, m mutant) string {
	path := filepath.Join(root, m.file)
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	changed := fmt.Appendf(nil, "%s(%s * %g)%s", text[:m.at], m.literal, factor, text[m.end:])
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{path: file}})
	if err != nil {
		return err.Error()
	}
	if err := errorsOf(os.WriteFile(file, changed, 0o600), os.WriteFile(overlay, list, 0o600)); err != nil {
		return err.Error()
	}
	cmd := exec.Command("go", "test", "-overlay", overlay, "-vet=off", "-count=1", "-short", "-timeout=120s",
		"-run=^TestChecks$", "./sim/validation", "-begin="+nearest(m.file))
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return "survived"
	case bytes.Contains(out, []byte("[build failed]")):
		return "does not compile"
	case bytes.Contains(out, []byte("FAIL")):
		return "caught"
	}
	return fmt.Sprintf("%v: %s", err, out)
}

// nearest names the checks that are likely to notice a change of a file.
func nearest(file string) string {
	switch {
	case strings.HasPrefix(file, "sim/power/"):
		return "power,mechanism,micro"
	case strings.HasPrefix(file, "sim/radio/"), strings.HasPrefix(file, "sim/topology/"):
		return "radio,coupling"
	}
	return "queue,fault"
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// allMutants lists the constants of the mutated files in order.
func allMutants(t *testing.T, root string) []mutant {
	var out []mutant
	for _, pattern := range mutated {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files match %s (%v)", pattern, err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				out = append(out, mutantsOf(t, root, file)...)
			}
		}
	}
	return out
}

// mutantsOf lists the constants of a file: every number but 0, outside the
// functions that check what users hand in.
func mutantsOf(t *testing.T, root, file string) []mutant {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	name, err := filepath.Rel(root, file)
	if err != nil {
		t.Fatal(err)
	}
	var out []mutant
	for _, decl := range tree.Decls {
		function := "package"
		if f, ok := decl.(*ast.FuncDecl); ok {
			function = f.Name.Name
			if isCheckOfInput(function) {
				continue
			}
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ArrayType, *ast.IndexExpr, *ast.SliceExpr:
				return false // counts and places
			case *ast.BasicLit:
				if (n.Kind == token.INT || n.Kind == token.FLOAT) && strings.Trim(n.Value, "0.") != "" {
					at := set.Position(n.Pos())
					out = append(out, mutant{name, function, n.Value, at.Line, at.Offset, at.Offset + len(n.Value)})
				}
			}
			return true
		})
	}
	return out
}

// isCheckOfInput says whether a function only judges what users hand in.
func isCheckOfInput(function string) bool {
	return slices.ContainsFunc([]string{"Validate", "validate", "check"}, func(prefix string) bool {
		return strings.HasPrefix(function, prefix)
	})
}
