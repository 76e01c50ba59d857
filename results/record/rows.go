package record

// Row is a row of one of the tables; the type says which.
type Row interface {
	Cell | Step | Event | Episode | Summary | CellStep | Validation
	key() key
}

// key places a row: rows of one (policy, seed, episode) stand together, in
// rising (major, minor).
type key struct {
	policy  string
	seed    uint64
	episode int32
	major   float64
	minor   int64
}

// sameGroup says whether a and b belong to the same episode of a policy.
func (k key) sameGroup(o key) bool {
	return k.policy == o.policy && k.seed == o.seed && k.episode == o.episode
}

// before says whether k sorts strictly before o within their group.
func (k key) before(o key) bool {
	return k.major < o.major || (k.major == o.major && k.minor < o.minor)
}

// Cell is one cell over a whole episode (table "cells").
type Cell struct {
	Policy      string  `parquet:"policy,dict" unit:"" doc:"name of the policy that ran"`
	Seed        uint64  `parquet:"seed" unit:"" doc:"root seed of the run"`
	Episode     int32   `parquet:"episode" unit:"" doc:"index of the episode under this policy and seed, from 0"`
	Cell        int32   `parquet:"cell" unit:"" doc:"index of the cell in the topology"`
	Sector      int32   `parquet:"sector" unit:"" doc:"index of the cell's sector"`
	Site        int32   `parquet:"site" unit:"" doc:"index of the cell's site"`
	XM          float64 `parquet:"x_m" unit:"m" doc:"position of the site, eastwards"`
	YM          float64 `parquet:"y_m" unit:"m" doc:"position of the site, northwards"`
	Area        string  `parquet:"area,dict" unit:"" doc:"area class of the site: dense_urban, urban, suburban, rural"`
	Carrier     string  `parquet:"carrier,dict" unit:"" doc:"carrier (frequency layer)"`
	Coverage    bool    `parquet:"coverage" unit:"" doc:"whether the cell belongs to the coverage layer"`
	Profile     string  `parquet:"profile,dict" unit:"" doc:"power profile of the radio unit"`
	DurationS   float64 `parquet:"duration_s" unit:"s" doc:"time that the row covers"`
	EnergyKWh   float64 `parquet:"energy_kwh" unit:"kWh" doc:"energy drawn by the cell, without baseband and site overhead"`
	LoadMean    float64 `parquet:"load_mean" unit:"1" doc:"time-mean load, 0 asleep"`
	OfferedGbit float64 `parquet:"offered_gbit" unit:"Gbit" doc:"traffic of the position bins that the cell served"`
	ServedGbit  float64 `parquet:"served_gbit" unit:"Gbit" doc:"traffic that the cell carried"`
	SleepShare  float64 `parquet:"sleep_share" unit:"1" doc:"share of time in carrier sleep, deep sleep or dormant"`
	Switches    int32   `parquet:"switches" unit:"1" doc:"number of power-state transitions that the cell began"`
	DownShare   float64 `parquet:"down_share" unit:"1" doc:"share of time out of order and starting after that; of it, only the start is time in a state, full"`
	StateShares
}

func (c Cell) key() key { return key{c.Policy, c.Seed, c.Episode, 0, int64(c.Cell)} }

// Scope names of a Step.
const (
	ScopeNetwork = "network" // all cells; Name is "all"
	ScopeArea    = "area"    // the cells of an area class; Name is the class
	ScopeCarrier = "carrier" // the cells of a carrier; Name is the carrier
)

// Step is one control interval of the whole network or of one class of cells
// (table "steps"). Classes of one scope are disjoint and sum to the network in
// every extensive column that belongs to cells.
type Step struct {
	Policy        string  `parquet:"policy,dict" unit:"" doc:"name of the policy that ran"`
	Seed          uint64  `parquet:"seed" unit:"" doc:"root seed of the run"`
	Episode       int32   `parquet:"episode" unit:"" doc:"index of the episode under this policy and seed, from 0"`
	TimeS         float64 `parquet:"time_s" unit:"s" doc:"start of the interval, since Monday 00:00"`
	DurationS     float64 `parquet:"duration_s" unit:"s" doc:"length of the interval"`
	Hour          float64 `parquet:"hour" unit:"h" doc:"hour of the day at the start of the interval, 0 to 24"`
	Scope         string  `parquet:"scope,dict" unit:"" doc:"what the row covers: network, area or carrier"`
	Name          string  `parquet:"name,dict" unit:"" doc:"all, or the name of the area class or carrier"`
	Cells         int32   `parquet:"cells" unit:"1" doc:"number of cells that the row covers"`
	OfferedGbit   float64 `parquet:"offered_gbit" unit:"Gbit" doc:"traffic offered; in scope carrier, that of the bins its cells served"`
	ServedGbit    float64 `parquet:"served_gbit" unit:"Gbit" doc:"traffic carried"`
	DroppedGbit   float64 `parquet:"dropped_gbit" unit:"Gbit" doc:"traffic lost to outage and overload"`
	QueuedGbit    float64 `parquet:"queued_gbit" unit:"Gbit" doc:"traffic waiting at the end of the interval"`
	EnergyKWh     float64 `parquet:"energy_kwh" unit:"kWh" doc:"energy drawn, with baseband and site overhead in scopes network and area"`
	PowerW        float64 `parquet:"power_w" unit:"W" doc:"mean power: energy over duration"`
	PowerSiteW    float64 `parquet:"power_site_w" unit:"W" doc:"part of power_w drawn by baseband units, rectifiers and cooling"`
	LoadMean      float64 `parquet:"load_mean" unit:"1" doc:"time-mean load over all cells of the row, asleep ones as 0"`
	AwakeCells    float64 `parquet:"awake_cells" unit:"1" doc:"mean number of cells that could serve"`
	Switches      int32   `parquet:"switches" unit:"1" doc:"number of power-state transitions begun"`
	ThroughputP5  float64 `parquet:"throughput_p5_mbps" unit:"Mbit/s" doc:"5th percentile, weighted by traffic, of the user throughput in the interval"`
	ThroughputP50 float64 `parquet:"throughput_p50_mbps" unit:"Mbit/s" doc:"median, weighted by traffic, of the user throughput in the interval"`
	OutageMin     float64 `parquet:"outage_min" unit:"min" doc:"mean over sectors of the minutes without coverage, weighted by demand share"`
	OverloadCellH float64 `parquet:"overload_cell_h" unit:"h" doc:"cell hours with an offered load above 1"`
	DownCells     float64 `parquet:"down_cells" unit:"1" doc:"mean number of cells out of order and starting after that; of these, only those that start are in a state, full"`
	FaultLostGbit float64 `parquet:"fault_lost_gbit" unit:"Gbit" doc:"part of dropped_gbit while a fault's cells did not serve, in the sectors that it had hit; NaN in scope carrier"`
	BatteryKWh    float64 `parquet:"battery_kwh" unit:"kWh" doc:"part of energy_kwh taken from batteries; NaN in scope carrier"`
	StateCells
	StatePower
}

func (s Step) key() key { return key{s.Policy, s.Seed, s.Episode, s.TimeS, 0} }

// EventDown stands for the power state of a cell that is out of order, in
// From and To of an Event.
const EventDown = "down"

// Causes of an Event that faults bring.
const (
	CauseFault        = "fault"        // the cell went down
	CauseRepair       = "repair"       // it starts again
	CauseCompensation = "compensation" // it stands in for one that is down
)

// Event is one transition between power states (table "events").
type Event struct {
	Policy  string  `parquet:"policy,dict" unit:"" doc:"name of the policy that ran"`
	Seed    uint64  `parquet:"seed" unit:"" doc:"root seed of the run"`
	Episode int32   `parquet:"episode" unit:"" doc:"index of the episode under this policy and seed, from 0"`
	TimeS   float64 `parquet:"time_s" unit:"s" doc:"moment at which the transition began, since Monday 00:00"`
	Cell    int32   `parquet:"cell" unit:"" doc:"index of the cell in the topology"`
	From    string  `parquet:"from,dict" unit:"" doc:"power state before; down if the cell was out of order"`
	To      string  `parquet:"to,dict" unit:"" doc:"power state after; down if the cell goes out of order"`
	Cause   string  `parquet:"cause,dict" unit:"" doc:"who asked for it: policy, shield or emergency (the rules that overrode it); or what happened: fault, repair, compensation for a fault"`
}

func (e Event) key() key { return key{e.Policy, e.Seed, e.Episode, e.TimeS, 0} }

// Phases of an Episode row.
const (
	PhaseTrain    = "train"    // Episode is the training iteration, from 0
	PhaseEvaluate = "evaluate" // Episode is the evaluation episode of the seed, from 0
)

// Figures of training iterations that reports draw; a learner may record more.
const (
	FigureReturn            = "return"             // mean undiscounted return of the iteration's episodes
	FigureEntropy           = "entropy"            // mean entropy of the policy, nat
	FigureKL                = "kl"                 // mean KL divergence of the new policy from the old, nat
	FigureExplainedVariance = "explained_variance" // share of the returns' variance that the value function explains
)

// Episode is one figure of one training iteration or evaluation episode (table
// "episodes"), in long form: a learner or an environment with other figures
// needs no other schema.
type Episode struct {
	Phase   string  `parquet:"phase,dict" unit:"" doc:"train: episode is a training iteration; evaluate: an evaluation episode"`
	Policy  string  `parquet:"policy,dict" unit:"" doc:"name of the policy or learner"`
	Seed    uint64  `parquet:"seed" unit:"" doc:"seed of the environment"`
	Episode int32   `parquet:"episode" unit:"" doc:"index of the iteration or episode, from 0"`
	Day     int32   `parquet:"day" unit:"d" doc:"first simulated day, 0 is Monday of the first week; -1 where it has no meaning"`
	Figure  string  `parquet:"figure,dict" unit:"" doc:"name of the figure, such as return, energy_kwh, entropy"`
	Unit    string  `parquet:"unit,dict" unit:"" doc:"unit of the value"`
	Value   float64 `parquet:"value" unit:"see unit" doc:"value of the figure"`
}

func (e Episode) key() key { return key{} }

// Measures of a Summary row.
const (
	MeasureMean       = "mean"       // mean over episodes of the figure itself
	MeasureTotal      = "total"      // sum over episodes
	MeasureRatio      = "ratio"      // ratio of two sums over episodes, such as dropped over offered traffic
	MeasureDifference = "difference" // mean paired difference, policy minus reference
	MeasureSaving     = "saving"     // mean paired saving against the reference, in %
)

// Summary is one aggregated figure of one policy (table "summary").
type Summary struct {
	Policy    string  `parquet:"policy,dict" unit:"" doc:"name of the policy"`
	Figure    string  `parquet:"figure,dict" unit:"" doc:"name of the figure"`
	Unit      string  `parquet:"unit,dict" unit:"" doc:"unit of value and ci95"`
	Measure   string  `parquet:"measure,dict" unit:"" doc:"mean, total or ratio over episodes; difference or saving against the reference, paired by episode"`
	Reference string  `parquet:"reference,dict" unit:"" doc:"policy compared with; empty for mean, total and ratio"`
	Value     float64 `parquet:"value" unit:"see unit" doc:"value of the measure"`
	CI95      float64 `parquet:"ci95" unit:"see unit" doc:"half width of the 95 % confidence interval of value; NaN below 2 episodes"`
	Episodes  int32   `parquet:"episodes" unit:"1" doc:"number of episodes behind the value"`
}

func (s Summary) key() key { return key{} }

// CellStep is one cell in one control interval (table "cell_steps"): large, and
// written on request or for a sample of cells only.
type CellStep struct {
	Policy     string  `parquet:"policy,dict" unit:"" doc:"name of the policy that ran"`
	Seed       uint64  `parquet:"seed" unit:"" doc:"root seed of the run"`
	Episode    int32   `parquet:"episode" unit:"" doc:"index of the episode under this policy and seed, from 0"`
	TimeS      float64 `parquet:"time_s" unit:"s" doc:"start of the interval, since Monday 00:00"`
	Cell       int32   `parquet:"cell,delta" unit:"" doc:"index of the cell in the topology"`
	State      string  `parquet:"state,dict" unit:"" doc:"power state at the end of the interval"`
	Load       float32 `parquet:"load_mean,split" unit:"1" doc:"time-mean load, 0 asleep"`
	EnergyKWh  float32 `parquet:"energy_kwh,split" unit:"kWh" doc:"energy drawn by the cell, without baseband and site overhead"`
	ServedGbit float32 `parquet:"served_gbit,split" unit:"Gbit" doc:"traffic that the cell carried"`
	SleepShare float32 `parquet:"sleep_share,split" unit:"1" doc:"share of the interval in carrier sleep, deep sleep or dormant"`
}

func (c CellStep) key() key { return key{c.Policy, c.Seed, c.Episode, c.TimeS, int64(c.Cell)} }

// Validation is one figure of the simulator beside what it must be (table
// "validation").
type Validation struct {
	Check     string  `parquet:"check,dict" unit:"" doc:"name of the check that made the row"`
	Quantity  string  `parquet:"quantity" unit:"" doc:"what is compared, with the conditions"`
	Unit      string  `parquet:"unit,dict" unit:"" doc:"unit of expected, got, lo and hi"`
	Source    string  `parquet:"source,dict" unit:"" doc:"where the expected value comes from: publication, clause, table, or method"`
	Trust     string  `parquet:"trust,dict" unit:"" doc:"how far the source was followed: primary, secondary, derived, independent, recalled"`
	Expected  float64 `parquet:"expected" unit:"see unit" doc:"what the source says; the middle of lo and hi where it says a range"`
	Got       float64 `parquet:"got" unit:"see unit" doc:"what the simulator says"`
	Error     float64 `parquet:"error" unit:"1, or see unit" doc:"got over expected, less 1; got itself where expected is 0"`
	Lo        float64 `parquet:"lo" unit:"see unit" doc:"smallest value of got that passes"`
	Hi        float64 `parquet:"hi" unit:"see unit" doc:"largest value of got that passes"`
	Pass      bool    `parquet:"pass" unit:"" doc:"whether got is from lo to hi; NaN is not"`
	Deviation string  `parquet:"deviation,dict" unit:"" doc:"name of the known deviation that the row asserts, such as D3; empty for a comparison that must hold"`
}

func (v Validation) key() key { return key{} }
