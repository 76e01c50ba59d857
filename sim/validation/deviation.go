package validation

import (
	_ "embed"
	"strings"
)

//go:embed DEVIATIONS.md
var deviationsText string

// Deviation is a known difference between the model and its source.
type Deviation struct {
	Name  string // such as D3, to which rows refer
	Title string
	Text  string // what differs, why, how large it is, what would mend it
}

// Deviations returns the sections of DEVIATIONS.md in their order.
func Deviations() []Deviation { return parseDeviations(deviationsText) }

// parseDeviations reads sections that begin with "## NAME TITLE".
func parseDeviations(text string) []Deviation {
	var list []Deviation
	for _, section := range strings.Split("\n"+text, "\n## ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		name, title, _ := strings.Cut(heading, " ")
		list = append(list, Deviation{Name: name, Title: strings.TrimSpace(title), Text: strings.TrimSpace(body)})
	}
	return list
}
