package topology

import (
	"fmt"
	"math"
)

// Check verifies the invariants of a topology that other packages rely on and
// returns the first fault it finds.
func (t *Topology) Check() error {
	for _, check := range []func() error{t.checkShapes, t.checkNumbering, t.checkBins, t.checkLinks} {
		if err := check(); err != nil {
			return fmt.Errorf("topology: %w", err)
		}
	}
	return nil
}

func (t *Topology) checkShapes() error {
	sites, sectors, cells, links := t.Sites(), t.Sectors(), t.NumCells(), len(t.Links.Cell)
	if sites == 0 || sectors == 0 || cells == 0 || t.Links.Bins < 1 || t.Links.Bins > maxBins {
		return fmt.Errorf("%d sites, %d sectors, %d cells, %d bins: each at least 1, bins at most %d", sites, sectors, cells, t.Links.Bins, maxBins)
	}
	bins := sectors * t.Links.Bins
	for _, f := range []struct {
		name      string
		got, want int
	}{
		{"SiteY", len(t.SiteY), sites}, {"SiteArea", len(t.SiteArea), sites}, {"SiteSectorOff", len(t.SiteSectorOff), sites + 1},
		{"SectorAzimuth", len(t.SectorAzimuth), sectors}, {"SectorCellOff", len(t.SectorCellOff), sectors + 1},
		{"CoverageCell", len(t.CoverageCell), sectors}, {"CellCarrier", len(t.CellCarrier), cells},
		{"Cells.Carrier", len(t.Cells.Carrier), cells},
		{"BinX", len(t.BinX), bins}, {"BinY", len(t.BinY), bins}, {"BinShare", len(t.BinShare), bins},
		{"BinIndoor", len(t.BinIndoor), bins}, {"BinBuilding", len(t.BinBuilding), bins},
		{"Links.Off", len(t.Links.Off), sectors + 1}, {"Links.Gain", len(t.Links.Gain), links * t.Links.Bins}, {"Cover", len(t.Cover), links * ((t.Links.Bins + 7) / 8)},
	} {
		if f.got != f.want {
			return fmt.Errorf("%s has %d values, want %d", f.name, f.got, f.want)
		}
	}
	return nil
}

// checkNumbering verifies that sectors follow their sites and cells their
// sectors, by ascending carrier.
func (t *Topology) checkNumbering() error {
	for i := range t.SiteX {
		if !finite(t.SiteX[i]) || !finite(t.SiteY[i]) {
			return fmt.Errorf("site %d: position (%g, %g)", i, t.SiteX[i], t.SiteY[i])
		}
	}
	if err := checkOffsets("SiteSectorOff", t.SiteSectorOff, t.SectorSite); err != nil {
		return err
	}
	if err := checkOffsets("SectorCellOff", t.SectorCellOff, t.CellSector); err != nil {
		return err
	}
	for s := range t.SectorSite {
		first, last := t.SectorCellOff[s], t.SectorCellOff[s+1]
		coverage := int32(-1)
		for c := first; c < last; c++ {
			k := t.CellCarrier[c]
			if int(k) >= len(t.Carriers) || k != t.Cells.Carrier[c] {
				return fmt.Errorf("cell %d: carrier %d of %d, Cells says %d", c, k, len(t.Carriers), t.Cells.Carrier[c])
			}
			if c > first && k <= t.CellCarrier[c-1] {
				return fmt.Errorf("cell %d: carriers of sector %d do not ascend", c, s)
			}
			if coverage < 0 && t.Carriers[k].Coverage {
				coverage = c
			}
		}
		if t.CoverageCell[s] != coverage {
			return fmt.Errorf("sector %d: coverage cell %d, want %d", s, t.CoverageCell[s], coverage)
		}
	}
	return nil
}

// checkOffsets verifies that off lists the children of each parent, at least
// one, in the order of the parents.
func checkOffsets(name string, off, parent []int32) error {
	if off[0] != 0 || int(off[len(off)-1]) != len(parent) {
		return fmt.Errorf("%s: runs from %d to %d, want 0 to %d", name, off[0], off[len(off)-1], len(parent))
	}
	for i := range len(off) - 1 {
		if off[i+1] <= off[i] || int(off[i+1]) > len(parent) {
			return fmt.Errorf("%s[%d]: range [%d, %d) of %d", name, i, off[i], off[i+1], len(parent))
		}
		for _, p := range parent[off[i]:off[i+1]] {
			if int(p) != i {
				return fmt.Errorf("%s[%d]: lists a child of %d", name, i, p)
			}
		}
	}
	return nil
}

func (t *Topology) checkBins() error {
	m := t.Links.Bins
	for s := range t.SectorSite {
		sum := 0.0
		for b := s * m; b < (s+1)*m; b++ {
			if !finite(float64(t.BinX[b])) || !finite(float64(t.BinY[b])) || !(t.BinShare[b] > 0) {
				return fmt.Errorf("sector %d: bin %d: position (%g, %g), share %g", s, b-s*m, t.BinX[b], t.BinY[b], t.BinShare[b])
			}
			sum += float64(t.BinShare[b])
		}
		if math.Abs(sum-1) > 1e-6 {
			return fmt.Errorf("sector %d: shares of the bins sum to %.9g, want 1", s, sum)
		}
	}
	return nil
}

// checkLinks verifies the order of the candidates and the range of the gains.
func (t *Topology) checkLinks() error {
	l, m := &t.Links, t.Links.Bins
	if l.Off[0] != 0 || int(l.Off[t.Sectors()]) != len(l.Cell) {
		return fmt.Errorf("links: run from %d to %d, want 0 to %d", l.Off[0], l.Off[t.Sectors()], len(l.Cell))
	}
	for s := range t.SectorSite {
		own := int32(0)
		for i := l.Off[s]; i < l.Off[s+1]; i++ {
			c := l.Cell[i]
			if c < 0 || int(c) >= t.NumCells() {
				return fmt.Errorf("sector %d: candidate cell %d of %d", s, c, t.NumCells())
			}
			k := t.CellCarrier[c]
			begins := i == l.Off[s] || k != t.CellCarrier[l.Cell[i-1]]
			if !begins && t.CellSector[c] == int32(s) || i > l.Off[s] && k < t.CellCarrier[l.Cell[i-1]] {
				return fmt.Errorf("sector %d: candidates are not grouped by ascending carrier, own cell first", s)
			}
			if t.CellSector[c] == int32(s) {
				own++
			}
			for b := range m {
				if g := l.At(int(i), b); !(g > 0 && g < 1) {
					return fmt.Errorf("sector %d: candidate cell %d: gain %g to bin %d, allowed 0..1", s, c, g, b)
				}
			}
		}
		if want := t.SectorCellOff[s+1] - t.SectorCellOff[s]; own != want {
			return fmt.Errorf("sector %d: %d of its %d own cells are candidates", s, own, want)
		}
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
