package radio

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAssociateMatchesSlowTwin(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		net := randomNetwork(r, 2+r.IntN(8), 1+r.IntN(3), 4, 8)
		m, st := newModel(t, DefaultSpec(), net, 1), NewState(net.cells)
		for c := range st.Serving {
			st.Serving[c] = r.IntN(3) > 0
			st.Power[c] = []float32{1, 0.5, 0.25}[r.IntN(3)]
			st.CIODB[c] = float32(r.IntN(13) - 6)
		}
		m.Associate(st)
		for i := range net.links.Sectors() * 8 {
			got, want, best := m.Server(i), int32(-1), math.Inf(-1)
			s, b := i/8, i%8
			for l := int(net.links.Off[s]); l < int(net.links.Off[s+1]); l++ {
				c := net.links.Cell[l]
				rsrp := 10*math.Log10(float64(net.cells.TxRBW[c]*st.Power[c]*net.links.At(l, b))/12) + 30
				score := rsrp + float64(net.cells.PriorityDB[c]) + float64(st.CIODB[c])
				if st.Serving[c] && rsrp >= float64(net.cells.MinRSRPDBm[c]) && score > best {
					want, best = int32(l), score
				}
			}
			if got != want {
				t.Errorf("seed %d: bin %d is served by link %d, want %d", seed, i, got, want)
			}
		}
	}
}

func TestServedBinsPartitionTheServedOnes(t *testing.T) {
	net := randomNetwork(rand.New(rand.NewPCG(1, 2)), 40, 2, 4, 8)
	m, st := newModel(t, DefaultSpec(), net, 1), NewState(net.cells)
	m.Associate(st)
	var all []int32
	for c := range net.cells.Carrier {
		bins := m.ServedBins(c)
		if !slices.IsSorted(bins) {
			t.Errorf("cell %d: bins %v are not ascending", c, bins)
		}
		for _, b := range bins {
			if got := net.links.Cell[m.Server(int(b))]; int(got) != c {
				t.Errorf("bin %d is listed under cell %d but served by %d", b, c, got)
			}
		}
		all = append(all, bins...)
	}
	served := 0
	for b := range net.links.Sectors() * 8 {
		if m.Server(b) >= 0 {
			served++
		}
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != served {
		t.Errorf("%d distinct bins listed, %d served", len(all), served)
	}
}

func TestNewModelNamesWhatDoesNotFit(t *testing.T) {
	net := randomNetwork(rand.New(rand.NewPCG(1, 3)), 3, 2, 2, 4)
	for name, spoil := range map[string]func(*network){
		"share":        func(n *network) { n.share = n.share[1:] },
		"candidate":    func(n *network) { n.links.Cell = append([]int32{99}, n.links.Cell[1:]...) },
		"grouped":      func(n *network) { c := append([]int32(nil), n.links.Cell...); slices.Reverse(c); n.links.Cell = c },
		"gains":        func(n *network) { n.links.Gain = n.links.Gain[1:] },
		"NoiseRBW has": func(n *network) { n.cells.NoiseRBW = nil },
	} {
		links, cells := *net.links, *net.cells
		bad := network{links: &links, cells: &cells, share: net.share}
		spoil(&bad)
		if _, err := NewModel(DefaultSpec(), bad.links, bad.cells, bad.share, 1); err == nil {
			t.Errorf("%s: NewModel accepted it", name)
		}
	}
	if _, err := NewModel(Spec{}, net.links, net.cells, net.share, 1); err == nil {
		t.Error("NewModel accepted the zero Spec")
	}
}
