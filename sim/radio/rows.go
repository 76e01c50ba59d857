package radio

import (
	"slices"

	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// sizeRows makes the arrays of the rows. Gains are read where the links hold
// them if a sector's bins fill a row; if not, rows have a copy filled up with
// zeros, one chunk of eight bins after the other.
func (m *Model) sizeRows(groups []int32) {
	n, bins := len(groups)-1, m.links.Bins
	rows, linkRows := n*m.chunks, len(m.links.Cell)*m.chunks
	m.rows = simd.Groups{
		First: make([]int32, rows), Links: make([]uint8, rows), Cell: make([]uint16, linkRows), Gain: m.links.Gain,
		Server: make([]int8, rows*simd.Lanes), Signal: make([]float32, rows*simd.Lanes),
		Noise: make([]float32, rows), Eight: make([]int32, rows), Share: m.share, Home: make([]int8, rows),
	}
	if bins != simd.Lanes {
		m.rows.Share = make([]float32, m.links.Sectors()*m.chunks*simd.Lanes)
		for s := range m.links.Sectors() {
			copy(m.rows.Share[s*m.chunks*simd.Lanes:], m.share[s*bins:(s+1)*bins])
		}
		m.rows.Gain = make([]uint16, linkRows*simd.Lanes)
		for l := range m.links.Cell {
			for b, gain := range m.links.Gain[l*bins : (l+1)*bins] {
				m.rows.Gain[(b/simd.Lanes*len(m.links.Cell)+l)*simd.Lanes+b%simd.Lanes] = gain
			}
		}
	}
	m.rowNeed, m.rowHome, m.rowDemand = make([]float32, rows*simd.Lanes), make([]float32, rows), make([]float32, rows)
	m.rowGuests, m.rowShare = make([]uint8, rows), make([]float32, rows)
	m.groupRow = make([]int32, n)
}

// homeOf returns which of a group's links is the sector's own cell, -2 if
// none is.
func (m *Model) homeOf(s int32, links []int32) int8 {
	for j, c := range links {
		if m.sectorOf[c] == s {
			return int8(j)
		}
	}
	return -2
}

// layRows gives the groups of a block their rows: those with a cell of their
// own first, chunk by chunk, then the others.
func (m *Model) layRows(i int, groups []int32) {
	b := &m.blocks[i]
	lo, hi := shard.Range(i, m.links.Sectors())
	var parts [2][]int32 // groups with a cell of their own, and others
	var sectors [2][]uint16
	for s := int32(lo); s < int32(hi); s++ {
		for k := m.sectorOff[s]; k < m.sectorOff[s+1]; k++ {
			part, links := 1, m.links.Cell[groups[k]:groups[k+1]]
			if home := m.homeOf(s, links); home >= 0 {
				part = 0
				m.ownAt[links[home]] = int32(len(b.own))
				b.own = append(b.own, links[home])
			}
			parts[part], sectors[part] = append(parts[part], k), append(sectors[part], uint16(s-int32(lo)))
		}
	}
	b.homes = int32(len(parts[0]))
	for part, list := range parts {
		for chunk := range m.chunks {
			for j, k := range list {
				row := b.row + b.rows
				b.rows++
				if chunk == 0 {
					m.groupRow[k] = row
				}
				links := m.links.Cell[groups[k]:groups[k+1]]
				m.rows.First[row], m.rows.Links[row] = groups[k]+int32(chunk*len(m.links.Cell)), uint8(len(links))
				m.rows.Noise[row] = m.cells.NoiseRBW[m.cells.KindOf(links[0])]
				m.rows.Eight[row] = (int32(lo)+int32(sectors[part][j]))*int32(m.chunks) + int32(chunk)
				m.rows.Home[row] = m.homeOf(int32(lo)+int32(sectors[part][j]), links)
			}
		}
	}
}

// stepOf returns how many rows on from one of a group's rows, less b.row, its
// next one is.
func (b *block) stepOf(row int32, chunks int) int32 {
	if row < b.homes*int32(chunks) {
		return b.homes
	}
	return b.rows/int32(chunks) - b.homes
}

// sectorAt returns the sector of a row.
func (m *Model) sectorAt(row int32) int32 {
	if m.chunks == 1 {
		return m.rows.Eight[row]
	}
	return m.rows.Eight[row] / int32(m.chunks)
}

// heardAt returns the local indices of the cells of a row's links.
func (m *Model) heardAt(row int32) []uint16 {
	first := m.rows.First[row]
	return m.rows.Cell[first : first+int32(m.rows.Links[row])]
}

// invert lists the rows that hear each cell of a block.
func (m *Model) invert(b *block) {
	b.hearOff = make([]int32, len(b.own)+len(b.halo)+1)
	for row := b.row; row < b.row+b.rows; row++ {
		for _, c := range m.heardAt(row) {
			b.hearOff[c+1]++
		}
	}
	for c := range b.hearOff[1:] {
		b.hearOff[c+1] += b.hearOff[c]
	}
	b.hearers = make([]uint16, b.hearOff[len(b.hearOff)-1])
	next := slices.Clone(b.hearOff)
	for row := range b.rows {
		for _, c := range m.heardAt(b.row + row) {
			b.hearers[next[c]] = uint16(row)
			next[c]++
		}
	}
}

// laySector writes what the kernels read of a sector, after its association
// or a server has changed, and notes its rows.
func (m *Model) laySector(s int, laid bitset) {
	b, g := &m.blocks[s/shard.Size], &m.rows
	for k := m.sectorOff[s]; k < m.sectorOff[s+1]; k++ {
		row := m.groupRow[k]
		first, step := g.First[row], b.stepOf(row-b.row, m.chunks)
		for from := 0; from < m.links.Bins; from += simd.Lanes {
			laid.set(uint16(row - b.row))
			m.layRow(row, s*m.links.Bins+from, min(simd.Lanes, m.links.Bins-from), first, m.links.Off[s])
			row += step
		}
	}
}

// layRow writes what the kernels read of a row of the bins [at, at+bins) and the
// links from first on, of a sector whose links begin at off.
func (m *Model) layRow(row int32, at, bins int, first, off int32) {
	g, last := &m.rows, first+int32(m.rows.Links[row])
	servers, signal := g.Server[row*simd.Lanes:][:simd.Lanes], g.Signal[row*simd.Lanes:][:simd.Lanes]
	for lane := range servers {
		servers[lane], signal[lane] = -1, 1
	}
	m.rowGuests[row], m.rowShare[row] = 0, 0
	for lane, server := range m.serve[at : at+bins] {
		l := off + int32(server)
		if server == Outage || l < first || l >= last {
			continue
		}
		c := m.links.Cell[l]
		servers[lane] = int8(l - first)
		signal[lane] = m.strength[c] * simd.FromBF16(g.Gain[int(g.First[row]+l-first)*simd.Lanes+lane])
		if servers[lane] != g.Home[row] {
			m.rowGuests[row] |= 1 << lane
		} else {
			m.rowShare[row] += m.share[at+lane]
		}
	}
}
