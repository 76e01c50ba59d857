package sleep

import (
	"fmt"
	"strings"

	"hibernet/env"
	"hibernet/sim/power"
	"hibernet/sim/topology"
)

// ObsLimit bounds every scaled observation: values beyond are clamped.
const ObsLimit = 5

const numStates = int(power.NumStates)

// Columns of the observation, in order.
const (
	colHour = iota
	colHourSin
	colHourCos
	colDow
	colWeekend
	colOwnLoad
	colOwnTrend
	colOwnIfFull
	colSectorLoad
	colSectorPrev
	colUsualNow
	colUsualNext
	colUsualMean
	colNeighbourMean
	colNeighbourMax
	colCandidate
	colCandidateIfAsleep
	colCandidateAwake
	colSoleCover
	colSlowShare
	colDropShare
	colAwakeShare
	colIsCoverage
	colCapacityRatio
	colIdleShare
	colSleepShare
	colPowerShare
	colTimeInState
	colDwellLeft
	colWakesLeft
	colInTransition
	colLoadLag1
	colLoadLag2
	colLoadLag3
	colAroundCount
	colAroundIfFull
	colAroundSector
	colAroundDrop
	colForecast1
	colForecast2
	colForecast4
	colCIO
	colPriority
	colClass0
	colState0  = colClass0 + int(topology.NumAreas)
	numColumns = colState0 + numStates
)

// fields describes the columns up to colState0; the states follow.
var fields = [colState0]env.Field{
	colHour:              {Name: "hour", Unit: "h", Doc: "local time of day, 0 to 24", Offset: 12, Scale: 12},
	colHourSin:           {Name: "hour_sin", Unit: "1", Doc: "sine of the time of day, a turn in 24 h", Scale: 1},
	colHourCos:           {Name: "hour_cos", Unit: "1", Doc: "cosine of the time of day", Scale: 1},
	colDow:               {Name: "dow", Unit: "d", Doc: "day of the week, 0 = Monday to 6", Offset: 3, Scale: 3},
	colWeekend:           {Name: "weekend", Unit: "1", Doc: "1 on Saturday and Sunday", Scale: 1},
	colOwnLoad:           {Name: "own_load", Unit: "1", Doc: "mean PRB utilisation of the cell in the last control interval, 0 asleep", Offset: 0.25, Scale: 0.25},
	colOwnTrend:          {Name: "own_load_trend", Unit: "1", Doc: "own_load less that of the interval before", Scale: 0.1},
	colOwnIfFull:         {Name: "own_load_if_full", Unit: "1", Doc: "estimate of the cell's load if all cells were fully awake: last interval's demand of the bins it serves then, over their rates at the episode's start", Offset: 0.25, Scale: 0.25},
	colSectorLoad:        {Name: "sector_load", Unit: "1", Doc: "offered rate of the sector in the last interval over the nominal capacity of its own cells", Offset: 0.1, Scale: 0.1},
	colSectorPrev:        {Name: "sector_load_previous", Unit: "1", Doc: "the same one interval earlier", Offset: 0.1, Scale: 0.1},
	colUsualNow:          {Name: "usual_load", Unit: "1", Doc: "the sector's historical mean offered rate in this hour of the day, as sector_load", Offset: 0.1, Scale: 0.1},
	colUsualNext:         {Name: "usual_load_next", Unit: "1", Doc: "the same for the next hour", Offset: 0.1, Scale: 0.1},
	colUsualMean:         {Name: "usual_load_mean", Unit: "1", Doc: "the same over the whole day", Offset: 0.1, Scale: 0.1},
	colNeighbourMean:     {Name: "neighbour_load_mean", Unit: "1", Doc: "mean of the last interval's loads of the awake cells that cover bins of the sector, this one left out", Offset: 0.25, Scale: 0.25},
	colNeighbourMax:      {Name: "neighbour_load_max", Unit: "1", Doc: "the largest of these loads", Offset: 0.5, Scale: 0.5},
	colCandidate:         {Name: "candidate_load", Unit: "1", Doc: "last interval's load of the cell that would take over: the awake one, this one left out, that comes first in the order in which cells serve most of the sector's demand; 1 if there is none", Offset: 0.25, Scale: 0.25},
	colCandidateIfAsleep: {Name: "candidate_load_if_asleep", Unit: "1", Doc: "estimate of that cell's load with this cell asleep: its load, and if this cell is awake own_load_if_full by the ratio of the capacities; 2 if there is none", Offset: 0.5, Scale: 0.5},
	colCandidateAwake:    {Name: "candidate_awake", Unit: "1", Doc: "1 if there is such a cell", Scale: 1},
	colSoleCover:         {Name: "sole_cover_share", Unit: "1", Doc: "share of the sector's demand in bins that no other awake cell covers and this one does or would", Scale: 0.5},
	colSlowShare:         {Name: "slow_share", Unit: "1", Doc: "share of the sector's served traffic below the target user throughput in the last interval", Scale: 0.25},
	colDropShare:         {Name: "drop_share", Unit: "1", Doc: "share of the sector's offered traffic that was dropped in the last interval", Scale: 0.05},
	colAwakeShare:        {Name: "awake_share", Unit: "1", Doc: "share of the sector's own cells that serve", Offset: 0.5, Scale: 0.5},
	colIsCoverage:        {Name: "is_coverage", Unit: "1", Doc: "1 for a cell of a coverage layer", Scale: 1},
	colCapacityRatio:     {Name: "capacity_ratio", Unit: "log2", Doc: "binary logarithm of the cell's nominal capacity over that of the sector's coverage cell; 0 without one", Offset: 1, Scale: 2},
	colIdleShare:         {Name: "idle_power_share", Unit: "1", Doc: "the radio unit's power with no load over that at full load", Offset: 0.5, Scale: 0.25},
	colSleepShare:        {Name: "sleep_power_share", Unit: "1", Doc: "the radio unit's least power asleep over that with no load; 1 if it has no sleep state", Offset: 0.5, Scale: 0.25},
	colPowerShare:        {Name: "power_share", Unit: "1", Doc: "the cell's part of its sector's radio power at full load", Offset: 0.5, Scale: 0.25},
	colTimeInState:       {Name: "time_in_state_min", Unit: "min", Doc: "time since the cell entered its present state; at the start of an episode 0", Offset: 60, Scale: 60},
	colDwellLeft:         {Name: "dwell_left_min", Unit: "min", Doc: "time until the dwell times allow a change between awake and asleep", Scale: 15},
	colWakesLeft:         {Name: "wakes_left_share", Unit: "1", Doc: "part of the day's wake-up budget that is left", Scale: 1},
	colInTransition:      {Name: "in_transition", Unit: "1", Doc: "1 while the cell is on its way to another state", Scale: 1},
	colLoadLag1:          {Name: "load_lag_1", Unit: "1", Doc: "own_load one interval earlier", Offset: 0.25, Scale: 0.25},
	colLoadLag2:          {Name: "load_lag_2", Unit: "1", Doc: "own_load two intervals earlier", Offset: 0.25, Scale: 0.25},
	colLoadLag3:          {Name: "load_lag_3", Unit: "1", Doc: "own_load three intervals earlier", Offset: 0.25, Scale: 0.25},
	colAroundCount:       {Name: "neighbour_awake", Unit: "1", Doc: "number of the cells of neighbour_load_mean", Offset: 4, Scale: 4},
	colAroundIfFull:      {Name: "neighbour_load_if_full_mean", Unit: "1", Doc: "mean of own_load_if_full over them", Offset: 0.25, Scale: 0.25},
	colAroundSector:      {Name: "neighbour_sector_load_mean", Unit: "1", Doc: "mean over them of their sectors' sector_load", Offset: 0.1, Scale: 0.1},
	colAroundDrop:        {Name: "neighbour_drop_share_mean", Unit: "1", Doc: "mean over them of their sectors' drop_share", Scale: 0.05},
	colForecast1:         {Name: "forecast_load_1", Unit: "1", Doc: "forecast of the sector's mean offered rate in the control interval that begins now, as sector_load", Offset: 0.1, Scale: 0.1},
	colForecast2:         {Name: "forecast_load_2", Unit: "1", Doc: "the same for the interval after it", Offset: 0.1, Scale: 0.1},
	colForecast4:         {Name: "forecast_load_4", Unit: "1", Doc: "the same for the fourth interval from now", Offset: 0.1, Scale: 0.1},
	colCIO:               {Name: "cio_db", Unit: "dB", Doc: "the cell's individual offset as actions have set it", Scale: 6},
	colPriority:          {Name: "layer_shift_db", Unit: "dB", Doc: "what actions have added to the cell's layer priority", Scale: 20},
	colClass0 + 0:        classField(0),
	colClass0 + 1:        classField(1),
	colClass0 + 2:        classField(2),
	colClass0 + 3:        classField(3),
}

func classField(area topology.Area) env.Field {
	return env.Field{Name: "class_" + area.String(), Unit: "1", Scale: 1, Doc: "1 if this is the area class of the cell's site"}
}

// NewSchema returns the environment's schema: it is the same for every
// network, so that a policy trained on one can run on another.
func NewSchema() env.Schema {
	s := env.Schema{Environment: Name, Version: Version, Fields: append([]env.Field(nil), fields[:]...), Guards: append([]env.Guard(nil), guards[:]...)}
	for state := power.Full; state < power.NumStates; state++ {
		s.Fields = append(s.Fields, env.Field{
			Name: "state_" + state.String(), Unit: "1", Scale: 1,
			Doc: "1 if this is the cell's state, or the one that it is on its way to",
		})
		s.Actions = append(s.Actions, env.Action{Name: state.String(), Doc: actionDocs[state]})
	}
	s.Actions = append(s.Actions, steerings[:]...)
	return s
}

var actionDocs = [numStates]string{
	power.Full:       "all chains, full power",
	power.HalfTRX:    "half of the transceiver chains",
	power.QuarterTRX: "a quarter of the transceiver chains",
	power.Backoff:    "lower transmit power",
	power.DTX:        "cell DTX: part of the time, longer SSB period",
	power.Sleep:      "carrier off, fast wake",
	power.DeepSleep:  "radio unit mostly off, slower wake",
	power.Dormant:    "radio unit off, wake takes minutes",
}

// SchemaOf returns the schema of an environment that observes the named columns
// only, nil for all.
func SchemaOf(names []string) (env.Schema, error) {
	s, _, err := newSchema(names)
	return s, err
}

// newSchema returns the schema with the named columns only, nil for all, in the
// schema's order, and which columns of all they are.
func newSchema(names []string) (env.Schema, []int, error) {
	s := NewSchema()
	if names == nil {
		names = make([]string, len(s.Fields))
		for i, f := range s.Fields {
			names[i] = f.Name
		}
	}
	wanted := make([]bool, len(s.Fields))
	for i, name := range names {
		col, ok := s.Column(name)
		if !ok {
			return s, nil, fmt.Errorf("columns[%d]: no observation column is called %q", i, name)
		}
		wanted[col] = true
	}
	all, cols := s.Fields, []int(nil)
	s.Fields = nil
	for col, want := range wanted {
		if want {
			s.Fields, cols = append(s.Fields, all[col]), append(cols, col)
		}
	}
	return s, cols, nil
}

// ObservationTable returns the observation columns as a Markdown table.
func ObservationTable() string {
	var b strings.Builder
	b.WriteString("| column | name | unit | offset | scale | meaning |\n|---|---|---|---|---|---|\n")
	for i, f := range NewSchema().Fields {
		fmt.Fprintf(&b, "| %d | `%s` | %s | %g | %g | %s |\n", i, f.Name, f.Unit, f.Offset, f.Scale, f.Doc)
	}
	return b.String()
}

// GuardTable returns the guards as a Markdown table.
func GuardTable() string {
	var b strings.Builder
	b.WriteString("| guard | unit of the cost | cost of a row |\n|---|---|---|\n")
	for _, g := range guards {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", g.Name, g.Unit, g.Doc)
	}
	return b.String()
}

// ActionTable returns the actions as a Markdown table.
func ActionTable() string {
	var b strings.Builder
	b.WriteString("| action | name | awake | meaning |\n|---|---|---|---|\n")
	for i, a := range NewSchema().Actions {
		awake := "no"
		if i >= numStates {
			awake = "stays"
		} else if power.State(i).Awake() {
			awake = "yes"
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s |\n", i, a.Name, awake, a.Doc)
	}
	return b.String()
}
