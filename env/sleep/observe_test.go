package sleep

import (
	"flag"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"hibernet/env"
	"hibernet/sim/power"
)

// plainly works out, for one row, the observations that can be read from the
// network's view and topology, each by its definition and without regard to
// how often it is done.
func plainly(e *Env, c int) map[string]float64 {
	top, v := e.net.Topology(), e.view
	s := int(top.CellSector[c])
	interval := e.net.Spec().ControlS
	load := func(k int32) float64 { return float64(v.LoadS[k]) / interval }
	out := map[string]float64{
		"hour":                          math.Mod(v.Now.Hours(), 24),
		"dow":                           float64(int(v.Now.Hours()/24) % 7),
		"own_load":                      load(int32(c)),
		"sector_load":                   float64(v.OfferedBit[s]) / interval,
		"is_coverage":                   0,
		"in_transition":                 0,
		"time_in_state_min":             (v.Now - v.Since[c]).Seconds() / 60,
		"state_" + v.Target[c].String(): 1,
	}
	capacity, awake, cells := 0.0, 0.0, 0.0
	for k := range top.CellSector {
		if int(top.CellSector[k]) == s {
			capacity += float64(top.Cells.BandwidthHz[top.Cells.KindOf(int32(k))]*top.Cells.Layers[top.Cells.KindOf(int32(k))]) * nominalBpsHz
			cells++
			if v.Serving[k] {
				awake++
			}
		}
	}
	out["sector_load"] /= capacity
	out["awake_share"] = awake / cells
	if top.Carriers[top.CellCarrier[c]].Coverage {
		out["is_coverage"] = 1
	}
	if v.Until[c] != 0 {
		out["in_transition"] = 1
	}
	// Neighbours: awake cells but c that cover bins of the sector.
	var n, sum, top1 float64
	sole := 0.0
	for b := range top.Bins() {
		mine, others := false, false
		for l := top.Links.Off[s]; l < top.Links.Off[s+1]; l++ {
			covers := top.CoverOf(int(l))>>b&1 == 1
			k := int(top.Links.Cell[l])
			mine = mine || covers && k == c
			others = others || covers && k != c && v.Serving[k]
		}
		if mine && !others {
			sole += float64(top.BinShare[s*top.Bins()+b])
		}
	}
	for l := top.Links.Off[s]; l < top.Links.Off[s+1]; l++ {
		k := top.Links.Cell[l]
		if int(k) == c || !v.Serving[k] || top.CoverOf(int(l)) == 0 {
			continue
		}
		n, sum, top1 = n+1, sum+load(k), max(top1, load(k))
	}
	out["neighbour_load_mean"], out["neighbour_load_max"], out["sole_cover_share"] = 0, top1, sole
	if n > 0 {
		out["neighbour_load_mean"] = sum / n
	}
	pooledPlainly(e, c, out)
	out["class_"+top.SiteArea[top.SectorSite[s]].String()] = 1
	out["cio_db"], out["layer_shift_db"] = e.net.CIO(c), e.net.PriorityShift(c)
	out["candidate_load"], out["candidate_awake"] = 1, 0
	if candidate := taker(e, c); candidate >= 0 {
		out["candidate_load"], out["candidate_awake"] = load(candidate), 1
	}
	return out
}

// pooledPlainly adds the means over the other awake cells that cover the sector
// of cell c.
func pooledPlainly(e *Env, c int, out map[string]float64) {
	top, v := e.net.Topology(), e.view
	s := top.CellSector[c]
	var n, ifFull, load, drop float64
	for l := top.Links.Off[s]; l < top.Links.Off[s+1]; l++ {
		k := top.Links.Cell[l]
		if int(k) == c || !v.Serving[k] || top.CoverOf(int(l)) == 0 {
			continue
		}
		capacity := 0.0
		for j, of := range top.CellSector {
			if of == top.CellSector[k] {
				kind := top.Cells.KindOf(int32(j))
				capacity += float64(top.Cells.BandwidthHz[kind]*top.Cells.Layers[kind]) * nominalBpsHz
			}
		}
		offered := v.OfferedBit[top.CellSector[k]]
		n, ifFull = n+1, ifFull+float64(e.ifFull[k])
		load += float64(offered) / e.net.Spec().ControlS / capacity
		drop += float64(v.DroppedBit[top.CellSector[k]] / offered)
	}
	out["neighbour_awake"] = n
	for name, sum := range map[string]float64{
		"neighbour_load_if_full_mean": ifFull, "neighbour_sector_load_mean": load, "neighbour_drop_share_mean": drop,
	} {
		if out[name] = 0; n > 0 {
			out[name] = sum / n
		}
	}
}

// taker returns the cell that takes over from another: the sector's cells are
// put to sleep one after the other, always the one that serves most of the
// demand, until an awake one comes that is not the cell. The fifth and further
// ones follow as they are listed.
func taker(e *Env, c int) int32 {
	top := e.net.Topology()
	s := top.CellSector[c]
	type link struct{ l, cell int32 }
	var left []link
	for l := top.Links.Off[s]; l < top.Links.Off[s+1]; l++ {
		if top.CoverOf(int(l)) != 0 {
			left = append(left, link{l, top.Links.Cell[l]})
		}
	}
	for range min(ranked, len(left)) {
		served := make([]float32, len(left))
		for b := range top.Bins() {
			best, bestDBm := -1, math.Inf(-1)
			for i, k := range left {
				if top.CoverOf(int(k.l))>>b&1 == 0 {
					continue
				}
				dBm := 10*math.Log10(float64(top.Links.At(int(k.l), b))*float64(top.Cells.TxRBW[top.Cells.KindOf(int32(k.cell))])) + float64(top.Cells.PriorityDB[top.Cells.KindOf(int32(k.cell))])
				if dBm > bestDBm+1e-5 {
					best, bestDBm = i, dBm
				}
			}
			if best >= 0 {
				served[best] += top.BinShare[int(s)*top.Bins()+b]
			}
		}
		i := slices.Index(served, slices.Max(served))
		if k := left[i].cell; int(k) != c && e.view.Serving[k] {
			return k
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, k := range left {
		if int(k.cell) != c && e.view.Serving[k.cell] {
			return k.cell
		}
	}
	return -1
}

func TestObservationsByDefinition(t *testing.T) {
	w := small().steered()
	w.sites = 6
	w.change = func(c *Config) { c.Shield.AlwaysOnCoverage, c.Shield.KeepCoverage = false, false }
	e := w.must(t)
	compared := map[string]int{}
	play(t, e, 8, randomly(8), func(step int, b *env.Batch) {
		if step == 0 {
			return // there is no interval before it
		}
		for c := range e.Rows() {
			row := b.Obs[c*numColumns : (c+1)*numColumns]
			ones := 0
			for _, x := range row[colState0:] {
				if x == 1 {
					ones++
				}
			}
			if ones != 1 {
				t.Fatalf("step %d, cell %d: states %v", step, c, row[colState0:])
			}
			for name, want := range plainly(e, c) {
				i, ok := e.schema.Column(name)
				if !ok {
					t.Fatalf("no column %s", name)
				}
				f := e.schema.Fields[i]
				want = min(max(want, f.Offset-ObsLimit*f.Scale), f.Offset+ObsLimit*f.Scale)
				if got := f.Raw(row[i]); math.Abs(got-want) > 1e-5*(f.Scale+math.Abs(want)) {
					t.Fatalf("step %d, cell %d: %s is %v, want %v", step, c, name, got, want)
				}
				if want != 0 {
					compared[name]++
				}
			}
		}
	})
	for _, name := range []string{"sole_cover_share", "neighbour_load_max", "candidate_load", "own_load", "time_in_state_min", "state_dormant",
		"neighbour_load_if_full_mean", "neighbour_sector_load_mean", "neighbour_drop_share_mean", "class_urban", "cio_db", "layer_shift_db"} {
		if compared[name] == 0 {
			t.Errorf("%s was 0 all along: the episode tests nothing", name)
		}
	}
}

// What is compared with the interval before is that interval's.
func TestTrends(t *testing.T) {
	e := small().must(t)
	before := map[string]float64{}
	var loads []float64 // the latest first
	play(t, e, 2, randomly(2), func(step int, b *env.Batch) {
		row := b.Obs[numColumns : 2*numColumns]
		raw := func(name string) float64 {
			i, _ := e.schema.Column(name)
			return e.schema.Fields[i].Raw(row[i])
		}
		own, sector := raw("own_load"), raw("sector_load")
		if step > 0 {
			want := min(max(own-before["own"], -0.1*ObsLimit), 0.1*ObsLimit)
			if got := raw("own_load_trend"); math.Abs(got-want) > 1e-5 {
				t.Fatalf("step %d: trend %v, want %v", step, got, want)
			}
			for i, want := range loads {
				if got := raw([]string{"load_lag_1", "load_lag_2", "load_lag_3"}[i]); math.Abs(got-want) > 1e-5 {
					t.Fatalf("step %d: load %d intervals ago is %v, want %v", step, i+1, got, want)
				}
			}
			if got := raw("sector_load_previous"); math.Abs(got-before["sector"]) > 1e-5 {
				t.Fatalf("step %d: previous sector load %v, want %v", step, got, before["sector"])
			}
		}
		before["own"], before["sector"] = own, sector
		loads = append([]float64{own}, loads...)[:min(len(loads)+1, 3)]
	})
}

// What a cell needs to cover a bin is the distance of its received power from
// the threshold.
func TestCoverageForShield(t *testing.T) {
	top := plainTopology(t, 6, 0)
	cover := coverageOf(top)
	for l, c := range cover.Cell {
		for b := range cover.Bins {
			rsrpDBm := 10*math.Log10(float64(top.Cells.TxRBW[top.Cells.KindOf(int32(c))])/12*1000) + 10*math.Log10(float64(top.Links.At(l, b)))
			wantDB := float64(top.Cells.MinRSRPDBm[top.Cells.KindOf(int32(c))]) - rsrpDBm
			gain := math.Float32frombits(uint32(cover.Gain[l*cover.Bins+b]) << 16)
			if gotDB := 10 * math.Log10(float64(cover.Least[c]/gain)); math.Abs(gotDB-wantDB) > 1e-4 {
				t.Fatalf("link %d, bin %d: needs %v dB, want %v", l, b, gotDB, wantDB)
			}
			if covers := cover.Mask[l]>>b&1 == 1; covers != (wantDB <= 0) && math.Abs(wantDB) > 1e-4 {
				t.Fatalf("link %d, bin %d: covers %v with a need of %v dB", l, b, covers, wantDB)
			}
		}
	}
}

// With all cells awake the estimate of the load if all were is near the load:
// the rates have changed since the start of the episode, by interference.
func TestLoadIfFullEstimate(t *testing.T) {
	w := small()
	w.sites = 6
	e := w.must(t)
	own, _ := e.schema.Column("own_load")
	estimate, _ := e.schema.Column("own_load_if_full")
	play(t, e, 1, awakeAlways, func(step int, b *env.Batch) {
		for c := range e.Rows() {
			got, want := e.schema.Fields[estimate].Raw(b.Obs[c*numColumns+estimate]), e.schema.Fields[own].Raw(b.Obs[c*numColumns+own])
			tolerance := 0.02 + 0.3*want
			if step == 0 {
				tolerance = 2e-3 // the same demand and rates
			}
			if want < 0.9 && math.Abs(got-want) > tolerance {
				t.Fatalf("step %d, cell %d: estimated %v, load %v", step, c, got, want)
			}
		}
	})
}

func TestHistoryIsObserved(t *testing.T) {
	w := small()
	w.sites = 1
	w.change = func(c *Config) {
		c.Days = []int{1}
		c.History = func() []float32 {
			history := make([]float32, 24*3)
			for i := range history {
				history[i] = float32(1e7 * (1 + i/3)) // rises with the hour
			}
			return history
		}
	}
	e := w.must(t)
	capacity := float64(e.plan.capacity[0])
	play(t, e, 1, awakeAlways, func(step int, b *env.Batch) {
		hour := step / 4 % 24
		for name, want := range map[string]float64{
			"usual_load": 1e7 * float64(1+hour), "usual_load_next": 1e7 * float64(1+(hour+1)%24), "usual_load_mean": 1e7 * 12.5,
		} {
			i, _ := e.schema.Column(name)
			if got := e.schema.Fields[i].Raw(b.Obs[i]) * capacity; math.Abs(got-want) > 1e-4*want {
				t.Fatalf("step %d: %s %v, want %v bit/s", step, name, got, want)
			}
		}
	})
}

func TestSchemaKeepsItsOrder(t *testing.T) {
	s := NewSchema()
	if len(s.Fields) != numColumns || len(s.Actions) != numActions {
		t.Fatalf("%d columns, %d actions", len(s.Fields), len(s.Actions))
	}
	for state := power.Full; state < power.NumStates; state++ {
		if i, ok := s.Column("state_" + state.String()); !ok || i != colState0+int(state) {
			t.Errorf("column of %v: %d, %v", state, i, ok)
		}
		if i, ok := s.Action(state.String()); !ok || i != int(state) {
			t.Errorf("action of %v: %d, %v", state, i, ok)
		}
	}
}

var update = flag.Bool("update", false, "rewrite the tables in README.md; read the diff before you commit")

// The tables in the README are what the schema says.
func TestReadmeTables(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for mark, table := range map[string]string{"observation": ObservationTable(), "actions": ActionTable(), "guards": GuardTable()} {
		begin, end := "<!-- "+mark+": made by the test -->\n", "<!-- end -->"
		before, rest, ok := strings.Cut(want, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("README.md has no table between %q and %q", begin, end)
		}
		want = before + begin + table + end + after
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Error("README.md is not what the schema says: run go test ./env/sleep -run Readme -update and read the diff")
	}
}
