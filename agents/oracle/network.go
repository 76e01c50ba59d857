package oracle

import (
	"errors"
	"fmt"
	"math"
)

// Network is what the bound must know of a network: a facility location problem
// whose facilities are the cells, each open in one of some awake states or
// closed (asleep), and whose customers are the position bins.
type Network struct {
	// ConstantW is drawn whatever happens: sites, and every cell that may sleep
	// in its cheapest sleep.
	ConstantW float64
	// BinSector [bins] and BinShare [bins] say whose demand a bin is part of,
	// and which part.
	BinSector []int32
	BinShare  []float32

	// MustServe [cells] is true for cells that never sleep.
	MustServe []bool
	// LinkOff [cells+1]: the links of cell i are [LinkOff[i], LinkOff[i+1]).
	LinkOff []int32
	// LinkBin [links] is the bin of a link, each at most once a cell.
	LinkBin []int32
	// OptionOff [cells+1]: the awake states of cell i are [OptionOff[i], OptionOff[i+1]).
	OptionOff []int32
	Options   []Option
}

// Option is an awake state of a cell.
type Option struct {
	// OpenW is the power with no load above what the cell's sleep draws, for a
	// cell that must serve the power itself.
	OpenW float64
	// SlopeW is the power of a load of 1 above that of none.
	SlopeW float64
	// Room is the largest load, 1 and what rounding may add to it.
	Room float64
	// LoadPerBit [links of the cell] is the load that 1 bit/s to the bin of the
	// link puts on the cell at the highest rate that the bin can have, +Inf
	// where the state does not reach it.
	LoadPerBit []float32
}

// Cells returns the number of cells.
func (n *Network) Cells() int { return len(n.MustServe) }

// Bins returns the number of position bins.
func (n *Network) Bins() int { return len(n.BinSector) }

// Validate returns every fault of the shapes and values.
func (n *Network) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("oracle: "+format, args...)) }
	cells, bins := n.Cells(), n.Bins()
	if !(n.ConstantW >= 0) || math.IsInf(n.ConstantW, 0) {
		bad("constant power: must be finite and not negative, got %g W", n.ConstantW)
	}
	if len(n.BinShare) != bins {
		bad("bins: %d shares for %d bins", len(n.BinShare), bins)
	}
	if len(n.LinkOff) != cells+1 || len(n.OptionOff) != cells+1 {
		bad("cells: %d link and %d option offsets, %d cells need one more", len(n.LinkOff), len(n.OptionOff), cells)
		return errors.Join(errs...)
	}
	if int(n.LinkOff[cells]) != len(n.LinkBin) || int(n.OptionOff[cells]) != len(n.Options) {
		bad("cells: the last offsets are %d and %d for %d links and %d options", n.LinkOff[cells], n.OptionOff[cells], len(n.LinkBin), len(n.Options))
		return errors.Join(errs...)
	}
	for _, b := range n.LinkBin {
		if b < 0 || int(b) >= bins {
			bad("links: bin %d, allowed 0..%d", b, bins-1)
		}
	}
	for c := range cells {
		links := int(n.LinkOff[c+1] - n.LinkOff[c])
		if n.OptionOff[c] == n.OptionOff[c+1] {
			bad("cell %d: no awake state", c)
		}
		for _, o := range n.Options[n.OptionOff[c]:n.OptionOff[c+1]] {
			if len(o.LoadPerBit) != links || !(o.SlopeW >= 0) || !(o.Room >= 1) || math.IsNaN(o.OpenW) || math.IsInf(o.OpenW, 0) {
				bad("cell %d: option %g W + %g W, room %g, %d links of %d", c, o.OpenW, o.SlopeW, o.Room, len(o.LoadPerBit), links)
			}
		}
	}
	return errors.Join(errs...)
}
