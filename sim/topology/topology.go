package topology

import "hibernet/sim/radio"

// Topology is a network: S sectors at sites, with C cells, L candidate links
// and M position bins a sector. It does not change once built, but for
// ForgetBins.
//
// Sites are numbered along a Hilbert curve; sectors by site and azimuth; cells
// by sector and carrier.
type Topology struct {
	// Sites.
	SiteX, SiteY  []float64 // [sites] m, y to the north
	SiteArea      []Area    // [sites]
	SiteSectorOff []int32   // [sites+1] sectors of site i are [SiteSectorOff[i], SiteSectorOff[i+1])

	// Sectors.
	SectorSite    []int32   // [S]
	SectorAzimuth []float32 // [S] boresight, deg clockwise from north
	SectorCellOff []int32   // [S+1] cells of sector s are [SectorCellOff[s], SectorCellOff[s+1])
	CoverageCell  []int32   // [S] own cell of the lowest coverage carrier, -1 if none

	// Cells.
	CellSector  []int32 // [C]
	CellCarrier []uint8 // [C] index into Carriers
	Cells       radio.Cells
	Carriers    []Carrier // those in use, by ascending frequency

	// Position bins of a sector: bin b of sector s is at s*M + b.
	BinX, BinY  []float32 // [S*M] m; with wrap, next to their own site even where that is past the edge of the map
	BinShare    []float32 // [S*M] part of the sector's demand, sums to 1 over a sector
	BinIndoor   []bool    // [S*M]
	BinBuilding []radio.Building

	// Links are the candidates of each sector: its own cells and neighbours'.
	Links radio.Links
	// Cover [L*ceil(M/8)]: the bins in which the link's cell at nominal power
	// reaches its layer's least received power, a bit each, lowest first: see
	// CoverOf.
	Cover []uint8

	// Wrap says that opposite edges of the map are joined.
	Wrap bool
	// MinX, MinY, MaxX, MaxY bound the map, m.
	MinX, MinY, MaxX, MaxY float64
}

// Sites returns the number of sites.
func (t *Topology) Sites() int { return len(t.SiteX) }

// Sectors returns the number of sectors.
func (t *Topology) Sectors() int { return len(t.SectorSite) }

// NumCells returns the number of cells.
func (t *Topology) NumCells() int { return len(t.CellSector) }

// Bins returns the number of position bins of a sector.
func (t *Topology) Bins() int { return t.Links.Bins }

// CoverOf returns the bins that a link's cell covers at nominal power, bit b for
// bin b.
func (t *Topology) CoverOf(link int) uint16 {
	if t.Links.Bins <= 8 {
		return uint16(t.Cover[link])
	}
	return uint16(t.Cover[2*link]) | uint16(t.Cover[2*link+1])<<8
}

// CellSite returns the site of a cell.
func (t *Topology) CellSite(cell int) int { return int(t.SectorSite[t.CellSector[cell]]) }

// ForgetBins lets go of where the bins are: BinX, BinY, BinIndoor and
// BinBuilding, 10 bytes a bin, which play no part once the gains are known.
// Check and SectorCentre need them.
func (t *Topology) ForgetBins() { t.BinX, t.BinY, t.BinIndoor, t.BinBuilding = nil, nil, nil, nil }

// SectorCentre returns the mean position of a sector's bins, m.
func (t *Topology) SectorCentre(sector int) (x, y float64) {
	m := t.Links.Bins
	for b := sector * m; b < (sector+1)*m; b++ {
		x += float64(t.BinX[b])
		y += float64(t.BinY[b])
	}
	return x / float64(m), y / float64(m)
}
