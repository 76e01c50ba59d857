package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hibernet/results/record"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata; read the diff before you commit")

// outcome is what a command left behind.
type outcome struct {
	code        int
	stdout, err string
}

// noon is the wall clock of commands under test. It stands still, so that
// durations are zero and what is printed does not depend on the machine.
var noon = time.Date(2024, time.May, 6, 12, 0, 0, 0, time.UTC)

// shell runs commands in a folder of its own.
type shell struct {
	t   *testing.T
	dir string
	io  IO
	ctx context.Context
}

func newShell(t *testing.T) *shell {
	return &shell{t: t, dir: t.TempDir(), ctx: context.Background(), io: IO{Now: func() time.Time { return noon }}}
}

// try runs a command.
func (s *shell) try(args ...string) outcome {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	io := s.io
	io.Args, io.Dir, io.Stdout, io.Stderr = args, s.dir, &stdout, &stderr
	code := Main(s.ctx, io)
	return outcome{code, stdout.String(), stderr.String()}
}

// do runs a command that must succeed, and returns its standard output.
func (s *shell) do(args ...string) string {
	s.t.Helper()
	o := s.try(args...)
	if o.code != ExitOK {
		s.t.Fatalf("hibernet %s: exit code %d\nstdout: %s\nstderr: %s", strings.Join(args, " "), o.code, o.stdout, o.err)
	}
	return o.stdout
}

// path returns the path of a file in the shell's folder.
func (s *shell) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// write writes a file in the shell's folder.
func (s *shell) write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// read reads a file in the shell's folder.
func (s *shell) read(name string) []byte {
	s.t.Helper()
	data, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

// tree lists all files in the shell's folder with their contents.
func (s *shell) tree() map[string]string {
	s.t.Helper()
	files := map[string]string{}
	err := filepath.Walk(s.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(s.dir, path)
		if err != nil || info.IsDir() {
			files[name+"/"] = ""
			return err
		}
		data, err := os.ReadFile(path)
		files[name] = string(data)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

// open opens a complete run folder and checks every file's hash.
func (s *shell) open(name string) *record.Folder {
	s.t.Helper()
	folder, err := record.Open(s.path(name), record.OpenOptions{Hashes: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return folder
}

// table reads a table of a run folder.
func table[T record.Row](t *testing.T, folder *record.Folder) []T {
	t.Helper()
	rows, err := record.Read[T](folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		t.Fatalf("%s: no rows", folder.Dir)
	}
	return rows
}

// golden compares text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

var (
	hashes = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	figure = regexp.MustCompile(`[-+]?\d+(\.\d+)?(e[-+]?\d+)?`)
	blanks = regexp.MustCompile(` +`)
	dashes = regexp.MustCompile(`-{5,}`)
)

// shape replaces every hash, number and run of blanks, so that a golden shows
// what a command says and not what the model of the day computes.
func shape(text string) string {
	text = figure.ReplaceAllString(hashes.ReplaceAllString(text, "HASH"), "N")
	return dashes.ReplaceAllString(blanks.ReplaceAllString(text, " "), "-----")
}

// contains fails unless text holds every one of the parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}
