package sim

import "hibernet/sim/power"

// CellState is what a power state makes of a cell: what it draws and what is
// left of its radio.
type CellState struct {
	IdleW, SlopeW float64 // power with no load and of a load of 1, the unit's own deviation and supply overhead included
	Power         float64 // factor on the transmit power of a user's signal, 1 = nominal
	Capacity      float32 // share of the bandwidth-time
	Layers        float32 // spatial layers
}

// CellState returns what a power state makes of a cell that stands on its own
// and has nobody to stand in for; ok is false where its unit does not offer the
// state. What an anchor draws for the carriers that share its unit comes on top.
func (n *Network) CellState(cell int, s power.State) (state CellState, ok bool) {
	carrier := int(n.topo.CellCarrier[cell])
	data := &n.Profile(cell).States[s]
	if !data.Available {
		return CellState{}, false
	}
	state = CellState{IdleW: data.BaseW * n.unitOf(cell) * n.factor[carrier], SlopeW: n.rate.draws[carrier*numStates+int(s)].slope}
	state.Power, state.Capacity, state.Layers = stateRadio(data, n.topo.Cells.Layers[n.topo.Cells.KindOf(int32(cell))])
	return state, true
}

// stateRadio returns the radio effect of a power state on a cell that has so
// many layers when full: the factor on its transmit power, the share of its
// bandwidth-time and the layers left.
func stateRadio(data *power.StateData, full float32) (share float64, capacity, layers float32) {
	layers = max(full*float32(data.ChainShare), 1)
	if data.MaxLayers > 0 {
		layers = min(layers, float32(data.MaxLayers))
	}
	return data.ChainShare * data.PowerShare, float32(data.CapacityShare), layers
}
