package strict

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxFaults bounds the faults that are collected from one input, so that a
// generated file cannot fill the memory with messages.
const maxFaults = 200

// Position says where a value was written.
type Position struct {
	// Origin is the file's name as the caller gave it, or the text of an
	// override such as "--set radio.noise_db=7".
	Origin string `json:"origin"`
	// Line and Column count from 1; 0 where there is none (an override, or a
	// fault of the file as a whole).
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// String returns origin:line:column, without what is unknown.
func (p Position) String() string {
	if p.Line == 0 {
		return p.Origin
	}
	return fmt.Sprintf("%s:%d:%d", p.Origin, p.Line, p.Column)
}

// Fault is one thing that is wrong with an input.
type Fault struct {
	Position
	// Path is the key's place, such as topology.areas[2].isd_m; empty for a
	// fault of the file as a whole.
	Path string `json:"path,omitempty"`
	// Problem says what is wrong.
	Problem string `json:"problem"`
	// Value is the offending text, shortened; empty where there is none.
	Value string `json:"value,omitempty"`
	// Allowed says what may stand there.
	Allowed string `json:"allowed,omitempty"`
	// Hint is what was probably meant.
	Hint string `json:"hint,omitempty"`
}

// Error returns the fault on one line.
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Position.String())
	if f.Path != "" {
		b.WriteString(": " + f.Path)
	}
	b.WriteString(": " + f.Problem)
	if f.Value != "" {
		b.WriteString(", got " + f.Value)
	}
	if f.Allowed != "" {
		b.WriteString("; allowed: " + f.Allowed)
	}
	if f.Hint != "" {
		b.WriteString("; " + f.Hint)
	}
	return b.String()
}

// Faults are all faults of one input, in the order of the checks: the file as
// a whole, then key by key in the file's order, then the overrides, then the
// bounds of values in the struct's order, then relations between them.
type Faults []Fault

// Error returns the faults one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// shown returns text as it appears in a message: quoted, shortened to 60
// characters.
func shown(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

// parentPath returns the path without its last key or index, and "" for a key
// at the top.
func parentPath(path string) string {
	if strings.HasSuffix(path, "]") {
		return path[:strings.LastIndexByte(path, '[')]
	}
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return ""
}

// childPath returns the path of key below path.
func childPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
