package validation

import (
	"math"

	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// sizeLaw draws file sizes relative to their mean.
type sizeLaw struct {
	name string
	draw func(*rng.Stream) float64
}

// paretoTop is the largest over the least file of the heavy-tailed law: a
// Pareto law of shape 1.5 cut there.
const paretoTop = 100

// sizeLaws returns an exponential, a constant and a heavy-tailed law.
func sizeLaws() []sizeLaw {
	return []sizeLaw{
		{"exponential", func(s *rng.Stream) float64 { return -math.Log(s.Float64()) }},
		{"constant", func(*rng.Stream) float64 { return 1 }},
		{"heavy-tailed", func(s *rng.Stream) float64 {
			// Inverse of the distribution function; the mean of the law on
			// [1, top] is 3 (1 - top^-1/2)/(1 - top^-3/2).
			cut := math.Pow(paretoTop, -1.5)
			mean := 3 * (1 - math.Pow(paretoTop, -0.5)) / (1 - cut)
			return math.Pow(1-s.Float64()*(1-cut), -1/1.5) / mean
		}},
	}
}

// flowTally is what a simulation of flows measured.
type flowTally struct {
	busy    []float64 // [cells] share of the time with at least one flow
	bits    []float64 // [bins] sum over finished flows
	seconds []float64 // [bins] sum of their transfer times
}

// throughput returns each bin's mean user throughput, mean bits over mean
// transfer time, and their mean weighted by the traffic asked for.
func (t *flowTally) throughput(e *exactNetwork) (mean float64) {
	weight := 0.0
	for b := range t.bits {
		if w := e.demand[b/e.links.Bins] * float64(e.share[b]); t.seconds[b] > 0 {
			mean += w * t.bits[b] / t.seconds[b]
			weight += w
		}
	}
	return mean / weight
}

// meanInterference simulates every cell's flows one by one when each bin's rate
// is that of given mean loads of the other cells: files arrive by a Poisson
// process and share the cell's time equally. perCell files arrive in each cell.
func meanInterference(e *exactNetwork, rho []float64, law sizeLaw, meanBits float64, key rng.Key, perCell, workers int) *flowTally {
	cells := len(rho)
	t := &flowTally{busy: make([]float64, cells), bits: make([]float64, len(e.server)), seconds: make([]float64, len(e.server))}
	classes := make([][]flowClass, cells)
	for b, l := range e.server {
		if l >= 0 {
			c := e.links.Cell[l]
			s := b / e.links.Bins
			if files := e.demand[s] * float64(e.share[b]) / meanBits; files > 0 {
				classes[c] = append(classes[c], flowClass{b, files, e.rate(rho, s, b%e.links.Bins)})
			}
		}
	}
	// A bin belongs to one cell, so that cells write apart.
	shard.New(workers).Each(cells, func(c int) {
		if len(classes[c]) > 0 {
			t.busy[c] = shareCell(classes[c], law, meanBits, key.At(uint64(c)).Stream(), perCell, t)
		}
	})
	return t
}

// flowClass is one kind of user of a cell: those of one bin.
type flowClass struct {
	bin   int
	files float64 // arrivals a second
	rate  float64 // bit/s alone
}

// sharer is a flow in a cell that shares its time equally. end is on the
// clock of the time that each flow has been given.
type sharer struct {
	end, arrived, bits float64
	bin                int
}

// shareCell simulates one cell and returns its busy share. It keeps a clock of
// the time given to each flow present, on which a flow's end is known when it
// arrives, and the flows in a heap by that end.
func shareCell(classes []flowClass, law sizeLaw, meanBits float64, s *rng.Stream, files int, t *flowTally) (busy float64) {
	total := 0.0
	for _, c := range classes {
		total += c.files
	}
	var heap []sharer
	now, given, working := 0.0, 0.0, 0.0
	next := -math.Log(s.Float64()) / total
	for arrived := 0; arrived < files; {
		if n := float64(len(heap)); n > 0 {
			if end := now + (heap[0].end-given)*n; end <= next {
				working += end - now
				now, given = end, heap[0].end
				t.bits[heap[0].bin] += heap[0].bits
				t.seconds[heap[0].bin] += now - heap[0].arrived
				heap = popSharer(heap)
				continue
			}
			working += next - now
			given += (next - now) / n
		}
		now = next
		at, pick := s.Float64()*total, 0
		for pick < len(classes)-1 && at > classes[pick].files {
			at -= classes[pick].files
			pick++
		}
		bits := meanBits * law.draw(s)
		heap = pushSharer(heap, sharer{given + bits/classes[pick].rate, now, bits, classes[pick].bin})
		arrived++
		next = now - math.Log(s.Float64())/total
	}
	return working / now
}

// pushSharer adds a flow to the heap.
func pushSharer(h []sharer, f sharer) []sharer {
	h = append(h, f)
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if h[up].end <= h[i].end {
			break
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
	return h
}

// popSharer drops the flow that ends first.
func popSharer(h []sharer) []sharer {
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			return h
		}
		if down+1 < last && h[down+1].end < h[down].end {
			down++
		}
		if h[i].end <= h[down].end {
			return h
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
}

// selfConsistent repeats meanInterference with the busy shares that the last
// round measured until they no longer move: the loads then owe nothing to the
// solver of the load coupling. The last round has perCell files a cell.
func selfConsistent(e *exactNetwork, law sizeLaw, meanBits float64, key rng.Key, perCell, workers int) *flowTally {
	rho := make([]float64, len(e.cells.Carrier))
	const rounds = 12
	var t *flowTally
	for i := range rounds {
		files := perCell
		if i < rounds-2 {
			files = perCell / 20
		}
		t = meanInterference(e, rho, law, meanBits, key.At(uint64(i)), files, workers)
		copy(rho, t.busy)
	}
	return t
}

// instant is a simulation in which a cell interferes at full power while it
// has a flow, and not at all otherwise.
type instant struct {
	e        *exactNetwork
	law      sizeLaw
	meanBits float64
	total    float64 // files a second
	stream   *rng.Stream

	now     float64
	flows   []instantFlow
	present []int     // [cells] number of flows
	on      []bool    // [cells]
	working []float64 // [cells] s
	tally   *flowTally
	cum     []float64 // [bins] files a second up to and with this bin
}

type instantFlow struct {
	bin, cell     int
	left, bits    float64
	arrived, rate float64
}

// instantaneous simulates a whole network flow by flow, files arrivals in all,
// with the interference of the cells that are busy at each moment.
func instantaneous(e *exactNetwork, law sizeLaw, meanBits float64, key rng.Key, files int) *flowTally {
	cells := len(e.cells.Carrier)
	m := &instant{
		e: e, law: law, meanBits: meanBits, stream: key.Stream(), present: make([]int, cells), on: make([]bool, cells),
		working: make([]float64, cells),
		tally:   &flowTally{busy: make([]float64, cells), bits: make([]float64, len(e.server)), seconds: make([]float64, len(e.server))},
	}
	for b, l := range e.server {
		if l >= 0 {
			m.total += e.demand[b/e.links.Bins] * float64(e.share[b]) / meanBits
		}
		m.cum = append(m.cum, m.total)
	}
	for arrived := 0; arrived < files; {
		if m.step() {
			arrived++
		}
	}
	for c := range m.working {
		m.tally.busy[c] = m.working[c] / m.now
	}
	return m.tally
}

// step goes to the next arrival or end of a flow and says which it was.
// Arrivals are Poisson, so that the time to the next may be drawn anew after
// each event.
func (m *instant) step() (arrival bool) {
	wait, first := -math.Log(m.stream.Float64())/m.total, -1
	for i := range m.flows {
		f := &m.flows[i]
		if t := f.left * float64(m.present[f.cell]) / f.rate; t < wait {
			wait, first = t, i
		}
	}
	for i := range m.flows {
		f := &m.flows[i]
		f.left -= wait * f.rate / float64(m.present[f.cell])
	}
	for c, n := range m.present {
		if n > 0 {
			m.working[c] += wait
		}
	}
	m.now += wait
	if first >= 0 {
		f := m.flows[first]
		m.tally.bits[f.bin] += f.bits
		m.tally.seconds[f.bin] += m.now - f.arrived
		m.flows[first] = m.flows[len(m.flows)-1]
		m.flows = m.flows[:len(m.flows)-1]
		m.count(f.cell, -1)
		return false
	}
	m.arrive()
	return true
}

// arrive adds a flow in a bin drawn by its traffic.
func (m *instant) arrive() {
	at, bin := m.stream.Float64()*m.total, 0
	for bin < len(m.cum)-1 && at > m.cum[bin] {
		bin++
	}
	bits := m.meanBits * m.law.draw(m.stream)
	cell := int(m.e.links.Cell[m.e.server[bin]])
	m.flows = append(m.flows, instantFlow{bin: bin, cell: cell, left: bits, bits: bits, arrived: m.now})
	m.refresh(&m.flows[len(m.flows)-1])
	m.count(cell, 1)
}

// count changes a cell's number of flows; when it wakes or falls silent the
// rates of all flows that hear it change.
func (m *instant) count(cell, by int) {
	m.present[cell] += by
	if on := m.present[cell] > 0; on != m.on[cell] {
		m.on[cell] = on
		for i := range m.flows {
			if m.flows[i].cell != cell {
				m.refresh(&m.flows[i])
			}
		}
	}
}

// refresh works out the rate of a flow under the cells that are busy now.
func (m *instant) refresh(f *instantFlow) {
	e := m.e
	s, b := f.bin/e.links.Bins, f.bin%e.links.Bins
	server := e.server[f.bin]
	c := e.links.Cell[server]
	rest := float64(e.cells.NoiseRBW[e.cells.KindOf(int32(c))])
	for l := int(e.links.Off[s]); l < int(e.links.Off[s+1]); l++ {
		k := e.links.Cell[l]
		if m.on[k] && l != server && e.cells.Carrier[k] == e.cells.Carrier[c] {
			rest += float64(e.cells.LeakGain[e.cells.KindOf(int32(k))]) * e.received(l, b)
		}
	}
	layers := float64(e.state.Layers[c])
	sinr := float64(e.cells.BeamGain[e.cells.KindOf(int32(c))]) * e.received(server, b) / rest
	f.rate = float64(e.cells.BandwidthHz[e.cells.KindOf(int32(c))]) * layers * math.Min(e.alpha*math.Log2(1+sinr/layers), e.limit)
}
