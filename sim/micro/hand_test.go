package micro

import (
	"math"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/rng"
)

// category1 is set 1 of category 1 of TR 38.864.
var category1 = power.TR38864{Deep: 1, Light: 25, Micro: 55, DL: 280, UL: 110, LightMs: 6, LightE: 90, DeepMs: 50, DeepE: 1000, A: 0.4}

// fdd is a cell with slots of 1 ms, whose symbols carry 1000 bit.
func fdd(d des.Time) Config {
	return Config{Model: category1, SCSkHz: 15, Symbols: FDD, SymbolBits: 1000, ChainShare: 1, PowerShare: 1, Duration: d}
}

// play runs a cell to which files of one size come at given times in us.
func play(t *testing.T, cfg Config, bits float64, at ...des.Time) *Result {
	t.Helper()
	cfg.Traffic = Traffic{FilesPerS: 1e-9, FileBits: bits} // the next by itself comes after years
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c := newCell(cfg, rng.Root(1))
	for _, us := range at {
		if err := c.loop.Schedule(us, arrival, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	r, err := c.run()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// A file of 19.5 symbols that comes at 3.2 ms is served from 4 ms on: 14
// symbols in slot 4, 5.5 in slot 5.
func TestOneFile(t *testing.T) {
	r := play(t, fdd(10*des.Millisecond), 19500, 3200)
	near(t, "data", r.StateMs[Data], 20.0/14)
	near(t, "idle", r.StateMs[Idle], 120.0/14)
	half := category1.ActiveDL(1, 0.5, 1)
	near(t, "energy of data", r.EnergyMs[Data], (19*280+half)/14)
	near(t, "power", r.Units, (19*280+half+120*55)/140)
	near(t, "transfer", r.MeanTransferMs, 5+6.0/14-3.2)
	near(t, "95th percentile", r.P95TransferMs, r.MeanTransferMs)
	near(t, "throughput", r.MeanMbps, 19500/(5+6.0/14-3.2)/1e3)
	near(t, "files in the cell", r.MeanFlows, (5+6.0/14-3.2)/10)
	near(t, "without files", r.EmptyShare, 1-(5+6.0/14-3.2)/10)
	near(t, "load", r.Load, 19.5/140)
	if r.Files != 1 || r.ServedBits != 19500 || r.QueuedBits != 0 {
		t.Errorf("files %d, served %d, queued %d", r.Files, r.ServedBits, r.QueuedBits)
	}
}

// A file ends a light sleep: not before both halves of its 6 ms are over, and
// 3 ms after it came, at the next slot.
func TestFileWakes(t *testing.T) {
	for _, c := range []struct {
		at    des.Time
		ready float64 // ms
	}{{1000, 6}, {3000, 6}, {3001, 7}, {3200, 7}, {8400, 12}} {
		cfg := fdd(30 * des.Millisecond)
		cfg.Deepest = power.LightSleep
		r := play(t, cfg, 14000, c.at)
		// One slot of data; then light sleep again to the end.
		near(t, "data", r.StateMs[Data], 1)
		near(t, "light", r.StateMs[Light], 29)
		near(t, "energy", r.EnergyMs[Light], 29*25+2*90)
		near(t, "transfer", r.MeanTransferMs, c.ready+1-float64(c.at)/1e3)
		if r.Sleeps[Light] != 2 {
			t.Errorf("slept %d times, want 2", r.Sleeps[Light])
		}
	}
}

// A file that comes so late in a gap that waking takes until the next signal
// is served from there, and the sleep keeps its length.
func TestFileLateInGap(t *testing.T) {
	cfg := fdd(20 * des.Millisecond)
	cfg.Deepest = power.LightSleep
	cfg.Signals = []power.Signal{{PeriodMs: 20, OffsetMs: 12, WindowMs: 2}}
	r := play(t, cfg, 1000, 10500)
	near(t, "transfer", r.MeanTransferMs, 12+1.0/14-10.5)
	near(t, "light", r.StateMs[Light], 12+6) // and from the window's end, 14, to the end
}

// One burst of 32 symbols in a window of 5 ms; what follows holds one sleep.
func TestOneBurst(t *testing.T) {
	cfg := Config{
		Model: category1, SCSkHz: 30, Symbols: DDDSU, SymbolBits: 1000, ChainShare: 1, PowerShare: 1,
		Deepest: power.LightSleep, Duration: 20 * des.Millisecond,
		Signals: []power.Signal{{PeriodMs: 20, WindowMs: 5, Symbols: 32, RBShare: 20.0 / 273}},
	}
	r := play(t, cfg, 1)
	ssb := category1.ActiveDL(1, 20.0/273, 1)
	near(t, "burst", r.EnergyMs[Broadcast], 32.0/28*ssb)
	near(t, "idle in the window", r.StateMs[Idle], 5-32.0/28)
	near(t, "light", r.EnergyMs[Light], 15*25+90)
	near(t, "power", r.Units, 42.708006279)
	cfg.Deepest = power.DeeperSleep // 15 ms do not hold its 50 ms
	near(t, "power, deep allowed", play(t, cfg, 1).Units, 42.708006279)
}

// A symbol with a signal carries data in the other blocks, and is full.
func TestDataBesideSignal(t *testing.T) {
	cfg := fdd(10 * des.Millisecond)
	cfg.Signals = []power.Signal{{PeriodMs: 10, WindowMs: 1, Symbols: 14, RBShare: 0.25}}
	r := play(t, cfg, 14000, 0)
	// 10500 bit in slot 0, 3500 in slot 1.
	near(t, "data", r.StateMs[Data], (14+4)/14.0)
	half := category1.ActiveDL(1, 0.5, 1)
	near(t, "energy", r.EnergyMs[Data], (17*280+half)/14)
	near(t, "load", r.Load, 14000/140e3/(1-0.025))
}

// Cell DTX of 5 in 20 ms: a file that comes in the silent part waits, one that
// is not done at the end of the active part waits too, and the silent part is
// slept through.
func TestDTXHoldsBack(t *testing.T) {
	cfg := fdd(60 * des.Millisecond)
	cfg.CycleMs, cfg.OnMs, cfg.Deepest = 20, 5, power.LightSleep
	r := play(t, cfg, 7*14000, 7000)
	near(t, "transfer", r.MeanTransferMs, 42-7)
	near(t, "light", r.EnergyMs[Light], 3*(15*25+90))
	near(t, "idle", r.StateMs[Idle], 5+3)
	near(t, "load", r.Load, 7.0/15)
	// Signals go on, and split the silent part into gaps of 7 and 7 ms.
	cfg.Signals = []power.Signal{{PeriodMs: 20, OffsetMs: 12, WindowMs: 1, Symbols: 2, RBShare: 0.5}}
	r = play(t, cfg, 7*14000, 7000)
	near(t, "transfer beside a signal", r.MeanTransferMs, 42-7)
	near(t, "light beside a signal", r.EnergyMs[Light], 6*(7*25+90))
	near(t, "signal", r.StateMs[Broadcast], 6.0/14)
}

// Three files that come together share the symbols in turn, or one after the
// other.
func TestSharing(t *testing.T) {
	cfg := fdd(10 * des.Millisecond)
	r := play(t, cfg, 4000, 0, 0, 0)
	near(t, "sharing", r.MeanTransferMs, (10.0+11+12)/14/3)
	cfg.Scheduler = FIFO
	r = play(t, cfg, 4000, 0, 0, 0)
	near(t, "first in first out", r.MeanTransferMs, (4.0+8+12)/14/3)
}

// The uplink of a file keeps the cell awake until its symbols come.
func TestUplink(t *testing.T) {
	cfg := Config{
		Model: category1, SCSkHz: 15, Symbols: dlSlot + ulSlot, SymbolBits: 1000, ChainShare: 0.5, PowerShare: 1,
		Traffic: Traffic{FilesPerS: 1e-9, FileBits: 3000, UplinkPerBit: 2}, Duration: 4 * des.Millisecond,
	}
	c := newCell(cfg, rng.Root(1))
	if err := c.loop.Schedule(0, arrival, 0, 0); err != nil {
		t.Fatal(err)
	}
	r, err := c.run()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "data", r.EnergyMs[Data], 3.0/14*(55+0.5*225))
	near(t, "uplink", r.EnergyMs[Uplink], 6.0/14*(55+0.5*55))
	near(t, "loads", r.LoadUL, 6.0/28)
}
