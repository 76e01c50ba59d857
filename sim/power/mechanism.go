package power

import (
	"math"
	"slices"
)

// Mechanism is one of the energy-saving mechanisms that 3GPP gave a cell in
// Releases 18 and 19, as this simulator has it.
type Mechanism struct {
	Name     string // short: letters, digits and _
	Standard string // as the standard calls it
	Release  int
	Clause   string // where it is specified, with the trust of the source
	Cells    string // which cells may use it
	Limits   string // what the standard allows, and what bounds the saving
	Radio    string // what it does to users
	Rung     State  // the state of the ladder that stands for it
	Setting  string // how a scenario chooses it
}

// Mechanisms lists the mechanisms from the shortest time scale to the longest.
// Clauses of TS 38.300 are as in a text of Release 18 (secondary source); what
// is marked recalled was not seen.
func Mechanisms() []Mechanism {
	return []Mechanism{
		{
			Name: "cell_dtx", Standard: "cell DTX/DRX", Release: 18,
			Clause:  "TS 38.300 15.4.2; TS 38.331 CellDTX-DRX-Config-r18 (secondary source); DCI format 2_9 (recalled)",
			Cells:   "serving cells of connected users (recalled)",
			Limits:  "cycles of 10 to 10240 ms and on-durations of 1/32 to 1600 ms of a list; SSB, SIB1, paging and random access go on, so no silence is longer than their period less a window",
			Radio:   "takes the silent share of the capacity; data wait up to a cycle",
			Rung:    DTX,
			Setting: "dtx_cycle_ms, dtx_on_ms",
		},
		{
			Name: "ssb_period", Standard: "SSB periodicity (ssb-periodicityServingCell)", Release: 15,
			Clause:  "TS 38.331 ServingCellConfigCommon; no new period in Release 18 or 19 (secondary source)",
			Cells:   "any; a terminal that looks for a cell assumes 20 ms (recalled)",
			Limits:  "5, 10, 20, 40, 80 or 160 ms: the longest silence is 155 ms, so category 2 of TR 38.864 and SM4 never sleep between bursts",
			Radio:   "capacity unchanged; finding, measuring and synchronising take longer (not modelled)",
			Rung:    Full,
			Setting: "ssb_period_ms",
		},
		{
			Name: "on_demand_sib1", Standard: "on-demand SIB1 for idle and inactive terminals", Release: 19,
			Clause:  "work item on enhancements of network energy savings (a summary; secondary source)",
			Cells:   "cells that a terminal finds by another cell's help; asked for by an uplink wake-up signal",
			Limits:  "SSB goes on at its period",
			Radio:   "capacity unchanged; access takes a request more (not modelled)",
			Rung:    Full,
			Setting: "sib1_period_ms, on_demand_sib1",
		},
		{
			Name: "on_demand_ssb", Standard: "on-demand SSB on SCell", Release: 19,
			Clause:  "the same work item: by RRC or MAC CE, ended by MAC CE or after od-ssb-nrofBurst bursts (secondary source)",
			Cells:   "secondary cells only",
			Limits:  "no bound by SSB while nobody asks: sleep of any depth, of category 2 and SM4 too; awake, SSB is sent, and activation waits for a first burst",
			Radio:   "capacity unchanged while in use; covers no hole, as it cannot be found",
			Rung:    DeepSleep,
			Setting: "on_demand_ssb",
		},
		{
			Name: "ssb_less", Standard: "SSB-less SCell", Release: 18,
			Clause:  "TS 38.300 15.4.2 (secondary source); inter-band aggregation, co-located, FR1 (recalled)",
			Cells:   "secondary cells only, timed by another serving cell",
			Limits:  "none by SSB: sleep as deep as its data allow, of category 2 and SM4 too",
			Radio:   "capacity unchanged while in use; covers no hole, as it cannot be found",
			Rung:    DeepSleep,
			Setting: "ssb_less_scell",
		},
		{
			Name: "spatial", Standard: "spatial-domain adaptation", Release: 18,
			Clause:  "TS 38.300 15.4.2 (secondary source); CSI sub-configurations of TS 38.214 (recalled)",
			Cells:   "any",
			Limits:  "ports or chains muted, 64 to 32 to 16 to 8; the ladder has the first two steps",
			Radio:   "gain falls by 10 lg of the share, 3 dB a halving, and coverage with it; layers in proportion",
			Rung:    HalfTRX,
			Setting: "the states half_trx and quarter_trx",
		},
		{
			Name: "power", Standard: "power-domain adaptation", Release: 18,
			Clause:  "TS 38.300 15.4.2; TR 38.864 6.4.1, -3 to -18 dB (secondary source)",
			Cells:   "any",
			Limits:  "an offset on PDSCH; the power of SSB stays, so that the cell's border does (the ladder's back-off lowers both)",
			Radio:   "data rate falls with the signal; coverage as before",
			Rung:    Backoff,
			Setting: "backoff_db",
		},
	}
}

// LoadClass is one of the classes of load of the study.
type LoadClass struct {
	Name   string
	Lo, Hi float64 // share of resources used
	Load   float64 // where the class is evaluated: its middle
}

// LoadClasses lists the study's classes (TR 38.864 Table A-1, as two texts quote
// it; secondary source). It has none above one half.
func LoadClasses() []LoadClass {
	return []LoadClass{
		{"idle", 0, 0, 0},
		{"low", 0, 0.15, 0.075},
		{"light", 0.15, 0.30, 0.225},
		{"medium", 0.30, 0.50, 0.40},
	}
}

// Case is a setting of a mechanism on a reference cell.
type Case struct {
	Mechanism string // Name of the mechanism
	Label     string // the setting
	Cell      Cell
	Unused    Cell // the cell while it has no users; Cell but for signals on demand
	// RateShare is the rate that a user gets while served, over the plain
	// cell's: the same traffic takes 1/RateShare of the symbols.
	RateShare float64
}

// Cases returns settings of each mechanism, in the order of Mechanisms, applied
// to a cell whose first signal is its SSB and whose second, if any, is its SIB1.
func Cases(plain Cell) []Case {
	var out []Case
	add := func(mechanism, label string, change func(*Cell) (rate float64)) {
		c := plain
		c.Time.Signals = slices.Clone(plain.Time.Signals)
		rate := change(&c)
		unused := c
		if mechanism == "on_demand_ssb" {
			unused.Time.Signals = nil
		}
		out = append(out, Case{mechanism, label, c, unused, rate})
	}
	every := func(c *Cell, ms float64) float64 {
		for i := range c.Time.Signals {
			c.Time.Signals[i].PeriodMs = ms
		}
		return 1
	}
	dtx := func(c *Cell, cycle, on float64, deepest Depth) float64 {
		c.Time.CycleMs, c.Time.OnMs, c.Time.Deepest = cycle, on, deepest
		return 1
	}
	add("cell_dtx", "80 of 160 ms", func(c *Cell) float64 { return dtx(c, 160, 80, LightSleep) })
	add("cell_dtx", "80 of 160 ms, signals every 160 ms", func(c *Cell) float64 {
		every(c, 160)
		return dtx(c, 160, 80, LightSleep)
	})
	add("cell_dtx", "80 of 160 ms, signals every 160 ms, deep", func(c *Cell) float64 {
		every(c, 160)
		return dtx(c, 160, 80, DeeperSleep)
	})
	add("ssb_period", "SSB and SIB1 every 160 ms", func(c *Cell) float64 { return every(c, 160) })
	ssbOnly := func(c *Cell) float64 {
		c.Time.Signals = c.Time.Signals[:1]
		return 1
	}
	silent := func(c *Cell) float64 {
		c.Time.Signals = nil
		return 1
	}
	add("on_demand_sib1", "no SIB1", ssbOnly)
	add("on_demand_ssb", "no SIB1, SSB while in use", ssbOnly)
	add("ssb_less", "neither SSB nor SIB1", silent)
	add("ssb_less", "with DTX, 80 of 160 ms, deep", func(c *Cell) float64 {
		silent(c)
		return dtx(c, 160, 80, DeeperSleep)
	})
	for _, chains := range []struct {
		label string
		share float64
	}{{"half of the chains", halfChains}, {"a quarter", quarterChains}, {"an eighth", quarterChains * halfChains}} {
		add("spatial", chains.label, func(c *Cell) float64 {
			c.ChainShare = chains.share
			return RateShare(chains.share)
		})
	}
	for _, db := range []struct {
		label string
		db    float64
	}{{"-3 dB", 3}, {"-6 dB", 6}, {"-9 dB", 9}} {
		add("power", db.label, func(c *Cell) float64 {
			c.DataPower = math.Pow(10, -db.db/10)
			return RateShare(c.DataPower)
		})
	}
	return out
}

// A user of the reference cell: 10 dB of signal over interference and noise, of
// which noise is 5 % (assumptions; the loss of throughput at -3 dB, 2 %, is then
// that of the study, TR 38.864 clause 6.4.1).
const (
	referenceSINR  = 10
	referenceNoise = 0.05
)

// RateShare returns the rate of the reference user when it and its interferers
// are received with a share of the power, over that with all of it, as
// log2(1 + SINR): only the noise gains.
func RateShare(power float64) float64 {
	sinr := referenceSINR * power / ((1-referenceNoise)*power + referenceNoise)
	return math.Log2(1+sinr) / math.Log2(1+referenceSINR)
}

// Units returns the mean power of the case for traffic that loads the plain cell
// to rho, or NaN if the case cannot carry it. Without traffic the cell has no
// users either and sleeps between signals (Cell.EmptyUnits).
func (c *Case) Units(rho float64) float64 {
	units, err := math.NaN(), error(nil)
	if rho == 0 {
		units, err = c.Unused.EmptyUnits()
	} else if own := rho / c.RateShare / c.Cell.CapacityShare(); own <= 1 {
		var base, slope float64
		base, slope, err = c.Cell.Line()
		units = base + slope*own
	}
	if err != nil {
		return math.NaN()
	}
	return units
}

// Saving returns the share of the plain cell's power that the case saves at the
// same traffic, or NaN if the case cannot carry it.
func (c *Case) Saving(plain Cell, rho float64) float64 {
	before := Case{Cell: plain, Unused: plain, RateShare: 1}
	return 1 - c.Units(rho)/before.Units(rho)
}
