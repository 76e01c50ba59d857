package topology

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
)

// slowGain works out the gain of a cell to a bin from the definitions, sharing
// with Build only the keys of the draws.
func slowGain(top *Topology, spec *Spec, root rng.Key, bin, cell int) float64 {
	site := top.CellSite(cell)
	carrier := &top.Carriers[top.CellCarrier[cell]]
	class := spec.Classes[top.SiteArea[site].String()]
	scenario, _ := radio.ParseScenario(class.Scenario)
	dx, dy := float64(top.BinX[bin])-top.SiteX[site], float64(top.BinY[bin])-top.SiteY[site]
	if top.Wrap {
		w, h := top.MaxX-top.MinX, top.MaxY-top.MinY
		for dx > w/2 {
			dx -= w
		}
		for dx < -w/2 {
			dx += w
		}
		for dy > h/2 {
			dy -= h
		}
		for dy < -h/2 {
			dy += h
		}
	}
	d := math.Sqrt(dx*dx + dy*dy)
	draw := root.Named("bin").At(uint64(bin))
	inside := 0.0
	if top.BinIndoor[bin] {
		inside = 25 * math.Min(draw.Float64(wordDepth), draw.Float64(wordDepth2))
	}
	los := root.Named("los").At(uint64(bin)).Float64(uint64(site)) <
		radio.LOSProbability(scenario, math.Max(d-inside, 0), spec.UTHeightM)
	loss := radio.NewPathLoss(scenario, carrier.FreqGHz, class.BSHeightM, spec.UTHeightM)
	db := -loss.DB(los, d)
	common := root.Named("shadow_common").Norm(uint64(bin))
	own := root.Named("shadow").At(uint64(bin)).Norm(uint64(site))
	db -= loss.SigmaDB(los, d) * (math.Sqrt(spec.ShadowCorr)*common + math.Sqrt(1-spec.ShadowCorr)*own)
	kind := top.BinBuilding[bin]
	db -= math.Max(0, kind.WallLossDB(carrier.FreqGHz)+kind.InsideLossDB(inside)+kind.SigmaDB()*draw.Norm(wordEntry))
	down := math.Atan2(class.BSHeightM-spec.UTHeightM, math.Max(d, 10)) * 180 / math.Pi
	pattern := carrier.pattern()
	db += pattern.GainDBi(azimuthDeg(dx, dy)-float64(top.SectorAzimuth[top.CellSector[cell]]), down, class.DowntiltDeg)
	return math.Pow(10, math.Min(db, -spec.MinCouplingLossDB)/10)
}

// ranked returns the cells that Build should list for a sector and carrier,
// from all cells of the network at the given sites.
func ranked(top *Topology, spec *Spec, sector int, carrier uint8, allowed map[int]bool) []int32 {
	m := top.Bins()
	type scored struct {
		cell int32
		mean float64
	}
	var others []scored
	var out []int32
	for c := range top.CellSector {
		if top.CellCarrier[c] != carrier {
			continue
		}
		if int(top.CellSector[c]) == sector {
			out = append(out, int32(c))
			continue
		}
		if !allowed[top.CellSite(c)] {
			continue
		}
		mean := 0.0
		for b := sector * m; b < (sector+1)*m; b++ {
			mean += float64(top.BinShare[b]) * slowGain(top, spec, rng.Root(1), b, c)
		}
		others = append(others, scored{int32(c), mean})
	}
	slices.SortFunc(others, func(a, b scored) int { return cmp.Compare(b.mean, a.mean) })
	for _, o := range others[:min(len(others), spec.Neighbours)] {
		out = append(out, o.cell)
	}
	return out
}

// nearestSites returns the k sites nearest to the middle of a sector, by
// looking at all.
func nearestSites(top *Topology, sector, k int) map[int]bool {
	sp := space{torus: top.Wrap, widthM: top.MaxX - top.MinX, heightM: top.MaxY - top.MinY}
	x, y := top.SectorCentre(sector)
	order := make([]int, top.Sites())
	for i := range order {
		order[i] = i
	}
	far := func(i int) float64 { return math.Hypot(sp.delta(top.SiteX[i]-x, top.SiteY[i]-y)) }
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(far(a), far(b)) })
	out := map[int]bool{int(top.SectorSite[sector]): true}
	for _, i := range order[:min(k, len(order))] {
		out[i] = true
	}
	return out
}

// The candidates found through the grid are those that a search through all
// cells finds, with the gains that the definitions give.
func TestCandidatesEqualBruteForce(t *testing.T) {
	irregular := sized(LayoutPoissonDisc, 36)
	wrapped := DefaultSpec()
	everything := sized(LayoutPoissonDisc, 20)
	everything.SearchSites = 500
	for name, spec := range map[string]Spec{"irregular": irregular, "wrapped": wrapped, "everything": everything} {
		top := build(t, spec, Options{})
		for s := 0; s < top.Sectors(); s += 5 {
			var want []int32
			for k := range top.Carriers {
				want = append(want, ranked(top, &spec, s, uint8(k), nearestSites(top, s, spec.SearchSites))...)
			}
			first, last := int(top.Links.Off[s]), int(top.Links.Off[s+1])
			if got := top.Links.Cell[first:last]; !slices.Equal(got, want) {
				t.Fatalf("%s: sector %d: got candidates %v, want %v", name, s, got, want)
			}
			m := top.Bins()
			for l := first; l < last; l++ {
				for b := range m {
					got := float64(top.Links.At(l, b))
					if want := slowGain(top, &spec, rng.Root(1), s*m+b, int(top.Links.Cell[l])); math.Abs(got/want-1) > 1.0/256 {
						t.Fatalf("%s: sector %d, cell %d, bin %d: gain %g, want %g", name, s, top.Links.Cell[l], b, got, want)
					}
				}
			}
		}
	}
}

// How much of the interference the candidates stand for: the share of the
// power of all other co-channel cells that reaches a sector's bins.
func TestCandidatesHoldMostInterference(t *testing.T) {
	spec := sized(LayoutHex, 100)
	top := build(t, spec, Options{})
	m, kept, all := top.Bins(), 0.0, 0.0
	for s := 0; s < top.Sectors(); s += 17 {
		for b := s * m; b < (s+1)*m; b++ {
			own, bin, sum := 0.0, 0.0, 0.0
			for c := range top.CellSector {
				if top.CellCarrier[c] == 0 {
					g := slowGain(top, &spec, rng.Root(1), b, c)
					sum += g
					if int(top.CellSector[c]) == s {
						own = g
					}
				}
			}
			for l := top.Links.Off[s]; l < top.Links.Off[s+1]; l++ {
				if top.CellCarrier[top.Links.Cell[l]] == 0 {
					bin += float64(top.Links.At(int(l), b-s*m))
				}
			}
			kept, all = kept+(bin-own)/sum, all+(sum-own)/sum
		}
	}
	t.Logf("kept %.3f of the coverage layer's interference", kept/all)
	if kept/all < 0.85 {
		t.Errorf("candidates hold %.3f of the interference, want 0.85", kept/all)
	}
}

// A bit of Cover is set exactly where the load model would let that cell serve
// that bin alone.
func TestCoverAgreesWithAssociation(t *testing.T) {
	spec := sized(LayoutPoissonDisc, 12)
	spec.Areas[0].Class = "suburban"
	top := build(t, spec, Options{})
	m, err := radio.NewModel(radio.DefaultSpec(), &top.Links, &top.Cells, top.BinShare, 1)
	if err != nil {
		t.Fatal(err)
	}
	st := radio.NewState(&top.Cells)
	clear(st.Serving)
	bins, set := top.Bins(), 0
	for c := range top.CellSector {
		st.Serving[c] = true
		m.Associate(st)
		for s := range top.SectorSite {
			for l := top.Links.Off[s]; l < top.Links.Off[s+1]; l++ {
				if top.Links.Cell[l] != int32(c) {
					continue
				}
				for b := range bins {
					served, covered := m.Server(s*bins+b) == l, top.CoverOf(int(l))>>b&1 == 1
					if served != covered {
						t.Fatalf("cell %d, sector %d, bin %d: served alone %v, covered %v", c, s, b, served, covered)
					}
					if covered {
						set++
					}
				}
			}
		}
		st.Serving[c] = false
	}
	if set == 0 || set == len(top.Links.Cell)*bins {
		t.Errorf("%d bits set of %d: the test says nothing", set, len(top.Links.Cell)*bins)
	}
}

// coverage returns the share of bins that some candidate reaches.
func coverage(top *Topology) float64 {
	reached := 0
	for s := range top.SectorSite {
		var mask uint16
		for l := top.Links.Off[s]; l < top.Links.Off[s+1]; l++ {
			mask |= top.CoverOf(int(l))
		}
		for b := range top.Bins() {
			reached += int(mask >> b & 1)
		}
	}
	return float64(reached) / float64(len(top.BinX))
}

func TestCoverageOfDefaults(t *testing.T) {
	for _, class := range areaNames {
		for _, layout := range []string{LayoutHex, LayoutPoissonDisc} {
			spec := sized(layout, 100)
			spec.Areas[0].Class = class
			got := coverage(build(t, spec, Options{}))
			t.Logf("%s %s: %.4f of the bins covered", class, layout, got)
			if got < 0.97 {
				t.Errorf("%s %s: %.4f of the bins covered, want 0.97", class, layout, got)
			}
		}
	}
}

// Shadowing has the same standard normal on all carriers of a site: what is
// left of two carriers' gains after path loss and entry loss is in the ratio
// of nothing but antennas.
func TestCarriersShareShadowing(t *testing.T) {
	spec := DefaultSpec()
	spec.Carriers["copy"] = spec.Carriers["n41"]
	spec.Areas[0].Carriers = []string{"n41", "copy"}
	top := build(t, spec, Options{})
	m := top.Bins()
	for s := range top.SectorSite {
		half := (top.Links.Off[s+1] - top.Links.Off[s]) / 2
		for l := top.Links.Off[s]; l < top.Links.Off[s]+half; l++ {
			for b := range m {
				if x, y := top.Links.At(int(l), b), top.Links.At(int(l+half), b); x != y {
					t.Fatalf("sector %d: gains %g and %g of equal carriers", s, x, y)
				}
			}
		}
	}
}

// Without shadowing, in the simple penetration model and a street canyon, a
// gain is antenna, path loss, 20 dB and half a dB a metre.
func TestSimplePenetrationWithoutShadowing(t *testing.T) {
	spec := DefaultSpec()
	spec.Shadowing, spec.Penetration = false, penetrationSimple
	class := spec.Classes["urban"]
	class.Scenario, class.BSHeightM, class.IndoorShare = "umi", 10, 1
	spec.Classes["urban"] = class
	top := build(t, spec, Options{})
	m := top.Bins()
	for s, site := range top.SectorSite {
		for b := range m {
			bin := s*m + b
			if top.BinBuilding[bin] != radio.SimpleBelow6G {
				t.Fatalf("bin %d is in %s", bin, top.BinBuilding[bin])
			}
			dx, dy := float64(top.BinX[bin])-top.SiteX[site], float64(top.BinY[bin])-top.SiteY[site]
			d := max(math.Hypot(dx, dy), 10)
			carrier := &top.Carriers[0]
			pattern := carrier.pattern()
			antenna := pattern.GainDBi(azimuthDeg(dx, dy)-float64(top.SectorAzimuth[s]), math.Atan2(8.5, d)*180/math.Pi, class.DowntiltDeg)
			loss := radio.NewPathLoss(radio.UMi, carrier.FreqGHz, 10, 1.5)
			got := 10 * math.Log10(float64(top.Links.At(int(top.Links.Off[s]), b)))
			inside := 25 * rng.Root(1).Named("bin").At(uint64(bin)).Float64(wordDepth) / 2
			los := min(antenna-loss.DB(true, d)-20-inside, -spec.MinCouplingLossDB)
			nlos := min(antenna-loss.DB(false, d)-20-inside, -spec.MinCouplingLossDB)
			if math.Abs(got-los) > 0.0171 && math.Abs(got-nlos) > 0.0171 {
				t.Fatalf("bin %d at %g m: gain %g dB, want %g or %g", bin, d, got, los, nlos)
			}
		}
	}
}

// Who is passed over in the survey is not among the best: the few candidates of a
// carrier are the first of all that there are.
func TestFewCandidatesAreTheFirstOfAll(t *testing.T) {
	spec := sized(LayoutPoissonDisc, 0)
	spec.Areas = []AreaSpec{{Class: "dense_urban", Sites: 60}, {Class: "rural", Sites: 20}}
	spec.SearchSites = 20
	of := func(neighbours int) *Topology {
		spec.Neighbours = neighbours
		return build(t, spec, Options{Workers: 2})
	}
	few, all := of(3), of(64)
	groups := func(top *Topology, s int) map[uint8][]int {
		links := map[uint8][]int{}
		for l := top.Links.Off[s]; l < top.Links.Off[s+1]; l++ {
			k := top.CellCarrier[top.Links.Cell[l]]
			links[k] = append(links[k], int(l))
		}
		return links
	}
	left := 0
	for s := range few.Sectors() {
		every := groups(all, s)
		for k, links := range groups(few, s) {
			left += len(every[k]) - len(links)
			for i, l := range links {
				want := every[k][i]
				if few.Links.Cell[l] != all.Links.Cell[want] {
					t.Fatalf("sector %d, carrier %d: candidate %d is cell %d, of all candidates it is %d", s, k, i, few.Links.Cell[l], all.Links.Cell[want])
				}
				for b := range few.Bins() {
					if few.Links.At(l, b) != all.Links.At(want, b) {
						t.Fatalf("sector %d, cell %d, bin %d: gain %g, of all candidates %g", s, few.Links.Cell[l], b, few.Links.At(l, b), all.Links.At(want, b))
					}
				}
			}
		}
	}
	if left < 20*few.Sectors() {
		t.Errorf("%d candidates left out in %d sectors: the test tests too little", left, few.Sectors())
	}
}
