package power

import (
	"math"
	"math/rand"
	"strings"
	"testing"
)

// dddsuSymbols is the frame of dddsu, letter by letter.
var dddsuSymbols = strings.Repeat("D", 52) + "GG" + strings.Repeat("U", 16)

func TestSymbolFrame(t *testing.T) {
	f := SymbolFrame(dddsuSymbols, 30)
	near(t, "DL", f.DLShare, dddsu.DLShare, 1e-15)
	near(t, "UL", f.ULShare, dddsu.ULShare, 1e-15)
	near(t, "symbol", f.SymbolMs, dddsu.SymbolMs, 1e-15)
}

func TestCheapest(t *testing.T) {
	m := category(1)
	for _, c := range []struct {
		gap   float64
		limit Depth
		want  Depth
	}{
		{5.9, DeeperSleep, MicroSleep}, {6, DeeperSleep, LightSleep}, {6, MicroSleep, MicroSleep},
		{49, DeeperSleep, LightSleep}, {50, DeeperSleep, DeeperSleep}, {50, LightSleep, LightSleep},
	} {
		d, e := m.Cheapest(c.gap, c.limit)
		want, _ := m.GapEnergy(c.gap, c.want)
		if d != c.want || e != want {
			t.Errorf("gap %g, limit %d: depth %d at %g, want %d at %g", c.gap, c.limit, d, e, c.want, want)
		}
	}
	m.Micro = 38 // 6.5 ms hold light sleep, but it does not pay
	if d, _ := m.Cheapest(6.5, LightSleep); d != MicroSleep {
		t.Errorf("set 3, 6.5 ms: depth %d", d)
	}
}

func TestLongestGap(t *testing.T) {
	for _, c := range []struct {
		t    Timetable
		want float64
	}{
		{Timetable{}, math.Inf(1)},
		{Timetable{Signals: []Signal{bursts.Signal()}}, 15},
		{Timetable{Signals: []Signal{bursts.Signal(), {PeriodMs: 20, OffsetMs: 5, WindowMs: 1}}}, 14},
		{Timetable{Signals: []Signal{{PeriodMs: 20, OffsetMs: 15, WindowMs: 5}}}, 15},
		{Timetable{Signals: []Signal{{PeriodMs: 5, WindowMs: 5}}}, 0},
		{Timetable{CycleMs: 160, OnMs: 80}, 80},
		{Timetable{CycleMs: 160, OnMs: 80, Signals: []Signal{bursts.Signal()}}, 15},
		{Timetable{CycleMs: 64, OnMs: 10, Signals: []Signal{{PeriodMs: 160, WindowMs: 5}}}, 54},
	} {
		got, err := c.t.LongestGapMs()
		if err != nil || math.Abs(got-c.want) > 1e-9 && got != c.want {
			t.Errorf("%+v: %g (%v), want %g", c.t, got, err, c.want)
		}
	}
}

func TestNoCommonMultiple(t *testing.T) {
	m := category(1)
	bad := Timetable{Signals: []Signal{{PeriodMs: 20.00001, WindowMs: 1}, {PeriodMs: 19.99999, WindowMs: 1}}}
	_, _, err1 := m.Mean(bad, 1, 1)
	_, err2 := m.Slept(bad, 1, 1, 0.5, 0.1)
	_, _, err3 := bad.Room()
	_, err4 := bad.LongestGapMs()
	for i, err := range []error{err1, err2, err3, err4} {
		if err == nil {
			t.Errorf("call %d takes it", i+1)
		}
	}
	if _, _, ok := m.DTX(dddsu, bursts, CellDTX{CycleMs: 19.99999, OnMs: 5, SSBPeriodMs: 20.00001}); ok {
		t.Error("DTX takes it")
	}
	if _, _, err := m.Mean(Timetable{Signals: []Signal{{PeriodMs: math.NaN()}}}, 1, 1); err == nil {
		t.Error("NaN passes for a period")
	}
}

// byClock goes through a timetable symbol by symbol for a hyperperiod of
// so many ms at 30 kHz, and returns base, slope and room as Mean and Room do.
func byClock(m *TR38864, tt Timetable, ms int) (base, slope, dl, ul float64) {
	n := ms * 28
	awake, signal, served := make([]bool, n), make([]float64, n), make([]bool, n)
	for i := range n {
		at := float64(i) / 28
		served[i] = tt.CycleMs <= 0 || math.Mod(at+1e-9, tt.CycleMs) < tt.OnMs-1e-6
		awake[i] = served[i]
	}
	for _, s := range tt.Signals {
		for begin := s.OffsetMs; begin < float64(ms); begin += s.PeriodMs {
			left := s.Symbols
			for i := int(math.Round(begin * 28)); i < int(math.Round((begin+s.WindowMs)*28)); i++ {
				awake[i] = true
				if dddsuSymbols[i%70] == 'D' && left > 0 {
					left--
					signal[i] = s.RBShare
				}
			}
		}
	}
	gap := 0
	sleep := func() {
		_, e := m.Cheapest(float64(gap)/28, tt.Deepest)
		base += e
		gap = 0
	}
	// Begin where the cell is awake, so that no gap is cut in two.
	first := 0
	for !awake[first] {
		first++
	}
	for k := range n {
		i := (first + k) % n
		if !awake[i] {
			gap++
			continue
		}
		sleep()
		p := m.Micro
		if signal[i] > 0 {
			p = m.ActiveDL(1, signal[i], 1)
		}
		base += p / 28
		switch c := dddsuSymbols[i%70]; {
		case c == 'D' && served[i]:
			slope += (m.ActiveDL(1, 1, 1) - p) / 28
			dl += 1 - signal[i]
		case c == 'U' && served[i]:
			slope += (m.ActiveUL(1) - m.Micro) / 28
			ul++
		}
	}
	sleep()
	x := float64(ms)
	return base / x, slope / x, dl / x, ul / x
}

func TestMeanByClock(t *testing.T) {
	m := category(1)
	r := rand.New(rand.NewSource(1))
	f := SymbolFrame(dddsuSymbols, 30)
	for range 300 {
		tt := Timetable{Frame: f, Deepest: Depth(r.Intn(3))}
		if r.Intn(5) > 0 {
			tt.CycleMs = []float64{10, 20, 40, 64, 80, 160, 320, 640}[r.Intn(8)]
			tt.OnMs = float64(1 + r.Intn(int(tt.CycleMs)-1))
		}
		period := float64(int(10) << r.Intn(5))
		tt.Signals = []Signal{{PeriodMs: period, WindowMs: 5, Symbols: float64(r.Intn(60)), RBShare: r.Float64()}}
		if r.Intn(2) == 0 { // SIB1 behind the SSBs
			tt.Signals = append(tt.Signals, Signal{PeriodMs: period, OffsetMs: 5, WindowMs: 2.5, Symbols: float64(r.Intn(30)), RBShare: r.Float64()})
		}
		base, slope, dl, ul := byClock(&m, tt, 640)
		gotBase, gotSlope, err := m.Mean(tt, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		gotDL, gotUL, _ := tt.Room()
		near(t, "base", gotBase, base, 1e-9*base)
		near(t, "slope", gotSlope, slope, 1e-9*base)
		near(t, "downlink", gotDL, dl, 1e-9*dl)
		near(t, "uplink", gotUL, ul, 1e-9)
		if t.Failed() {
			t.Fatalf("%+v", tt)
		}
	}
}

// The general form contains the others.
func TestMeanOfPackedAndDTX(t *testing.T) {
	m := category(1)
	base, slope := m.Packed(dddsu, bursts, 0.5, 0.7)
	gotBase, gotSlope, _ := m.Mean(Timetable{Frame: dddsu, Signals: []Signal{bursts.Signal()}}, 0.5, 0.7)
	near(t, "base", gotBase, base, 1e-12)
	near(t, "slope", gotSlope, slope, 1e-12)
	// By hand: 80 of 160 ms at the floor with one burst, the rest in light sleep.
	base, slope, ok := m.DTX(dddsu, bursts, CellDTX{CycleMs: 160, OnMs: 80, SSBPeriodMs: 160})
	burst := 32.0 / 28 * (m.ActiveDL(1, 20.0/273, 1) - 55)
	near(t, "DTX base", base, (80*55+burst+80*25+90)/160, 1e-9)
	near(t, "DTX slope", slope, 0.5*(52.0/70*225+16.0/70*55)-burst/160, 1e-9)
	if !ok {
		t.Error("80 ms hold light sleep")
	}
	// Bursts every 20 ms go on in the silent part: four gaps of 15 ms.
	base, _, ok = m.DTX(dddsu, bursts, CellDTX{CycleMs: 160, OnMs: 80, SSBPeriodMs: 20})
	near(t, "DTX with SSB every 20 ms", base, (100*55+8*burst+4*(15*25+90))/160, 1e-9)
	if !ok {
		t.Error("15 ms hold light sleep")
	}
	// Category 2 sleeps lightly only without SSB.
	m = category(2)
	if _, _, ok = m.DTX(dddsu, bursts, CellDTX{CycleMs: 2560, OnMs: 1600, SSBPeriodMs: 160}); ok {
		t.Error("an SSB period of 160 ms holds category 2's light sleep")
	}
	base, _, ok = m.DTX(dddsu, bursts, CellDTX{CycleMs: 2560, OnMs: 1600})
	near(t, "category 2 without SSB", base, (1600*5.5+960*2.1+1088)/2560, 1e-9)
	if !ok {
		t.Error("960 ms hold category 2's light sleep")
	}
}

func TestSlept(t *testing.T) {
	m := category(1)
	tt := Timetable{Frame: dddsu, Signals: []Signal{bursts.Signal()}, Deepest: LightSleep}
	slept := func(rho, files float64) float64 {
		got, err := m.Slept(tt, 1, 1, rho, files)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	empty, _ := m.EmptyCell(dddsu, bursts, LightSleep)
	near(t, "without load", slept(0, 0), empty, 1e-9)
	near(t, "few files", slept(0, 1e-9), empty, 1e-5)
	base, slope := m.Packed(dddsu, bursts, 1, 1)
	near(t, "full", slept(1, 0.1), base+slope, 1e-9)
	tt.Deepest = MicroSleep
	near(t, "no sleep", slept(0.3, 0.03), base+slope*0.3, 1e-9)

	// Without signals the cycles are a renewal process: idle until a file
	// comes, 6 ms or 3 ms behind it asleep, then the busy period of the files
	// that came.
	tt = Timetable{Frame: Frame{DLShare: 1, SymbolMs: 1.0 / 14}, Deepest: LightSleep}
	rho, files := 0.4, 0.05
	asleep := 6 + math.Exp(-files*3)/files
	cycle := asleep / (1 - rho)
	near(t, "renewal", slept(rho, files), (asleep*25+90)/cycle+rho*55+rho*225, 1e-9)
	near(t, "nothing at all", slept(0, 0), 25, 0)
}
