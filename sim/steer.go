package sim

import (
	"errors"
	"fmt"
)

// MaxCIODB bounds the cell individual offset, dB, either way: the range in
// use for load balancing (secondary source: an O-RAN conflict benchmark; the
// standard's Ocn, 3GPP TS 38.331 Q-OffsetRange, allows 24 dB: recalled).
const MaxCIODB = 6

// MaxPriorityDB bounds how far a cell's layer priority is shifted, dB, either
// way: the distance between an array layer and coverage in the default carriers
// (topology.Carrier.PriorityDB), so that a cell can be put level with, or
// behind, the layer below.
const MaxPriorityDB = 40

// ErrRange is wrapped by SetCIO's and ShiftPriority's error when the offset is
// out of bounds.
var ErrRange = errors.New("out of range")

// SetCIO sets a cell's individual offset: what is added to its received power
// when the cell that serves a position is chosen, dB, within MaxCIODB either
// way. It holds until it is set again or the run starts anew, through sleep
// and faults too. What a cell gets for standing in for one that is out of
// order comes on top, within the same bounds.
func (n *Network) SetCIO(cell int, db float64) error {
	if err := n.steerable(cell, db, MaxCIODB); err != nil {
		return err
	}
	if n.cio == nil {
		n.cio = make([]float32, len(n.until))
	}
	n.cio[cell] = float32(db)
	n.applyState(cell)
	return n.touchBatteries()
}

// steerable returns an error unless a cell may be given an offset of db within
// bound either way.
func (n *Network) steerable(cell int, db, bound float64) error {
	if !n.started {
		return ErrNotStarted
	}
	if cell < 0 || cell >= len(n.until) {
		return fmt.Errorf("sim: offset: cell %d, allowed 0..%d", cell, len(n.until)-1)
	}
	if !(db >= -bound && db <= bound) {
		return fmt.Errorf("sim: offset: cell %d: %g dB, allowed %g to %g: %w", cell, db, -bound, bound, ErrRange)
	}
	return nil
}

// CIO returns the individual offset of a cell that is in force, dB.
func (n *Network) CIO(cell int) float64 { return float64(n.offset(cell)) }

// ShiftPriority sets by how much a cell's layer priority differs from that of
// its carrier, dB, within MaxPriorityDB either way. It adds up with the offset
// of SetCIO and holds as long, but it has the range to move users between
// layers, which priorities keep further apart than any offset reaches.
func (n *Network) ShiftPriority(cell int, db float64) error {
	if err := n.steerable(cell, db, MaxPriorityDB); err != nil {
		return err
	}
	if n.shift == nil {
		n.shift = make([]float32, len(n.until))
	}
	n.shift[cell] = float32(db)
	n.applyState(cell)
	return n.touchBatteries()
}

// PriorityShift returns what ShiftPriority has set, dB.
func (n *Network) PriorityShift(cell int) float64 {
	if n.shift == nil {
		return 0
	}
	return float64(n.shift[cell])
}

// biasDB returns what is added to a cell's received power, beside its layer's
// priority, when the server of a position is chosen.
func (n *Network) biasDB(cell int) float32 {
	db := n.offset(cell)
	if n.shift != nil {
		db += n.shift[cell]
	}
	return db
}

// PowerDB returns how far a cell transmits above the nominal power of its
// state, dB: 0 unless it stands in for a cell that is out of order.
func (n *Network) PowerDB(cell int) float64 {
	if o := n.outages; o != nil && o.steers[cell] > 0 {
		return o.spec.Compensation.PowerDB
	}
	return 0
}

// offset returns what a cell's individual offset comes to.
func (n *Network) offset(cell int) float32 {
	db := float32(0)
	if n.cio != nil {
		db = n.cio[cell]
	}
	if o := n.outages; o != nil && o.steers[cell] > 0 {
		db += float32(o.spec.Compensation.CIODB)
	}
	return min(max(db, -MaxCIODB), MaxCIODB)
}
