package micro

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// account sums up what the symbols were spent on.
type account struct {
	symbols [NumStates]int64
	powers  [NumStates]float64 // sum of power over symbols, units
	sleeps  [NumStates]int64
}

// add accounts for symbols in a state at a power.
func (a *account) add(s State, symbols int64, p float64) {
	a.symbols[s] += symbols
	a.powers[s] += float64(symbols) * p
}

// Result is what a run measured.
type Result struct {
	Units    float64            // mean power
	StateMs  [NumStates]float64 // time in each state
	EnergyMs [NumStates]float64 // energy in each state, its transitions included, unit*ms
	Sleeps   [NumStates]int64   // how often the state was fallen into; of Light and Deep

	OfferedBits, ServedBits, QueuedBits       int64 // downlink
	OfferedULBits, ServedULBits, QueuedULBits int64

	// Load is the served share of the capacity that downlink symbols of the
	// served part of time (all of it without cell DTX) have beside signals, of
	// slots awake or asleep; LoadUL likewise.
	Load, LoadUL float64

	Files          int     // that were sent whole
	MeanTransferMs float64 // from arrival to the end of the last symbol; NaN without files, as the next two
	P95TransferMs  float64
	MeanMbps       float64 // mean over files of size over transfer time
	MeanFlows      float64 // files in the cell, mean over time
	EmptyShare     float64 // of time without a file
}

// result closes the books and checks them.
func (c *cell) result() (*Result, error) {
	r := &Result{Sleeps: c.sum.sleeps}
	total, count := 0.0, int64(0)
	for s := range NumStates {
		r.StateMs[s] = float64(c.sum.symbols[s]) * c.symbolMs
		r.EnergyMs[s] = c.sum.powers[s] * c.symbolMs
		switch s {
		case Light:
			r.EnergyMs[s] += float64(r.Sleeps[s]) * c.cfg.Model.LightE
		case Deep:
			r.EnergyMs[s] += float64(r.Sleeps[s]) * c.cfg.Model.DeepE
		}
		total += r.EnergyMs[s]
		count += c.sum.symbols[s]
	}
	if count != c.slots*slotSymbols {
		return nil, fmt.Errorf("micro: %d symbols are accounted for, the run has %d", count, c.slots*slotSymbols)
	}
	endMs := float64(c.slots) * float64(c.slotUs) / 1e3
	r.Units = total / endMs
	return r, c.traffic(r, endMs)
}

// traffic fills in the figures of the files.
func (c *cell) traffic(r *Result, endMs float64) error {
	q := &c.files
	for _, f := range q.files {
		r.QueuedBits += f.left
		q.flowMs += endMs - f.at
	}
	r.OfferedBits, r.ServedBits = q.offered, q.served
	r.OfferedULBits, r.ServedULBits, r.QueuedULBits = q.offeredUL, q.servedUL, q.uplink
	if r.OfferedBits != r.ServedBits+r.QueuedBits || r.OfferedULBits != r.ServedULBits+r.QueuedULBits {
		return fmt.Errorf("micro: offered %d and %d bit, served %d and %d, queued %d and %d",
			r.OfferedBits, r.OfferedULBits, r.ServedBits, r.ServedULBits, r.QueuedBits, r.QueuedULBits)
	}
	dl, ul := c.capacity()
	r.Load, r.LoadUL = ratio(r.ServedBits, dl), ratio(r.ServedULBits, ul)
	if len(q.files) == 0 {
		q.emptyMs += endMs - q.emptySince
	}
	r.MeanFlows, r.EmptyShare = q.flowMs/endMs, q.emptyMs/endMs
	r.Files = len(q.sojournMs)
	r.MeanTransferMs, r.P95TransferMs, r.MeanMbps = math.NaN(), math.NaN(), math.NaN()
	if r.Files > 0 {
		r.MeanTransferMs = stat.Mean(q.sojournMs, nil)
		r.MeanMbps = q.rateSum / float64(r.Files) / 1e3
		slices.Sort(q.sojournMs)
		r.P95TransferMs = stat.Quantile(0.95, stat.Empirical, q.sojournMs, nil)
	}
	return nil
}

func ratio(a int64, b float64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / b
}
