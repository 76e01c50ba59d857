package radio

import (
	"fmt"
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
// The bins of a sector that hear one carrier (a group of links) are rows of
// simd.Groups, eight bins to a row; weights of a row's links are found through
// local indices: the block's own cells first, then the others that its sectors
// hear. The first rows of a block are those of its own cells, in their order, so
// that what is asked of the cells is one product of two arrays.
type block struct {
	own    []int32 // cells that stand here: those with rows of their own first
	halo   []int32 // other cells that the sectors hear, ascending
	border []int32 // of own, those that other blocks hear, as indices, ascending
	near   []int32 // blocks that this one hears or is heard by, ascending
	mirror []int32 // [near] where this block is among those near that one
	stands []stand // [halo] where a cell stands

	row, rows int32 // first row and number of rows
	homes     int32 // own cells with rows of their own; with more than eight bins, rows come chunk by chunk

	weight  []float32 // [own+halo] mean power per PRB that a cell sends, W per gain
	known   []float32 // [own] that by which the rows were last reckoned
	full    []float32 // [own] that of a full cell
	perHz   []float32 // [own] as in Model
	foreign []float32 // [own] load from bins of other blocks
	offered []float32 // [own] unclipped load
	load    []float32 // [own] the same clipped at 1

	changed []int32  // own cells that have changed since the last association
	hearers []uint16 // rows, less b.row, that hear a cell, cell after cell
	hearOff []int32  // [own+halo+1] where those of a cell begin
	stale   bitset   // [rows] those to be reckoned
	touched bitset   // [own] cells whose load is to be reckoned
	moved   []uint8  // [own/8] cells that have moved since rows were reckoned by them, when all loads were settled, a bit each
	all     bool     // everything is to be reckoned

	guests   []guest   // bins that own cells serve which are not their rows' own, ascending: cell after cell
	flow     []float32 // [guests] demand in this solution, bit/s
	guestOff []int32   // [own+1] where those of a cell begin
	out      []outer   // bins served by cells of other blocks, ascending: block after block
	outOff   []int32   // [near+1] where those of a block begin
	sent     []float32 // [out] load that the other block knows of
	told     []float32 // [border] mean power that other blocks know of, W per gain

	notes  []note // of out, those sent anew in the last pass
	spoke  int64  // by Model.clock, when something was last told anew
	listen int64  // and when this block last listened to the others

	heard    bool // is part of the present pass
	follow   bool // the loads are those that the last solution left
	residual float32
	reckoned int64 // rows, in the present pass
}

// note tells of a change of what a bin needs of a cell of another block.
type note struct {
	out   int32 // index in out
	delta float32
}

// guest is a bin that another cell than its row's own serves: in its upper half
// the number of the server, in its lower half (row less b.row)*Lanes + lane.
type guest uint32

func guestOf(server, lane int) guest { return guest(server<<16 | lane) }

func (g guest) server() int { return int(g >> 16) }
func (g guest) lane() int   { return int(g & 0xffff) }
func (g guest) row() int    { return int(g & 0xffff / simd.Lanes) }

// outer is a guest of a cell of another block.
type outer struct {
	guest          // by the place in near of the block that serves
	weight float32 // load on that cell for each bit/s that the sector is offered and each unit of need
	flow   float32 // of it for each unit of need in this solution
	cell   uint16  // index among the own cells of that block
}

// stand says where a cell of another block stands.
type stand struct {
	near  uint16 // place of the block in near
	cell  uint16 // index among its own cells
	place uint16 // index among those of its border
}

// layBlocks cuts the network into blocks and lays out the rows. groups [groups+1]
// says where in the links each group begins.
func (m *Model) layBlocks(groups []int32) error {
	sectors := m.links.Sectors()
	m.blocks = make([]block, shard.Count(sectors))
	m.turns = turnsOf(len(m.blocks))
	m.standCells()
	m.sizeRows(groups)
	local, row := make([]int32, len(m.cells.Carrier)), int32(0)
	for i := range m.blocks {
		b := &m.blocks[i]
		b.row = row
		m.layRows(i, groups)
		m.listCells(i, local)
		if heard := len(b.own) + len(b.halo); heard > mostHeard {
			lo, hi := shard.Range(i, sectors)
			return fmt.Errorf("links: sectors %d to %d have %d candidate cells between them, at most %d are allowed", lo, hi-1, heard, mostHeard)
		}
		m.layLinks(i, local)
		row += b.rows
	}
	m.joinBlocks()
	return nil
}

// standCells finds the sector that each cell stands on: the one that hears it
// best, the first of equals. A cell that nobody hears stands nowhere: its load
// is 0 whatever happens.
func (m *Model) standCells() {
	links, n := m.links, len(m.cells.Carrier)
	best := make([]float32, n)
	m.sectorOf, m.ownAt = make([]int32, n), make([]int32, n)
	for s := range links.Sectors() {
		for l := int(links.Off[s]); l < int(links.Off[s+1]); l++ {
			sum := float32(0)
			for _, g := range links.Gain[l*links.Bins : (l+1)*links.Bins] {
				sum += simd.FromBF16(g)
			}
			if c := links.Cell[l]; sum > best[c] {
				best[c], m.sectorOf[c] = sum, int32(s)
			}
		}
	}
	for c, sum := range best {
		if sum == 0 {
			m.sectorOf[c] = -1
			m.unheard = append(m.unheard, int32(c))
		}
	}
}

// listCells lists the cells that a block hears, and notes their local indices
// plus one in local, [cells], until now zero.
func (m *Model) listCells(i int, local []int32) {
	b := &m.blocks[i]
	lo, hi := shard.Range(i, m.links.Sectors())
	for j, c := range b.own {
		local[c] = int32(j) + 1 // 0 = not met yet
	}
	for _, c := range m.links.Cell[m.links.Off[lo]:m.links.Off[hi]] {
		if local[c] != 0 {
			continue
		}
		if m.sectorOf[c] >= int32(lo) && m.sectorOf[c] < int32(hi) {
			// A second cell of a carrier on its sector: it has no row of its own.
			m.ownAt[c] = int32(len(b.own))
			b.own = append(b.own, c)
			local[c] = int32(len(b.own))
			continue
		}
		local[c] = -1
		b.halo = append(b.halo, c)
	}
	slices.Sort(b.halo)
	b.own, b.halo = slices.Clip(b.own), slices.Clip(b.halo)
	for j, c := range b.halo {
		local[c] = int32(len(b.own)+j) + 1
		if near := m.sectorOf[c] / shard.Size; len(b.near) == 0 || b.near[len(b.near)-1] != near {
			b.near = append(b.near, near)
		}
	}
}

// layLinks gives the links of a block their local indices, makes the arrays of
// its cells, and leaves local zero.
func (m *Model) layLinks(i int, local []int32) {
	b := &m.blocks[i]
	lo, hi := shard.Range(i, m.links.Sectors())
	for l := m.links.Off[lo]; l < m.links.Off[hi]; l++ {
		for chunk := range m.chunks {
			m.rows.Cell[chunk*len(m.links.Cell)+int(l)] = uint16(local[m.links.Cell[l]] - 1)
		}
	}
	m.invert(b)
	for _, list := range [...][]int32{b.own, b.halo} {
		for _, c := range list {
			local[c] = 0
		}
	}
	b.weight = make([]float32, len(b.own)+len(b.halo))
	for _, v := range []*[]float32{&b.known, &b.full, &b.perHz, &b.foreign, &b.offered, &b.load} {
		*v = make([]float32, len(b.own))
	}
	b.guestOff = make([]int32, len(b.own)+1)
	b.stale, b.touched, b.moved = newBitset(int(b.rows)), newBitset(len(b.own)), make([]uint8, (len(b.own)+7)/8)
}

// joinBlocks makes nearness mutual and finds the cells that other blocks hear.
func (m *Model) joinBlocks() {
	heard := make([]bool, len(m.cells.Carrier))
	for i := range m.blocks {
		b := &m.blocks[i]
		slices.Sort(b.near)
		b.near = slices.Compact(b.near)
		for _, c := range b.halo {
			heard[c] = true
		}
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
		b.near = slices.Clip(slices.DeleteFunc(b.near, func(j int32) bool { return int(j) == i }))
		for j, c := range b.own {
			if heard[c] {
				b.border = append(b.border, int32(j))
			}
		}
		b.told, b.outOff = make([]float32, len(b.border)), make([]int32, len(b.near)+1)
	}
	for i := range m.blocks {
		b := &m.blocks[i]
		for _, j := range b.near {
			place, _ := slices.BinarySearch(m.blocks[j].near, int32(i))
			b.mirror = append(b.mirror, int32(place))
		}
		b.stands = make([]stand, len(b.halo))
		for k, c := range b.halo {
			near, _ := slices.BinarySearch(b.near, m.sectorOf[c]/shard.Size)
			place, _ := slices.BinarySearch(m.blocks[b.near[near]].border, m.ownAt[c])
			b.stands[k] = stand{uint16(near), uint16(m.ownAt[c]), uint16(place)}
		}
	}
}
