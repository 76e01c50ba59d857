package power

// TR38864 is the base-station power model of 3GPP TR 38.864 V18.1.0 clauses
// 5.1 and 5.2, as quoted with clause numbers by the energy model of ns-3
// 5G-LENA (secondary source; the report itself was not opened). Powers are in
// the report's relative unit, the deep sleep of the same set; times in ms,
// energies in unit*ms.
type TR38864 struct {
	Deep, Light, Micro float64 // P1, P2, P3; the micro sleep is also the static floor
	DL, UL             float64 // P4, P5: all chains, whole carrier, full power

	LightMs, LightE float64 // light sleep: down and up together, and their energy
	DeepMs, DeepE   float64 // deep sleep, likewise

	A       float64 // share of the active power that does not follow s_f*s_p; 0.4 in the report
	DualEta bool    // use the two-valued efficiency instead of 1
}

// Depth is a sleep of TR 38.864 between transmissions.
type Depth uint8

// Depths of sleep.
const (
	MicroSleep Depth = iota
	LightSleep
	DeeperSleep
)

// dualEtaLow is the efficiency below half of the power with two values of eta.
const dualEtaLow = 0.76

// ActiveDL returns the power of a downlink symbol (clause 5.1):
//
//	P3 + s_a (P4 - P3) [A + (s_f s_p / eta)(1 - A)]
//
// with sa the share of chains, sf the share of the carrier's resource blocks
// and sp the transmit power over the reference, all limited to [0, 1]. With
// DualEta, eta is 1 where sf*sp >= 0.5 and 0.76 below; the power is then not
// monotone: it falls where sf*sp crosses 0.5.
func (m *TR38864) ActiveDL(sa, sf, sp float64) float64 {
	sa, sf, sp = clamp(sa), clamp(sf), clamp(sp)
	eta := 1.0
	if m.DualEta && sf*sp < 0.5 {
		eta = dualEtaLow
	}
	return m.Micro + sa*(m.DL-m.Micro)*(m.A+sf*sp/eta*(1-m.A))
}

// ActiveUL returns the power of an uplink symbol, P3 + s_a (P5 - P3).
func (m *TR38864) ActiveUL(sa float64) float64 {
	return m.Micro + clamp(sa)*(m.UL-m.Micro)
}

// clamp limits x to [0, 1].
func clamp(x float64) float64 { return min(max(x, 0), 1) }

// sleep returns power, total transition time and energy of a depth.
func (m *TR38864) sleep(d Depth) (power, ms, energy float64) {
	switch d {
	case LightSleep:
		return m.Light, m.LightMs, m.LightE
	case DeeperSleep:
		return m.Deep, m.DeepMs, m.DeepE
	}
	return m.Micro, 0, 0
}

// GapEnergy returns the energy in unit*ms of a silent gap of the given length
// spent at a depth, and whether the gap is long enough for its transitions.
// During them the power of the sleep state is drawn and their energy comes on
// top, once (clause 5.1).
func (m *TR38864) GapEnergy(gapMs float64, d Depth) (energy float64, ok bool) {
	p, t, e := m.sleep(d)
	return e + p*gapMs, gapMs >= t
}

// BreakEvenMs returns the gap above which the deeper sleep costs less than the
// shallower, transition times aside.
func (m *TR38864) BreakEvenMs(shallow, deep Depth) float64 {
	p0, _, e0 := m.sleep(shallow)
	p1, _, e1 := m.sleep(deep)
	return (e1 - e0) / (p0 - p1)
}

// Frame is how a carrier's time is divided.
type Frame struct {
	DLShare, ULShare float64 // of all symbols; guard symbols are the rest
	SymbolMs         float64 // length of a symbol: 1 ms / 2^mu / 14 (clause 5.2)
	// Symbols says which symbol is which, D for downlink and U for uplink; it
	// repeats. It may be empty: then only the shares are known.
	Symbols string
}

// SSB describes the bursts of synchronisation signals that a cell sends also
// when it is empty.
type SSB struct {
	PeriodMs float64 // 5, 10, 20, 40, 80 or 160 ms (TS 38.331); UEs assume 20
	WindowMs float64 // a burst lies inside one window, in which the cell stays awake
	Symbols  float64 // symbols of a burst: 4 a block
	RBShare  float64 // resource blocks of a block (20) over the carrier's
}

// burst returns the extra energy of one burst above the static floor, in
// unit*ms.
func (m *TR38864) burst(f Frame, b SSB, sa, sp float64) float64 {
	return b.Symbols * f.SymbolMs * (m.ActiveDL(sa, b.RBShare, sp) - m.Micro)
}

// EmptyCell returns the mean power in units of a cell without users that wakes
// for one window an SSB period and sleeps at a depth between, and whether the
// gap allows that depth. System information, paging and random-access
// occasions are not included.
func (m *TR38864) EmptyCell(f Frame, b SSB, d Depth) (units float64, ok bool) {
	gap, ok := m.GapEnergy(b.PeriodMs-b.WindowMs, d)
	return (m.Micro*b.WindowMs + m.burst(f, b, 1, 1) + gap) / b.PeriodMs, ok
}

// Packed returns the mean power in units at load 0 and its slope with the load
// rho, of a cell that packs its traffic in time: the share rho of the downlink
// symbols carries the whole bandwidth, and the same share of the uplink
// symbols is received (the report ties neither to the other: an assumption);
// all other symbols are micro sleep, but for the SSB bursts, of which the
// share rho falls into busy symbols. Hence affine in rho.
func (m *TR38864) Packed(f Frame, b SSB, sa, sp float64) (base, slope float64) {
	ssb := m.burst(f, b, sa, sp) / b.PeriodMs
	return m.Micro + ssb, m.busy(f, sa, sp) - ssb
}

// busy returns the power above the static floor of a cell whose downlink and
// uplink symbols are all in use.
func (m *TR38864) busy(f Frame, sa, sp float64) float64 {
	return f.DLShare*(m.ActiveDL(sa, 1, sp)-m.Micro) + f.ULShare*(m.ActiveUL(sa)-m.Micro)
}

// Spread returns the mean power in units at load rho of a cell that uses all
// downlink symbols at the share rho of the bandwidth, the alternative to
// Packed: at equal load it costs A(1-rho) of the active power more, as an
// active symbol with few resource blocks still pays the static share. It is
// for comparison; profiles use Packed.
func (m *TR38864) Spread(f Frame, sa, sp, rho float64) float64 {
	return m.Micro + f.DLShare*(m.ActiveDL(sa, rho, sp)-m.Micro) + f.ULShare*clamp(rho)*(m.ActiveUL(sa)-m.Micro)
}

// CellDTX is a cycle of Rel-18 cell DTX with aligned DRX (TS 38.331,
// CellDTX-DRX-Config-r18): active for OnMs of each CycleMs.
type CellDTX struct {
	CycleMs, OnMs float64
	SSBPeriodMs   float64 // 0: no SSB, as of a secondary cell without
}

// DTX returns mean power and slope as Packed does, with rho the share of the
// active part in use, for a cell that sleeps lightly in the silent part: in its
// gaps between SSB windows, which go on there (windows begin with a cycle), as
// far as the sleep pays. ok tells whether any gap is long enough for it.
func (m *TR38864) DTX(f Frame, b SSB, c CellDTX) (base, slope float64, ok bool) {
	t := Timetable{Frame: f, CycleMs: c.CycleMs, OnMs: c.OnMs, Deepest: LightSleep}
	if c.SSBPeriodMs > 0 {
		b.PeriodMs = c.SSBPeriodMs
		t.Signals = []Signal{b.Signal()}
	}
	longest, err := t.LongestGapMs()
	if err != nil {
		return 0, 0, false
	}
	base, slope, _ = m.Mean(t, 1, 1)
	return base, slope, longest >= m.LightMs
}

// Aggregate returns the power of one device with several carriers: the first
// counts fully, each further contiguous carrier of the same band 0.7 times,
// any other fully (clause 5.1). contiguous[i] says so of carrier i; the first
// is ignored. The slices must be equally long.
func Aggregate(power []float64, contiguous []bool) float64 {
	if len(power) != len(contiguous) {
		panic("power: Aggregate needs equally long slices")
	}
	sum := 0.0
	for i, p := range power {
		if i > 0 && contiguous[i] {
			p *= contiguousWeight
		}
		sum += p
	}
	return sum
}

// contiguousWeight is the factor of a further contiguous intra-band carrier.
const contiguousWeight = 0.7
