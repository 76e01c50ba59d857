package micro

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"hibernet/sim/des"
	"hibernet/sim/power"
)

// slotSymbols is the number of symbols of a slot with normal cyclic prefix (TS
// 38.211 clause 4.3.2).
const slotSymbols = 14

// Symbols of a frame, to be used as Config.Symbols.
const (
	dlSlot = "DDDDDDDDDDDDDD"
	ulSlot = "UUUUUUUUUUUUUU"

	// DDDSU is the TDD pattern of three downlink slots, a special slot of 10
	// downlink, 2 guard and 2 uplink symbols, and an uplink slot.
	DDDSU = dlSlot + dlSlot + dlSlot + "DDDDDDDDDDGGUU" + ulSlot
	// FDD is the downlink carrier of a pair; the uplink beside it is
	// neglected, as in the study of TR 38.864.
	FDD = dlSlot
)

// Scheduler is the order in which files get symbols.
type Scheduler uint8

// Schedulers.
const (
	Sharing Scheduler = iota // a symbol to each file in turn: processor sharing
	FIFO                     // all symbols to the oldest file
)

// Law is the distribution of file sizes.
type Law uint8

// Laws of file sizes, all with the mean Traffic.FileBits.
const (
	Fixed       Law = iota // every file alike, as in FTP model 3
	Exponential            // squared coefficient of variation 1
	Mixed                  // one file in ten is 5.5 times, the others half of the mean: 2.25
)

// Traffic is the demand of the cell.
type Traffic struct {
	FilesPerS float64 // mean rate of arrival of a Poisson process; 0: no traffic
	FileBits  float64 // mean size, bit
	Law       Law
	// UplinkPerBit is the uplink volume that comes with each downlink bit.
	UplinkPerBit float64
}

// Config describes one cell and its demand.
type Config struct {
	Model   power.TR38864
	SCSkHz  int    // 15, 30, 60 or 120
	Symbols string // D, G or U for each symbol of the repeated frame, whole slots
	// SymbolBits is what a symbol of the whole carrier carries, either way.
	SymbolBits int64
	ChainShare float64 // active transmit chains over all (s_a)
	PowerShare float64 // transmit power over the reference (s_p)

	Signals []power.Signal // what goes out with or without data
	// CycleMs and OnMs are a cell DTX pattern whose active part begins each
	// cycle: data are served only there. CycleMs 0 means none.
	CycleMs, OnMs float64
	// Deepest is the deepest sleep that the cell may enter while nothing is
	// due. Without cell DTX it may whenever no file is queued, and the next
	// file wakes it; with it, in the silent part, where files wait.
	Deepest power.Depth

	Traffic   Traffic
	Scheduler Scheduler
	Duration  des.Time // whole slots
}

// Bounds of a Config: far beyond what is meant, they keep counts inside their
// types and slips out.
const (
	maxDuration   = 30 * des.Day
	maxSymbolBits = 1 << 32
	maxFileBits   = 1e13
	maxFilesPerS  = 1e5
	maxSignals    = 8
	maxFrame      = 80 * slotSymbols
	maxModel      = 1e9
)

// faults collects errors.
type faults struct{ errs []error }

func (f *faults) that(ok bool, field, format string, a ...any) {
	if !ok {
		f.errs = append(f.errs, fmt.Errorf("micro: %s: %s", field, fmt.Sprintf(format, a...)))
	}
}

func (f *faults) in(field string, v, lo, hi float64) {
	f.that(v >= lo && v <= hi, field, "must be from %g to %g, got %g", lo, hi, v)
}

// Validate returns every fault of the Config, joined; each names its field.
func (c *Config) Validate() error {
	var f faults
	f.that(c.SCSkHz == 15 || c.SCSkHz == 30 || c.SCSkHz == 60 || c.SCSkHz == 120, "SCSkHz",
		"must be 15, 30, 60 or 120, got %d", c.SCSkHz)
	n := len(c.Symbols)
	f.that(n > 0 && n <= maxFrame && n%slotSymbols == 0, "Symbols", "must be 1 to 80 whole slots of 14 symbols, got %d symbols", n)
	f.that(strings.Trim(c.Symbols, "DGU") == "" && strings.Contains(c.Symbols, "D"), "Symbols", "must consist of D, G and U with at least one D, got %q", c.Symbols)
	f.that(c.SymbolBits >= 1 && c.SymbolBits <= maxSymbolBits, "SymbolBits", "must be from 1 to %d, got %d", int64(maxSymbolBits), c.SymbolBits)
	f.in("ChainShare", c.ChainShare, 0, 1)
	f.in("PowerShare", c.PowerShare, 0, 1)
	f.that(c.Deepest <= power.DeeperSleep, "Deepest", "must be micro, light or deep sleep, got %d", c.Deepest)
	f.that(c.Scheduler <= FIFO, "Scheduler", "must be sharing or FIFO, got %d", c.Scheduler)
	t := c.Traffic
	f.in("Traffic.FilesPerS", t.FilesPerS, 0, maxFilesPerS)
	f.that(t.FilesPerS == 0 || t.FileBits >= 1 && t.FileBits <= maxFileBits, "Traffic.FileBits", "must be from 1 to %g, got %g", float64(maxFileBits), t.FileBits)
	f.in("Traffic.UplinkPerBit", t.UplinkPerBit, 0, 1e3)
	f.that(t.Law <= Mixed, "Traffic.Law", "must be fixed, exponential or mixed, got %d", t.Law)
	c.validateModel(&f)
	if len(f.errs) == 0 { // the rest divides by the length of a slot
		c.validateTimes(&f)
	}
	return errors.Join(f.errs...)
}

func (c *Config) validateModel(f *faults) {
	m := &c.Model
	for _, v := range []struct {
		field string
		value float64
	}{
		{"Deep", m.Deep}, {"Light", m.Light}, {"Micro", m.Micro}, {"DL", m.DL}, {"UL", m.UL},
		{"LightMs", m.LightMs}, {"LightE", m.LightE}, {"DeepMs", m.DeepMs}, {"DeepE", m.DeepE},
	} {
		f.in("Model."+v.field, v.value, 0, maxModel)
	}
	f.in("Model.A", m.A, 0, 1)
}

func (c *Config) validateTimes(f *faults) {
	whole := func(field string, ms, lo, hi float64) bool {
		f.in(field, ms, lo, hi)
		slots := ms * 1e3 / float64(c.slotUs())
		f.that(slots == math.Trunc(slots), field, "must be whole slots of %d us, got %g ms", c.slotUs(), ms)
		return ms >= lo && ms <= hi && slots == math.Trunc(slots)
	}
	if c.CycleMs != 0 || c.OnMs != 0 {
		whole("CycleMs", c.CycleMs, 1, 1e6)
		whole("OnMs", c.OnMs, float64(c.slotUs())/1e3, c.CycleMs)
	}
	f.that(c.Duration >= c.slotUs() && c.Duration <= maxDuration && c.Duration%c.slotUs() == 0, "Duration",
		"must be whole slots of %d us, up to %v, got %d us", c.slotUs(), maxDuration, c.Duration)
	f.that(len(c.Signals) <= maxSignals, "Signals", "must be at most %d, got %d", maxSignals, len(c.Signals))
	for i, s := range c.Signals {
		path := fmt.Sprintf("Signals[%d].", i)
		ok := whole(path+"PeriodMs", s.PeriodMs, 1, 1e6)
		ok = whole(path+"WindowMs", s.WindowMs, float64(c.slotUs())/1e3, s.PeriodMs) && ok
		ok = whole(path+"OffsetMs", s.OffsetMs, 0, s.PeriodMs-s.WindowMs) && ok
		f.in(path+"RBShare", s.RBShare, 0, 1)
		f.that(s.Symbols >= 0 && s.Symbols == math.Trunc(s.Symbols), path+"Symbols", "must be a count, got %g", s.Symbols)
		if ok {
			room := c.room(int64(s.WindowMs * 1e3 / float64(c.slotUs())))
			f.that(s.Symbols <= float64(room), path+"Symbols", "must fit into the %d downlink symbols that a window has at least, got %g", room, s.Symbols)
		}
	}
}

// room returns the least number of downlink symbols in so many slots, over all
// places in the frame where they may begin.
func (c *Config) room(slots int64) int64 {
	frame := int64(len(c.Symbols) / slotSymbols)
	dl := make([]int64, frame) // of each slot
	total := int64(0)
	for i := range dl {
		dl[i] = int64(strings.Count(c.Symbols[i*slotSymbols:(i+1)*slotSymbols], "D"))
		total += dl[i]
	}
	least := int64(math.MaxInt64)
	for first := range frame {
		n := slots / frame * total
		for i := range slots % frame {
			n += dl[(first+i)%frame]
		}
		least = min(least, n)
	}
	return least
}

// slotUs returns the length of a slot, 1 ms / 2^mu (TS 38.211 clause 4.3.2).
func (c *Config) slotUs() des.Time { return des.Millisecond * 15 / des.Time(c.SCSkHz) }
