package cli

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"hibernet/env"
	"hibernet/sim/kpi"
)

var nan = math.NaN()

// printFigures prints the figures of one episode as a table.
func printFigures(io IO, scenario, policy string, figures []env.Figure) {
	fmt.Fprintf(io.Stdout, "%s under %s\n\n", scenario, policy)
	w := tabwriter.NewWriter(io.Stdout, 0, 0, 2, ' ', 0)
	total := kpi.ShieldDef("total").Name
	for _, f := range figures {
		if strings.HasPrefix(f.Name, kpi.ShieldDef("").Name) && f.Name != total && f.Value == 0 {
			continue // a cause that never made the shield act
		}
		meaning := ""
		if def, ok := kpi.Find(f.Name); ok {
			meaning = def.Doc
		}
		fmt.Fprintf(w, "%s\t%.5g\t%s\t%s\n", f.Name, f.Value, f.Unit, meaning)
	}
	w.Flush()
}

// jsonFigure is a figure in JSON, which knows no NaN: a figure without a
// meaning, such as the share dropped of no traffic, is null.
type jsonFigure struct {
	Name  string   `json:"name"`
	Unit  string   `json:"unit"`
	Value *float64 `json:"value"`
}

func jsonFigures(figures []env.Figure) []jsonFigure {
	list := make([]jsonFigure, len(figures))
	for i, f := range figures {
		list[i] = jsonFigure{Name: f.Name, Unit: f.Unit}
		if !math.IsNaN(f.Value) && !math.IsInf(f.Value, 0) {
			list[i].Value = &f.Value
		}
	}
	return list
}
