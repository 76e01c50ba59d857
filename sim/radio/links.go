package radio

import (
	"fmt"

	"hibernet/sim/simd"
)

// Links is the candidate structure of a network, in compressed sparse rows:
// the candidate cells of each sector's position bins, with their path gains.
// Shapes are given with S sectors, L links, M bins a sector.
type Links struct {
	// Bins is M, the number of position bins of a sector.
	Bins int
	// Off [S+1]: the links of sector s are [Off[s], Off[s+1]).
	Off []int32
	// Cell [L] is the candidate cell of a link. The links of a sector are
	// grouped by carrier, carriers ascending.
	Cell []int32
	// Gain [L*M] is the linear path gain from the cell's antenna port to a
	// user in the bin: antenna pattern, array gain, path loss, shadowing,
	// building entry loss. It is kept as a bfloat16: see PackGain.
	Gain []uint16
}

// At returns the linear gain of link l to bin b of its sector.
func (l *Links) At(link, bin int) float32 { return simd.FromBF16(l.Gain[link*l.Bins+bin]) }

// PackGain returns a path gain as Links keeps it, rounded to the eight
// significant binary digits of a bfloat16: within 0.4 %, 0.017 dB, far below
// what any path loss model knows.
func PackGain(gain float32) uint16 { return simd.ToBF16(gain) }

// UnpackGain returns the linear gain of what Links keeps.
func UnpackGain(gain uint16) float32 { return simd.FromBF16(gain) }

// Sectors returns S.
func (l *Links) Sectors() int { return len(l.Off) - 1 }

// Cells holds what is fixed about each cell. The cells of a carrier are mostly
// alike: so the quantities are those of kinds of cells, one slice a quantity,
// [kinds].
type Cells struct {
	Carrier     []uint8   // [cells] index of the cell's carrier
	Kind        []uint8   // [cells] index into the quantities; nil if each cell is a kind of its own
	TxRBW       []float32 // transmit power per PRB at full power, W
	BandwidthHz []float32 // downlink bandwidth left for user data: overhead and TDD share taken out, Hz
	BeamGain    []float32 // gain of a served user's data beam over the pattern in Links.Gain, linear; others hear the pattern
	LeakGain    []float32 // mean gain over that pattern towards users that the cell does not serve, linear
	NoiseRBW    []float32 // thermal noise and noise figure of a user per PRB, W
	Layers      []float32 // mean number of spatial layers that can be served
	PRBs        []float32 // physical resource blocks of the carrier
	PriorityDB  []float32 // layer priority added to received power when a server is chosen, dB
	MinRSRPDBm  []float32 // least reference-signal received power for a user to be served, dBm
}

// check returns an error when the slices do not fit each other.
func (c *Cells) check() error {
	kinds := len(c.TxRBW)
	for _, f := range []struct {
		name string
		got  int
	}{
		{"BandwidthHz", len(c.BandwidthHz)}, {"BeamGain", len(c.BeamGain)}, {"LeakGain", len(c.LeakGain)}, {"NoiseRBW", len(c.NoiseRBW)},
		{"Layers", len(c.Layers)}, {"PRBs", len(c.PRBs)}, {"PriorityDB", len(c.PriorityDB)}, {"MinRSRPDBm", len(c.MinRSRPDBm)},
	} {
		if f.got != kinds {
			return fmt.Errorf("cells: %s has %d values, TxRBW has %d", f.name, f.got, kinds)
		}
	}
	if c.Kind == nil && len(c.Carrier) != kinds || c.Kind != nil && len(c.Carrier) != len(c.Kind) {
		return fmt.Errorf("cells: Carrier has %d values, Kind %d, TxRBW %d", len(c.Carrier), len(c.Kind), kinds)
	}
	for cell, k := range c.Kind {
		if int(k) >= kinds {
			return fmt.Errorf("cells: cell %d is of kind %d, there are %d", cell, k, kinds)
		}
	}
	return nil
}

// KindOf returns the index of a cell's quantities.
func (c *Cells) KindOf(cell int32) int32 {
	if c.Kind == nil {
		return cell
	}
	return int32(c.Kind[cell])
}

// State is the radio effect of the present power states and steering, one
// slice a quantity, [cells]. The simulator writes it; the model reads it.
type State struct {
	Serving  []bool    // awake and able to serve
	Power    []float32 // factor on received power (active chains x power back-off), 1 = nominal
	Capacity []float32 // share of the bandwidth-time that the state leaves, 1 = all
	Layers   []float32 // spatial layers that the state leaves
	CIODB    []float32 // cell individual offset, dB
}

// NewState returns the state of a network with every cell fully awake.
func NewState(cells *Cells) *State {
	n := len(cells.Carrier)
	st := &State{
		Serving:  make([]bool, n),
		Power:    make([]float32, n),
		Capacity: make([]float32, n),
		Layers:   make([]float32, n),
		CIODB:    make([]float32, n),
	}
	for i := range n {
		st.Serving[i], st.Power[i], st.Capacity[i], st.Layers[i] = true, 1, 1, cells.Layers[cells.KindOf(int32(i))]
	}
	return st
}
