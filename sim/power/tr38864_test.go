package power

import (
	"math"
	"testing"
)

// The reference model's rows and one carrier frame, written out here again so
// that a slip in the data files shows.
func category(c int) (m TR38864) {
	if c == 1 {
		return TR38864{Deep: 1, Light: 25, Micro: 55, DL: 280, UL: 110, LightMs: 6, LightE: 90, DeepMs: 50, DeepE: 1000, A: 0.4}
	}
	return TR38864{Deep: 1, Light: 2.1, Micro: 5.5, DL: 32, UL: 6.5, LightMs: 640, LightE: 1088, DeepMs: 10000, DeepE: 17000, A: 0.4}
}

var (
	dddsu  = Frame{DLShare: 52.0 / 70, ULShare: 16.0 / 70, SymbolMs: 1.0 / 28}
	bursts = SSB{PeriodMs: 20, WindowMs: 5, Symbols: 32, RBShare: 20.0 / 273}
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v +- %v", what, got, want, tol)
	}
}

// Values computed by hand from the formula of clause 5.1.
func TestActiveDLOracles(t *testing.T) {
	sf := []float64{0, .05, .10, .15, .30, .50, .75, 1}
	for _, row := range []struct {
		sa   float64
		dual bool
		want []float64
	}{
		{1, false, []float64{145, 151.75, 158.5, 165.25, 185.5, 212.5, 246.25, 280}},
		{0.5, false, []float64{100, 103.375, 106.75, 110.125, 120.25, 133.75, 150.625, 167.5}},
		{1, true, []float64{145, 153.88, 162.76, 171.64, 198.29, 212.5, 246.25, 280}},
	} {
		m := category(1)
		m.DualEta = row.dual
		for i, f := range sf {
			near(t, "P_DL", m.ActiveDL(row.sa, f, 1), row.want[i], 0.005)
			near(t, "P_DL, power for bandwidth", m.ActiveDL(row.sa, 1, f), row.want[i], 0.005)
		}
	}
	m := category(1)
	near(t, "P_UL", m.ActiveUL(1), 110, 0)
	near(t, "P_UL, no chains", m.ActiveUL(0), 55, 0)
	near(t, "P_DL beyond the reference", m.ActiveDL(2, 3, 1), 280, 1e-12)
	m.DualEta = true
	if below, at := m.ActiveDL(1, 0.4999, 1), m.ActiveDL(1, 0.5, 1); !(below > at) {
		t.Errorf("dual eta: want a fall at one half, got %v then %v", below, at)
	}
}

func TestBreakEvenOracles(t *testing.T) {
	for _, c := range []struct {
		category      int
		micro         float64
		shallow, deep Depth
		want          float64
	}{
		{1, 55, MicroSleep, LightSleep, 3},
		{1, 50, MicroSleep, LightSleep, 3.6},
		{1, 38, MicroSleep, LightSleep, 6.923},
		{1, 55, LightSleep, DeeperSleep, 37.917},
		{2, 5.5, MicroSleep, LightSleep, 320},
		{2, 5.0, MicroSleep, LightSleep, 375.17},
		{2, 3.0, MicroSleep, LightSleep, 1208.9},
		{2, 5.5, LightSleep, DeeperSleep, 14465.5},
		{2, 5.5, MicroSleep, DeeperSleep, 3777.8},
	} {
		m := category(c.category)
		m.Micro = c.micro
		near(t, "break-even", m.BreakEvenMs(c.shallow, c.deep), c.want, 0.05)
		// At the break-even gap both cost the same.
		a, _ := m.GapEnergy(m.BreakEvenMs(c.shallow, c.deep), c.shallow)
		b, _ := m.GapEnergy(m.BreakEvenMs(c.shallow, c.deep), c.deep)
		near(t, "energy at break-even", a, b, 1e-9*a)
	}
}

func TestEmptyCellOracles(t *testing.T) {
	m, b := category(1), bursts
	refused := math.NaN()
	for _, c := range []struct {
		depth Depth
		want  [4]float64
	}{
		{MicroSleep, [4]float64{60.71, 57.85, 56.43, 55.71}},
		{LightSleep, [4]float64{42.71, 33.85, 29.43, 27.21}},
		{DeeperSleep, [4]float64{refused, refused, 18.30, 9.65}},
	} {
		for i, period := range []float64{20, 40, 80, 160} {
			b.PeriodMs = period
			got, ok := m.EmptyCell(dddsu, b, c.depth)
			if ok == math.IsNaN(c.want[i]) {
				t.Errorf("depth %d, period %g ms: allowed %v", c.depth, period, ok)
			}
			if ok {
				near(t, "empty cell", got, c.want[i], 0.006)
			}
		}
	}
}

func TestFullLoadAndEmptyLoadOfPacked(t *testing.T) {
	m := category(1)
	base, slope := m.Packed(dddsu, bursts, 1, 1)
	near(t, "full load", base+slope, 234.71, 0.005)
	empty, _ := m.EmptyCell(dddsu, bursts, MicroSleep)
	near(t, "empty", base, empty, 1e-12)
}

// symbols sums a frame symbol by symbol: the twin of the closed forms. The
// first busy share of the downlink and of the uplink symbols is active; the
// bursts' symbols are spread evenly over the downlink symbols, so that the
// share rho of them is busy anyway. ms must hold whole patterns of 70 symbols.
func symbols(m *TR38864, sa, sp, rho, ms, ssbSymbols float64) float64 {
	const pattern = "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDGGUUUUUUUUUUUUUUUU"
	count := int(math.Round(ms * 28))
	var dl, ul []int
	for i := range count {
		switch pattern[i%len(pattern)] {
		case 'D':
			dl = append(dl, i)
		case 'U':
			ul = append(ul, i)
		}
	}
	power := make([]float64, count)
	for i := range power {
		power[i] = m.Micro
	}
	busyDL := int(math.Round(rho * float64(len(dl))))
	idleSSB := int(math.Round((1 - rho) * ssbSymbols))
	for i, at := range dl {
		if i < busyDL {
			power[at] = m.ActiveDL(sa, 1, sp)
		} else if i < busyDL+idleSSB {
			power[at] = m.ActiveDL(sa, 20.0/273, sp)
		}
	}
	for _, at := range ul[:int(math.Round(rho*float64(len(ul))))] {
		power[at] = m.ActiveUL(sa)
	}
	sum := 0.0
	for _, p := range power {
		sum += p / 28
	}
	return sum
}

func TestPackedAgainstSymbols(t *testing.T) {
	m := category(1)
	for _, sa := range []float64{1, 0.5, 0.25} {
		for _, sp := range []float64{1, 0.5} {
			base, slope := m.Packed(dddsu, bursts, sa, sp)
			for _, rho := range []float64{0, 0.25, 0.5, 0.75, 1} {
				near(t, "packed", base+slope*rho, symbols(&m, sa, sp, rho, 20, 32)/20, 1e-9)
			}
		}
	}
}

func TestDTXAgainstSymbols(t *testing.T) {
	m := category(1)
	base, slope, ok := m.DTX(dddsu, bursts, CellDTX{CycleMs: 160, OnMs: 80, SSBPeriodMs: 160})
	if !ok {
		t.Fatal("a silent part of 80 ms must hold light sleep")
	}
	for _, rho := range []float64{0, 0.25, 0.5, 0.75, 1} {
		want := (symbols(&m, 1, 1, rho, 80, 32) + 80*25 + 90) / 160
		near(t, "DTX", base+slope*rho, want, 1e-9)
	}
	m2 := category(2)
	if _, _, ok := m2.DTX(dddsu, bursts, CellDTX{CycleMs: 160, OnMs: 80, SSBPeriodMs: 160}); ok {
		t.Error("80 ms must not hold category 2's light sleep of 640 ms")
	}
}

// Packing in time beats spreading over frequency but at full load.
func TestSpreadCostsMore(t *testing.T) {
	m, b := category(1), bursts
	b.Symbols = 0 // Spread counts no bursts
	base, slope := m.Packed(dddsu, b, 1, 1)
	for _, rho := range []float64{0, 0.1, 0.5, 0.9} {
		want := dddsu.DLShare * m.A * (m.DL - m.Micro) * (1 - rho)
		near(t, "spread over packed", m.Spread(dddsu, 1, 1, rho)-(base+slope*rho), want, 1e-9)
	}
	near(t, "at full load", m.Spread(dddsu, 1, 1, 1), base+slope, 1e-9)
}

func TestAggregate(t *testing.T) {
	near(t, "carriers", Aggregate([]float64{100, 50, 20}, []bool{true, true, false}), 155, 1e-12)
	near(t, "none", Aggregate(nil, nil), 0, 0)
}

func TestEARTHOracles(t *testing.T) {
	for _, c := range []struct {
		name                           string
		n, p0, dp, pmax, sleep         float64
		wantFull, wantIdle, wantAsleep float64
	}{
		{"earth-macro", 6, 130, 4.7, 20, 75, 1344, 780, 450},
		{"earth-rrh", 6, 84, 2.8, 20, 56, 840, 504, 336},
		{"earth-micro", 2, 56, 2.6, 6.3, 39, 144.76, 112, 78},
		{"earth-pico", 2, 6.8, 4, 0.13, 4.3, 14.64, 13.6, 8.6},
		{"earth-femto", 2, 4.8, 8, 0.05, 2.9, 10.4, 9.6, 5.8},
	} {
		near(t, c.name, EARTH(c.n, c.p0, c.dp, c.pmax, 1), c.wantFull, 1e-9)
		near(t, c.name, EARTH(c.n, c.p0, c.dp, c.pmax, 0), c.wantIdle, 1e-9)
		p, err := Find(c.name)
		if err != nil {
			t.Fatal(err)
		}
		units := 1.0
		if c.n == 6 {
			units = 3
		}
		near(t, c.name+" full", units*p.PowerW(Full, 1), c.wantFull, 1e-9)
		near(t, c.name+" idle", units*p.PowerW(Full, 0), c.wantIdle, 1e-9)
		near(t, c.name+" asleep", units*p.PowerW(Sleep, 0), c.wantAsleep, 1e-9)
		near(t, c.name+" deeply asleep", units*p.PowerW(DeepSleep, 0), c.wantAsleep, 1e-9)
		if !p.WholeSite {
			t.Errorf("%s: EARTH's numbers are whole sites", c.name)
		}
	}
}
