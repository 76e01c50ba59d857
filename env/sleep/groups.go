package sleep

import (
	"fmt"
	"slices"
	"strings"
)

// groups are the columns that may be left out together, to find what they are
// worth. What is in none is a cell's own: its clock, load, state and plan.
var groups = [...]struct {
	name string
	cols []int
}{
	{"neighbours", []int{
		colNeighbourMean, colNeighbourMax, colCandidate, colCandidateIfAsleep, colCandidateAwake, colSoleCover,
		colAroundCount, colAroundIfFull, colAroundSector, colAroundDrop,
	}},
	{"lags", []int{colOwnTrend, colSectorPrev, colLoadLag1, colLoadLag2, colLoadLag3}},
	{"usual", []int{colUsualNow, colUsualNext, colUsualMean}},
	{"forecast", []int{colForecast1, colForecast2, colForecast4}},
	{"class", []int{colClass0, colClass0 + 1, colClass0 + 2, colClass0 + 3}},
	{"steering", []int{colCIO, colPriority}},
}

// Groups returns the names of the groups of columns.
func Groups() []string {
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.name
	}
	return names
}

// ColumnsWithout returns the names of the observation columns that are in none
// of the named groups, nil (all) without a name.
func ColumnsWithout(without []string) ([]string, error) {
	if len(without) == 0 {
		return nil, nil
	}
	var left [numColumns]bool
	for i, name := range without {
		at := slices.Index(Groups(), name)
		if at < 0 {
			return nil, fmt.Errorf("group %d: %q, allowed %s", i, name, strings.Join(Groups(), ", "))
		}
		for _, col := range groups[at].cols {
			left[col] = true
		}
	}
	var names []string
	for col, f := range NewSchema().Fields {
		if !left[col] {
			names = append(names, f.Name)
		}
	}
	return names, nil
}
