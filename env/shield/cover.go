package shield

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// The number of cells that cover a position is kept in a byte, eight
// positions to a word. A position that no cell can cover counts as covered by
// one that never goes away, and so do the bytes past the last position.

// maxCover is the largest number of cells that may cover a position.
const maxCover = 254

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// spread has, for each 8 bits, a word with a byte of 1 where a bit is set.
var spread = func() (table [256]uint64) {
	for mask := range table {
		for b := range 8 {
			table[mask] |= uint64(mask>>b&1) << (8 * b)
		}
	}
	return table
}()

// zeroBytes returns a word with the highest bit of each byte set where the
// byte of x is zero.
func zeroBytes(x uint64) uint64 {
	return ^((x&^highBits + ^uint64(highBits)) | x) & highBits
}

// entry is what a cell covers of eight positions of a sector: which word of
// cover they are, and below it a bit for each.
type entry uint32

// mostWords is how many words of cover an entry can tell apart.
const mostWords = 1 << 24

func (e entry) word() int   { return int(e >> 8) }
func (e entry) mask() uint8 { return uint8(e) }

// invert lists what each cell covers.
func (s *Shield) invert() error {
	c := &s.coverage
	s.cellOff = make([]int32, s.cells+1)
	for l, cell := range c.Cell {
		for _, byte := range c.Mask[l*s.words : (l+1)*s.words] {
			if byte != 0 {
				s.cellOff[cell+1]++
			}
		}
	}
	for i := range s.cells {
		s.cellOff[i+1] += s.cellOff[i]
	}
	s.entries = make([]entry, s.cellOff[s.cells])
	// The offset of each cell is moved along while its sectors are listed, and
	// ends where that of the next one begins.
	for sector := range len(c.Off) - 1 {
		var covered [16]int
		for l := c.Off[sector]; l < c.Off[sector+1]; l++ {
			cell, mask := c.Cell[l], c.mask(int(l))
			if mask == 0 {
				continue
			}
			if slices.Contains(c.Cell[c.Off[sector]:l], cell) {
				return fmt.Errorf("coverage: sector %d: cell %d is listed twice", sector, cell)
			}
			for w := range s.words {
				if byte := uint8(mask >> (8 * w)); byte != 0 {
					s.entries[s.cellOff[cell]] = entry(sector*s.words+w)<<8 | entry(byte)
					s.cellOff[cell]++
				}
			}
			for ; mask != 0; mask &= mask - 1 {
				covered[bits.TrailingZeros16(mask)]++
			}
		}
		if most := slices.Max(covered[:]); most > maxCover {
			return fmt.Errorf("coverage: sector %d: %d cells cover a position, allowed: %d", sector, most, maxCover)
		}
	}
	copy(s.cellOff[1:], s.cellOff[:s.cells])
	s.cellOff[0] = 0
	return nil
}

// need returns the least reach at which the cell of a link covers position b.
func (s *Shield) need(link, b int) float32 {
	gain := math.Float32frombits(uint32(s.coverage.Gain[link*s.coverage.Bins+b]) << 16)
	return min(1, s.coverage.Least[s.coverage.Cell[link]]/gain)
}

// covers returns the positions that the cell of a link covers at a reach.
func (s *Shield) covers(link int, reach float32) uint16 {
	mask := s.coverage.mask(link)
	switch {
	case reach >= 1:
		return mask
	case reach <= 0:
		return 0
	}
	var out uint16
	c := &s.coverage
	gain, least := c.Gain[link*c.Bins:(link+1)*c.Bins], c.Least[c.Cell[link]]
	for left := mask; left != 0; left &= left - 1 {
		// As need, whose limit of 1 does not matter below it.
		b := bits.TrailingZeros16(left)
		if reach >= least/math.Float32frombits(uint32(gain[b])<<16) {
			out |= 1 << b
		}
	}
	return out
}

// link returns the link of a cell that covers something in a sector.
func (s *Shield) link(sector, cell int32) int {
	lo := int(s.coverage.Off[sector])
	for l := lo; ; l++ {
		if s.coverage.Cell[l] == cell {
			return l
		}
	}
}

// word returns the w-th eight positions of a mask, a byte each.
func word(mask uint16, w int) uint64 { return spread[uint8(mask>>(8*w))] }

// recount counts the cells that cover each position at the present levels.
func (s *Shield) recount() {
	s.each(len(s.holesIn), s.recountPass)
	s.holes = 0
	for _, n := range s.holesIn {
		s.holes += int(n)
	}
}

func (s *Shield) recountShard(i int) {
	c := &s.coverage
	lo, hi := i*shardCells, min((i+1)*shardCells, len(c.Off)-1)
	holes := 0
	for sector := lo; sector < hi; sector++ {
		words, can := [2]uint64{}, uint16(0)
		for l := c.Off[sector]; l < c.Off[sector+1]; l++ {
			cell := c.Cell[l]
			can |= c.mask(int(l))
			if level := s.level[cell]; level != nowhere {
				mask := s.covers(int(l), s.reach(int(cell), level))
				words[0] += word(mask, 0)
				words[1] += word(mask, 1)
			}
		}
		for w := range s.words {
			x := words[w] + word(^can, w)
			holes += bits.OnesCount64(zeroBytes(x))
			s.cover[sector*s.words+w] = x
		}
	}
	s.holesIn[i] = int32(holes)
}

// sortStates notes which states each class has.
func (s *Shield) sortStates() {
	s.states = make([]states, len(s.ladder.Available)/s.ladder.States)
	for i, have := range s.ladder.Available {
		class, state := i/s.ladder.States, i%s.ladder.States
		switch {
		case have && s.ladder.Awake[state]:
			s.states[class].awake |= 1 << state
		case have:
			s.states[class].asleep |= 1 << state
		}
	}
}

// Tiers of a reach: of none of what a cell covers in full, of all, and between
// them one for each other reach of the cells' classes.
const (
	tierNone = 0
	tierAll  = 255
)

// sortTiers numbers the reaches.
func (s *Shield) sortTiers() {
	s.tier = make([]uint8, len(s.ladder.Reach))
	for first := 0; first < len(s.tier); first += s.ladder.States {
		reaches := s.ladder.Reach[first : first+s.ladder.States]
		var between []float32
		for state, reach := range reaches {
			switch at := slices.Index(between, reach); {
			case reach <= 0:
				s.tier[first+state] = tierNone
			case reach >= 1:
				s.tier[first+state] = tierAll
			case at >= 0:
				s.tier[first+state] = uint8(1 + at)
			default:
				between = append(between, reach)
				s.tier[first+state] = uint8(len(between))
			}
		}
		s.between = append(s.between, between)
		s.tiers = max(s.tiers, len(between))
	}
}

// tierOf returns the tier of a cell at a level.
func (s *Shield) tierOf(cell int, level uint8) uint8 {
	if level == nowhere {
		return tierNone
	}
	return s.tier[int(s.class[cell])*s.ladder.States+int(level)]
}

// partlyShard finds what a shard of cells cover at the tiers between none and
// all.
func (s *Shield) partlyShard(i int) {
	lo, hi := i*shardCells, min((i+1)*shardCells, s.cells)
	for c := lo; c < hi; c++ {
		for at := int(s.cellOff[c]); at < int(s.cellOff[c+1]); at++ {
			word := s.entries[at].word()
			l := s.link(int32(word/s.words), int32(c))
			for k, reach := range s.between[s.class[c]] {
				s.partly[at*s.tiers+k] = uint8(s.covers(l, reach) >> (8 * (word % s.words)))
			}
		}
	}
}

// at returns what a cell covers of the positions of an entry of its list at a
// tier. What lies between none and all is worked out when a cell first has such a
// tier: many networks never do.
func (s *Shield) at(entry int, tier uint8) uint8 {
	switch tier {
	case tierNone:
		return 0
	case tierAll:
		return s.entries[entry].mask()
	}
	if s.partly == nil {
		s.partly = make([]uint8, len(s.entries)*s.tiers)
		s.each(len(s.found), s.partlyShard)
	}
	return s.partly[entry*s.tiers+int(tier)-1]
}

// setLevel changes the level of a cell and the counts that follow from it.
func (s *Shield) setLevel(cell int, level uint8) {
	from, to := s.tierOf(cell, s.level[cell]), s.tierOf(cell, level)
	s.level[cell] = level
	if from == to {
		return
	}
	for e := int(s.cellOff[cell]); e < int(s.cellOff[cell+1]); e++ {
		before, after := s.at(e, from), s.at(e, to)
		if before == after {
			continue
		}
		at := s.entries[e].word()
		x := s.cover[at]
		y := x - spread[before&^after] + spread[after&^before]
		s.cover[at] = y
		if zx, zy := zeroBytes(x), zeroBytes(y); zx != zy {
			s.holes += bits.OnesCount64(zy) - bits.OnesCount64(zx)
		}
	}
}

// opensHole reports whether a position would lose its last cell if a cell's
// level were another.
func (s *Shield) opensHole(cell int, level uint8) bool {
	from, to := s.tierOf(cell, s.level[cell]), s.tierOf(cell, level)
	for e := int(s.cellOff[cell]); e < int(s.cellOff[cell+1]); e++ {
		lost := spread[s.at(e, from)&^s.at(e, to)]
		if zeroBytes(s.cover[s.entries[e].word()]^lowBits)>>7&lost != 0 {
			return true
		}
	}
	return false
}
