package strict

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Value is the YAML text of a value of any kind, on one line, such as 400,
// n41 or [3, 6]: what stands to the right of an override. It is for files that
// hold values of other files; where the value goes, it is read and checked.
type Value string

var valueType = reflect.TypeFor[Value]()

// flow returns the YAML text of a node on one line, without comments.
func flow(n *yaml.Node) string {
	text, err := yaml.Marshal(bare(n))
	if err != nil {
		return "" // an alias inside, which was reported when the file was looked through
	}
	return strings.TrimSuffix(string(text), "\n")
}

// bare returns a copy of a node that is written on one line.
func bare(n *yaml.Node) *yaml.Node {
	c := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style &^ (yaml.LiteralStyle | yaml.FoldedStyle)}
	if n.Kind != yaml.ScalarNode {
		c.Style = yaml.FlowStyle
	}
	if n.Style != c.Style && n.Kind == yaml.ScalarNode {
		c.Style = yaml.DoubleQuotedStyle // a text of several lines
	}
	for _, sub := range n.Content {
		c.Content = append(c.Content, bare(sub))
	}
	return c
}

// valueNode returns the node of a Value's text.
func valueNode(text string) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) != 1 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	}
	return bare(doc.Content[0])
}
