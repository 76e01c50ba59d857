package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hibernet/results/record"
	"hibernet/sim/validation"
)

// fakeChecks are checks that pass, fail in two ways, are slow, and need data.
func fakeChecks() []validation.Check {
	watt := func(quantity string) validation.Claim {
		return validation.Claim{Quantity: quantity, Unit: "W", Source: "a book, Table 2", Trust: validation.Secondary}
	}
	share := validation.Claim{Quantity: "share of the energy that is saved at night, when nobody is on the roads and the load is low", Unit: "1",
		Source: "another book", Trust: validation.Recalled}
	return []validation.Check{
		{Name: "power", Doc: "the power of a cell against a book", Run: made(
			watt("power at load 0").Relative(100, 100, 1e-6), watt("power at load 1").Relative(250, 252.5, 0.02), share.Within(0.2, 0.3, 0.24))},
		{Name: "queue", Doc: "the queue against its formula", Slow: true, Run: made(
			validation.Claim{Quantity: "mean sojourn", Unit: "ms", Source: "M/G/1", Trust: validation.Derived}.Absolute(0, 0.02, 0.05))},
		{Name: "measured", Doc: "energy against what was measured", Needs: []string{"set/energy.csv"}, Run: func(ctx validation.Context) (validation.Result, error) {
			if _, err := fs.ReadFile(ctx.Data, "set/energy.csv"); err != nil {
				return validation.Result{}, err
			}
			return made(watt("mean power").Relative(50, 50.4, 0.02))(ctx)
		}},
	}
}

// failing is a check with rows that fail.
func failing() validation.Check {
	c := validation.Claim{Quantity: "energy of a night", Unit: "kWh", Source: "a standard", Trust: validation.Primary}
	d := c
	d.Quantity = "energy of a day"
	return validation.Check{Name: "energy", Doc: "the energy of nights and days", Run: made(c.Relative(4, 4.5, 0.02), d.Absolute(10, math.NaN(), 1))}
}

func made(rows ...validation.Row) func(validation.Context) (validation.Result, error) {
	return func(validation.Context) (validation.Result, error) {
		return validation.Result{Rows: rows, Figures: []validation.Figure{{
			Name: "f", Title: "What the check saw", XLabel: "load (1)", YLabel: "power (W)", Series: []validation.Series{{Name: "cell", X: []float64{0, 1}, Y: []float64{100, 250}}},
		}}}, nil
	}
}

// transcript is a command and what it printed.
func transcript(s *shell, args ...string) string {
	s.t.Helper()
	o := s.try(args...)
	return fmt.Sprintf("$ hibernet %s\n%s--- stderr, exit code %d\n%s\n", strings.Join(args, " "), o.stdout, o.code, o.err)
}

func TestValidatePrints(t *testing.T) {
	s := newShell(t)
	s.io.Checks = fakeChecks()
	s.write("data/set/energy.csv", "x")
	text := transcript(s, "validate") +
		transcript(s, "validate", "--list") +
		transcript(s, "validate", "--data", "data", "--sources", "--check", "measured", "--check", "power", "--out", "two")
	s.io.Width = 80
	text += transcript(s, "validate", "--fast", "--force")
	s.io.Checks = append(s.io.Checks, failing())
	text += transcript(s, "validate", "--data", "data", "--out", "failing")
	golden(t, "validation.txt", text)
	for _, line := range strings.Split(text, "\n") {
		if n := len([]rune(line)); n > widest {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
}

// TestValidateWrites: the rows in Parquet are those that were printed as JSON,
// the page stands beside them, and the manifest says how it went.
func TestValidateWrites(t *testing.T) {
	s := newShell(t)
	s.io.Checks = append(fakeChecks(), failing())
	o := s.try("validate", "--json", "--workers", "1")
	if o.code != ExitValidation || o.err != "hibernet: validate: 2 rows failed\n" {
		t.Errorf("exit code %d, %q", o.code, o.err)
	}
	var out validationOutcome
	if err := json.Unmarshal([]byte(o.stdout), &out); err != nil {
		t.Fatal(err)
	}
	if out.Folder != "runs/validation" || !out.Complete || out.Passed != 4 || out.Failed != 2 || out.Skipped != 1 || len(out.Checks) != 4 {
		t.Errorf("%+v", out)
	}
	folder := s.open("runs/validation")
	rows := table[record.Validation](t, folder)
	i := 0
	for _, c := range out.Checks {
		for _, r := range c.Rows {
			p := rows[i]
			i++
			if p.Check != c.Name || p.Quantity != r.Quantity || p.Source != r.Source || p.Trust != r.Trust || p.Unit != r.Unit || p.Pass != r.Pass ||
				p.Expected != float64(r.Expected) || p.Lo != float64(r.Lo) || p.Hi != float64(r.Hi) || p.Deviation != r.Deviation ||
				!same(p.Got, float64(r.Got)) || !same(p.Error, float64(r.Error)) {
				t.Errorf("Parquet %+v, JSON %+v", p, r)
			}
		}
	}
	if i != len(rows) || i != 6 {
		t.Errorf("%d rows as JSON, %d in Parquet", i, len(rows))
	}
	m := folder.Manifest
	if m.Kind != record.KindValidate || m.ScenarioName != "" || m.Workers != 1 || m.Notes["rows"] != "4 pass, 2 fail" || m.Notes["checks"] != "4, of which 1 left out" {
		t.Errorf("manifest %+v", m)
	}
	page := string(s.read("runs/validation/validation.html"))
	contains(t, page, "Rows that fail", "energy of a night", "a book, Table 2", "on 6 May 2024", "set/energy.csv", "<svg ", "What the check saw")
	before := s.tree()
	if o := s.try("validate"); o.code != ExitUsage || !strings.Contains(o.err, "--out: runs/validation holds a complete run") {
		t.Errorf("over a validation: exit code %d, %q", o.code, o.err)
	}
	s.unchanged(t, before)
	// The report of a validation has nothing to draw, and says so.
	contains(t, s.do("report", "runs/validation"), "left out comparison: no table")
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// TestValidateNothing: where every check is left out nothing was validated.
func TestValidateNothing(t *testing.T) {
	s := newShell(t)
	s.io.Checks = fakeChecks()
	o := s.try("validate", "--check", "measured")
	if o.code != ExitValidation {
		t.Errorf("exit code %d", o.code)
	}
	contains(t, o.stdout, "left out: it needs set/energy.csv, and no data were given", "1 of 1 check left out; --data names the folder")
	contains(t, o.err, "nothing was compared")
}

// TestValidateStops keeps what was done, and does not call it whole.
func TestValidateStops(t *testing.T) {
	for name, want := range map[string]struct {
		code int
		err  string
	}{"interrupted": {ExitInterrupted, "hibernet: interrupted\n"}, "fault": {ExitInternal, "hibernet: check broken: no such cell\n"}} {
		s := newShell(t)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		s.ctx = ctx
		broken := validation.Check{Name: "broken", Doc: "a check that cannot be played", Run: func(c validation.Context) (validation.Result, error) {
			if name == "fault" {
				return validation.Result{}, errors.New("no such cell")
			}
			cancel()
			return validation.Result{}, c.Err()
		}}
		s.io.Checks = append(fakeChecks(), broken, failing())
		o := s.try("validate")
		if o.code != want.code || o.err != want.err {
			t.Errorf("%s: exit code %d, %q", name, o.code, o.err)
		}
		contains(t, o.stdout, "4 rows pass, 0 fail", "stopped after 3 of 5 checks", "wrote runs/validation: validation.parquet, validation.html\n")
		contains(t, string(s.read("runs/validation/validation.html")), "The validation was stopped after 3 of 5 checks.", "mean sojourn")
		if _, err := record.Open(s.path("runs/validation"), record.OpenOptions{}); !errors.Is(err, record.ErrIncomplete) {
			t.Errorf("%s: the folder looks whole: %v", name, err)
		}
		s.ctx = context.Background()
		s.io.Checks = fakeChecks()
		s.do("validate") // without --force
		s.open("runs/validation")
	}
}

// TestValidateProgress draws on a terminal, and leaves nothing of it behind.
func TestValidateProgress(t *testing.T) {
	s := newShell(t)
	s.io.Terminal, s.io.Width = true, 100
	now := noon
	s.io.Now = func() time.Time { now = now.Add(3 * time.Second); return now }
	long := validation.Check{Name: "long", Doc: "a check that tells how far it is", Run: func(ctx validation.Context) (validation.Result, error) {
		for i := range 4 {
			ctx.Tell(float64(i) / 4)
		}
		return made(validation.Claim{Quantity: "q", Unit: "W", Source: "s", Trust: validation.Derived}.Absolute(1, 1, 0))(ctx)
	}}
	s.io.Checks = append([]validation.Check{long}, fakeChecks()...)
	o := s.try("validate")
	if o.code != ExitOK || !strings.HasSuffix(o.err, "\r\x1b[K") || strings.Contains(o.stdout, "\x1b") {
		t.Errorf("exit code %d, standard error %q", o.code, o.err)
	}
	contains(t, o.err, "validate [", "  12 %", " long", " power", " queue", " measured")
}

func TestBadValidations(t *testing.T) {
	s := newShell(t)
	s.io.Checks = fakeChecks()
	s.write("file", "x")
	s.write("notes/todo.txt", "mine")
	s.check([]fault{
		{"an argument", "validate quickstart", ExitUsage, []string{`"quickstart"`}},
		{"unknown check", "validate --check powr", ExitUsage, []string{`--check: "powr" is not known, allowed power, queue, measured`, "--list says"}},
		{"unknown check, listed", "validate --list --check powr", ExitUsage, []string{`"powr" is not known`}},
		{"no such data", "validate --data none", ExitUsage, []string{"--data: none is not a folder"}},
		{"data is a file", "validate --data file", ExitUsage, []string{"--data: file is not a folder"}},
		{"negative workers", "validate --workers -1", ExitUsage, []string{"--workers: must be 0 (all processors) or more, got -1"}},
		{"unknown flag", "validate --quick", ExitUsage, []string{"unknown flag: --quick"}},
		{"over a folder", "validate --out notes --force", ExitUsage, []string{"--out: ", "notes is not empty and is not a run folder"}},
		{"over a file", "validate --out file", ExitUsage, []string{"--out: "}},
	})
}

// TestAllChecksCanBeListed: names are unique, and each says what it compares.
func TestAllChecksCanBeListed(t *testing.T) {
	s := newShell(t)
	var list []struct {
		Name, Doc string
		Slow      bool
		Needs     []string
	}
	if err := json.Unmarshal([]byte(s.do("validate", "--list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.Name] || c.Name == "" || len(c.Doc) < 20 || strings.HasSuffix(c.Doc, ".") {
			t.Errorf("check %q: %q", c.Name, c.Doc)
		}
		seen[c.Name] = true
	}
	if len(list) != len(allChecks()) || !seen["coupling"] {
		t.Errorf("%d checks listed", len(list))
	}
	contains(t, s.do("validate", "--list"), "coupling", "loads of small networks")
	contains(t, s.do("__complete", "validate", "--check", "coup"), "coupling", ":4")
}

// TestEveryDeviationIsAsserted holds the text of the known deviations to the
// checks: each is named in the source of one. That each deviation that a row
// names has a text, the run itself sees to.
func TestEveryDeviationIsAsserted(t *testing.T) {
	var sources strings.Builder
	for _, dir := range []string{"sim/validation", "traffic/fit", "scenarios/published"} {
		files, err := filepath.Glob(filepath.Join("../../..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, error %v", dir, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(text)
		}
	}
	for _, d := range validation.Deviations() {
		if !strings.Contains(sources.String(), `"`+d.Name+`"`) {
			t.Errorf("%s %s: no check asserts it", d.Name, d.Title)
		}
	}
}
