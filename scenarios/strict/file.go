package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const mergeTag = "!!merge"

// file reads the file of the input into the struct. It reports whether there
// was a mapping of keys to read.
func (d *decoder) file(in Input) bool {
	d.origin = in.Name
	if !d.text(in.Data) {
		return false
	}
	root, ok := d.parse(in.Data)
	if !ok {
		return false
	}
	d.refuse(root, map[*yaml.Node]bool{})
	d.value(d.root, field{}, root, "")
	return !d.unread[""]
}

// text checks the bytes before they are parsed: size, encoding, tabs.
func (d *decoder) text(data []byte) bool {
	whole := Position{Origin: d.origin}
	if len(data) > MaxBytes {
		d.add(Fault{
			Position: whole, Problem: "the file is too large",
			Value: fmt.Sprintf("%d bytes", len(data)), Allowed: fmt.Sprintf("at most %d bytes", MaxBytes),
		})
		return false
	}
	found := len(d.faults)
	line := 0
	for text := range bytes.SplitSeq(data, []byte("\n")) {
		line++
		if !utf8.Valid(text) {
			column := 1 + utf8.RuneCount(text[:firstInvalid(text)])
			d.add(Fault{Position: Position{d.origin, line, column}, Problem: "not UTF-8 text", Hint: "save the file as UTF-8"})
			break // one is enough: another encoding breaks every line
		}
		indent := len(text) - len(bytes.TrimLeft(text, " \t"))
		if tab := bytes.IndexByte(text[:indent], '\t'); tab >= 0 && indent < len(text) {
			d.add(Fault{Position: Position{d.origin, line, tab + 1}, Problem: "a tab in the indentation", Hint: "indent with spaces"})
		}
	}
	return len(d.faults) == found
}

// firstInvalid returns the offset of the first byte that is not UTF-8.
func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(text)
}

// parse returns the root node of the only document.
func (d *decoder) parse(data []byte) (*yaml.Node, bool) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		d.add(Fault{Position: Position{Origin: d.origin}, Problem: "the file is empty", Allowed: "a mapping with the keys " + keyList(fieldsOf(d.root.Type()))})
		return nil, false
	case err != nil:
		d.add(d.syntax(err))
		return nil, false
	}
	err = dec.Decode(&next)
	switch {
	case err == nil:
		d.add(Fault{Position: d.at(&next), Problem: "a second document in the file", Allowed: "one document"})
	case !errors.Is(err, io.EOF):
		d.add(d.syntax(err))
	}
	return doc.Content[0], true
}

var syntaxLine = regexp.MustCompile(`line (\d+): `)

// syntax turns a parser's error into a fault at its line.
func (d *decoder) syntax(err error) Fault {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	f := Fault{Position: Position{Origin: d.origin}, Problem: "not YAML: " + text}
	if m := syntaxLine.FindStringSubmatch(text); m != nil && !strings.HasPrefix(d.origin, setPrefix) {
		f.Line, _ = strconv.Atoi(m[1])
		f.Column = 1
		f.Problem = "not YAML: " + strings.Replace(text, m[0], "", 1)
	}
	return f
}

// refuse reports anchors, aliases, merge keys and tags anywhere in the file.
// They can make a small file mean a huge one, and what a merge means differs
// between YAML readers.
func (d *decoder) refuse(n *yaml.Node, seen map[*yaml.Node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	switch {
	case n.Kind == yaml.AliasNode:
		d.add(Fault{Position: d.at(n), Problem: "an alias", Value: shown("*" + n.Value), Hint: "write the value out"})
		return
	case n.Anchor != "":
		d.add(Fault{Position: d.at(n), Problem: "an anchor", Value: shown("&" + n.Anchor), Hint: "write the value out where it is used"})
	case n.Kind == yaml.ScalarNode && n.Tag == mergeTag:
		d.add(Fault{Position: d.at(n), Problem: "a merge key", Value: shown(n.Value), Hint: "write the keys out"})
	case n.Style&yaml.TaggedStyle != 0:
		d.add(Fault{Position: d.at(n), Problem: "a type tag", Value: shown(n.Tag), Hint: "leave the tag out"})
	}
	for _, c := range n.Content {
		d.refuse(c, seen)
	}
}
