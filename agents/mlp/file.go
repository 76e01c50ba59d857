package mlp

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"hibernet/env"
)

// Format and Version identify policy files. Version is raised when an older
// reader would misread a newer file.
const (
	Format  = "hibernet-policy"
	Version = 1
)

// file is a policy on disk: one JSON object.
type file struct {
	Format     string     `json:"format"`
	Version    int        `json:"version"`
	Name       string     `json:"name"`
	SchemaHash string     `json:"schema_hash"`
	Schema     env.Schema `json:"schema"`
	Sizes      []int      `json:"sizes"`
	Activation string     `json:"activation"`
	Weights    string     `json:"weights"` // base64 of little-endian float32: W[0], B[0], W[1], B[1], …
}

// Encode returns the policy as a file: indented JSON with the full schema, its
// hash, the shape of the network and all parameters. Greedy and Workers are
// the caller's choice at each use and not part of it. Equal policies give
// equal bytes. A policy that Check refuses is an error.
func (p *Policy) Encode() ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(file{
		Format: Format, Version: Version, Name: p.Label,
		SchemaHash: p.Schema.Hash(), Schema: p.Schema,
		Sizes: p.Actor.Sizes, Activation: p.Actor.Activation,
		Weights: PackFloats(p.Actor.AppendTo(nil)),
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("mlp: encode policy: %w", err)
	}
	return append(text, '\n'), nil
}

// Decode reads what Encode wrote. It returns a greedy policy with one worker.
// Unknown and repeated keys, anything after the object, a schema that does not
// match its hash, shapes that do not fit and parameters that are not finite
// are errors.
func Decode(data []byte) (*Policy, error) {
	var f file
	if err := StrictJSON(data, &f); err != nil {
		return nil, fmt.Errorf("mlp: policy file: %w", err)
	}
	p, err := f.policy()
	if err != nil {
		return nil, fmt.Errorf("mlp: policy file: %w", err)
	}
	return p, nil
}

func (f *file) policy() (*Policy, error) {
	if f.Format != Format {
		return nil, fmt.Errorf("format: want %q, got %q", Format, f.Format)
	}
	if f.Version != Version {
		return nil, fmt.Errorf("version: this program reads %d, got %d", Version, f.Version)
	}
	if got := f.Schema.Hash(); got != f.SchemaHash {
		return nil, fmt.Errorf("schema_hash: the schema hashes to %s, the file says %q", got, f.SchemaHash)
	}
	if err := CheckShape(f.Sizes, f.Activation); err != nil {
		return nil, err
	}
	// The text is held against the shape before anything of its size is made.
	params, err := UnpackFloats(f.Weights, Len(f.Sizes))
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	p := &Policy{Actor: View(f.Sizes, f.Activation, params), Schema: f.Schema, Label: f.Name, Greedy: true, Workers: 1}
	return p, p.Check()
}

// PackFloats returns the base64 text of the little-endian bytes of v.
func PackFloats(v []float32) string {
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// UnpackFloats reverses PackFloats; text that does not hold exactly want
// values is an error.
func UnpackFloats(text string, want int) ([]float32, error) {
	if got := base64.StdEncoding.EncodedLen(4 * want); len(text) != got {
		return nil, fmt.Errorf("%d values need %d characters of base64, got %d", want, got, len(text))
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, err
	}
	if len(raw) != 4*want { // padding or line breaks stood where data should
		return nil, fmt.Errorf("want %d bytes, got %d", 4*want, len(raw))
	}
	v := make([]float32, want)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v, nil
}

// StrictJSON decodes the one JSON value in data into v. Unknown keys, repeated
// keys and trailing data are errors.
func StrictJSON(data []byte, v any) error {
	if err := noRepeatedKeys(data); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the end of the JSON value")
	}
	return nil
}

// noRepeatedKeys walks the tokens of the first value in data, because
// encoding/json lets the last of equal keys win without a word.
func noRepeatedKeys(data []byte) error {
	type level struct {
		keys  map[string]bool // nil in an array
		value bool            // in an object: a key was read, its value comes
	}
	var open []level
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if n := len(open); n > 0 && open[n-1].keys != nil && token != json.Delim('}') {
			if top := &open[n-1]; top.value {
				top.value = false
			} else {
				key := strings.ToLower(token.(string)) // encoding/json ignores case
				if top.keys[key] {
					return fmt.Errorf("key %q is repeated", key)
				}
				top.keys[key], top.value = true, true
				continue
			}
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{keys: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			return nil
		}
	}
}
