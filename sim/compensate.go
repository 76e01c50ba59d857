package sim

import (
	"cmp"
	"math"
	"slices"

	"hibernet/sim/power"
	"hibernet/sim/radio"
)

// leastRxW returns the power at a user's receiver, in W, of a reference
// signal in dBm.
func leastRxW(dbm float64) float64 { return math.Pow(10, (dbm-30)/10) }

// boost returns the factor on the transmit power of a cell that stands in for
// others.
func (o *outages) boost(cell int) float64 {
	if o == nil || o.steers[cell] == 0 {
		return 1
	}
	return math.Pow(10, o.spec.Compensation.PowerDB/10)
}

// reaches returns the power that a bin receives from a link's cell at full
// power, W, and whether that suffices.
func (n *Network) reaches(link int32, bin int) (rxW float64, ok bool) {
	l, c := &n.topo.Links, n.topo.Links.Cell[link]
	rxW = float64(l.At(int(link), bin)) * float64(n.topo.Cells.TxRBW[n.topo.Cells.KindOf(c)]) / radio.SubcarriersPerPRB
	return rxW, rxW >= n.outages.minRxW[c]
}

// compensate has neighbours stand in for the cells that an incident has taken
// down. For each position that lost its cell, those that reach it at full
// power go to state Full (the cells of its own sector too), and the strongest
// cells of other sectors are steered: more transmit power and a higher cell
// individual offset. Cells that are down themselves are left out, and those
// that live on their battery, which would be empty the sooner.
func (n *Network) compensate(inc *incident) error {
	comp := n.outages.spec.Compensation
	bins := n.topo.Bins()
	for _, b := range inc.lost {
		s := int(b) / bins
		if comp.Wake {
			for l := n.topo.Links.Off[s]; l < n.topo.Links.Off[s+1]; l++ {
				if _, ok := n.reaches(l, int(b)%bins); ok {
					if err := n.help(inc, n.topo.Links.Cell[l]); err != nil {
						return err
					}
				}
			}
		}
		if comp.CIODB > 0 || comp.PowerDB > 0 {
			for _, c := range n.strongest(s, int(b)%bins, comp.Neighbours) {
				n.steer(inc, c)
			}
		}
	}
	inc.lost = inc.lost[:0]
	return nil
}

// strongest returns up to count cells of other sectors that reach a bin and
// are not asleep, by falling received power, on a tie in candidate order.
func (n *Network) strongest(sector, bin, count int) []int32 {
	type heard struct {
		cell int32
		rxW  float64
	}
	var list []heard
	raised := math.Pow(10, n.outages.spec.Compensation.PowerDB/10)
	for l := n.topo.Links.Off[sector]; l < n.topo.Links.Off[sector+1]; l++ {
		c := n.topo.Links.Cell[l]
		if int(n.topo.CellSector[c]) == sector || !n.canHelp(c) || !n.view.Target[c].Awake() {
			continue
		}
		if rxW, _ := n.reaches(l, bin); rxW*raised >= n.outages.minRxW[c] {
			list = append(list, heard{c, rxW})
		}
	}
	slices.SortStableFunc(list, func(a, b heard) int { return cmp.Compare(b.rxW, a.rxW) })
	var cells []int32
	for _, h := range list[:min(count, len(list))] {
		cells = append(cells, h.cell)
	}
	return cells
}

// canHelp reports whether a cell may be asked to stand in.
func (n *Network) canHelp(cell int32) bool {
	return !n.view.Down[cell] && !n.outages.onBattery(n.outages.siteOf(cell))
}

// help has a cell stand in: it goes to Full, and View.Helping asks that it be
// kept awake.
func (n *Network) help(inc *incident, cell int32) error {
	o := n.outages
	if !n.canHelp(cell) || inc.hasHelper[cell] {
		return nil
	}
	inc.hasHelper[cell] = true
	inc.helpers = append(inc.helpers, cell)
	o.helps[cell]++
	n.view.Helping[cell] = true
	return n.awaken(int(cell))
}

// awaken sends a helping cell to Full unless it is on its way somewhere: then
// endTransition asks again.
func (n *Network) awaken(cell int) error {
	if n.until[cell] != 0 || n.view.State[cell] == power.Full {
		return nil
	}
	if !n.view.State[cell].Awake() {
		n.outages.sums.wakes++
	}
	return n.request(cell, power.Full, ByCompensation)
}

// steer raises the power and offset of a cell.
func (n *Network) steer(inc *incident, cell int32) {
	if inc.hasSteered[cell] {
		return
	}
	inc.hasSteered[cell] = true
	inc.steered = append(inc.steered, cell)
	n.outages.steers[cell]++
	n.applyState(int(cell))
}

// release lets the cells that stood in for an incident go.
func (n *Network) release(inc *incident) {
	o := n.outages
	for _, c := range inc.helpers {
		o.helps[c]--
		n.view.Helping[c] = o.helps[c] > 0
	}
	for _, c := range inc.steered {
		o.steers[c]--
		n.applyState(int(c))
	}
	*inc = incident{kind: inc.kind, repaired: true, closed: true, cut: inc.cut, restoreS: inc.restoreS}
}
