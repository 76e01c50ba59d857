package capacity

import (
	"context"
	"math"
	"slices"
	"time"

	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// Machine is what measurements run on.
type Machine struct {
	Workers int                  // goroutines, at least 1
	Clock   func() time.Duration // a running time
}

// rounds is how often a short measurement is repeated; the median counts.
const rounds = 5

// median returns the median of the seconds that rounds of do take, after one
// that does not count. It stops with ctx's error.
func (m Machine) median(ctx context.Context, do func()) (float64, error) {
	var seconds []float64
	for i := range rounds + 1 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		from := m.Clock()
		do()
		if i > 0 {
			seconds = append(seconds, (m.Clock() - from).Seconds())
		}
	}
	slices.Sort(seconds)
	return seconds[rounds/2], nil
}

// copyBytes is the size of the array that Copy moves: far above any cache.
const copyBytes = 256 << 20

// Copy returns the machine's copy bandwidth, bytes/s read and written together
// (the convention of McCalpin's STREAM), with all workers copying.
func (m Machine) Copy(ctx context.Context) (float64, error) {
	src, dst := make([]byte, copyBytes), make([]byte, copyBytes)
	pool, part := shard.New(m.Workers), copyBytes/64
	for i := range src {
		src[i] = byte(i) // or both would be the same page of zeros
	}
	seconds, err := m.median(ctx, func() {
		pool.Each(64, func(i int) { copy(dst[i*part:(i+1)*part], src[i*part:(i+1)*part]) })
	})
	return 2 * copyBytes / seconds, err
}

// Size of the network that Coupling iterates over: its arrays are larger than
// any cache.
const (
	couplingCells = 512 << 10
	candidates    = 8
)

// CouplingCells and the other two say what Coupling works on, for whoever
// repeats it by other means: cells, position bins a cell, candidates a bin.
const (
	CouplingCells      = couplingCells
	CouplingBins       = simd.Lanes
	CouplingCandidates = candidates
)

// Kernel is the speed of the load coupling's inner loop.
type Kernel struct {
	CellIterationsPerS float64
	BytesPerS          float64 // that it reads and writes at that speed
}

// Coupling measures a Jacobi iteration of the load coupling over a network of
// one carrier with 8 position bins a cell and 8 co-channel candidates: the
// interference at every bin, its rate, and the load that this makes of the
// cell. Candidates are near in memory, as along a Hilbert curve. A
// cell-iteration is that for one cell.
func (m Machine) Coupling(ctx context.Context) (Kernel, error) {
	g, bytes := band(rng.Root(1))
	pool := shard.New(m.Workers)
	need, home := make([]float32, couplingCells*simd.Lanes), make([]float32, couplingCells)
	weight, load := make([]float32, couplingCells+candidates), make([]float32, couplingCells+candidates)
	for c := range weight {
		weight[c], load[c] = 0.3, 0.3
	}
	const demand, power, ceiling = 0.02, 1, 7.4
	pass := func(i int) {
		lo, hi := shard.Range(i, couplingCells)
		g.NeedTo(need[lo*simd.Lanes:hi*simd.Lanes], home[lo:hi], weight[lo:hi+candidates], ceiling, lo, hi)
		for c, h := range home[lo:hi] {
			load[lo+before+c] = min(demand*h, 1) * power
		}
	}
	bytes += couplingCells * (4*simd.Lanes + 4 + 4 + 4) // need, home, load; a weight is read once from memory
	const passes = 4
	seconds, err := m.median(ctx, func() {
		for range passes {
			pool.Each(shard.Count(couplingCells), pass)
			weight, load = load, weight
		}
	})
	return Kernel{
		CellIterationsPerS: passes * couplingCells / seconds,
		BytesPerS:          passes * float64(bytes) / seconds,
	}, err
}

// before is how many cells a shard hears of those before its first.
const before = candidates / 2

// band makes the groups of Coupling, with cells counted from the first that a
// shard hears, and tells how many bytes they hold.
func band(key rng.Key) (*simd.Groups, int) {
	const links = couplingCells * candidates
	g := &simd.Groups{
		First: make([]int32, couplingCells), Links: make([]uint8, couplingCells),
		Cell: make([]uint16, links), Gain: make([]uint16, links*simd.Lanes),
		Server: make([]int8, couplingCells*simd.Lanes), Signal: make([]float32, couplingCells*simd.Lanes),
		Noise: make([]float32, couplingCells), Eight: make([]int32, couplingCells),
		Share: make([]float32, couplingCells*simd.Lanes), Home: make([]int8, couplingCells),
	}
	for c := range couplingCells {
		g.First[c], g.Links[c], g.Noise[c], g.Eight[c] = int32(c*candidates), candidates, 1e-3, int32(c)
		for i := range candidates {
			l := c*candidates + i
			g.Cell[l] = uint16(c%shard.Size + before + (i+1)/2*(1-2*(i%2))) // the first is the cell itself, and serves all bins
			for b := range simd.Lanes {
				g.Gain[l*simd.Lanes+b] = simd.ToBF16(float32(math.Pow(10, -3*key.Float64(uint64(l*simd.Lanes+b)))))
			}
		}
		for b := range simd.Lanes {
			g.Signal[c*simd.Lanes+b], g.Share[c*simd.Lanes+b] = 3, 1
		}
	}
	return g, 4*(len(g.First)+len(g.Signal)+len(g.Noise)+len(g.Eight)+len(g.Share)) + 2*(len(g.Cell)+len(g.Gain)) + len(g.Links) + len(g.Server) + len(g.Home)
}

// Inference of a policy: rows, and the shape of the sleep environment's
// observation and actions with two hidden layers of 64.
const (
	inferenceRows    = 200_000
	inferenceInputs  = 32
	inferenceActions = 8
	hidden           = 64
)

// Inference returns how many decisions a second a dense policy takes: 32
// inputs, two hidden layers of 64, 8 actions, the best allowed one of each row.
func (m Machine) Inference(ctx context.Context) (float64, error) {
	schema := env.Schema{Environment: "capacity", Version: 1}
	for i := range inferenceInputs {
		schema.Fields = append(schema.Fields, env.Field{Name: letters("x", i), Unit: "1", Doc: "an input", Scale: 1})
	}
	for i := range inferenceActions {
		schema.Actions = append(schema.Actions, env.Action{Name: letters("a", i), Doc: "an action"})
	}
	p := &mlp.Policy{
		Actor:  mlp.New([]int{inferenceInputs, hidden, hidden, inferenceActions}, mlp.Tanh, 1, rng.Root(2)),
		Schema: schema, Label: "dense", Greedy: true, Workers: m.Workers,
	}
	if err := p.Reset(schema, inferenceRows, 0); err != nil {
		return 0, err
	}
	b := &env.Batch{
		Obs: make([]float32, inferenceRows*inferenceInputs), Mask: make([]bool, inferenceRows*inferenceActions),
		Reward: make([]float32, inferenceRows), Terminated: make([]bool, inferenceRows), Truncated: make([]bool, inferenceRows),
		FinalObs: make([]float32, inferenceRows*inferenceInputs),
	}
	for i := range b.Obs {
		b.Obs[i] = float32(i%17)/8 - 1
	}
	for i := range b.Mask {
		b.Mask[i] = true
	}
	var failed error
	actions := make([]int32, inferenceRows)
	seconds, err := m.median(ctx, func() {
		if err := p.ActTo(actions, b); err != nil {
			failed = err
		}
	})
	if failed != nil {
		return 0, failed
	}
	return inferenceRows / seconds, err
}

// letters names the i-th of some columns.
func letters(prefix string, i int) string {
	return prefix + string(rune('a'+i/26)) + string(rune('a'+i%26))
}
