package sweep

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hibernet/results/record"
	"hibernet/scenarios/sweeps"
)

// two is a sweep of two runs with one setting.
func two() (Header, []sweeps.Run) {
	h := Header{Name: "two", Shard: Whole, Runs: 2, Policies: []string{"on"}, Columns: []sweeps.Column{{Name: "x", Path: "a.x", Numeric: true}}}
	var runs []sweeps.Run
	for i, id := range []string{"00000000000000000001", "00000000000000000002"} {
		runs = append(runs, sweeps.Run{ID: id, Index: i, Point: sweeps.Point{"1.5"}, Policy: sweeps.Policy{Name: "on"}, Seed: uint64(i), Days: 1})
	}
	h.SweepSHA256 = sweeps.Digest(runs)
	return h, runs
}

// begun returns a folder of that sweep.
func begun(t *testing.T) (string, *Folder, []sweeps.Run) {
	t.Helper()
	h, runs := two()
	dir := filepath.Join(t.TempDir(), "sweep")
	f, err := Begin(dir, h, runs)
	if err != nil {
		t.Fatal(err)
	}
	return dir, f, runs
}

func outcome(r sweeps.Run, value float64) Reply {
	return Reply{Run: r.ID, Outcome: Outcome{Run: r.ID, Scenario: "s", Figures: []Figure{{"energy_kwh", "kWh", Real(value)}, {"own", "1", 2}}}}
}

func TestFolderGoesOn(t *testing.T) {
	dir, f, runs := begun(t)
	if err := f.Keep(outcome(runs[1], 7)); err != nil {
		t.Fatal(err)
	}
	// What a crash may leave: half a file under another name, a torn one, one
	// of another run.
	for name, text := range map[string]string{runs[0].ID + ".json.partial": "{", runs[0].ID + ".json": `{"outcome":`, "x.json": `{"outcome":{"run":"y"}}`} {
		if err := os.WriteFile(filepath.Join(dir, RunsDir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h, _ := two()
	f, err := Begin(dir, h, runs)
	if err != nil {
		t.Fatal(err)
	}
	if missing := f.Missing(runs); len(missing) != 1 || missing[0].ID != runs[0].ID {
		t.Errorf("missing %v", missing)
	}
	if missing := Unfinished(dir, runs); len(missing) != 1 || missing[0].ID != runs[0].ID {
		t.Errorf("unfinished %v", missing)
	}
	if left, err := os.ReadDir(filepath.Join(dir, RunsDir)); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
	// Half of the sweep is a data set that says so.
	if err := f.Finish(runs, h.Columns, nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if f.Header.Complete || f.Header.Finished != 1 {
		t.Errorf("%+v", f.Header)
	}
	if err := f.Keep(outcome(runs[0], 5)); err != nil {
		t.Fatal(err)
	}
	if err := f.Finish(runs, h.Columns, nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	back, err := ReadHeader(dir)
	if err != nil || !back.Complete || back.Finished != 2 {
		t.Errorf("%+v, %v", back, err)
	}
	frame, err := ReadData(dir)
	if err != nil || frame.Rows() != 2 || frame.Find("energy_kwh").Float[0] != 5 || frame.Find("x").Float[1] != 1.5 || frame.Find("own").Unit != "1" {
		t.Errorf("%+v, %v", frame, err)
	}
	if err := Clear(dir); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("after Clear: %v, %v", left, err)
	}
}

func TestFolderOfOthersIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	h, runs := two()
	if _, err := Begin(dir, h, runs); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v", err)
	}
	if err := Clear(dir); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "thesis.tex")); err != nil {
		t.Error(err)
	}
	if err := Clear(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
}

// Damaged files are errors that name them.
func TestDamagedFolders(t *testing.T) {
	for file, texts := range map[string][]string{
		HeaderName: {"", "{", `{"format":"other"}`, `{"format":"hibernet sweep 1","colour":1}`},
		PlanName:   {"{}\n", "x\n", `{"id":"00000000000000000001","point":[],"policy":{"name":"on"}}` + "\n", `{"id":"00000000000000000001","point":["1"],"policy":{"name":"../on"}}` + "\n", `{"id":"../x","point":["1"],"policy":{"name":"on"}}` + "\n"},
	} {
		for _, text := range texts {
			dir, _, _ := begun(t)
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "out")
			if _, err := Merge(out, []string{dir}, Header{}); err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("%s = %q: got %v", file, text, err)
			}
		}
	}
	dir, f, runs := begun(t)
	for _, r := range runs {
		if err := f.Keep(outcome(r, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Finish(runs, f.Header.Columns, nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(dir, DataDir, "policy=on", "part-0.parquet")
	text, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(part, text[:len(text)-9], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadData(dir); err == nil || !strings.Contains(err.Error(), "part-0.parquet") {
		t.Errorf("got %v", err)
	}
}

// Runs of one policy that lack a figure which others have give NaN, and every
// file has the same columns.
func TestFiguresThatAreMissing(t *testing.T) {
	_, f, runs := begun(t)
	runs[1].Policy.Name = "off"
	for i, r := range runs {
		reply := outcome(r, 1)
		if i == 1 {
			reply.Outcome.Figures = reply.Outcome.Figures[:1]
		}
		if err := f.Keep(reply); err != nil {
			t.Fatal(err)
		}
	}
	frame := f.results(runs[1:], runs, f.Header.Columns)
	if c := frame.Find("own"); c == nil || c.Float[0] == c.Float[0] {
		t.Errorf("%+v", c)
	}
	var a, b []record.Column
	for _, c := range frame.Columns {
		a = append(a, c.Column)
	}
	for _, c := range f.results(runs[:1], runs, f.Header.Columns).Columns {
		b = append(b, c.Column)
	}
	if len(a) != len(b) {
		t.Errorf("%v and %v", a, b)
	}
}
