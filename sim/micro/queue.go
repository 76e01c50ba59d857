package micro

import (
	"slices"

	"hibernet/sim/des"
)

// file is a file that waits or is being sent.
type file struct {
	at         float64 // arrival, ms
	left, bits int64
}

// queue holds the files in their order of arrival, and the bits that wait for
// the uplink.
type queue struct {
	files  []file
	turn   int // which gets the next symbol
	fifo   bool
	uplink int64

	offered, served     int64 // downlink bits
	offeredUL, servedUL int64

	emptySince, emptyMs float64 // when the last file went; time without files
	sojournMs           []float64
	rateSum             float64 // of bits over sojourn, bit/ms
	flowMs              float64 // sum of sojourns that have ended
}

func (q *queue) any() bool { return len(q.files) > 0 || q.uplink > 0 }

// push adds a file of so many downlink bits, with its uplink volume.
func (q *queue) push(at des.Time, bits, uplink int64) {
	ms := float64(at) / 1e3
	if len(q.files) == 0 {
		// A slot is played as it begins: the last file may go only later in it.
		q.emptyMs += max(0, ms-q.emptySince)
	}
	q.files = append(q.files, file{at: ms, left: bits, bits: bits})
	q.uplink += uplink
	q.offered += bits
	q.offeredUL += uplink
}

// serve sends up to so many bits in a symbol that ends at a time in ms, and
// returns how many: all to the file whose turn it is, what it leaves to the
// next ones.
func (q *queue) serve(room int64, endMs float64) int64 {
	sent := int64(0)
	for sent < room && len(q.files) > 0 {
		f := &q.files[q.turn]
		n := min(f.left, room-sent)
		f.left -= n
		sent += n
		if f.left == 0 {
			q.finish(endMs)
		} else if !q.fifo {
			q.turn++
		}
		if q.turn == len(q.files) {
			q.turn = 0
		}
	}
	q.served += sent
	return sent
}

// finish takes the file out whose turn it is.
func (q *queue) finish(endMs float64) {
	f := q.files[q.turn]
	d := endMs - f.at
	q.sojournMs = append(q.sojournMs, d)
	q.rateSum += float64(f.bits) / d
	q.flowMs += d
	q.files = slices.Delete(q.files, q.turn, q.turn+1)
	if len(q.files) == 0 {
		q.emptySince = endMs
	}
}

// serveUL takes up to so many bits of the uplink and returns how many.
func (q *queue) serveUL(room int64) int64 {
	n := min(room, q.uplink)
	q.uplink -= n
	q.servedUL += n
	return n
}
