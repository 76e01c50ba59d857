package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../../.."

// source is one Go file and the package (path within the module) it is in.
type source struct {
	file, pkg string
	test      bool
	tree      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && name != root && (base[0] == '.' || base == "testdata" || base == "node_modules" || otherModule(name)) {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(base) != ".go" {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		rel = filepath.ToSlash(rel)
		all = append(all, source{file: rel, pkg: path.Dir(rel), test: strings.HasSuffix(base, "_test.go"), tree: tree})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// otherModule says whether a folder is a module of its own.
func otherModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func matches(pattern, pkg string) bool {
	if stem, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == stem || strings.HasPrefix(pkg, stem+"/")
	}
	return pattern == pkg
}

func imports(s source) []string {
	var all []string
	for _, spec := range s.tree.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			all = append(all, name)
		}
	}
	return all
}

func TestImportsFollowTheTable(t *testing.T) {
	for _, s := range sources(t) {
		allowed, placed := Allowed[s.pkg]
		if !placed {
			t.Errorf("%s: package %s is not placed in the table of allowed imports", s.file, s.pkg)
			continue
		}
		for _, name := range imports(s) {
			own, ours := strings.CutPrefix(name, Module+"/")
			if !ours || s.test {
				continue
			}
			if own == s.pkg || !slices.ContainsFunc(allowed, func(p string) bool { return matches(p, own) }) {
				t.Errorf("%s: imports %s, allowed: %s", s.file, own, strings.Join(allowed, ", "))
			}
		}
	}
}

func TestLibrariesStayInTheirPlace(t *testing.T) {
	for _, s := range sources(t) {
		for _, name := range imports(s) {
			for _, l := range Libraries {
				if s.test && !l.TestsToo {
					continue
				}
				if matches(l.Path, name) || l.TestsToo && matches(l.Path+"/...", name) {
					if !slices.Contains(l.Only, s.pkg) {
						t.Errorf("%s: imports %s, which is for %v only", s.file, name, l.Only)
					}
				}
			}
		}
	}
}

func TestNoKitchenSinks(t *testing.T) {
	for _, s := range sources(t) {
		for _, part := range strings.Split(s.pkg, "/") {
			if slices.Contains([]string{"util", "utils", "common", "lib", "helpers", "types", "manager", "misc"}, part) {
				t.Errorf("%s: a package named %q says nothing of what it is for", s.file, part)
			}
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	commented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			commented[s.pkg] = commented[s.pkg] || s.tree.Doc != nil
		}
	}
	for pkg, ok := range commented {
		if !ok {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

// The table itself must run one way: no cycles.
func TestTableHasNoCycle(t *testing.T) {
	var visit func(pkg string, trail []string)
	visit = func(pkg string, trail []string) {
		if slices.Contains(trail, pkg) {
			t.Fatalf("cycle: %s", strings.Join(append(trail, pkg), " -> "))
		}
		for other := range Allowed {
			for _, p := range Allowed[pkg] {
				if other != pkg && matches(p, other) {
					visit(other, append(trail, pkg))
				}
			}
		}
	}
	for pkg := range Allowed {
		visit(pkg, nil)
	}
}

// A table entry for a package that is gone would hide a typing error.
func TestTableNamesOnlyPackagesThatExist(t *testing.T) {
	for pkg := range Allowed {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(pkg))); err != nil {
			t.Errorf("the table places %s, which does not exist", pkg)
		}
	}
}
