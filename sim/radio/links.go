package radio

import "hibernet/sim/simd"

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

// Cells holds what is fixed about each cell, one slice a quantity, [cells].
type Cells struct {
	Carrier     []uint8   // index of the cell's carrier
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
		st.Serving[i], st.Power[i], st.Capacity[i], st.Layers[i] = true, 1, 1, cells.Layers[i]
	}
	return st
}
