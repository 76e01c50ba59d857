package fault

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// Layout is what of a network can break. The plan keeps its slices and
// changes nothing in them.
type Layout struct {
	SiteX, SiteY []float64 // [sites] m
	SectorSite   []int32   // [sectors]
	CellSector   []int32   // [cells]
	CellCarrier  []uint8   // [cells] index into Carriers
	Carriers     []string  // names
}

// Fault is one thing that is out of order for a time.
type Fault struct {
	Kind       Kind
	Start, End des.Time
	Cells      []int32 // with RadioUnit: the cells of the units, ascending
	Sites      []int32 // with Baseband and Mains: the sites, ascending
}

// Plan lists faults in order of time. It is for one goroutine.
type Plan struct {
	spec   Spec
	layout Layout
	fixed  []Fault // scheduled ones that are still to come, by start
	random [NumKinds]renewals
}

// renewals are the processes of one kind.
type renewals struct {
	key   rng.Key
	rates Rates
	next  []des.Time // of each thing: when it breaks next
	count []uint64   // how often it has broken
	parts [][]int32  // the cells or sites of each thing
}

// New plans the faults of a run that begins at start. The error names the
// setting that does not fit the layout. The Spec must be valid.
func New(spec Spec, layout Layout, key rng.Key, start des.Time) (*Plan, error) {
	p := &Plan{spec: spec, layout: layout}
	for i, s := range spec.Scheduled {
		f, err := p.scheduled(s, start)
		if err != nil {
			return nil, fmt.Errorf("scheduled[%d].%w", i, err)
		}
		p.fixed = append(p.fixed, f)
	}
	slices.SortStableFunc(p.fixed, func(a, b Fault) int { return cmp.Compare(a.Start, b.Start) })
	for i, s := range spec.Battery.Shed {
		if !slices.Contains(layout.Carriers, s.Carrier) {
			return nil, fmt.Errorf("battery.shed[%d].carrier: no carrier %q in use", i, s.Carrier)
		}
	}
	if !spec.Random {
		return p, nil
	}
	for k, rates := range spec.rates() {
		if rates.MTBFH > 0 {
			p.random[k] = newRenewals(rates, key.Named(kindNames[k]), p.things(Kind(k)), start)
		}
	}
	return p, nil
}

// scheduled finds what a scheduled fault breaks.
func (p *Plan) scheduled(s Scheduled, start des.Time) (Fault, error) {
	kind, err := ParseKind(s.Kind)
	if err != nil {
		return Fault{}, fmt.Errorf("kind: %w", err)
	}
	begin := start + des.FromSeconds(s.StartH*secondAHour)
	f := Fault{Kind: kind, Start: begin, End: begin + des.FromSeconds(s.DurationH*secondAHour)}
	l := &p.layout
	if kind == RadioUnit {
		if s.Sector < 0 || s.Sector >= len(l.SectorSite) {
			return f, fmt.Errorf("sector: must be in [0, %d], got %d", len(l.SectorSite)-1, s.Sector)
		}
		for c, sector := range l.CellSector {
			if int(sector) == s.Sector && (s.Carrier == "" || l.Carriers[l.CellCarrier[c]] == s.Carrier) {
				f.Cells = append(f.Cells, int32(c))
			}
		}
		if f.Cells == nil {
			return f, fmt.Errorf("carrier: sector %d has no cell of carrier %q", s.Sector, s.Carrier)
		}
		return f, nil
	}
	if s.Site < 0 || s.Site >= len(l.SiteX) {
		return f, fmt.Errorf("site: must be in [0, %d], got %d", len(l.SiteX)-1, s.Site)
	}
	for i := range l.SiteX {
		d := math.Hypot(l.SiteX[i]-l.SiteX[s.Site], l.SiteY[i]-l.SiteY[s.Site])
		if i == s.Site || kind == Mains && s.RadiusM > 0 && d <= s.RadiusM {
			f.Sites = append(f.Sites, int32(i))
		}
	}
	return f, nil
}

// things lists what can break of a kind, as lists of cells or sites.
func (p *Plan) things(kind Kind) [][]int32 {
	count := len(p.layout.SiteX)
	if kind == RadioUnit {
		count = len(p.layout.CellSector)
	}
	var out [][]int32
	if kind != Mains || p.spec.FeederM == 0 {
		all := make([]int32, count)
		for i := range all {
			all[i] = int32(i)
			out = append(out, all[i:i+1:i+1])
		}
		return out
	}
	// Feeders, in the order of their first site.
	type square struct{ column, row int64 }
	index := map[square]int{}
	for i := range count {
		at := square{int64(math.Floor(p.layout.SiteX[i] / p.spec.FeederM)), int64(math.Floor(p.layout.SiteY[i] / p.spec.FeederM))}
		k, ok := index[at]
		if !ok {
			k = len(out)
			index[at], out = k, append(out, nil)
		}
		out[k] = append(out[k], int32(i))
	}
	return out
}

func newRenewals(rates Rates, key rng.Key, parts [][]int32, start des.Time) renewals {
	r := renewals{
		key: key, rates: rates, parts: parts,
		next: make([]des.Time, len(parts)), count: make([]uint64, len(parts)),
	}
	for i := range parts {
		r.next[i] = r.breaks(i, start)
	}
	return r
}

// breaks returns when thing i, which works from the given time on, breaks.
func (r *renewals) breaks(i int, from des.Time) des.Time {
	hours := -r.rates.MTBFH * math.Log(r.key.At(uint64(i)).Float64(2*r.count[i]))
	return from + min(des.FromSeconds(hours*secondAHour), never)
}

// never is a time that no run reaches and that can be added to another.
const never = des.Time(math.MaxInt64 / 4)

// repair returns how long the present fault of thing i lasts: log-normal with
// the given mean and coefficient of variation.
func (r *renewals) repair(i int) des.Time {
	v := math.Log1p(r.rates.RepairCV * r.rates.RepairCV)
	z := r.key.At(uint64(i)).Norm(2*r.count[i] + 1)
	hours := r.rates.MTTRH * math.Exp(math.Sqrt(v)*z-v/2)
	return min(max(des.FromSeconds(hours*secondAHour), des.Microsecond), never)
}

// Until returns the faults that begin before t and were not returned before,
// in order of start, kind and thing; scheduled ones first. Their slices must
// not be changed.
func (p *Plan) Until(t des.Time) []Fault {
	n := 0
	for n < len(p.fixed) && p.fixed[n].Start < t {
		n++
	}
	out := slices.Clone(p.fixed[:n])
	p.fixed = p.fixed[n:]
	for k := range p.random {
		r := &p.random[k]
		for i := range r.parts {
			for r.next[i] < t {
				f := Fault{Kind: Kind(k), Start: r.next[i], End: r.next[i] + r.repair(i)}
				f.Cells, f.Sites = r.parts[i], nil
				if f.Kind != RadioUnit {
					f.Cells, f.Sites = nil, r.parts[i]
				}
				out = append(out, f)
				r.count[i]++
				r.next[i] = r.breaks(i, f.End)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Fault) int { return cmp.Compare(a.Start, b.Start) })
	return out
}
