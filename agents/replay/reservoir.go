package replay

import (
	"hash/crc32"

	"hibernet/sim/rng"
)

// Reservoir fills a memory with an even sample, without replacement, of
// transitions whose number is not known before, such as those of a log that is
// larger than the memory (Vitter, ACM Trans. Math. Softw. 11(1), 1985,
// algorithm R). What it keeps depends on the order of the transitions and on
// the key alone.
type Reservoir struct {
	memory *Memory
	key    rng.Key
	seen   int
}

// NewReservoir returns the sampler of an empty memory.
func NewReservoir(m *Memory, key rng.Key) *Reservoir { return &Reservoir{memory: m, key: key} }

// Add keeps t, in place of another where the memory is full, or drops it.
func (r *Reservoir) Add(t Transition) {
	at, capacity := r.seen, r.memory.shape.Capacity
	if r.seen++; at >= capacity {
		at = min(int(r.key.Float64(uint64(at))*float64(r.seen)), r.seen-1)
	}
	if at < capacity {
		r.memory.Put(at, t)
	}
}

// Seen returns how many transitions were given.
func (r *Reservoir) Seen() int { return r.seen }

// Checksum returns the CRC-32 (IEEE) of all that is remembered, priorities
// included: it tells one memory from another.
func (m *Memory) Checksum() uint32 {
	sum, data := uint32(0), []byte(nil)
	for i := range m.count {
		data = m.appendAt(data[:0], i)
		sum = crc32.Update(sum, crc32.IEEETable, data)
	}
	return sum
}
