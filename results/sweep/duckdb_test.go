package sweep

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

var (
	duckdbDir = flag.String("duckdb", "", "folder with query.mjs and its installed node_modules; without it the comparison with DuckDB is skipped")
	sweepDir  = flag.String("sweep", "", "sweep's folder to read with both; with -duckdb")
)

// DuckDB reads the data set as it is, partitions included, and finds the rows
// and sums that we wrote.
func TestDuckDBSeesTheSame(t *testing.T) {
	if *duckdbDir == "" || *sweepDir == "" {
		t.Skip("no -duckdb and -sweep given; `make readers` installs DuckDB, plays a sweep and runs this test")
	}
	frame, err := ReadData(*sweepDir)
	if err != nil {
		t.Fatal(err)
	}
	type sums struct {
		n              int
		energy, reward float64
		seeds          uint64
	}
	want := map[string]*sums{}
	for i, policy := range frame.Find("policy").Text {
		if want[policy] == nil {
			want[policy] = &sums{}
		}
		s := want[policy]
		s.n++
		s.energy += frame.Find("energy_kwh").Float[i]
		s.reward += frame.Find("return").Float[i]
		s.seeds += frame.Find("seed").Uint[i]
	}
	query := fmt.Sprintf(`select policy, count(*)::varchar n, sum(energy_kwh) energy, sum("return") ret, sum(seed)::varchar seeds,
		count(distinct run)::varchar runs, count(distinct scenario_sha256)::varchar scenarios
		from read_parquet('%s/data/*/*.parquet', hive_partitioning = true) group by policy`, filepath.ToSlash(*sweepDir))
	out, err := exec.Command("node", filepath.Join(*duckdbDir, "query.mjs"), query).Output()
	if err != nil {
		t.Fatalf("%v", err)
	}
	var rows []struct {
		Policy, N, Seeds, Runs, Scenarios string
		Energy, Ret                       float64
	}
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(rows) != len(want) || len(rows) == 0 {
		t.Fatalf("DuckDB sees %d policies, we %d", len(rows), len(want))
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }
	for _, r := range rows {
		w := want[r.Policy]
		if w == nil || r.N != strconv.Itoa(w.n) || r.Runs != r.N || r.Seeds != strconv.FormatUint(w.seeds, 10) || !near(r.Energy, w.energy) || !near(r.Ret, w.reward) {
			t.Errorf("%s: DuckDB sees %+v, we %+v", r.Policy, r, w)
		}
	}
	t.Logf("%s", out)
}
