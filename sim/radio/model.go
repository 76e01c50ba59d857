package radio

import (
	"errors"
	"fmt"
	"math"

	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// Spec holds the settings of the load model.
type Spec struct {
	RateAlpha     float64 `yaml:"rate_alpha" doc:"attenuation of the truncated Shannon curve (3GPP TR 36.942 Annex A: 0.6 downlink); 0.6 to 0.75 fits NR" gt:"0" max:"1"`
	RateCapBpsHz  float64 `yaml:"rate_cap_bps_hz" doc:"cap of the rate curve per spatial layer; 7.4063 is the 256QAM table of 3GPP TS 38.214" unit:"bit/s/Hz" gt:"0" max:"12"`
	Tolerance     float64 `yaml:"tolerance" doc:"largest change of any cell's load at which the load coupling counts as solved" gt:"0" max:"0.1"`
	MaxIterations int     `yaml:"max_iterations" doc:"iterations of the load coupling after which the step is counted as not converged" min:"1" max:"100000"`
}

// DefaultSpec returns the settings that the presets are built on.
func DefaultSpec() Spec {
	return Spec{
		RateAlpha: 0.65,
		// 3GPP TS 38.214 Table 5.1.3.1-2, highest index: 8 bit x 948/1024.
		RateCapBpsHz:  7.4063,
		Tolerance:     1e-3,
		MaxIterations: 200,
	}
}

// Validate returns every fault of the settings.
func (s Spec) Validate() []error {
	var faults []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	bad(s.RateAlpha > 0 && s.RateAlpha <= 1, "rate_alpha: must be in (0, 1], got %g", s.RateAlpha)
	bad(s.RateCapBpsHz > 0 && s.RateCapBpsHz <= 12, "rate_cap_bps_hz: must be in (0, 12], got %g", s.RateCapBpsHz)
	bad(s.Tolerance > 0 && s.Tolerance <= 0.1, "tolerance: must be in (0, 0.1], got %g", s.Tolerance)
	bad(s.MaxIterations >= 1, "max_iterations: must be at least 1, got %d", s.MaxIterations)
	return faults
}

// Model is the vectorised load model of a network: it decides which cell
// serves each position bin (Associate) and solves the loads that the cells
// impose on each other through interference (Solve). It is for one goroutine
// at a time; inside, it runs fixed shards on its workers.
type Model struct {
	spec  Spec
	links *Links
	cells *Cells
	share []float32 // [sectors*bins]
	pool  *shard.Pool

	// The links of a sector and carrier are a group.
	sectorOff []int32 // [sectors+1] groups of sector s are [sectorOff[s], sectorOff[s+1])

	// Association. A sector is looked at again only when one of its candidates
	// has changed.
	serve   []uint16  // [sectors*bins] which of the sector's links serves the bin, Outage = none
	changed []change  // [cells] by the last Associate
	whole   bool      // all cells are to be looked at
	bestW   []float32 // [cells] received power x priority and offset, per gain
	least   []float32 // [cells] gain from which on the reference signal can be received, +Inf when not serving
	served  inverse   // bins by serving cell, made when asked for
	unheard []int32   // cells that no sector hears

	// Load coupling.
	state    *State
	load     []float32 // [cells] the caller's vector during Solve
	demand   []float32 // [sectors] bit/s, the caller's
	signalW  []float32 // [cells] power per PRB and gain while transmitting, W
	strength []float32 // [cells] of a served user's signal per gain and layer, W
	perHz    []float32 // [cells] time that a cell needs for a bit at 1 bit/s/Hz and layer after the implementation loss, s
	offered  []float32 // [cells] unclipped load f(rho)
	rate     []float32 // [sectors*bins] made when asked for
	rated    bool      // rate is that of the last solution
	asked    []float32 // [cells] the caller's during AskedTo

	blocks    []block
	turns     int     // of blocks in a pass
	turn      int     // the present one
	clock     int64   // turns taken, and first guesses
	sectorOf  []int32 // [cells] sector that the cell stands on
	ownAt     []int32 // [cells] index among its block's own cells
	chunks    int     // rows of a group
	groupRow  []int32 // [groups] first row of a group
	rows      simd.Groups
	rowDemand []float32     // [rows] what the sector is offered in this solution, bit/s
	rowGuests []uint8       // [rows] lanes that another cell than the row's own serves, a bit each
	rowShare  []float32     // [rows] share of the sector's demand that the own cell serves
	rowNeed   []float32     // [rows*Lanes] what a bit needs of the server, Hz s and layers after the implementation loss
	rowHome   []float32     // [rows] of it, sum over the lanes that the own cell serves, each with its share of the demand
	spare     chan *scratch // one for each worker

	signalPass, associatePass, weighPass, guessPass, listenPass, sweepPass, publishPass, ratePass, askPass func(int)
}

// NewModel returns a model over links and cells, whose slices it keeps and
// does not change. share [sectors*bins] is each bin's part of its sector's
// demand. It returns an error when shapes or values do not fit together.
func NewModel(spec Spec, links *Links, cells *Cells, share []float32, workers int) (*Model, error) {
	if faults := spec.Validate(); len(faults) > 0 {
		return nil, fmt.Errorf("radio: %w", errors.Join(faults...))
	}
	if err := checkShapes(links, cells, share); err != nil {
		return nil, fmt.Errorf("radio: %w", err)
	}
	nc, nb, chunks := len(cells.Carrier), links.Sectors()*links.Bins, (links.Bins+simd.Lanes-1)/simd.Lanes
	m := &Model{
		spec: spec, links: links, cells: cells, share: share, pool: shard.New(workers),
		serve: make([]uint16, nb), chunks: chunks,
		bestW: make([]float32, nc), least: make([]float32, nc), changed: make([]change, nc),
		signalW: make([]float32, nc), strength: make([]float32, nc), perHz: make([]float32, nc),
		offered: make([]float32, nc),
	}
	m.spare = make(chan *scratch, m.pool.Workers())
	for range m.pool.Workers() {
		m.spare <- new(scratch)
	}
	groups := m.findGroups()
	if err := checkCounts(nb, (len(groups)-1)*chunks, len(links.Cell)*chunks); err != nil {
		return nil, fmt.Errorf("radio: %w", err)
	}
	for i := range shard.Count(links.Sectors()) {
		lo, hi := shard.Range(i, links.Sectors())
		if rows := int(m.sectorOff[hi]-m.sectorOff[lo]) * chunks; rows > mostRows {
			return nil, fmt.Errorf("radio: links: sectors %d to %d hear %d carriers, at most %d are allowed", lo, hi-1, rows, mostRows)
		}
	}
	if err := m.layBlocks(groups); err != nil {
		return nil, fmt.Errorf("radio: %w", err)
	}
	m.Reset()
	m.signalPass, m.associatePass = m.signalCells, m.associateBlock
	m.weighPass, m.guessPass, m.listenPass, m.sweepPass = m.weighBlock, m.guessBlock, m.listenBlock, m.sweepBlock
	m.publishPass, m.ratePass, m.askPass = m.publishBlock, m.rateBlock, m.askBlock
	return m, nil
}

// findGroups cuts each sector's links where the carrier changes, and returns
// where in the links each group begins [groups+1].
func (m *Model) findGroups() []int32 {
	var groups []int32
	m.sectorOff = make([]int32, 0, m.links.Sectors()+1)
	for s := range m.links.Sectors() {
		m.sectorOff = append(m.sectorOff, int32(len(groups)))
		for l := m.links.Off[s]; l < m.links.Off[s+1]; l++ {
			if l == m.links.Off[s] || m.cells.Carrier[m.links.Cell[l]] != m.cells.Carrier[m.links.Cell[l-1]] {
				groups = append(groups, l)
			}
		}
	}
	m.sectorOff = append(m.sectorOff, int32(len(groups)))
	return append(groups, int32(len(m.links.Cell)))
}

// Reset forgets what Associate and Solve keep from one call to the next, so
// that what follows does not depend on what was before.
func (m *Model) Reset() {
	for i := range m.serve {
		m.serve[i] = Outage
	}
	for c := range m.signalW {
		// No state has such values: every cell will count as changed, and as
		// better than before if it serves.
		m.signalW[c], m.perHz[c], m.least[c] = -1, -1, float32(math.Inf(1))
	}
	for r := range m.rowDemand {
		m.rowDemand[r] = -1
	}
	for lane := range m.rows.Server {
		m.rows.Server[lane], m.rows.Signal[lane] = -1, 1
	}
	clear(m.rowGuests)
	clear(m.rowShare)
	clear(m.rowNeed)
	clear(m.rowHome)
	for i := range m.blocks {
		b := &m.blocks[i]
		b.guests, b.flow, b.out, b.sent = b.guests[:0], b.flow[:0], b.out[:0], b.sent[:0]
		clear(b.guestOff)
		clear(b.outOff)
		clear(b.offered)
		clear(b.stale)
		clear(b.touched)
		b.all = true
		for _, v := range [...][]float32{b.full, b.weight, b.known, b.told} {
			for j := range v {
				v[j] = -1
			}
		}
	}
	m.rated, m.served.ready, m.whole = false, false, true
}

// mostRows and mostHeard are how many rows a block may have and how many cells
// its sectors may hear: lanes and cells are counted in 16 bits.
const mostRows, mostHeard = 1 << 16 / simd.Lanes, 1 << 16

// mostCandidates is how many candidate cells a sector may have on a carrier:
// the rows of the kernels count them in eight bits.
const mostCandidates = 127

// checkCounts returns an error for a network of which something cannot be
// counted in 32 bits: position bins, lanes of the rows, links of the rows.
func checkCounts(bins, rows, links int) error {
	for _, x := range []struct {
		what string
		n    int
	}{{"position bins", bins}, {"lanes (eight for each sector and carrier)", rows * simd.Lanes}, {"links", links}} {
		if x.n > math.MaxInt32 {
			return fmt.Errorf("links: %d %s, at most %d are allowed in a network", x.n, x.what, math.MaxInt32)
		}
	}
	return nil
}

func checkShapes(links *Links, cells *Cells, share []float32) error {
	nc, ns := len(cells.Carrier), links.Sectors()
	if ns < 1 || links.Bins < 1 || nc < 1 {
		return fmt.Errorf("need at least one sector, bin and cell, got %d, %d, %d", ns, links.Bins, nc)
	}
	if len(share) != ns*links.Bins {
		return fmt.Errorf("%d bin shares, %d sectors of %d bins need %d", len(share), ns, links.Bins, ns*links.Bins)
	}
	if int(links.Off[ns]) != len(links.Cell) || len(links.Gain) != len(links.Cell)*links.Bins {
		return fmt.Errorf("links: %d cells and %d gains for %d links of %d bins", len(links.Cell), len(links.Gain), links.Off[ns], links.Bins)
	}
	if err := cells.check(); err != nil {
		return err
	}
	for s := range ns {
		group := 0
		for l := links.Off[s]; l < links.Off[s+1]; l++ {
			c := links.Cell[l]
			if c < 0 || int(c) >= nc {
				return fmt.Errorf("links: sector %d: candidate cell %d, allowed 0..%d", s, c, nc-1)
			}
			if group++; l == links.Off[s] || cells.Carrier[c] != cells.Carrier[links.Cell[l-1]] {
				group = 1
			}
			if group > mostCandidates {
				return fmt.Errorf("links: sector %d: more than %d candidates on carrier %d", s, mostCandidates, cells.Carrier[c])
			}
			if l > links.Off[s] && cells.Carrier[c] < cells.Carrier[links.Cell[l-1]] {
				return fmt.Errorf("links: sector %d: candidates are not grouped by ascending carrier", s)
			}
		}
	}
	return nil
}

// Outage stands for no server in Servers. No sector has so many links: 127 on
// each of at most 256 carriers.
const Outage = simd.NoServer

// Servers returns which of its sector's links serves each bin, Outage for a bin
// in outage [bins]. It is the model's own and changes with Associate.
func (m *Model) Servers(sector int) []uint16 {
	return m.serve[sector*m.links.Bins : (sector+1)*m.links.Bins]
}

// Server returns the link that serves a bin (sector*Bins + bin), -1 in outage.
func (m *Model) Server(bin int) int32 {
	if m.serve[bin] == Outage {
		return -1
	}
	return m.links.Off[bin/m.links.Bins] + int32(m.serve[bin])
}

// Rate returns, for each bin [sectors*bins], the bit/s that a user alone in
// the cell would get at the last solution; 0 in outage. It is the model's own
// and holds until the next Associate or Solve.
func (m *Model) Rate() []float32 {
	if m.rate == nil {
		m.rate = make([]float32, len(m.serve))
	}
	if !m.rated {
		m.pool.Each(len(m.blocks), m.ratePass)
		m.rated = true
	}
	return m.rate
}

// NeedTo writes for each bin of a sector, dst [bins], what a bit needs of the
// server in the last solution, Hz s and layers after the implementation loss; 0
// in outage.
func (m *Model) NeedTo(dst []float32, sector int) {
	clear(dst)
	b := &m.blocks[sector/shard.Size]
	for _, row := range m.groupRow[m.sectorOff[sector]:m.sectorOff[sector+1]] {
		// A bin is served in one row, and what others need there is zero.
		for rest := dst; len(rest) > 0; rest = rest[min(simd.Lanes, len(rest)):] {
			need := m.rowNeed[row*simd.Lanes:][:simd.Lanes]
			for lane := range rest[:min(simd.Lanes, len(rest))] {
				rest[lane] += need[lane]
			}
			row += b.stepOf(row-b.row, m.chunks)
		}
	}
}

// PerHz returns, for each cell [cells], the time that it needs for a bit at 1
// bit/s/Hz and layer after the implementation loss, s: a bin's need times this is
// the bit's time. It is the model's own and changes with Associate.
func (m *Model) PerHz() []float32 { return m.perHz }

// Sectors returns what simd.Sectors.UsersTo reads of a network of simd.Lanes bins
// a sector. It is the model's own and changes with Associate and Solve.
func (m *Model) Sectors() simd.Sectors {
	return simd.Sectors{
		RowOff: m.sectorOff, Row: m.groupRow, Need: m.rowNeed,
		LinkOff: m.links.Off, Cell: m.links.Cell, Server: m.serve, Share: m.share,
	}
}

// Offered returns the unclipped load f(rho*) of each cell [cells] at the last
// solution. Above 1 the cell is overloaded and 1/f of the demand is served.
func (m *Model) Offered() []float32 { return m.offered }

// Share returns each bin's share of its sector's demand [sectors*bins].
func (m *Model) Share() []float32 { return m.share }

// Links returns the candidate structure.
func (m *Model) Links() *Links { return m.links }
