package ppo

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"hibernet/agents/mlp"
	"hibernet/env"
)

// Format and version of a shard on its way from a player to the learner: a
// line of JSON, arrays one after the other, little-endian, and the SHA-256 of
// all that.
const (
	shardFormat  = "hibernet-ppo-shard"
	shardVersion = 1
)

// shardID says which shard it is, of which iteration, both from 0.
type shardID struct {
	Iteration int `json:"iteration"`
	Shard     int `json:"shard"`
}

// shape is what a learner knows of a shard before it comes.
type shape struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	shardID
	Steps   int `json:"steps"`
	Rows    int `json:"rows"`
	Fields  int `json:"fields"`
	Actions int `json:"actions"`
	Limits  int `json:"limits"`
}

// shardHeader is the line of JSON. Sums that need not be finite are in an
// array.
type shardHeader struct {
	shape
	AllRows  int          `json:"all_rows"` // of the environment
	Episodes int          `json:"episodes"`
	Ended    int          `json:"ended"`
	Figures  []env.Figure `json:"figures"`
}

func (x *experience) shape(id shardID) shape {
	n := len(x.action)
	return shape{shardFormat, shardVersion, id, x.steps, x.rows, len(x.obs) / n, len(x.offset) / n, len(x.costs)}
}

// columns returns the arrays in the order of the format.
func (x *experience) columns(sums []float64) []any {
	list := []any{sums, x.obs, x.offset, x.forced, x.action, x.logProb, x.value, x.reward, x.ended, x.after}
	for _, c := range x.costs {
		list = append(list, c.value, c.reward, c.after)
	}
	return list
}

// encode returns a shard as it travels. Equal shards give equal bytes.
func (x *experience) encode(id shardID, played tally) ([]byte, error) {
	data, err := json.Marshal(shardHeader{x.shape(id), played.rows, played.episodes, played.ended, played.figures})
	data = append(data, '\n')
	for _, column := range x.columns(append([]float64{played.total, played.finished}, played.limited...)) {
		if err == nil {
			data, err = binary.Append(data, binary.LittleEndian, column)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("ppo: encode shard: %w", err)
	}
	sum := sha256.Sum256(data)
	return append(data, sum[:]...), nil
}

// decode reads what encode wrote into x, whose shape it must have, and returns
// what the shard came to. After an error x holds anything.
func (x *experience) decode(id shardID, data []byte) (tally, error) {
	t, err := x.read(id, data)
	if err != nil {
		return tally{}, fmt.Errorf("ppo: shard %d of iteration %d: %w", id.Shard, id.Iteration, err)
	}
	return t, nil
}

func (x *experience) read(id shardID, data []byte) (tally, error) {
	n := len(data) - sha256.Size
	if n < 0 || sha256.Sum256(data[:n]) != [sha256.Size]byte(data[n:]) {
		return tally{}, errors.New("damaged: its bytes are not those of its checksum")
	}
	line, rest, _ := bytes.Cut(data[:n], []byte{'\n'})
	var h shardHeader
	if err := mlp.StrictJSON(line, &h); err != nil {
		return tally{}, err
	}
	if want := x.shape(id); h.shape != want {
		return tally{}, fmt.Errorf("want %+v, got %+v", want, h.shape)
	}
	sums := make([]float64, 2+len(x.costs))
	for _, column := range x.columns(sums) {
		size := binary.Size(column)
		if len(rest) < size {
			return tally{}, errors.New("ends too early")
		}
		// No more than its size: Decode runs over the end of a []bool (Go 1.26).
		if _, err := binary.Decode(rest[:size], binary.LittleEndian, column); err != nil {
			return tally{}, err
		}
		rest = rest[size:]
	}
	if len(rest) > 0 {
		return tally{}, fmt.Errorf("%d bytes too many", len(rest))
	}
	for i, a := range x.action {
		if a < 0 || int(a) >= h.Actions {
			return tally{}, fmt.Errorf("action[%d]: allowed 0 to %d, got %d", i, h.Actions-1, a)
		}
	}
	return tally{total: sums[0], finished: sums[1], episodes: h.Episodes, rows: h.AllRows, limited: sums[2:], ended: h.Ended, figures: h.Figures}, nil
}
