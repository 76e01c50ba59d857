package topology

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// Options are what Build takes beside the settings.
type Options struct {
	// Keep drops the sites for which it returns false; nil keeps all. The map
	// keeps its size.
	Keep func(x, y float64) bool
	// Sites are the positions of the imported layout.
	Sites []Site
	// Workers is how many goroutines build; below 1 counts as 1. It does not
	// change the result.
	Workers int
	// Cancelled, if not nil, is asked before each shard of sites or sectors,
	// by several goroutines at once; from its first error on it must return
	// one. Build then returns that error, wrapped. A context's Err is such a
	// function.
	Cancelled func() error
}

// builder carries what the passes of Build share.
type builder struct {
	spec *Spec
	plan *plan
	grid *grid
	top  *Topology
	pool *shard.Pool

	cancelled func() error

	siteClass []int32          // [sites] index into plan.classes
	scenario  []radio.Scenario // [classes]
	loss      []radio.PathLoss // [classes*carriers]
	pattern   []radio.SectorPattern
	wallDB    []float64 // [carriers*buildings]
	inDepthM  []float32 // [S*M] distance inside the building
	entry     []float32 // [S*M] standard normal of the entry loss
	minW      []float32 // [carriers] least received power, W

	commonPart, ownPart                  float64 // of a path's shadowing: see radio.JoinShadow
	binKey, shadowKey, commonKey, losKey rng.Key
}

// Build makes the topology of a spec. The same spec, key and options (but for
// Workers) give the same bits. Errors name the field at fault; all faults of
// the spec are joined.
func Build(spec Spec, key rng.Key, opt Options) (*Topology, error) {
	if bad := spec.Validate(); len(bad) > 0 {
		return nil, fmt.Errorf("topology: %w", errors.Join(bad...))
	}
	pool := shard.New(opt.Workers)
	p, err := makePlan(&spec, key, &opt, pool)
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	orderSites(p)
	b := &builder{
		spec: &spec, plan: p, pool: pool, cancelled: opt.Cancelled,
		binKey: key.Named("bin"), shadowKey: key.Named("shadow"),
		commonKey: key.Named("shadow_common"), losKey: key.Named("los"),
	}
	b.commonPart, b.ownPart = radio.JoinShadow(spec.ShadowCorr, 1, 0), radio.JoinShadow(spec.ShadowCorr, 0, 1)
	b.cells()
	b.prepare()
	if err := b.each(shard.Count(b.top.Sites()), b.binShard); err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	if err := b.links(); err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	if err := b.top.Check(); err != nil {
		return nil, err
	}
	return b.top, nil
}

// each runs a pass over shards, unless the build is cancelled before its end.
func (b *builder) each(shards int, pass func(shard int)) error {
	if b.cancelled == nil {
		b.pool.Each(shards, pass)
		return nil
	}
	b.pool.Each(shards, func(i int) {
		if b.cancelled() == nil {
			pass(i)
		}
	})
	return b.cancelled()
}

// cells numbers sectors and cells.
func (b *builder) cells() {
	t := &Topology{
		Links: radio.Links{Bins: b.spec.Bins},
		Wrap:  b.spec.Wrap,
		MinX:  b.plan.minX, MinY: b.plan.minY, MaxX: b.plan.maxX, MaxY: b.plan.maxY,
	}
	b.top = t
	index := b.carriers()
	b.room()
	var ks []uint8
	for i := range b.plan.sites {
		s := &b.plan.sites[i]
		t.SiteX, t.SiteY = append(t.SiteX, s.x), append(t.SiteY, s.y)
		t.SiteArea = append(t.SiteArea, s.area)
		t.SiteSectorOff = append(t.SiteSectorOff, int32(len(t.SectorSite)))
		b.siteClass = append(b.siteClass, s.class)
		ks = ks[:0]
		for _, name := range s.carriers {
			ks = append(ks, index[name])
		}
		slices.Sort(ks)
		for _, azimuth := range s.azimuths {
			t.SectorCellOff = append(t.SectorCellOff, int32(len(t.CellSector)))
			coverage := int32(-1)
			for _, k := range ks {
				if coverage < 0 && t.Carriers[k].Coverage {
					coverage = int32(len(t.CellSector))
				}
				t.CellSector = append(t.CellSector, int32(len(t.SectorSite)))
				t.CellCarrier = append(t.CellCarrier, k)
			}
			t.CoverageCell = append(t.CoverageCell, coverage)
			t.SectorSite = append(t.SectorSite, int32(i))
			t.SectorAzimuth = append(t.SectorAzimuth, float32(azimuth))
		}
	}
	t.SiteSectorOff = append(t.SiteSectorOff, int32(len(t.SectorSite)))
	t.SectorCellOff = append(t.SectorCellOff, int32(len(t.CellSector)))
	b.nominal()
}

// room makes room for the sites, sectors and cells of the plan.
func (b *builder) room() {
	t, sites, sectors, cells := b.top, len(b.plan.sites), 0, 0
	for i := range b.plan.sites {
		s := &b.plan.sites[i]
		sectors += len(s.azimuths)
		cells += len(s.azimuths) * len(s.carriers)
	}
	t.SiteX, t.SiteY, t.SiteArea = make([]float64, 0, sites), make([]float64, 0, sites), make([]Area, 0, sites)
	t.SiteSectorOff, b.siteClass = make([]int32, 0, sites+1), make([]int32, 0, sites)
	t.SectorCellOff, t.CoverageCell = make([]int32, 0, sectors+1), make([]int32, 0, sectors)
	t.SectorSite, t.SectorAzimuth = make([]int32, 0, sectors), make([]float32, 0, sectors)
	t.CellSector, t.CellCarrier = make([]int32, 0, cells), make([]uint8, 0, cells)
}

// nominal sets what is fixed about the cells, which is the same for all of a
// carrier.
func (b *builder) nominal() {
	t := b.top
	for k := range t.Carriers {
		t.Carriers[k].addKind(&t.Cells)
	}
	t.Cells.Carrier, t.Cells.Kind = t.CellCarrier, t.CellCarrier
}

// carriers fills the table of carriers in use and returns their indices.
func (b *builder) carriers() map[string]uint8 {
	used := map[string]bool{}
	for i := range b.plan.sites {
		for _, name := range b.plan.sites[i].carriers {
			used[name] = true
		}
	}
	names := slices.SortedFunc(maps.Keys(used), func(x, y string) int {
		return cmp.Or(cmp.Compare(b.spec.Carriers[x].FreqGHz, b.spec.Carriers[y].FreqGHz), cmp.Compare(x, y))
	})
	index := map[string]uint8{}
	for k, name := range names {
		c := b.spec.Carriers[name]
		c.Name = name
		b.top.Carriers = append(b.top.Carriers, c)
		index[name] = uint8(k)
	}
	return index
}

// prepare makes the tables that the passes read.
func (b *builder) prepare() {
	t := b.top
	b.grid = newGrid(t.SiteX, t.SiteY, b.plan, b.spec.Wrap)
	for i := range b.plan.classes {
		class := &b.plan.classes[i]
		scenario, _ := radio.ParseScenario(class.Scenario) // Validate has checked it
		b.scenario = append(b.scenario, scenario)
		for k := range t.Carriers {
			b.loss = append(b.loss, radio.NewPathLoss(scenario, t.Carriers[k].FreqGHz, class.BSHeightM, b.spec.UTHeightM))
		}
	}
	for k := range t.Carriers {
		c := &t.Carriers[k]
		b.pattern = append(b.pattern, c.pattern())
		for kind := radio.Outdoor; kind <= radio.Car; kind++ {
			b.wallDB = append(b.wallDB, kind.WallLossDB(c.FreqGHz))
		}
		b.minW = append(b.minW, float32(radio.DBmToW(c.MinRSRPDBm)))
	}
	bins := t.Sectors() * b.spec.Bins
	t.BinX, t.BinY = make([]float32, bins), make([]float32, bins)
	t.BinShare, t.BinIndoor = make([]float32, bins), make([]bool, bins)
	t.BinBuilding = make([]radio.Building, bins)
	b.inDepthM, b.entry = make([]float32, bins), make([]float32, bins)
}
