package radio

import (
	"cmp"
	"slices"

	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// A block is a shard of neighbouring sectors with the cells that stand there.
// Load coupling is solved block by block: inside, loads follow each other at
// once; what comes from other blocks stands still during a pass. A block fits
// into the second-level cache, and its results depend on the frozen values
// only, not on which block another worker is at.
//
// The bins of a sector that hear one carrier are rows of simd.Groups, eight
// bins to a row; weights of a row's links are found through local indices:
// the block's own cells first, then the others that its sectors hear.
type block struct {
	own  []int32 // cells that stand here, ascending
	halo []int32 // other cells that the sectors hear, ascending
	near []int32 // blocks that this one hears or is heard by, ascending

	weight  []float32 // [own+halo] mean power per PRB that a cell sends, W per gain
	foreign []float32 // [own] load from bins of other blocks
	load    []float32 // [own] scratch: unclipped load

	guests []guest // bins served here by a cell that is not their row's own
	out    []guest // bins served by cells of other blocks, by block
	outOff []bucket
	sent   []float32 // [out] load that the other block knows of

	fresh bool // association or demand has changed since the last pass
	dirty bool // others have something new to hear
	heard bool // is part of the present pass
	seen  bool // was part of a pass of this solution

	residual  float32
	rowPasses int64
}

// guest is a bin that is served by a cell other than its row's own.
type guest struct {
	lane   int32 // row*Lanes + lane
	sector int32
	cell   int32 // index among the own cells of the block that serves
	block  int32 // which block that is
}

// bucket says where the guests of one block begin.
type bucket struct{ block, from int32 }

// layBlocks cuts the network into blocks and lays out the rows.
func (m *Model) layBlocks() {
	links, sectors := m.links, m.links.Sectors()
	m.chunks = (links.Bins + simd.Lanes - 1) / simd.Lanes
	m.blocks = make([]block, shard.Count(sectors))
	m.standCells()
	m.layRows()
	local := make([]int32, len(m.cells.Carrier))
	for i := range m.blocks {
		m.layBlock(i, local)
	}
	m.joinBlocks()
}

// standCells finds the sector that each cell stands on: the one that hears it
// best, the first of equals. A cell that nobody hears stands on the first.
func (m *Model) standCells() {
	links, n := m.links, len(m.cells.Carrier)
	best := make([]float64, n)
	m.sectorOf = make([]int32, n)
	for s := range links.Sectors() {
		for l := int(links.Off[s]); l < int(links.Off[s+1]); l++ {
			sum := 0.0
			for _, g := range links.Gain[l*links.Bins : (l+1)*links.Bins] {
				sum += float64(simd.FromBF16(g))
			}
			if c := links.Cell[l]; sum > best[c] {
				best[c], m.sectorOf[c] = sum, int32(s)
			}
		}
	}
	m.ownAt = make([]int32, n)
	for c, s := range m.sectorOf {
		b := &m.blocks[s/shard.Size]
		m.ownAt[c] = int32(len(b.own))
		b.own = append(b.own, int32(c))
	}
}

// layRows sizes the rows and says what does not depend on the association.
func (m *Model) layRows() {
	g, rows := &m.rows, (len(m.groupOff)-1)*m.chunks
	linkRows := len(m.links.Cell) * m.chunks
	*g = simd.Groups{
		Off: make([]int32, 1, rows+1), Cell: make([]int32, linkRows), Gain: make([]uint16, linkRows*simd.Lanes),
		Server: make([]int8, rows*simd.Lanes), Signal: make([]float32, rows*simd.Lanes), Scale: make([]float32, rows*simd.Lanes),
		Noise: make([]float32, rows), Home: make([]int8, rows),
	}
	m.rowNeed, m.rowHome = make([]float32, rows*simd.Lanes), make([]float32, rows)
	m.rowOwn = make([]int32, rows)
	for s := range m.links.Sectors() {
		for k := m.sectorOff[s]; k < m.sectorOff[s+1]; k++ {
			first, last := m.groupOff[k], m.groupOff[k+1]
			home, own := int8(-2), int32(-1)
			for l := first; l < last; l++ {
				if c := m.links.Cell[l]; m.sectorOf[c] == int32(s) && own < 0 {
					home, own = int8(l-first), m.ownAt[c]
				}
			}
			for j := range m.chunks {
				row := int(k)*m.chunks + j
				g.Off = append(g.Off, g.Off[row]+last-first)
				g.Noise[row], g.Home[row], m.rowOwn[row] = m.cells.NoiseRBW[m.links.Cell[first]], home, own
			}
		}
	}
}

// layBlock lists the cells that a block hears and gives its links their local
// indices. local is scratch, [cells].
func (m *Model) layBlock(i int, local []int32) {
	b := &m.blocks[i]
	lo, hi := shard.Range(i, m.links.Sectors())
	first, last := m.links.Off[lo], m.links.Off[hi]
	for j, c := range b.own {
		local[c] = int32(j) + 1 // 0 = not met yet
	}
	for _, c := range m.links.Cell[first:last] {
		if local[c] == 0 {
			local[c] = -1
			b.halo = append(b.halo, c)
		}
	}
	slices.Sort(b.halo)
	for j, c := range b.halo {
		local[c] = int32(len(b.own)+j) + 1
		b.near = append(b.near, m.sectorOf[c]/shard.Size)
	}
	for k := m.sectorOff[lo]; k < m.sectorOff[hi]; k++ {
		for j := range m.chunks {
			at := m.rows.Off[int(k)*m.chunks+j]
			for l := m.groupOff[k]; l < m.groupOff[k+1]; l++ {
				m.rows.Cell[at+l-m.groupOff[k]] = local[m.links.Cell[l]] - 1
			}
		}
	}
	for _, c := range b.own {
		local[c] = 0
	}
	for _, c := range b.halo {
		local[c] = 0
	}
	b.weight = make([]float32, len(b.own)+len(b.halo))
	b.foreign, b.load = make([]float32, len(b.own)), make([]float32, len(b.own))
}

// joinBlocks makes nearness mutual.
func (m *Model) joinBlocks() {
	for i := range m.blocks {
		slices.Sort(m.blocks[i].near)
		m.blocks[i].near = slices.Compact(m.blocks[i].near)
	}
	hears := make([][]int32, len(m.blocks))
	for i := range m.blocks {
		hears[i] = slices.Clone(m.blocks[i].near)
	}
	for i, list := range hears {
		for _, j := range list {
			m.blocks[j].near = append(m.blocks[j].near, int32(i))
		}
	}
	for i := range m.blocks {
		b := &m.blocks[i]
		slices.Sort(b.near)
		b.near = slices.Compact(b.near)
		b.near = slices.DeleteFunc(b.near, func(j int32) bool { return int(j) == i })
	}
}

// relist lists the bins of a block that other cells than their rows' own
// serve.
func (m *Model) relist(i int) {
	b, bins := &m.blocks[i], m.links.Bins
	lo, hi := shard.Range(i, m.links.Sectors())
	b.guests, b.out, b.outOff = b.guests[:0], b.out[:0], b.outOff[:0]
	for at := lo * bins; at < hi*bins; at++ {
		l := m.serve[at]
		if l < 0 {
			continue
		}
		lane := m.lane[at]
		row := lane / simd.Lanes
		if m.rows.Server[lane] == m.rows.Home[row] {
			continue
		}
		c := m.links.Cell[l]
		g := guest{lane: lane, sector: int32(at / bins), cell: m.ownAt[c], block: m.sectorOf[c] / shard.Size}
		if int(g.block) == i {
			b.guests = append(b.guests, g)
		} else {
			b.out = append(b.out, g)
		}
	}
	slices.SortStableFunc(b.out, func(x, y guest) int { return cmp.Compare(x.block, y.block) })
	for j, g := range b.out {
		if j == 0 || b.out[j-1].block != g.block {
			b.outOff = append(b.outOff, bucket{g.block, int32(j)})
		}
	}
	if cap(b.sent) < len(b.out) {
		b.sent = make([]float32, len(b.out), cap(b.out))
	}
	b.sent = b.sent[:len(b.out)]
	for j := range b.sent {
		b.sent[j] = -1 // unlike any load: to be told anew
	}
}

// guestsOf returns what a block's bins ask of the cells of another block.
func (b *block) guestsOf(other int32) ([]guest, []float32) {
	j, ok := slices.BinarySearchFunc(b.outOff, other, func(x bucket, t int32) int { return cmp.Compare(x.block, t) })
	if !ok {
		return nil, nil
	}
	from, to := b.outOff[j].from, int32(len(b.out))
	if j+1 < len(b.outOff) {
		to = b.outOff[j+1].from
	}
	return b.out[from:to], b.sent[from:to]
}

// layRow writes what the kernels read of a sector, after its association or a
// candidate has changed.
func (m *Model) layRow(s int) {
	links, bins, g := m.links, m.links.Bins, &m.rows
	for k := m.sectorOff[s]; k < m.sectorOff[s+1]; k++ {
		first, last := m.groupOff[k], m.groupOff[k+1]
		for j := range m.chunks {
			row := int(k)*m.chunks + j
			at := int(g.Off[row]) * simd.Lanes
			for l := first; l < last; l++ {
				for lane := range min(simd.Lanes, bins-j*simd.Lanes) {
					bin := j*simd.Lanes + lane
					gain := uint16(0)
					if m.serve[s*bins+bin] != l {
						gain = links.Gain[int(l)*bins+bin]
					}
					g.Gain[at+lane] = gain
				}
				at += simd.Lanes
			}
			for lane := row * simd.Lanes; lane < (row+1)*simd.Lanes; lane++ {
				g.Server[lane], g.Signal[lane], g.Scale[lane] = -1, 1, 0
			}
		}
		for b := range bins {
			l := m.serve[s*bins+b]
			if l < first || l >= last {
				continue
			}
			lane := (int(k)*m.chunks+b/simd.Lanes)*simd.Lanes + b%simd.Lanes
			c := links.Cell[l]
			m.lane[s*bins+b] = int32(lane)
			g.Server[lane] = int8(l - first)
			g.Signal[lane] = m.signalW[c] * m.cells.BeamGain[c] * links.At(int(l), b) / m.layers[c]
			g.Scale[lane] = max(m.share[s*bins+b], leastShare) /
				(m.cells.BandwidthHz[c] * m.capacity[c] * m.layers[c] * float32(m.spec.RateAlpha))
		}
	}
}

// leastShare stands for a bin without demand, so that its rate can be told.
const leastShare = 1e-15
