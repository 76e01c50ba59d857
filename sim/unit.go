package sim

import (
	"fmt"

	"hibernet/sim/power"
)

// placeUnits finds the cells of each sector that share a radio unit: those whose
// profiles name the same one, and among them the anchor that bears what they
// share.
func (n *Network) placeUnits() error {
	shared := false
	for k := range n.profile {
		shared = shared || n.profile[k].Shared != nil
	}
	if !shared {
		return nil
	}
	n.added, n.anchor = make([][]int32, len(n.unit)), make([]int32, len(n.unit))
	n.rate.standW = make([]float64, len(n.unit))
	for c := range n.anchor {
		n.anchor[c] = -1
	}
	for s := range n.topo.SectorSite {
		lo, hi := n.topo.SectorCellOff[s], n.topo.SectorCellOff[s+1]
		for c := lo; c < hi; c++ {
			unit := n.Profile(int(c)).Shared
			if unit == nil || !unit.Added {
				continue
			}
			anchor, count := c, 0
			for a := lo; a < hi; a++ {
				if other := n.Profile(int(a)).Shared; other != nil && !other.Added && other.Unit == unit.Unit {
					anchor, count = a, count+1
				}
			}
			if count != 1 {
				return fmt.Errorf("sector %d: carrier %s (profile %s) is added to a radio unit %s, of which the sector must have one anchor, got %d",
					s, n.topo.Carriers[n.topo.CellCarrier[c]].Name, n.Profile(int(c)).Name, unit.Unit, count)
			}
			n.added[anchor], n.anchor[c] = append(n.added[anchor], c), anchor
		}
	}
	return nil
}

// standInW returns what a cell's radio unit draws, before its supply, for the
// carriers that stand on it beside the cell.
func (n *Network) standInW(c int) float64 {
	if n.added == nil || len(n.added[c]) == 0 {
		return 0
	}
	var states [8]power.State
	list := states[:0]
	for _, a := range n.added[c] {
		list = append(list, n.view.State[a])
	}
	return n.Profile(c).StandInW(n.view.State[c], list) * n.unitOf(c)
}
