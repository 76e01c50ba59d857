package sweep

import (
	"fmt"
	"regexp"
	"strconv"

	"hibernet/scenarios/sweeps"
)

// Shard is the Index-th, from 1, of Of parts of a sweep.
type Shard struct {
	Index int `json:"index"`
	Of    int `json:"of"`
}

// Whole is the shard of a sweep that is not divided.
var Whole = Shard{1, 1}

// maxShards bounds the number of shards.
const maxShards = 100_000

var shardText = regexp.MustCompile(`^([0-9]{1,6})/([0-9]{1,6})$`)

// ParseShard reads i/n, with i from 1 to n.
func ParseShard(text string) (Shard, error) {
	m := shardText.FindStringSubmatch(text)
	if m == nil {
		return Shard{}, fmt.Errorf("must be i/n, such as 1/8, got %q", text)
	}
	i, _ := strconv.Atoi(m[1]) // at most six digits
	n, _ := strconv.Atoi(m[2])
	if n < 1 || n > maxShards || i < 1 || i > n {
		return Shard{}, fmt.Errorf("must be i/n with i from 1 to n and n up to %d, got %q", maxShards, text)
	}
	return Shard{i, n}, nil
}

// String returns i/n.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// Take returns the shard's runs: every Of-th, so that shards are of equal
// length wherever in the list the long runs stand. It is a function of the
// list alone.
func (s Shard) Take(runs []sweeps.Run) []sweeps.Run {
	var part []sweeps.Run
	for i := s.Index - 1; i < len(runs); i += s.Of {
		part = append(part, runs[i])
	}
	return part
}
