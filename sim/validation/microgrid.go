package validation

import (
	"fmt"
	"math"

	"hibernet/sim/des"
	"hibernet/sim/micro"
	"hibernet/sim/power"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// microAgreement is how far the closed form may be from the simulated cell.
const microAgreement = 0.02

// ftp3Bits is the file of FTP model 3, 0.5 MB, and imBits that of its variant
// for instant messages, 0.1 MB (3GPP TR 38.864 Table A-2, as quoted by a model
// that cites it; secondary source).
const (
	ftp3Bits = 4e6
	imBits   = 8e5
)

// microMechanism is a way to sleep below a second.
type microMechanism struct {
	name    string
	slept   bool // light sleep in the gaps between signals, cut short by files
	deepest power.Depth
	// Patterns: SSB period, 0 for none; and cycle and active part of cell DTX.
	patterns [][3]float64
}

// The microMechanisms of the study with their grids: all SSB periods of TS 38.331,
// and patterns of its CellDTX-DRX-Config-r18, with SSBs inside the active part
// and beside it, and of secondary cells without SSB, whose gaps hold the light
// sleep of category 2 too.
var microMechanisms = []microMechanism{
	{name: "symbol sleep", patterns: [][3]float64{{5}, {10}, {20}, {40}, {80}, {160}}},
	{name: "cell DTX, light sleep", deepest: power.LightSleep, patterns: [][3]float64{
		{160, 160, 80}, {20, 160, 80}, {80, 160, 40}, {160, 320, 100}, {40, 32, 10}, {20, 64, 10}, {20, 20, 10}, {80, 80, 40}, {0, 1280, 600}, {0, 2560, 1600}, {0, 10240, 400},
	}},
	{name: "cell DTX, deep sleep", deepest: power.DeeperSleep, patterns: [][3]float64{{160, 160, 80}, {160, 320, 100}, {80, 640, 200}, {0, 10240, 200}}},
	{name: "light sleep in gaps", slept: true, deepest: power.LightSleep, patterns: [][3]float64{{10}, {20}, {40}, {80}, {160}, {0}}},
}

// microPoint is a cell whose mean power is simulated and computed.
type microPoint struct {
	set      *microSet
	way      *microMechanism
	pattern  [3]float64
	rho      float64 // that is meant
	fileBits float64

	load          float64 // that was served
	units, closed float64 // simulated, computed
	err           error
}

// timetable returns what the cell does by the clock.
func (p *microPoint) timetable() power.Timetable {
	t := power.Timetable{
		Frame:   power.SymbolFrame(p.set.symbols, p.set.scs),
		CycleMs: p.pattern[1], OnMs: p.pattern[2], Deepest: p.way.deepest,
	}
	if p.pattern[0] > 0 {
		ssb := p.set.ssb
		ssb.PeriodMs = p.pattern[0]
		t.Signals = []power.Signal{ssb}
	}
	return t
}

// run simulates the point and computes the closed form at the load that was
// served: the load is its argument, and most of the noise of a short run is in
// it.
func (p *microPoint) run(d des.Time, key rng.Key) {
	t := p.timetable()
	dl, ul, err := t.Room()
	if err != nil {
		p.err = err
		return
	}
	// Whole cycles; and long where a rare sleep is most of what happens.
	if ms := des.Time(t.CycleMs) * des.Millisecond; ms > 0 {
		d = (d + ms - 1) / ms * ms
	}
	if len(t.Signals) == 0 {
		d *= 5
		if p.rho == 0 {
			d *= 100
		}
	}
	cfg := p.set.config(d)
	cfg.Signals, cfg.CycleMs, cfg.OnMs, cfg.Deepest = t.Signals, t.CycleMs, t.OnMs, t.Deepest
	cfg.Traffic = micro.Traffic{FilesPerS: p.rho * dl * p.set.symbolBits / p.fileBits * 1e3, FileBits: p.fileBits, UplinkPerBit: ul / dl}
	r, err := micro.Run(cfg, key)
	if err != nil {
		p.err = err
		return
	}
	p.load, p.units = r.Load, r.Units
	if p.way.slept {
		ms := float64(d) / 1e3
		p.closed, p.err = p.set.model.Slept(t, 1, 1, r.Load, float64(r.OfferedBits)/p.fileBits/ms)
		return
	}
	base, slope, err := p.set.model.Mean(t, 1, 1)
	p.closed, p.err = base+slope*r.Load, err
}

// relative returns the closed form's relative error.
func (p *microPoint) relative() float64 { return math.Abs(p.closed/p.units - 1) }

func (p *microPoint) name() string {
	s := fmt.Sprintf("%s, %s", p.set.name, p.way.name)
	if p.pattern[0] > 0 {
		s += fmt.Sprintf(", SSB period %g ms", p.pattern[0])
	} else {
		s += ", no SSB"
	}
	if p.pattern[1] > 0 {
		s += fmt.Sprintf(", %g of %g ms active", p.pattern[2], p.pattern[1])
	}
	return s
}

// microLattice returns the points of all sets and microMechanisms with some of the
// patterns (every step-th) and the loads.
func microLattice(sets []microSet, step int, loads []float64) []microPoint {
	var out []microPoint
	for i := range sets {
		for j := range microMechanisms {
			way := &microMechanisms[j]
			for k := 0; k < len(way.patterns); k += step {
				for _, rho := range loads {
					out = append(out, microPoint{set: &sets[i], way: way, pattern: way.patterns[k], rho: rho, fileBits: ftp3Bits})
				}
			}
		}
	}
	return out
}

// solve runs all points, each with a stream of its own.
func solveMicro(ctx Context, points []microPoint, d des.Time) error {
	pool := shard.New(max(ctx.Workers, 1))
	const piece = 64 // between reports
	for lo := 0; lo < len(points); lo += piece {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := points[lo:min(lo+piece, len(points))]
		pool.Each(len(part), func(i int) {
			part[i].run(d, rng.Root(38864).Named("micro").At(uint64(lo+i)))
		})
		ctx.Tell(float64(lo+len(part)) / float64(len(points)))
	}
	for i := range points {
		if err := points[i].err; err != nil {
			return fmt.Errorf("%s: %w", points[i].name(), err)
		}
	}
	return nil
}

// microAgreementRows returns the largest error of each set and microMechanism.
func microAgreementRows(points []microPoint, d des.Time) []Row {
	var rows []Row
	for lo := 0; lo < len(points); {
		hi := lo
		worst, loads, patterns := lo, map[float64]bool{}, map[[3]float64]bool{}
		for ; hi < len(points) && points[hi].set == points[lo].set && points[hi].way == points[lo].way; hi++ {
			if points[hi].relative() > points[worst].relative() {
				worst = hi
			}
			loads[points[hi].rho], patterns[points[hi].pattern] = true, true
		}
		p := &points[worst]
		rows = append(rows, Claim{
			Quantity: fmt.Sprintf("largest relative error of the closed form: %s, %s; %d patterns x %d loads of 0 to 0.9; the worst: %v at load %g",
				p.set.name, p.way.name, len(patterns), len(loads), p.pattern, p.rho),
			Unit: "1", Source: fmt.Sprintf("%s, %g s a point, files of 0.5 MB (FTP model 3)", simulatedCell, d.Seconds()), Trust: Independent,
		}.AtMost(microAgreement, p.relative()))
		lo = hi
	}
	return rows
}

// microCoarseRows: a few points of each microMechanism, and where the closed form is
// known to fail.
func microCoarseRows(ctx Context, sets []microSet) ([]Row, error) {
	const d = 5120 * des.Millisecond
	points := microLattice(sets, 3, []float64{0, 0.3, 0.8})
	ctx.Progress = nil
	if err := solveMicro(ctx, points, d); err != nil {
		return nil, err
	}
	rows := microAgreementRows(points, d)
	known := []microPoint{
		{set: &sets[0], way: &microMechanisms[1], pattern: [3]float64{20, 20, 10}, rho: 0.3, fileBits: imBits},
		{set: &sets[0], way: &microMechanism{name: "deep sleep in gaps", slept: true, deepest: power.DeeperSleep}, pattern: [3]float64{160}, rho: 0.1, fileBits: ftp3Bits},
	}
	if err := solveMicro(ctx, known, 4*d); err != nil {
		return nil, err
	}
	for i, b := range []struct {
		deviation string
		lo, hi    float64 // of the closed form over the simulation
	}{{"D3", 1.015, 1.035}, {"D4", 0.84, 0.92}} {
		p := &known[i]
		rows = append(rows, Claim{
			Quantity: fmt.Sprintf("mean power at load %.3f, files of %g MB: %s", p.load, p.fileBits/8e6, p.name()), Unit: "unit", Source: simulatedCell, Trust: Independent,
		}.Still(b.deviation, p.units, b.lo*p.units, b.hi*p.units, p.closed))
	}
	return rows, nil
}

// microGridCheck compares closed form and simulation over the whole grid.
func microGridCheck() Check {
	return Check{
		Name: "micro-grid",
		Doc:  "sub-second sleep: the closed form against the simulated cell over loads, SSB periods, patterns of cell DTX, and all sets of both categories",
		Slow: true,
		Run: func(ctx Context) (Result, error) {
			sets, err := microSets()
			if err != nil {
				return Result{}, err
			}
			const d = 10240 * des.Millisecond
			points := microLattice(sets, 1, []float64{0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9})
			if err := solveMicro(ctx, points, d); err != nil {
				return Result{}, err
			}
			rows := microAgreementRows(points, d)
			for i := range points {
				p := &points[i]
				if p.rho == 0.3 && p.set.set == "1" && (p.pattern[0] == 20 || p.pattern[0] == 160) {
					rows = append(rows, Claim{
						Quantity: fmt.Sprintf("mean power at load %.3f: %s", p.load, p.name()), Unit: "unit", Source: simulatedCell, Trust: Independent,
					}.Relative(p.units, p.closed, microAgreement))
				}
			}
			return Result{Rows: rows, Figures: microFigures(points)}, nil
		},
	}
}

// microFigures draws, for the first set of each category, mean power against
// load: the simulated cell as points, the closed form as lines.
func microFigures(points []microPoint) []Figure {
	var figures []Figure
	for lo := 0; lo < len(points); {
		p := &points[lo]
		f := Figure{
			Name:  fmt.Sprintf("category%s-set%s-%s", p.set.category, p.set.set, microDashes(p.way.name)),
			Title: fmt.Sprintf("%s, %s: simulated (points) and closed form (lines)", p.set.name, p.way.name), XLabel: "load", YLabel: "mean power, units of the study",
		}
		hi := lo
		for hi < len(points) && points[hi].set == p.set && points[hi].way == p.way {
			line := Series{Name: microPatternName(points[hi].pattern)}
			cloud := Series{Name: line.Name + ", simulated", Points: true}
			for q := points[hi].pattern; hi < len(points) && points[hi].set == p.set && points[hi].way == p.way && points[hi].pattern == q; hi++ {
				line.X, line.Y = append(line.X, points[hi].load), append(line.Y, points[hi].closed)
				cloud.X, cloud.Y = append(cloud.X, points[hi].load), append(cloud.Y, points[hi].units)
			}
			f.Series = append(f.Series, line, cloud)
		}
		if p.set.set == "1" {
			figures = append(figures, f)
		}
		lo = hi
	}
	return figures
}

func microPatternName(p [3]float64) string {
	s := "no SSB"
	if p[0] > 0 {
		s = fmt.Sprintf("SSB %g ms", p[0])
	}
	if p[1] > 0 {
		s += fmt.Sprintf(", %g of %g ms", p[2], p[1])
	}
	return s
}

// microDashes makes a file name of words.
func microDashes(s string) string {
	out := []byte(nil)
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z':
			out = append(out, c)
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c == ' ':
			out = append(out, '-')
		}
	}
	return string(out)
}
