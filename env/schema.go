package env

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Field describes one observation column. A policy sees
// (raw - Offset) / Scale, where raw is in Unit.
type Field struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Doc    string  `json:"doc"`
	Offset float64 `json:"offset"`
	Scale  float64 `json:"scale"`
}

// Raw returns the value in Unit of the scaled observation x.
func (f Field) Raw(x float32) float64 { return float64(x)*f.Scale + f.Offset }

// Scaled returns the observation of the value raw in Unit.
func (f Field) Scaled(raw float64) float32 { return float32((raw - f.Offset) / f.Scale) }

// Action describes one action index.
type Action struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

// Guard describes one column of Cost: a figure that must stay within a limit,
// which is the user's to state and not the environment's. A cost is never
// negative; its mean over rows and steps, in Unit, follows the figure of the
// episode, or is a share that is within its bound when the figure is: Doc says
// which.
type Guard struct {
	Name string `json:"name"` // of the figure that is guarded, as in Environment.Figures
	Unit string `json:"unit"` // of the cost
	Doc  string `json:"doc"`
}

// Schema says what the columns of Obs, Mask and Cost mean.
type Schema struct {
	Environment string   `json:"environment"`
	Version     int      `json:"version"` // raised by any change that can move learning or evaluation
	Fields      []Field  `json:"fields"`
	Actions     []Action `json:"actions"`
	Guards      []Guard  `json:"guards,omitempty"` // a policy does not depend on them: not part of Hash
}

// Column returns the index of the named observation column.
func (s Schema) Column(name string) (int, bool) {
	for i, f := range s.Fields {
		if f.Name == name {
			return i, true
		}
	}
	return 0, false
}

// Guard returns the index of the named guard.
func (s Schema) Guard(name string) (int, bool) {
	for i, g := range s.Guards {
		if g.Name == name {
			return i, true
		}
	}
	return 0, false
}

// Action returns the index of the named action.
func (s Schema) Action(name string) (int, bool) {
	for i, a := range s.Actions {
		if a.Name == name {
			return i, true
		}
	}
	return 0, false
}

// Hash returns the SHA-256, in hexadecimal, of everything that a policy's
// input and output depend on: names, units, offsets, scales, order, version.
// Wording (Doc) and what only training reads (Guards) are left out. A policy carries the hash of the schema that it
// was trained under and is refused under another.
func (s Schema) Hash() string {
	type column struct {
		Name, Unit    string
		Offset, Scale float64
	}
	canonical := struct {
		Environment string
		Version     int
		Fields      []column
		Actions     []string
	}{Environment: s.Environment, Version: s.Version}
	for _, f := range s.Fields {
		canonical.Fields = append(canonical.Fields, column{f.Name, f.Unit, f.Offset, f.Scale})
	}
	for _, a := range s.Actions {
		canonical.Actions = append(canonical.Actions, a.Name)
	}
	text, err := json.Marshal(canonical)
	if err != nil {
		panic("env: schema with a NaN or infinite offset or scale")
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
