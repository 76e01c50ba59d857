package cli

import (
	"fmt"
	"strings"
	"testing"
)

// fault is a command that must fail.
type fault struct {
	name string
	args string
	code int
	want []string
}

// check runs the commands in one folder. Each must fail with its code and say
// what is wrong on standard error only, and none may write or change a file.
func (s *shell) check(faults []fault) {
	before := s.tree()
	for _, f := range faults {
		s.t.Run(f.name, func(t *testing.T) {
			o := s.try(words(f.args)...)
			if o.code != f.code {
				t.Errorf("hibernet %s: exit code %d, want %d", f.args, o.code, f.code)
			}
			if o.stdout != "" && !strings.HasPrefix(f.args, "scenario validate") {
				t.Errorf("hibernet %s: standard output %q", f.args, o.stdout)
			}
			contains(t, o.stdout+o.err, append(f.want, "hibernet: ")...)
			for _, ugly := range []string{"panic", "goroutine", "%!", "strconv.", "runtime error"} {
				if strings.Contains(o.err, ugly) {
					t.Errorf("hibernet %s: %q in the message:\n%s", f.args, ugly, o.err)
				}
			}
			s.unchanged(t, before)
		})
	}
}

// words splits a command line at blanks; _ stands for an empty word.
func words(line string) []string {
	list := strings.Fields(line)
	for i, w := range list {
		if w == "_" {
			list[i] = ""
		}
	}
	return list
}

func TestBadCommandLines(t *testing.T) {
	newShell(t).check([]fault{
		{"unknown command", "runn tiny", ExitUsage, []string{`unknown command "runn"`, "did you mean run or tune?"}},
		{"unknown subcommand", "scenario lst", ExitUsage, []string{`unknown command "lst" for "hibernet scenario"`, "did you mean list?"}},
		{"nothing like it", "frobnicate", ExitUsage, []string{`unknown command "frobnicate"`, "hibernet --help lists the commands"}},
		{"unknown topic", "help runn", ExitUsage, []string{`unknown command "runn"`, "did you mean run or tune?"}},
		{"unknown shell", "completion csh", ExitUsage, []string{`unknown command "csh" for "hibernet completion"`}},
		{"unknown flag", "run tiny --polcy threshold", ExitUsage, []string{"unknown flag: --polcy", "did you mean --policy?"}},
		{"unknown flag unlike any", "run tiny --frobnicate", ExitUsage, []string{"unknown flag: --frobnicate", "hibernet run --help lists the flags"}},
		{"unknown shorthand", "run tiny -q", ExitUsage, []string{"unknown shorthand flag: 'q'"}},
		{"flag without value", "run tiny --policy", ExitUsage, []string{"flag needs an argument: --policy"}},
		{"missing argument", "run", ExitUsage, []string{"SCENARIO is missing", "hibernet run --help"}},
		{"one argument too many", "train tiny quickstart", ExitUsage, []string{"want one SCENARIO, got 2: tiny quickstart"}},
		{"no run folder", "report", ExitUsage, []string{"RUN is missing"}},
		{"no file to validate", "scenario validate", ExitUsage, []string{"FILE is missing"}},
		{"arguments for version", "version now", ExitUsage, []string{`"now"`}},
		{"days not a number", "run tiny --days x", ExitUsage, []string{`--days: must be a number, got "x"`}},
		{"days NaN", "run tiny --days NaN", ExitUsage, []string{"--days: must be above 0 and at most 366, got NaN"}},
		{"no days", "run tiny --days 0", ExitUsage, []string{"--days: must be above 0 and at most 366, got 0"}},
		{"days below an interval", "run tiny --days 0.001", ExitUsage, []string{"--days 0.001: ", "episode_h", "0.024"}},
		{"days of part of an interval", "run tiny --days 0.3333", ExitUsage, []string{"--days 0.3333: ", "whole number of control intervals of 900 s"}},
		{"no such day", "run tiny --from-day 7", ExitUsage, []string{"--from-day: must be 0 (Monday) to 6, got 7"}},
		{"negative workers", "run tiny --workers -2", ExitUsage, []string{"--workers: must be 0 (all processors) or more, got -2"}},
		{"negative workers in training", "train tiny --workers -1", ExitUsage, []string{"--workers: ", "got -1"}},
		{"negative workers in judging", "evaluate tiny --workers -1", ExitUsage, []string{"--workers: ", "got -1"}},
		{"negative seed", "run tiny --seed -1", ExitUsage, []string{`--seed: must be a whole number from 0 up, got "-1"`}},
		{"too large a seed", "run tiny --seed 18446744073709551616", ExitUsage, []string{"--seed: must be a whole number from 0 up"}},
		{"seeds not whole", "evaluate tiny --seeds 1.5", ExitUsage, []string{`--seeds: must be a whole number, got "1.5"`}},
		{"negative seeds", "evaluate tiny --seeds -1", ExitUsage, []string{"--seeds: must be from 0 to 1000, got -1"}},
		{"not true or false", "evaluate tiny --steps=perhaps", ExitUsage, []string{`--steps: must be true or false, got "perhaps"`}},
		{"unknown algorithm", "train tiny --algo magic", ExitUsage, []string{`--algo: "magic" is not known, allowed: ppo, ppo-lagrangian, dqn, dqn-lagrangian, sac, sac-lagrangian, bandit, coordinated`}},
		{"unknown kind", "scenario new --kind fractal", ExitUsage, []string{"--kind: ", `"fractal"`, "synthetic", "trace"}},
		{"new into no folder", "scenario new --out no/where.yaml", ExitUsage, []string{"--out: ", "no/where.yaml"}},
		{"same policy twice", "evaluate tiny --policy threshold --policy threshold", ExitUsage, []string{"--policy: threshold is given twice"}},
		{"reference that does not play", "evaluate tiny --policy always-on --reference schedule", ExitUsage, []string{`--reference: "schedule"`, "always_on"}},
		{"export to nowhere", "export runs/ppo", ExitUsage, []string{"--out: name the folder to write"}},
		{"import to nowhere", "import traffic x.csv", ExitUsage, []string{"--out: name the file to write"}},
	})
}

func TestBadScenarios(t *testing.T) {
	s := newShell(t)
	for name, text := range map[string]string{
		"keys.yaml":      "name: x\nsede: 3\ntopology: {waffle: true}\n",
		"duplicate.yaml": "name: x\nseed: 3\nseed: 4\n",
		"nan.yaml":       "name: x\nload: {target_mean: .nan}\n",
		"inf.yaml":       "name: x\nload: {target_mean: .inf}\n",
		"unit.yaml":      "name: x\nnetwork: {epoch_s: 5min}\n",
		"unitkey.yaml":   "name: x\nnetwork: {epoch_min: 5}\n",
		"range.yaml":     "name: x\nload: {target_mean: 7}\n",
		"type.yaml":      "name: [x]\n",
		"enum.yaml":      "name: x\ntraffic: {source: oracle}\n",
		"relation.yaml":  "name: x\nnetwork: {epoch_s: 70, control_s: 900}\n",
		"many.yaml":      "name: x\nseed: -1\nsede: 3\nload: {target_mean: 7}\nnetwork: {epoch_s: 70, control_s: 900}\n",
		"documents.yaml": "name: x\n---\nname: y\n",
		"empty.yaml":     "",
		"syntax.yaml":    "name: [x\n",
		"binary.yaml":    "\x00\x01\x02",
		"badunit.yaml":   "profiles:\n  - {name: my-8t, family: feild, source: x, trx: 8}\n",
		"taken.yaml":     "profiles:\n  - {name: field-64t, family: field, source: x, trx: 8, linear: {idle_w: 210, full_w: 500, slope_static_share: 0.4, idle_share: {carrier_sleep: 0.6, deep_sleep: 0.3}}}\n",
		"nofile.yaml":    strings.Replace(mustNew(t, s, "trace"), "traffic.parquet", "none.parquet", 1),
	} {
		s.write(name, text)
	}
	one := "has 1 fault"
	s.check([]fault{
		{"unknown key", "run keys.yaml", ExitInput, []string{"scenario keys.yaml has 2 faults", "keys.yaml:2:1: sede: unknown key; did you mean seed?", "keys.yaml:3:12: topology.waffle: unknown key"}},
		{"duplicate key", "train duplicate.yaml", ExitInput, []string{one, "duplicate.yaml:3:1: seed: duplicate key; first given on line 2"}},
		{"NaN", "evaluate nan.yaml", ExitInput, []string{one, `nan.yaml:2:21: load.target_mean: not a finite number, got ".nan"`, "0 to 0.9"}},
		{"infinity", "run inf.yaml", ExitInput, []string{"load.target_mean: not a finite number"}},
		{"unit in the value", "run unit.yaml", ExitInput, []string{"unit.yaml:2:20: network.epoch_s: ", "5min", "allowed: a number, 0.01 to 3600 s", "write 300"}},
		{"another unit in the key", "run unitkey.yaml", ExitInput, []string{"network.epoch_min: unknown key; the key is epoch_s, in s"}},
		{"out of range", "run range.yaml", ExitInput, []string{"range.yaml:2:21: load.target_mean: out of range, got 7; allowed: a number, 0 to 0.9"}},
		{"wrong type", "run type.yaml", ExitInput, []string{"type.yaml:1:7: name: "}},
		{"unknown word", "run enum.yaml", ExitInput, []string{"traffic.source: ", "oracle", "synthetic"}},
		{"relation", "run relation.yaml", ExitInput, []string{"relation.yaml:2:", "network.control_s: must be a whole number of epochs of 70 s, got 900"}},
		{"all at once", "scenario validate many.yaml", ExitInput, []string{"many.yaml: 4 faults", "many.yaml:2:7: seed", "many.yaml:3:1: sede", "many.yaml:4:21: load.target_mean", "many.yaml:5:"}},
		{"two documents", "run documents.yaml", ExitInput, []string{"documents.yaml:2:1", "document"}},
		{"empty file", "run empty.yaml", ExitInput, []string{"empty.yaml", "empty"}},
		{"no YAML", "run syntax.yaml", ExitInput, []string{"syntax.yaml:"}},
		{"binary", "run binary.yaml", ExitInput, []string{"binary.yaml"}},
		{"missing preset", "run tny", ExitInput, []string{`scenario "tny" is neither a preset nor a file`, "hibernet scenario list"}},
		{"missing file", "scenario show none.yaml", ExitInput, []string{`scenario "none.yaml" is neither a preset nor a file`}},
		{"a folder", "run .", ExitInput, []string{"scenario .: ", "directory"}},
		{"unknown key in --set", "run tiny --set lod.target_mean=0.1", ExitInput, []string{"--set lod.target_mean=0.1: lod: unknown key; did you mean load?"}},
		{"no value in --set", "run tiny --set seed", ExitInput, []string{"--set seed: not an override; allowed: path=value"}},
		{"no path in --set", "run tiny --set =3", ExitInput, []string{"--set =3: not an override"}},
		{"no such element in --set", "run tiny --set topology.areas[7].sites=3", ExitInput, []string{"--set topology.areas[7].sites=3: topology.areas: no such entry, got [7]; allowed: [0] to [0]"}},
		{"NaN in --set", "run tiny --set load.target_mean=NaN", ExitInput, []string{"--set load.target_mean=NaN: load.target_mean: "}},
		{"range in --set", "train tiny --set ppo.iterations=0", ExitInput, []string{"--set ppo.iterations=0: ppo.iterations: "}},
		{"relation by --set", "run tiny --set network.control_s=61", ExitInput, []string{"network.control_s: must be a whole number of epochs of 300 s, got 61"}},
		{"missing data", "run nofile.yaml", ExitInput, []string{"scenario my-scenario: inputs.traffic_file: ", "none.parquet: no such file"}},
		{"no power profiles", "run tiny --set inputs.profiles_file=none.yaml", ExitInput, []string{"scenario tiny: inputs.profiles_file: ", "none.yaml: no such file"}},
		{"folder of power profiles", "run tiny --set inputs.profiles_file=.", ExitInput, []string{"inputs.profiles_file: .: is a folder"}},
		{"empty power profiles", "run tiny --set inputs.profiles_file=empty.yaml", ExitInput, []string{"inputs.profiles_file: empty.yaml: no document"}},
		{"binary power profiles", "run tiny --set inputs.profiles_file=binary.yaml", ExitInput, []string{"inputs.profiles_file: binary.yaml: "}},
		{"bad power profiles", "run tiny --set inputs.profiles_file=badunit.yaml", ExitInput, []string{"inputs.profiles_file: badunit.yaml: profiles[0]", "form: want exactly one of"}},
		{"power profile with a taken name", "run tiny --set inputs.profiles_file=taken.yaml", ExitInput, []string{"scenario tiny: inputs.profiles_file: profiles[0].name: \"field-64t\" is taken"}},
		{"power profile of no file", "run tiny --set topology.carriers.n41.profile=my-8t", ExitInput, []string{"topology.carriers.n41.profile: power profile \"my-8t\": want one of"}},
	})
}

func mustNew(t *testing.T, s *shell, kind string) string {
	t.Helper()
	return s.do("scenario", "new", "--kind", kind)
}

// TestBadImports holds every kind of defect in data to its flag: with fail,
// the import says where the defect is.
func TestBadImports(t *testing.T) {
	s := newShell(t)
	const head = "cell,time,value\n"
	row := func(cell, hour, value string) string { return cell + ",2024-01-01 " + hour + "," + value + "\n" }
	whole := row("a", "00:00", "1") + row("a", "01:00", "2") + row("a", "02:00", "3")
	holed := "" // eight places, none of them counted at three in the morning
	for _, cell := range "abcdefgh" {
		for hour, value := range []string{"9", "9", "9", "0", "9", "9"} {
			holed += row(string(cell), fmt.Sprintf("%02d:00", hour), value)
		}
	}
	files := map[string]string{
		"gap.csv":       head + whole + row("a", "04:00", "5") + row("a", "05:00", "5"),
		"duplicate.csv": head + whole + row("a", "01:00", "9"),
		"negative.csv":  head + whole + row("a", "03:00", "-4"),
		"text.csv":      head + whole + row("a", "03:00", "n.a."),
		"ragged.csv":    head + whole + "a,2024-01-01 03:00\n",
		"late.csv":      head + whole + "a,late,3\n",
		"noid.csv":      head + whole + row("", "03:00", "3"),
		"zeros.csv":     head + whole + row("b", "00:00", "0") + row("b", "01:00", "0") + row("b", "02:00", "0"),
		"mixed.csv":     head + whole + row("a", "02:30", "3"),
		"hole.csv":      head + holed,
		"nowhere.csv":   "cell,time,value,lat,lon\na,2024-01-01 00:00,1,48,2\na,2024-01-01 01:00,1,48,2\nb,2024-01-01 00:00,1,,\nb,2024-01-01 01:00,1,,\n",
		"outside.csv":   "cell,time,value,lat,lon\na,2024-01-01 00:00,1,48,2\na,2024-01-01 01:00,1,12,2\nb,2024-01-01 00:00,1,12,2\nb,2024-01-01 01:00,1,12,2\n",
		"sites.csv":     "id,lat,lon\na,48.1,2.1\nb,48.1,2.1\na,48.2,2.2\nc,,\nd,12,2\n",
		"badsites.csv":  "id,lat,lon\na,48.1\n",
		"empty.csv":     "",
		"notgzip.gz":    "\x1f\x8b\x08\x00broken",
		"broken.pq":     "PAR1 and nothing more",
		"good.csv":      head + whole,
	}
	for name, text := range files {
		s.write(name, text)
	}
	s.write("there.parquet", "something of the user's")
	traffic := func(name, file, flags, code2 string, want ...string) fault {
		return fault{name, strings.TrimSpace("import traffic " + file + " --out out.parquet " + flags), ExitInput, append(want, file+": "+code2)}
	}
	s.check([]fault{
		traffic("gap", "gap.csv", "--on-gap fail", `place "a" has no value at 2024-01-01T03:00:00`, "on-gap"),
		traffic("long gap", "gap.csv", "--max-gap-s 60 --on-long-gap fail", `place "a"`, "on-long-gap"),
		traffic("duplicate", "duplicate.csv", "--on-duplicate fail", `line 5: a second value for place "a" at 2024-01-01T01:00:00`, "line 3"),
		traffic("negative", "negative.csv", "--unit MB --on-negative fail", `line 5, column "value": "-4" is negative`),
		traffic("non-numeric", "text.csv", "--on-non-numeric fail", `line 5, column "value": "n.a." is not allowed`),
		traffic("ragged", "ragged.csv", "", "line 5: 2 fields, allowed 3"),
		traffic("unreadable time", "late.csv", "--on-bad-row fail", `line 5, column "time": time "late" cannot be read`),
		traffic("empty id", "noid.csv", "", `line 5, column "cell": the id is empty`),
		traffic("empty place", "zeros.csv", "--on-empty-place fail", `place "b" has no traffic at all`),
		traffic("mixed steps", "mixed.csv", "--on-mixed-step fail", "line 5: time 2024-01-01T02:30:00 does not lie on the grid of 3600 s"),
		traffic("hole", "hole.csv", "--on-hole fail", "at 2024-01-01T03:00:00 the total over all places falls to 0"),
		traffic("no location", "nowhere.csv", "--on-no-location fail", `line 4: "b" has no position`),
		traffic("outside", "outside.csv", "--area 40,0,50,10 --on-outside fail", `line 4: "b" at 12.000000, 2.000000 lies outside the area`),
		traffic("empty file", "empty.csv", "", "the file is empty"),
		traffic("broken gzip", "notgzip.gz", "", ""),
		traffic("broken Parquet", "broken.pq", "", ""),
		traffic("no such column", "good.csv", "--value volume", `line 1: there is no column "volume" (for value), allowed cell, time, value`),
		{"missing file", "import traffic none.csv --out out.parquet", ExitInput, []string{"none.csv: no such file"}},
		{"a folder", "import traffic . --out out.parquet", ExitInput, []string{".: is a folder"}},
		{"missing sites", "import traffic good.csv --sites none.parquet --out out.parquet", ExitInput, []string{"none.parquet"}},
		{"sites of another kind", "import traffic good.csv --sites good.csv --out out.parquet", ExitInput, []string{"good.csv"}},
		{"output exists", "import traffic good.csv --out there.parquet", ExitUsage, []string{"--out: there.parquet exists already", "--force"}},
		{"unknown action", "import traffic good.csv --on-gap guess --out out.parquet", ExitUsage, []string{`--on-gap: "guess" is not known, allowed: interpolate, zero, drop, fail`}},
		{"action of others", "import sites sites.csv --on-duplicate sum --out out.parquet", ExitUsage, []string{`--on-duplicate: "sum" is not known, allowed: first, last, fail`}},
		{"flag of others", "import sites sites.csv --on-gap zero --out out.parquet", ExitUsage, []string{"unknown flag: --on-gap"}},
		{"bad area", "import sites sites.csv --area 1,2,3 --out out.parquet", ExitUsage, []string{`--area: must be auto, auto:K or MINLAT,MINLON,MAXLAT,MAXLON, got "1,2,3"`}},
		{"area turned round", "import sites sites.csv --area 50,0,40,10 --out out.parquet", ExitUsage, []string{"--area: must be"}},
		{"area with a tail", "import sites sites.csv --area 40,0,50,10,60 --out out.parquet", ExitUsage, []string{"--area: must be"}},
		{"bad width of the area", "import sites sites.csv --area auto:wide --out out.parquet", ExitUsage, []string{"--area: must be"}},
		{"bad filter", "import sites sites.csv --filter operator --out out.parquet", ExitUsage, []string{`--filter: must be COLUMN=VALUE, got "operator"`}},
		{"bad delimiter", "import sites sites.csv --delimiter :: --out out.parquet", ExitUsage, []string{`--delimiter: must be one character (or tab), got "::"`}},
		{"duplicate site", "import sites sites.csv --on-duplicate fail --out out.parquet", ExitInput, []string{"sites.csv: ", `"a"`}},
		{"same position", "import sites sites.csv --on-same-position fail --out out.parquet", ExitInput, []string{"sites.csv: ", "position"}},
		{"site without position", "import sites sites.csv --on-no-location fail --out out.parquet", ExitInput, []string{"sites.csv: ", `"c"`}},
		{"site outside", "import sites sites.csv --area 40,0,50,10 --on-outside fail --out out.parquet", ExitInput, []string{"sites.csv: ", `"d"`, "12"}},
		{"ragged site", "import sites badsites.csv --out out.parquet", ExitInput, []string{"badsites.csv: line 2: 2 fields, allowed 3"}},
	})
}

// TestBadImportFlags holds every flag that describes the data to saying its
// own name, not that of the library's setting, before a line is read.
func TestBadImportFlags(t *testing.T) {
	s := newShell(t)
	s.write("good.csv", "cell,time,value\na,2024-01-01 00:00,1\na,2024-01-01 01:00,2\n")
	s.write("steps.csv", "step,r0c0\n0,1\n1,2\n")
	bad := func(kind, file, flags, want string) fault {
		return fault{kind + " " + flags, "import " + kind + " " + file + " --out out.parquet " + flags, ExitUsage, []string{"hibernet: " + want}}
	}
	traffic := func(flags, want string) fault { return bad("traffic", "good.csv", flags, want) }
	sites := func(flags, want string) fault { return bad("sites", "good.csv", flags, want) }
	s.check([]fault{
		traffic("--layout square", `--layout: "square" is not known, allowed auto, long, wide`),
		traffic("--unit furlong", `--unit: "furlong" is not known, allowed bit, kbit`),
		traffic("--time-zone Mars/Olympus", `--time-zone: "Mars/Olympus" is not known`),
		traffic("--step-s -1", "--step-s: must be from 0 to 604800, got -1"),
		traffic("--start-weekday 7", "--start-weekday: must be from 0 (Monday) to 6, got 7"),
		traffic("--side-m NaN", "--side-m: must be from 0 to 1e6, got NaN"),
		traffic("--patch-gap -1", "--patch-gap: must be from 0 to 1000, got -1"),
		traffic("--grid-pattern x", `--grid-pattern: "x" needs the groups`),
		traffic("--grid-pattern (", "--grid-pattern: error parsing regexp"),
		traffic("--min-cover 2", "--min-cover: must be from 0 to 1, got 2"),
		traffic("--lat lat", "--lon: must be given, as lat is"),
		traffic("--x x --y y --lat lat --lon lon", "--x: give one of lat and lon, x and y"),
		traffic("--area 1,1,95,2", "--area: latitudes 1 to 95"),
		traffic(`--delimiter "`, `--delimiter: '"' cannot separate fields`),
		bad("traffic", "steps.csv", "", `--step-s: must be given, as column "step" alone does not say`),
		sites("--lon lon", "--lat: must be given, as lon is"),
		sites("--point p --x x --y y", "--point: give one of lat and lon, x and y, point"),
		sites("--area 1,1,95,2", "--area: latitudes 1 to 95"),
		sites(`--delimiter "`, `--delimiter: '"' cannot separate fields`),
	})
}

func TestBadRunsAndPolicies(t *testing.T) {
	s := newShell(t)
	s.do("train", "tiny", "--set", "ppo.iterations=1", "--out", "trained")
	s.do("run", "tiny", "--days", "0.25", "--out", "run")
	s.do("export", "trained", "--out", "bundle")
	s.do("report", "run", "--out", "figures")
	policy := string(s.read("trained/policy.json"))
	s.write("other.json", strings.Replace(policy, `"hour"`, `"hours"`, 1))
	s.write("broken.json", policy[:len(policy)/2])
	s.write("notes/todo.txt", "mine")
	s.write("trace.yaml", mustNew(t, s, "trace"))
	for name, text := range s.tree() {
		if file, ok := strings.CutPrefix(name, "run/"); ok && file != "" {
			s.write("altered/"+file, text)
			s.write("cut/"+file, text)
			if file != "steps.parquet" {
				s.write("lacking/"+file, text)
			}
		}
		if file, ok := strings.CutPrefix(name, "trained/"); ok && file != "" {
			s.write("forged/"+file, text)
		}
	}
	s.write("forged/policy.json", strings.Replace(policy, "0", "1", 1))
	s.write("cut/steps.parquet", string(s.read("run/steps.parquet")[:100]))
	s.write("altered/manifest.json", strings.Replace(string(s.read("run/manifest.json")), `"seed"`, `"sede"`, 1))
	s.check([]fault{
		{"no such policy", "run tiny --policy nightly", ExitInput, []string{`policy "nightly" is neither a rule (always_on, schedule, threshold, forecast, random) nor a folder or file`}},
		{"policy of another kind of folder", "run tiny --policy run", ExitInput, []string{"policy run: the folder holds no policy.json"}},
		{"policy of another schema", "run tiny --policy other.json", ExitInput, []string{"other.json: "}},
		{"policy of another schema, judged", "evaluate tiny --policy always-on --policy other.json", ExitInput, []string{"other.json: "}},
		{"broken policy", "run tiny --policy broken.json", ExitInput, []string{"broken.json: "}},
		{"not a policy", "run tiny --policy run/steps.parquet", ExitInput, []string{"steps.parquet: "}},
		{"export of a run", "export run --out new", ExitInput, []string{"run: is the folder of a run, want that of a training"}},
		{"export of a bundle", "export bundle --out new", ExitInput, []string{"not a run folder"}},
		{"export of nothing", "export none --out new", ExitInput, []string{"not a run folder", "none"}},
		{"export of a forged policy", "export forged --out new", ExitInput, []string{"policy.json was altered"}},
		{"export over a bundle", "export trained --out bundle", ExitUsage, []string{"--out: bundle holds a bundle already", "--force"}},
		{"report of nothing", "report none", ExitInput, []string{"not a run folder", "none"}},
		{"report of a folder", "report notes", ExitInput, []string{"not a run folder", "notes has no manifest.json"}},
		{"report of a cut table", "report cut --out new", ExitInput, []string{"steps.parquet is truncated: 100 bytes of"}},
		{"report without a table", "report lacking --out new", ExitInput, []string{"steps.parquet is missing"}},
		{"report of an altered manifest", "report altered --out new", ExitInput, []string{"manifest", "sede"}},
		{"report over a report", "report run --out figures", ExitUsage, []string{"--out: figures holds a report already", "--force"}},
		{"run over a run", "run tiny --days 0.25 --out run", ExitUsage, []string{"--out: run holds a complete run", "--force replaces it"}},
		{"training over a run", "train tiny --out run", ExitUsage, []string{"--out: run holds a complete run"}},
		{"taken, before data are read", "run trace.yaml --out run", ExitUsage, []string{"--out: run holds a complete run"}},
		{"policy, before data are read", "run trace.yaml --policy nightly", ExitInput, []string{`policy "nightly" is neither`}},
		{"run over a folder", "run tiny --days 0.25 --out notes --force", ExitUsage, []string{"--out: ", "notes is not empty and is not a run folder"}},
		{"run over a file", "run tiny --days 0.25 --out notes/todo.txt", ExitUsage, []string{"--out: ", "todo.txt"}},
		{"resume of nothing", "train tiny --out none --resume", ExitInput, []string{"--resume: none: there is no checkpoint.json"}},
		{"resume of a run", "train tiny --out run --resume", ExitInput, []string{"--resume: run: "}},
		{"resume of what is complete", "train tiny --out trained --resume", ExitInput, []string{"--resume: trained: is complete"}},
	})
	s.do("run", "tiny", "--days", "0.25", "--out", "run", "--force")
	s.open("run")
	s.do("report", "run", "--out", "figures", "--force")
	s.do("export", "trained", "--out", "bundle", "--force")
}
