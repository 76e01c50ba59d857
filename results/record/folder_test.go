package record

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childDir names the folder that the test binary, started again as a child,
// writes to until it is killed.
const childDir = "HIBERNET_RECORD_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		writeForever(dir)
	}
	os.Exit(m.Run())
}

// writeForever finishes one table and then writes another without end.
func writeForever(dir string) {
	fatal := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	r, err := Create(dir, Info{Kind: KindRun, Started: epoch}, Options{})
	fatal(err)
	events, err := NewWriter[Event](r)
	fatal(err)
	fatal(events.Write(Event{To: "dormant"}))
	fatal(events.Close())
	fatal(r.WriteFile("checkpoint.bin", []byte("iteration 1")))
	w, err := NewWriter[Step](r)
	fatal(err)
	for i := 0; ; i++ {
		fatal(w.Write(Step{TimeS: float64(i), PowerW: float64(i * i % 977)}))
		if i == 1<<18 { // two row groups are in the file
			os.Stdout.WriteString("writing\n")
		}
	}
}

func TestKilledRunDoesNotLookWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "writing\n" {
		t.Errorf("child said %q, %v", line, err)
	}
	if err := child.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	_, err = Open(dir, OpenOptions{})
	if !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Open of a killed run: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "steps.parquet")); err == nil {
		t.Error("an unfinished table stands under its final name")
	}
	if _, err := os.Stat(filepath.Join(dir, "steps.parquet.partial")); err != nil {
		t.Errorf("the child was not in the middle of the table: %v", err)
	}

	// A new run takes the folder over without being told to, keeps the
	// checkpoint, and nothing of the old one stays in it.
	writeSample(t, dir, 2)
	f, err := Open(dir, OpenOptions{Hashes: true})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := Read[Event](f); err != nil || rows[0].To == "dormant" {
		t.Errorf("events of the killed run: %v %v", rows, err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "checkpoint.bin")); string(b) != "iteration 1" {
		t.Errorf("checkpoint %q, %v", b, err)
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	path := func(dir, name string) string { return filepath.Join(dir, name) }
	flip := func(dir string) error {
		b, err := os.ReadFile(path(dir, "cells.parquet"))
		if err != nil {
			return err
		}
		b[len(b)/2] ^= 1
		return os.WriteFile(path(dir, "cells.parquet"), b, 0o644)
	}
	edit := func(old, new string) func(dir string) error {
		return func(dir string) error {
			b, err := os.ReadFile(path(dir, ManifestName))
			if err != nil {
				return err
			}
			text := strings.Replace(string(b), old, new, 1)
			if text == string(b) {
				return errors.New("nothing replaced: " + old)
			}
			return os.WriteFile(path(dir, ManifestName), []byte(text), 0o644)
		}
	}
	for _, c := range []struct {
		name   string
		damage func(dir string) error
		want   string
	}{
		{"missing", func(d string) error { return os.Remove(path(d, "steps.parquet")) }, "steps.parquet is missing"},
		{"truncated", func(d string) error { return os.Truncate(path(d, "events.parquet"), 100) }, "events.parquet is truncated: 100 bytes of"},
		{"two faults", func(d string) error {
			return errors.Join(os.Remove(path(d, "steps.parquet")), os.Truncate(path(d, "events.parquet"), 100))
		}, "steps.parquet is missing"},
		{"grown", func(d string) error { return os.Truncate(path(d, "events.parquet"), 1<<20) }, "events.parquet has grown"},
		{"altered", flip, "cells.parquet was altered: SHA-256"},
		{"folder", func(d string) error {
			return errors.Join(os.Remove(path(d, "steps.parquet")), os.Mkdir(path(d, "steps.parquet"), 0o755))
		}, "steps.parquet is not a regular file"},
		{"version", edit(`"version": 2`, `"version": 1`), "version is 1, this program reads version 2"},
		{"format", edit(`"hibernet-run"`, `"other"`), `format is "other"`},
		{"incomplete", edit(`"complete": true`, `"complete": false`), "complete: false"},
		{"scenario", edit(`name: tiny`, `name: huge`), "scenario_sha256"},
		{"unknown field", edit(`"complete"`, `"completed"`), `unknown field "completed"`},
		{"outside", edit(`"cells.parquet"`, `"../cells.parquet"`), `"../cells.parquet" must be a clean path inside the folder`},
		{"kind", edit(`"kind": "run"`, `"kind": "walk"`), `"walk" is none of`},
		{"trailing", func(d string) error {
			f, err := os.OpenFile(path(d, ManifestName), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("{}")
			return errors.Join(err, f.Close())
		}, "after"},
		{"no manifest", func(d string) error { return os.Remove(path(d, ManifestName)) }, "has no manifest.json"},
		{"no folder", os.RemoveAll, "not a run folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			writeSample(t, dir, 20)
			if err := c.damage(dir); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, OpenOptions{Hashes: true})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if c.name == "two faults" && !strings.Contains(err.Error(), "events.parquet is truncated") {
				t.Errorf("the second fault is not named: %v", err)
			}
		})
	}
}

func TestAlteredTableIsNotRead(t *testing.T) {
	dir := t.TempDir()
	writeSample(t, dir, 50)
	path := filepath.Join(dir, "cells.parquet")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/3] ^= 4
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir, OpenOptions{}) // sizes agree
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read[Cell](f); err == nil || !strings.Contains(err.Error(), "cells.parquet was altered") {
		t.Errorf("reading an altered table: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	whole := t.TempDir()
	writeSample(t, whole, 2)
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "cells.parquet"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(whole, testInfo(), Options{}); !errors.Is(err, ErrExists) {
		t.Errorf("a complete run is overwritten: %v", err)
	}
	if _, err := Open(whole, OpenOptions{Hashes: true}); err != nil {
		t.Errorf("the refused Create damaged the run: %v", err)
	}
	if _, err := Create(foreign, testInfo(), Options{Overwrite: true}); err == nil || !strings.Contains(err.Error(), "not a run folder") {
		t.Errorf("a folder of someone else's: %v", err)
	}
	bad := testInfo()
	bad.Kind = "walk"
	if _, err := Create(t.TempDir(), bad, Options{}); err == nil {
		t.Error("an unknown kind is accepted")
	}
}

// A run of another version can be replaced; what its manifest names outside of
// the folder cannot.
func TestOverwriteOtherVersions(t *testing.T) {
	for _, tt := range []struct {
		old, change string
		ok          bool
	}{
		{fmt.Sprintf(`"version": %d`, Version), `"version": 0`, true},
		{manifestFormat, "other-run", false},
		{`"policy/actor.json"`, `"../actor.json"`, false},
	} {
		dir := t.TempDir()
		writeSample(t, dir, 2)
		path := filepath.Join(dir, ManifestName)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), tt.old, tt.change, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = Create(dir, testInfo(), Options{Overwrite: true})
		if (err == nil) != tt.ok || err != nil && !strings.Contains(err.Error(), "will not be overwritten: manifest: ") {
			t.Errorf("%s: error %v", tt.change, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "policy/actor.json")); (err != nil) != tt.ok {
			t.Errorf("%s: the old run's file: %v", tt.change, err)
		}
	}
}

func TestOverwriteRemovesTheOldRun(t *testing.T) {
	dir := t.TempDir()
	writeSample(t, dir, 2)
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("by hand"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Create(dir, testInfo(), Options{Overwrite: true, Keep: []string{"policy/actor.json"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, OpenOptions{}); !errors.Is(err, ErrIncomplete) {
		t.Errorf("while it is being overwritten: %v", err)
	}
	for name, want := range map[string]bool{"cells.parquet": false, "policy/actor.json": true, "notes.txt": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Finish(epoch.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir, OpenOptions{Hashes: true})
	if err != nil || len(f.Manifest.Files) != 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err := Read[Cell](f); !errors.Is(err, ErrNoTable) {
		t.Errorf("a table that was not written: %v", err)
	}
}

func TestFinishWaitsForWriters(t *testing.T) {
	dir := t.TempDir()
	r := create(t, dir)
	w, err := NewWriter[Cell](r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(epoch); err == nil || !strings.Contains(err.Error(), "still being written: cells.parquet") {
		t.Errorf("Finish with an open writer: %v", err)
	}
	if _, err := NewWriter[Cell](r); err == nil {
		t.Error("the same table is begun twice")
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	m, err := r.Finish(epoch)
	if err != nil || len(m.Files) != 0 {
		t.Errorf("after Abort: %+v, %v", m, err)
	}
}

func TestWriteFileNames(t *testing.T) {
	r := create(t, t.TempDir())
	for _, name := range []string{"", ".", "../x", "/x", "a//b", "manifest.json", "x.partial", "cells.parquet"} {
		if err := r.WriteFile(name, nil); err == nil {
			t.Errorf("WriteFile(%q) is allowed", name)
		}
	}
	for _, text := range []string{"one", "two"} {
		if err := r.WriteFile("checkpoint.bin", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := r.Finish(epoch)
	if err != nil || len(m.Files) != 1 || m.Files[0].SHA256 != hexSum("two") {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestDifferences(t *testing.T) {
	a, b := writeSample(t, t.TempDir(), 1), writeSample(t, t.TempDir(), 1)
	if d := a.Differences(b); len(d) != 0 {
		t.Errorf("equal runs differ: %v", d)
	}
	b.Seed, b.Build.Dirty = 7, true
	if d := strings.Join(a.Differences(b), "; "); !strings.Contains(d, "seed: 18446744073709551615 and 7") || !strings.Contains(d, "commit: abc and abc+dirty") {
		t.Errorf("differences: %s", d)
	}
}
