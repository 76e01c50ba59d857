package report

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"hibernet/results/record"
)

var update = flag.Bool("update", false, "rewrite golden files")

// smallFolders are fixed inputs with few points: two runs of two days, a
// comparison and a training.
func smallFolders(t *testing.T) []*record.Folder {
	t.Helper()
	list := []*record.Folder{evaluateFolder(t)}
	for _, policy := range []string{"always_on", "ppo"} {
		r := createRun(t, filepath.Join(t.TempDir(), "run-"+policy), record.KindRun)
		put(t, r, steps(policy, 16, 3*3600))
		put(t, r, cells(policy, 12))
		list = append(list, finish(t, r))
	}
	return append(list, trainFolder(t, 20))
}

func write(t *testing.T, folders []*record.Folder, opt Options) *Report {
	t.Helper()
	r, err := Write(folders, filepath.Join(t.TempDir(), "report"), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err == nil && bytes.Equal(got, want) {
		return
	}
	other := filepath.Join(os.TempDir(), "got-"+name)
	if err := os.WriteFile(other, got, 0o644); err != nil {
		t.Error(err)
	}
	t.Errorf("%s differs from %s (err %v): look at both, then run with -update", other, path, err)
}

func TestFiguresGolden(t *testing.T) {
	r := write(t, smallFolders(t), Options{})
	var names []string
	for _, f := range r.Figures {
		names = append(names, f.Name)
		golden(t, f.Name+".svg", readFile(t, f.SVG))
	}
	if want := []string{"comparison", "tradeoff", "week", "states", "training", "map_ppo"}; !slices.Equal(names, want) {
		t.Errorf("figures %v, want %v", names, want)
	}
	golden(t, "report.md", readFile(t, r.Index))

	one := write(t, smallFolders(t)[2:3], Options{})
	for _, f := range one.Figures {
		golden(t, "one_"+f.Name+".svg", readFile(t, f.SVG))
	}
	golden(t, "one_report.md", readFile(t, one.Index))
}

func TestSameRunsSameBytes(t *testing.T) {
	a, b := write(t, smallFolders(t), Options{}), write(t, smallFolders(t), Options{})
	for i := range a.Figures {
		for _, pair := range [][2]string{{a.Figures[i].SVG, b.Figures[i].SVG}, {a.Figures[i].PNG, b.Figures[i].PNG}} {
			if !bytes.Equal(readFile(t, pair[0]), readFile(t, pair[1])) {
				t.Errorf("%s: other bytes the second time", filepath.Base(pair[0]))
			}
		}
		if png := readFile(t, a.Figures[i].PNG); !bytes.HasPrefix(png, []byte("\x89PNG")) {
			t.Errorf("%s is no PNG", a.Figures[i].PNG)
		}
	}
}

func TestSkippedFiguresGiveReasons(t *testing.T) {
	bare := createRun(t, filepath.Join(t.TempDir(), "bare"), record.KindRun)
	r := write(t, []*record.Folder{finish(t, bare)}, Options{})
	if len(r.Figures) != 0 || len(r.Skipped) != 6 {
		t.Fatalf("figures %v, skipped %v", r.Figures, r.Skipped)
	}
	index := string(readFile(t, r.Index))
	for _, s := range r.Skipped {
		if !strings.HasPrefix(s.Reason, "no table ") || !strings.HasSuffix(s.Reason, " in bare") {
			t.Errorf("%s: reason %q", s.Figure, s.Reason)
		}
		if !strings.Contains(index, "- "+s.Figure+": "+s.Reason+"\n") {
			t.Errorf("report.md does not say why %s is missing", s.Figure)
		}
	}

	empty := createRun(t, filepath.Join(t.TempDir(), "empty"), record.KindRun)
	put(t, empty, []record.Step{})
	put(t, empty, []record.Cell{})
	put(t, empty, []record.Episode{{Phase: record.PhaseEvaluate, Figure: "return"}})
	put(t, empty, []record.Summary{})
	for _, s := range write(t, []*record.Folder{finish(t, empty)}, Options{}).Skipped {
		if !strings.HasPrefix(s.Reason, "no rows for it in table ") {
			t.Errorf("%s: reason %q", s.Figure, s.Reason)
		}
	}

	if on := write(t, smallFolders(t)[1:2], Options{}); !slices.Contains(on.Skipped, Skip{"map", "under always_on no cell ever slept"}) {
		t.Errorf("skipped %v", on.Skipped)
	}
	if other := write(t, smallFolders(t)[:1], Options{AlwaysOn: "nobody"}); !slices.Contains(other.Skipped, Skip{"tradeoff", "fewer than two policies with an energy saving against nobody"}) {
		t.Errorf("skipped %v", other.Skipped)
	}
}

func TestDamagedTableIsAnError(t *testing.T) {
	f := smallFolders(t)[1]
	path := filepath.Join(f.Dir, "steps.parquet")
	b := readFile(t, path)
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write([]*record.Folder{f}, t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "steps.parquet was altered") {
		t.Errorf("error %v", err)
	}
	if _, err := Write(nil, t.TempDir(), Options{}); err == nil {
		t.Error("a report of nothing")
	}
}

// Single runs of one scenario and seed are compared by their energies; runs of
// another seed are not, and a warning says why.
func TestSingleRunsAreCompared(t *testing.T) {
	on, ppo := runFolder(t, "always_on", 3), runFolder(t, "ppo", 3)
	in, err := gather([]*record.Folder{on, ppo}, "always_on")
	if err != nil {
		t.Fatal(err)
	}
	list, reason := in.comparable()
	if reason != "" || len(list) != 2 || list[1].saving < 27.9 || list[1].saving > 28.1 || finite(list[1].savingCI) {
		t.Errorf("%+v, %q", list, reason)
	}
	ppo.Manifest.Seed = 2
	r := write(t, []*record.Folder{on, ppo}, Options{})
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "run-always_on and run-ppo differ in seed: 1 and 2") {
		t.Errorf("warnings %v", r.Warnings)
	}
	if !slices.Contains(r.Skipped, Skip{"comparison", "fewer than two policies with an energy saving against always_on"}) {
		t.Errorf("skipped %v", r.Skipped)
	}
	if !strings.Contains(string(readFile(t, r.Index)), "Warning: run-always_on and run-ppo differ in seed") {
		t.Error("report.md lacks the warning")
	}
}

// The energy by state and site must be the energy of the steps: nothing is lost
// between the tables and the figure.
func TestStatesAddUpToTheEnergy(t *testing.T) {
	in, err := gather([]*record.Folder{runFolder(t, "ppo", 3)}, "always_on")
	if err != nil {
		t.Fatal(err)
	}
	want, seconds := in.series[0].energy()
	if got := in.series[0].energyByState().total(); got < want*(1-1e-12) || got > want*(1+1e-12) || seconds != 7*dayS {
		t.Errorf("by state %v kWh, in all %v kWh over %v s", got, want, seconds)
	}
	hours, behind := in.series[0].powerByHour()
	sum := 0.0
	for h := range hours {
		sum += hours[h].total() * behind[h] / 3.6e6
	}
	if sum < want*(1-1e-12) || sum > want*(1+1e-12) {
		t.Errorf("by hour %v kWh, in all %v kWh", sum, want)
	}
}

func TestOnlyTheFirstEpisodeIsDrawn(t *testing.T) {
	r := createRun(t, filepath.Join(t.TempDir(), "two"), record.KindEvaluate)
	rows := steps("ppo", 4, 900)
	again := slices.Clone(rows)
	for i := range again {
		again[i].Episode = 1
	}
	put(t, r, append(rows, again...))
	in, err := gather([]*record.Folder{finish(t, r)}, "always_on")
	if err != nil {
		t.Fatal(err)
	}
	if len(in.series) != 1 || len(in.series[0].steps) != 4 || !in.series[0].more || !strings.Contains(in.episodeNote(), "first episode") {
		t.Errorf("%d series, note %q", len(in.series), in.episodeNote())
	}
}

func TestManySitesBecomeSquares(t *testing.T) {
	in, err := gather([]*record.Folder{runFolder(t, "ppo", maxSites+1)}, "always_on")
	if err != nil {
		t.Fatal(err)
	}
	colors, err := shareMap()
	if err != nil {
		t.Fatal(err)
	}
	marks, err := in.maps[0].marks(colors)
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := marks.(boxes); !ok || len(b) < 1000 || len(b) > (squares+1)*(squares+1) {
		t.Errorf("%d sites drawn as %T", maxSites+1, marks)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 27, "0 5 10 15 20 25"}, {0, 0.13, "0.00 0.02 0.04 0.06 0.08 0.10 0.12"}, {-4, 4, "-4 -2 0 2 4"},
		{-1e-12, 100, "0 20 40 60 80 100"}, {0, 3e6, "0 5e+05 1e+06 1.5e+06 2e+06 2.5e+06 3e+06"}, {3, 3, "3"}, {0, 1e-5, "0 2e-06 4e-06 6e-06 8e-06 1e-05"},
	} {
		var got []string
		for _, tick := range (evenTicks{}).Ticks(c.low, c.high) {
			got = append(got, tick.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%g to %g: %s, want %s", c.low, c.high, s, c.want)
		}
	}
}

func TestNumbersInTitles(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 7: "7", 28.04: "28", 18.43: "18.4", 1234.5: "1234", 0.117: "0.117", 0.0123: "0.012", -8.256: "-8.26"} {
		if got := short(v); got != want {
			t.Errorf("short(%g) is %s, want %s", v, got, want)
		}
	}
	if got := plusMinus(28, 1.51); got != "28.0 ± 1.5" {
		t.Error(got)
	}
	if got := plusMinus(28.123, 0.0333); got != "28.123 ± 0.033" {
		t.Error(got)
	}
	if got := fixed(-0.0004, 2) + " " + interval(1, 0.5, 1); got != "0.00 1.0 ± 0.5" {
		t.Error(got)
	}
}

// Labels of points that crowd do not cover one another as long as a place is
// free around each.
func TestLabelsDoNotOverlap(t *testing.T) {
	within := vg.Rectangle{Max: vg.Point{X: 300, Y: 200}}
	var taken []vg.Rectangle
	for _, at := range []vg.Point{{X: 100, Y: 100}, {X: 104, Y: 103}, {X: 290, Y: 190}, {X: 5, Y: 5}} {
		place, _ := freePlace(within, at, 20, 5, taken)
		r := around(place, 20, 5)
		for _, o := range taken {
			if overlap(r, o) {
				t.Errorf("label of %v covers another", at)
			}
		}
		if r.Min.X < 0 || r.Max.X > 300 || r.Min.Y < 0 || r.Max.Y > 200 {
			t.Errorf("label of %v leaves the panel: %v", at, r)
		}
		taken = append(taken, r)
	}
}

func TestFileNames(t *testing.T) {
	if got := fileName("ppo (run/7) é"); got != "ppo-run-7" {
		t.Error(got)
	}
}

// A title says what is so, also where nothing is won or recorded.
func TestTitlesWithoutGoodNews(t *testing.T) {
	in := &input{alwaysOn: "on"}
	if got := in.comparisonTitle([]verdict{{name: "on"}, {name: "p", saving: -3}}); got != "No policy saves energy against on" {
		t.Error(got)
	}
	if got := tradeoffTitle([]verdict{{name: "on"}, {name: "p", saving: 3, dropped: 1}}); got != "No policy is beaten in both energy saving and dropped traffic" {
		t.Error(got)
	}
	if got := tradeoffTitle([]verdict{{name: "on"}, {name: "p", saving: 3, dropped: 1}, {name: "q", saving: 2, dropped: 2}}); got != "Beaten in both energy saving and dropped traffic: q" {
		t.Error(got)
	}
	in.training = []curve{{label: "p", figure: record.FigureReturn, value: []float64{math.NaN()}}}
	if got := in.trainingTitle("p"); got != "The training recorded no finite return" {
		t.Error(got)
	}
	in.training[0].value = []float64{math.NaN(), 2, 1}
	if got := in.trainingTitle("p"); got != "The return falls from 2 to 1 in 3 iterations" {
		t.Error(got)
	}
	in.series = []series{
		{policy: "on", label: "on", steps: []record.Step{{DurationS: 3600, EnergyKWh: 10}}},
		{policy: "p", label: "p", steps: []record.Step{{DurationS: 3600, EnergyKWh: 12}}},
		{policy: "q", label: "q", steps: []record.Step{{DurationS: 900, EnergyKWh: 1}}}, // shorter: not compared
	}
	if got := in.weekTitle(); got != "p uses 20 % more energy than on over 1 h" {
		t.Error(got)
	}
}

// An evaluation of single days beside runs of a week: each figure shows what
// can be compared, and says what it leaves out.
func TestDaysAndWeeksAreNotMixed(t *testing.T) {
	r := createRun(t, filepath.Join(t.TempDir(), "eval"), record.KindEvaluate)
	put(t, r, append(steps("always_on", 96, 900), steps("ppo", 96, 900)...))
	day := append(cells("always_on", 3), cells("ppo", 3)...)
	for i := range day {
		day[i].DurationS = dayS
	}
	put(t, r, day)
	eval := finish(t, r)
	in, err := gather([]*record.Folder{eval, runFolder(t, "always_on", 3), runFolder(t, "ppo", 3)}, "always_on")
	if err != nil {
		t.Fatal(err)
	}
	if len(in.series) != 2 || in.series[1].label != "ppo" || in.series[1].run != "run-ppo" {
		t.Fatalf("%d series", len(in.series))
	}
	if want := "; not shown, over other times: always_on (eval), ppo (eval)"; in.episodeNote() != want {
		t.Errorf("note %q, want %q", in.episodeNote(), want)
	}
	in.maps[2].durationS, in.maps[3].durationS = 7*dayS, 7*dayS
	in.label()
	list, reasons, err := in.sites()
	if err != nil || len(list) != 1 || list[0].name != "map_ppo" {
		t.Errorf("%d maps, %v", len(list), err)
	}
	if !slices.Contains(reasons, "ppo of eval covers less time than that of run-ppo") {
		t.Errorf("reasons %v", reasons)
	}
}

// Single runs and an evaluation are two comparisons, not one.
func TestGroupsOfSummaries(t *testing.T) {
	in, err := gather([]*record.Folder{runFolder(t, "ppo", 3), evaluateFolder(t), runFolder(t, "always_on", 3)}, "always_on")
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, v := range in.verdicts() {
		labels = append(labels, v.label)
		if v.label == "ppo (run-ppo)" && (v.saving < 27.9 || v.saving > 28.1) {
			t.Errorf("saving of the single run is %v", v.saving)
		}
	}
	want := []string{"ppo (run-ppo)", "always_on (evaluate)", "schedule", "threshold", "ppo (evaluate)", "always_on (run-always_on)"}
	if !slices.Equal(labels, want) {
		t.Errorf("labels %v, want %v", labels, want)
	}
	list, reason := in.comparable()
	if reason != "" || len(list) != 4 || list[3].name != "ppo" || !finite(list[3].savingCI) {
		t.Errorf("compared %+v, %q", list, reason)
	}
}

func TestMapsHaveFilesOfTheirOwn(t *testing.T) {
	in := &input{folders: []*record.Folder{runFolder(t, "ppo", 3)}, alwaysOn: "on"}
	for _, label := range []string{"a b", "a-b"} {
		in.maps = append(in.maps, siteMap{policy: label, label: label, xKM: []float64{0, 1}, yKM: []float64{0, 1}, share: []float64{0.1, 0.2}})
	}
	list, _, err := in.sites()
	if err != nil || len(list) != 2 || list[0].name != "map_a-b" || list[1].name != "map_a-b-2" {
		t.Errorf("%d maps, %v", len(list), err)
	}
}
