package sim

import (
	"errors"
	"fmt"
)

// MaxCIODB bounds the cell individual offset, dB, either way: the range in
// use for load balancing (secondary source: an O-RAN conflict benchmark; the
// standard's Ocn, 3GPP TS 38.331 Q-OffsetRange, allows 24 dB: recalled).
const MaxCIODB = 6

// ErrRange is wrapped by SetCIO's error when the offset is out of bounds.
var ErrRange = errors.New("out of range")

// SetCIO sets a cell's individual offset: what is added to its received power
// when the cell that serves a position is chosen, dB, within MaxCIODB either
// way. It holds until it is set again or the run starts anew, through sleep
// and faults too. What a cell gets for standing in for one that is out of
// order comes on top, within the same bounds.
func (n *Network) SetCIO(cell int, db float64) error {
	if !n.started {
		return ErrNotStarted
	}
	if cell < 0 || cell >= len(n.until) {
		return fmt.Errorf("sim: offset: cell %d, allowed 0..%d", cell, len(n.until)-1)
	}
	if !(db >= -MaxCIODB && db <= MaxCIODB) {
		return fmt.Errorf("sim: offset: cell %d: %g dB, allowed %d to %d: %w", cell, db, -MaxCIODB, MaxCIODB, ErrRange)
	}
	n.cio[cell] = float32(db)
	n.applyState(cell)
	return n.touchBatteries()
}

// CIO returns the individual offset of a cell that is in force, dB.
func (n *Network) CIO(cell int) float64 { return float64(n.radio.CIODB[cell]) }

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
	db := n.cio[cell]
	if o := n.outages; o != nil && o.steers[cell] > 0 {
		db += float32(o.spec.Compensation.CIODB)
	}
	return min(max(db, -MaxCIODB), MaxCIODB)
}
