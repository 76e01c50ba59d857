package validation

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"hibernet/sim/power"
)

// claim is a well-formed claim of tests.
func claim(quantity string) Claim {
	return Claim{Quantity: quantity, Unit: "W", Source: "a book", Trust: Derived}
}

// fake is a check that makes the given rows.
func fake(name string, rows ...Row) Check {
	return Check{Name: name, Doc: "a check of the tests", Run: func(Context) (Result, error) { return Result{Rows: rows}, nil }}
}

func background() Context { return Context{Context: context.Background(), Workers: 1} }

// TestRowsJudge holds each kind of claim to its bounds, and NaN to failing.
func TestRowsJudge(t *testing.T) {
	c := claim("q")
	above, below := math.Nextafter(102, 200), math.Nextafter(98, 0)
	for _, tt := range []struct {
		what string
		row  Row
		pass bool
	}{
		{"relative, at the upper end", c.Relative(100, 102, 0.02), true},
		{"relative, above it", c.Relative(100, above, 0.02), false},
		{"relative, below the lower end", c.Relative(100, below, 0.02), false},
		{"relative, of a negative value", c.Relative(-100, -98, 0.02), true},
		{"relative, exact", c.Relative(7, 7, 0), true},
		{"relative, NaN", c.Relative(100, math.NaN(), 0.02), false},
		{"relative, of NaN", c.Relative(math.NaN(), 100, 0.02), false},
		{"relative, infinite", c.Relative(100, math.Inf(1), 0.02), false},
		{"absolute, at the lower end", c.Absolute(100, 98, 2), true},
		{"absolute, below it", c.Absolute(100, below, 2), false},
		{"absolute, NaN", c.Absolute(0, math.NaN(), 2), false},
		{"within", c.Within(24, 42, 42), true},
		{"within, outside", c.Within(24, 42, 42.1), false},
		{"within, NaN", c.Within(24, 42, math.NaN()), false},
		{"at most", c.AtMost(1e-9, 1e-9), true},
		{"at most, above", c.AtMost(1e-9, 1.1e-9), false},
		{"at most, negative", c.AtMost(1e-9, -1e-12), false},
		{"at most, NaN", c.AtMost(1e-9, math.NaN()), false},
		{"still there", c.Still("D1", 100, 104, 110, 107), true},
		{"closed", c.Still("D1", 100, 104, 110, 100), false},
		{"grown", c.Still("D1", 100, 104, 110, 111), false},
		{"still, NaN", c.Still("D1", 100, 104, 110, math.NaN()), false},
	} {
		if tt.row.Pass != tt.pass {
			t.Errorf("%s: pass is %t: %+v", tt.what, tt.row.Pass, tt.row)
		}
	}
	if r := c.Within(24, 42, 30); r.Expected != 33 || r.Lo != 24 || r.Hi != 42 {
		t.Errorf("within 24 and 42: %+v", r)
	}
	if e := c.Relative(80, 100, 1).Error(); e != 0.25 {
		t.Errorf("100 instead of 80 is an error of %g", e)
	}
	if e := c.AtMost(1, 0.3).Error(); e != 0.3 {
		t.Errorf("0.3 instead of 0 is an error of %g", e)
	}
}

// TestStillNeedsADifference: bounds that hold the expected value assert
// nothing.
func TestStillNeedsADifference(t *testing.T) {
	for _, want := range []float64{104, 107, 110} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("bounds from 104 to 110 about %g were taken", want)
				}
			}()
			claim("q").Still("D1", want, 104, 110, 107)
		}()
	}
}

// TestRunRefusesBadChecks names what is wrong with a check itself: that is no
// failing row but a fault of the program.
func TestRunRefusesBadChecks(t *testing.T) {
	good := claim("q").Absolute(1, 1, 0)
	with := func(change func(*Row)) Row {
		r := good
		change(&r)
		return r
	}
	figures := func(names ...string) Check {
		c := fake("a", good)
		c.Run = func(Context) (Result, error) {
			r := Result{Rows: []Row{good}}
			for _, n := range names {
				r.Figures = append(r.Figures, Figure{Name: n})
			}
			return r, nil
		}
		return c
	}
	cause := errors.New("no such cell")
	broken := fake("a")
	broken.Run = func(Context) (Result, error) { return Result{}, cause }
	for _, tt := range []struct {
		what   string
		checks []Check
		want   string
	}{
		{"no row", []Check{fake("a")}, "check a: made no row"},
		{"same name", []Check{fake("a", good), fake("b", good), fake("a", good)}, "check a: there are two of that name"},
		{"no name", []Check{fake("", good)}, `check "": a name is made of`},
		{"blank in the name", []Check{fake("a b", good)}, `check "a b": a name is made of`},
		{"path as a name", []Check{fake("../a", good)}, `check "../a": a name is made of`},
		{"same quantity", []Check{fake("a", good, good)}, `check a: row "q": there are two of that quantity`},
		{"no quantity", []Check{fake("a", with(func(r *Row) { r.Quantity = "" }))}, `row "": no quantity`},
		{"no unit", []Check{fake("a", with(func(r *Row) { r.Unit = "" }))}, `row "q": no unit`},
		{"no source", []Check{fake("a", with(func(r *Row) { r.Source = "" }))}, `row "q": no source`},
		{"no trust", []Check{fake("a", with(func(r *Row) { r.Trust = "" }))}, `row "q": trust "" is not known`},
		{"other trust", []Check{fake("a", with(func(r *Row) { r.Trust = "hearsay" }))}, `row "q": trust "hearsay" is not known`},
		{"no such deviation", []Check{fake("a", with(func(r *Row) { r.Deviation = "D0" }))}, `deviation "D0" is no heading of DEVIATIONS.md`},
		{"same figure", []Check{figures("x", "y", "x")}, `check a: figure "x": each needs a name of its own`},
		{"figure without a name", []Check{figures("")}, `check a: figure "": each needs a name of its own`},
		{"fails to run", []Check{broken}, "check a: no such cell"},
	} {
		table, err := Run(background(), tt.checks, nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", tt.what, err, tt.want)
		}
		if table == nil || table.Failed > 0 {
			t.Errorf("%s: table %+v", tt.what, table)
		}
	}
	if _, err := Run(background(), []Check{broken}, nil); !errors.Is(err, cause) {
		t.Errorf("%v has lost its cause", err)
	}
	// The same quantity in two checks is another row.
	if table, err := Run(background(), []Check{fake("a", good), fake("b", good)}, nil); err != nil || table.Passed != 2 || !table.OK() {
		t.Errorf("two good checks: %+v, %v", table, err)
	}
}

// TestRunCounts: rows carry the name of their check, outcomes are reported in
// order, and a table without a row that passes is not fine.
func TestRunCounts(t *testing.T) {
	pass, fail := claim("p").Absolute(1, 1, 0), claim("f").Absolute(1, 2, 0)
	var seen []string
	table, err := Run(background(), []Check{fake("b", pass, fail), fake("a", pass)}, func(o Outcome) {
		seen = append(seen, o.Name)
		for _, r := range o.Rows {
			if r.Check != o.Name {
				t.Errorf("a row of %s says it is of %q", o.Name, r.Check)
			}
		}
	})
	if err != nil || table.Passed != 2 || table.Failed != 1 || table.Skipped != 0 || table.OK() || len(table.Checks) != 2 {
		t.Errorf("table %+v, error %v", table, err)
	}
	if !slices.Equal(seen, []string{"b", "a"}) {
		t.Errorf("reported in the order %v", seen)
	}
	if table, err := Run(background(), nil, nil); err != nil || table.OK() {
		t.Errorf("no check at all: %+v, %v", table, err)
	}
}

// TestRunGivesProfiles: checks see the embedded profiles, or those handed in.
func TestRunGivesProfiles(t *testing.T) {
	var got []power.Profile
	c := fake("a")
	c.Run = func(ctx Context) (Result, error) {
		got = ctx.Profiles
		ctx.Tell(0.5) // nobody listens
		return Result{Rows: []Row{claim("q").Absolute(1, 1, 0)}}, nil
	}
	if _, err := Run(background(), []Check{c}, nil); err != nil || len(got) != len(power.Builtin()) {
		t.Errorf("%d profiles, error %v", len(got), err)
	}
	ctx := background()
	ctx.Profiles = power.Builtin()[:1]
	if _, err := Run(ctx, []Check{c}, nil); err != nil || len(got) != 1 {
		t.Errorf("%d profiles, want 1, error %v", len(got), err)
	}
}

// TestSkippedChecksSayWhy: without its data, and among fast checks, a check is
// left out with a reason, and never passes.
func TestSkippedChecksSayWhy(t *testing.T) {
	c := fake("measured", claim("q").Absolute(1, 1, 0))
	c.Needs = []string{"set/a.csv", "set/b.csv"}
	slow := fake("slow", claim("q").Absolute(1, 1, 0))
	slow.Slow = true
	file := &fstest.MapFile{Data: []byte("x")}
	for _, tt := range []struct {
		data fs.FS
		want string
	}{
		{nil, "it needs set/a.csv, set/b.csv, and no data were given"},
		{fstest.MapFS{}, "set/a.csv, set/b.csv are not among the data"},
		{fstest.MapFS{"set/a.csv": file}, "set/b.csv is not among the data"},
		{fstest.MapFS{"set/a.csv": file, "set/b.csv": file}, ""},
	} {
		ctx := background()
		ctx.Data = tt.data
		table, err := Run(ctx, []Check{c, slow}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Checks[0]; got.Skipped != tt.want || (len(got.Rows) > 0) != (tt.want == "") || table.Checks[1].Skipped != "" {
			t.Errorf("skipped for %q, want %q; %d rows", got.Skipped, tt.want, len(got.Rows))
		}
	}
	ctx := background()
	ctx.Fast = true
	table, err := Run(ctx, []Check{c, slow}, nil)
	if err != nil || table.Skipped != 2 || table.OK() || table.Checks[1].Skipped != "it is slow, and only fast checks were asked for" {
		t.Errorf("table %+v, error %v", table, err)
	}
}

// TestCancelledRunKeepsWhatWasDone, whether a check notices the end or the
// next one is not begun.
func TestCancelledRunKeepsWhatWasDone(t *testing.T) {
	good := fake("first", claim("q").Absolute(1, 1, 0))
	for _, notices := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		second := fake("second")
		second.Run = func(c Context) (Result, error) {
			cancel()
			if notices {
				return Result{}, c.Err()
			}
			return Result{Rows: []Row{claim("q").Absolute(1, 1, 0)}}, nil
		}
		table, err := Run(Context{Context: ctx}, []Check{good, second, third()}, nil)
		want := []string{"first", "second"}
		if notices {
			want = want[:1]
		}
		var got []string
		for _, o := range table.Checks {
			got = append(got, o.Name)
		}
		if !errors.Is(err, context.Canceled) || !slices.Equal(got, want) || table.Passed != len(want) {
			t.Errorf("kept %v, want %v; error %v", got, want, err)
		}
		cancel()
	}
}

func third() Check { return fake("third", claim("q").Absolute(1, 1, 0)) }

// TestReferencesNameTheirSources: each committed table can be read, begins
// with where its values come from, and a value that is no number fails a row.
func TestReferencesNameTheirSources(t *testing.T) {
	files, err := filepath.Glob("reference/*.csv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no references (%v)", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "# ") {
			t.Errorf("%s does not begin with its source", file)
		}
		ref, err := Ref(strings.TrimSuffix(filepath.Base(file), ".csv"))
		if err != nil || ref.Len() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := Ref("nowhere"); err == nil || !strings.Contains(err.Error(), "reference nowhere: ") {
		t.Errorf("a reference that does not exist: error %v", err)
	}
	ref := &Reference{columns: map[string]int{"name": 0, "w": 1}, rows: [][]string{{"a", "2.5"}, {"b", "n/a"}}}
	if got := ref.Number(0, "w"); got != 2.5 || ref.Text(1, "name") != "b" {
		t.Errorf("read %g", got)
	}
	if r := claim("q").Relative(ref.Number(1, "w"), 1, 1e9); r.Pass {
		t.Error("a row passes whose expected value is no number")
	}
	defer func() {
		if recover() == nil {
			t.Error("a column that does not exist was read")
		}
	}()
	ref.Text(0, "watts")
}

// TestDeviationsAreNumbered: D1, D2 and so on, each with a title and a text.
func TestDeviationsAreNumbered(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Deviations() {
		if len(d.Name) < 2 || d.Name[0] != 'D' || strings.Trim(d.Name[1:], "0123456789") != "" || seen[d.Name] {
			t.Errorf("%q is no name of its own for a deviation", d.Name)
		}
		seen[d.Name] = true
		if d.Title == "" || len(d.Text) < 80 {
			t.Errorf("%s: title %q, text %q: say what differs, why, how large it is, what would mend it", d.Name, d.Title, d.Text)
		}
	}
	got := parseDeviations("# Head\n\nText ## of it.\n\n## D1 One\n\nLine\nline.\n\nMore.\n\n## D12 Two words\n")
	want := []Deviation{{"D1", "One", "Line\nline.\n\nMore."}, {"D12", "Two words", ""}}
	if !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}
