package kpi

import "math"

// Totals accumulates one episode. The simulator owns and fills it; all fields
// are plain sums, so two Totals of the same shape can be merged.
type Totals struct {
	Cells, Sectors int     // size of the network
	DurationS      float64 // simulated time

	OfferedBit, ServedBit, DroppedBit, QueuedBit float64

	EnergyJ     float64   // everything
	StateJ      []float64 // radio units, by power state
	CarrierJ    []float64 // radio units with their transitions, by carrier
	TransitionJ float64   // radio units, transitions
	SiteJ       float64   // site baseband

	StateS        []float64 // cell-seconds by power state
	CellS         float64   // cell-seconds, all
	LoadS         float64   // sum over cells of the integral of load
	OverloadCellS float64   // cell-seconds in which the demand exceeded the capacity
	OutageShareS  float64   // sum over sectors of the integral of the share of users without coverage

	Switches          int64 // changes of power state
	Epochs            int64 // traffic epochs solved
	UnconvergedEpochs int64 // of which the load coupling did not converge

	ShieldCauses []string // names, as the shield lists them
	ShieldCounts []int64  // interventions, one a cause

	Faults *Faults // nil if nothing may break

	Throughput Hist // user throughput, Mbit/s, weighted by offered traffic
}

// Shape gives the sizes of a Totals.
type Shape struct {
	Cells, Sectors, States, Carriers int
	ShieldCauses                     []string
}

// NewTotals returns empty sums. It keeps no reference to the shape's slice.
func NewTotals(s Shape) *Totals {
	return &Totals{
		Cells:        s.Cells,
		Sectors:      s.Sectors,
		StateJ:       make([]float64, s.States),
		CarrierJ:     make([]float64, s.Carriers),
		StateS:       make([]float64, s.States),
		ShieldCauses: append([]string(nil), s.ShieldCauses...),
		ShieldCounts: make([]int64, len(s.ShieldCauses)),
	}
}

// Reset sets all sums to zero and keeps the shape and the memory.
func (t *Totals) Reset() {
	clear(t.StateJ)
	clear(t.CarrierJ)
	clear(t.StateS)
	clear(t.ShieldCounts)
	if t.Faults != nil {
		t.Faults.clear()
	}
	*t = Totals{
		Cells: t.Cells, Sectors: t.Sectors, Faults: t.Faults,
		StateJ: t.StateJ, CarrierJ: t.CarrierJ, StateS: t.StateS,
		ShieldCauses: t.ShieldCauses, ShieldCounts: t.ShieldCounts,
	}
}

// Merge adds the sums of o, another episode of the same network: Cells and
// Sectors stay. It panics if the shapes differ.
func (t *Totals) Merge(o *Totals) {
	if len(t.StateJ) != len(o.StateJ) || len(t.CarrierJ) != len(o.CarrierJ) ||
		len(t.StateS) != len(o.StateS) || len(t.ShieldCounts) != len(o.ShieldCounts) {
		panic("kpi: Totals.Merge needs equal shapes")
	}
	t.DurationS += o.DurationS
	t.OfferedBit += o.OfferedBit
	t.ServedBit += o.ServedBit
	t.DroppedBit += o.DroppedBit
	t.QueuedBit += o.QueuedBit
	t.EnergyJ += o.EnergyJ
	t.TransitionJ += o.TransitionJ
	t.SiteJ += o.SiteJ
	t.CellS += o.CellS
	t.LoadS += o.LoadS
	t.OverloadCellS += o.OverloadCellS
	t.OutageShareS += o.OutageShareS
	t.Switches += o.Switches
	t.Epochs += o.Epochs
	t.UnconvergedEpochs += o.UnconvergedEpochs
	addTo(t.StateJ, o.StateJ)
	addTo(t.CarrierJ, o.CarrierJ)
	addTo(t.StateS, o.StateS)
	addTo(t.ShieldCounts, o.ShieldCounts)
	switch {
	case o.Faults == nil:
	case t.Faults == nil:
		t.Faults = o.Faults.clone()
	default:
		t.Faults.merge(o.Faults)
	}
	t.Throughput.Merge(&o.Throughput)
}

func addTo[T float64 | int64](dst, src []T) {
	for i, v := range src {
		dst[i] += v
	}
}

// Imbalance returns how far the books are from closing, relative to the
// larger side: traffic (offered against served + dropped + queued) and energy
// (the total against states + transitions + sites, and the sum by carrier
// against states + transitions; the worse of the two). Both are 0 for empty
// books and NaN if a sum is.
func (t *Totals) Imbalance() (traffic, energy float64) {
	traffic = relative(t.OfferedBit, t.ServedBit+t.DroppedBit+t.QueuedBit)
	radio := total(t.StateJ) + t.TransitionJ
	energy = relative(t.EnergyJ, radio+t.SiteJ)
	if len(t.CarrierJ) > 0 {
		energy = math.Max(energy, relative(radio, total(t.CarrierJ)))
	}
	return traffic, energy
}

func total(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

// relative returns |a-b| over the larger magnitude.
func relative(a, b float64) float64 {
	if a == b {
		return 0
	}
	return math.Abs(a-b) / math.Max(math.Abs(a), math.Abs(b))
}
