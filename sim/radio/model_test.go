package radio

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestNetworksThatCannotBeCountedAreRefused(t *testing.T) {
	// China-wide: 14.5 million cells with ten links each.
	if err := checkCounts(5_000_000*8, 14_500_000, 145_000_000); err != nil {
		t.Error(err)
	}
	for want, n := range map[string][3]int{
		"2147483648 position bins": {1 << 31, 1, 1},
		"2147483648 lanes":         {1, 1 << 28, 1},
		"2147483648 links":         {1, 1, 1 << 31},
	} {
		if err := checkCounts(n[0], n[1], n[2]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q in it", n, err, want)
		}
	}
	if err := checkCounts(math.MaxInt32, math.MaxInt32/8, math.MaxInt32); err != nil {
		t.Error(err)
	}
}

// A block of 512 sectors that hears 127 cells a sector on each of two carriers.
func TestTooManyCellsHeardAtOnceAreRefused(t *testing.T) {
	const sectors, each = 512, 2 * mostCandidates
	net := bandNetwork(rand.New(rand.NewPCG(1, 1)), sectors*each, 1)
	links := &Links{Bins: 1, Off: []int32{0}}
	for s := range sectors {
		for k := range each {
			c := s*each + k
			links.Cell, net.cells.Carrier[c] = append(links.Cell, int32(c)), uint8(k/mostCandidates)
			links.Gain = append(links.Gain, PackGain(1e-9))
		}
		links.Off = append(links.Off, int32(len(links.Cell)))
	}
	_, err := NewModel(DefaultSpec(), links, net.cells, net.share[:sectors], 1)
	if want := "sectors 0 to 511 have 130048 candidate cells between them, at most 65536 are allowed"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
}
