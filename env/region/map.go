package region

import (
	"errors"
	"fmt"

	"hibernet/env"
	"hibernet/sim/shard"
)

// TargetColumn is the column of the rows' observation that the coordinator
// sets.
const TargetColumn = "coordinator_target"

// target describes that column. Targets lie in [0, 1].
var target = env.Field{
	Name: TargetColumn, Unit: "1", Offset: 0.5, Scale: 0.5,
	Doc: "what the coordinator has set for the region, 0 to 1; what it means, both levels have learned",
}

// Map says which rows make up which region and translates between what rows
// and what the coordinator see. Observations are row-major. Its methods
// allocate nothing and serve one goroutine at a time.
type Map struct {
	spec    Spec
	rows    int
	regions int
	fields  int // of the inner environment
	mean    []int
	max     []int
	rowView env.Schema
	view    env.Schema
	pool    *shard.Pool

	dst, obs []float32 // of the present call only
	level    []int32   // likewise
	see      func(int)
	tell     func(int)
}

// NewMap returns the map of rows agents under schema s; workers is the number
// of goroutines, which changes no result.
func NewMap(s env.Schema, rows int, spec Spec, workers int) (*Map, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, fmt.Errorf("region: %w", err)
	}
	if _, ok := s.Column(TargetColumn); ok {
		return nil, fmt.Errorf("region: the environment has a column %s already", TargetColumn)
	}
	m := &Map{
		spec: spec, rows: rows, regions: (rows + spec.Rows - 1) / spec.Rows, fields: len(s.Fields), pool: shard.New(workers),
		view:    env.Schema{Environment: s.Environment + "_regions", Version: s.Version, Guards: s.Guards},
		rowView: s,
	}
	m.rowView.Fields = append(append([]env.Field(nil), s.Fields...), target)
	var err error
	if m.mean, err = m.watch(s, "mean", spec.Mean, "mean over the region: "); err != nil {
		return nil, err
	}
	if m.max, err = m.watch(s, "max", spec.Max, "largest in the region: "); err != nil {
		return nil, err
	}
	m.view.Fields = append(m.view.Fields, env.Field{Name: "target", Unit: "1", Offset: 0.5, Scale: 0.5, Doc: "the region's present target; at the start of an episode the middle one"})
	for l := range spec.Levels {
		m.view.Actions = append(m.view.Actions, env.Action{Name: fmt.Sprintf("target_%d", l), Doc: fmt.Sprintf("target %.3g", float64(l)/float64(spec.Levels-1))})
	}
	m.see, m.tell = m.seeShard, m.tellShard
	return m, nil
}

// watch adds the named columns to what the coordinator sees, and returns which
// columns of the rows they are.
func (m *Map) watch(s env.Schema, key string, names []string, doc string) ([]int, error) {
	cols := make([]int, len(names))
	for i, name := range names {
		col, ok := s.Column(name)
		if !ok {
			return nil, fmt.Errorf("region: %s[%d]: no observation column is called %q", key, i, name)
		}
		f := s.Fields[col]
		f.Name, f.Doc = key+"_"+f.Name, doc+f.Doc
		cols[i], m.view.Fields = col, append(m.view.Fields, f)
	}
	return cols, nil
}

// Regions returns the number of regions; the last may have fewer rows.
func (m *Map) Regions() int { return m.regions }

// Schema returns what the coordinator sees and does.
func (m *Map) Schema() env.Schema { return m.view }

// RowSchema returns what the rows see and do: the inner environment's schema
// and the target.
func (m *Map) RowSchema() env.Schema { return m.rowView }

// Middle returns the level that regions have before the first decision.
func (m *Map) Middle() int32 { return int32(m.spec.Levels-1) / 2 }

// scaled returns a level as it is observed.
func (m *Map) scaled(level int32) float32 {
	return target.Scaled(float64(level) / float64(m.spec.Levels-1))
}

// rowsOf returns the rows of a region.
func (m *Map) rowsOf(r int) (lo, hi int) {
	return r * m.spec.Rows, min((r+1)*m.spec.Rows, m.rows)
}

// SeeTo writes what the coordinator sees, [regions x its fields], to dst: of
// the rows' observations obs [rows x fields of the inner environment] and the
// present levels [regions]. Sums over a region run in the order of its rows.
func (m *Map) SeeTo(dst, obs []float32, level []int32) {
	if len(dst) != m.regions*len(m.view.Fields) || len(obs) != m.rows*m.fields || len(level) != m.regions {
		panic("region: SeeTo: a slice has the wrong length")
	}
	m.dst, m.obs, m.level = dst, obs, level
	m.pool.Each(shard.Count(m.regions), m.see)
	m.dst, m.obs, m.level = nil, nil, nil
}

func (m *Map) seeShard(i int) {
	width := len(m.view.Fields)
	first, last := shard.Range(i, m.regions)
	for r := first; r < last; r++ {
		dst := m.dst[r*width : (r+1)*width]
		lo, hi := m.rowsOf(r)
		for k, col := range m.mean {
			sum := 0.0
			for row := lo; row < hi; row++ {
				sum += float64(m.obs[row*m.fields+col])
			}
			dst[k] = float32(sum / float64(hi-lo))
		}
		for k, col := range m.max {
			top := m.obs[lo*m.fields+col]
			for row := lo + 1; row < hi; row++ {
				top = max(top, m.obs[row*m.fields+col])
			}
			dst[len(m.mean)+k] = top
		}
		dst[width-1] = m.scaled(m.level[r])
	}
}

// TellTo writes the rows' observations with the target of their regions,
// [rows x (fields+1)], to dst.
func (m *Map) TellTo(dst, obs []float32, level []int32) {
	if len(dst) != m.rows*(m.fields+1) || len(obs) != m.rows*m.fields || len(level) != m.regions {
		panic("region: TellTo: a slice has the wrong length")
	}
	m.dst, m.obs, m.level = dst, obs, level
	m.pool.Each(shard.Count(m.rows), m.tell)
	m.dst, m.obs, m.level = nil, nil, nil
}

func (m *Map) tellShard(i int) {
	n := m.fields
	lo, hi := shard.Range(i, m.rows)
	for row := lo; row < hi; row++ {
		dst := m.dst[row*(n+1) : (row+1)*(n+1)]
		copy(dst, m.obs[row*n:(row+1)*n])
		dst[n] = m.scaled(m.level[row/m.spec.Rows])
	}
}
