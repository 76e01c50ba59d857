package fit

// Result is what the readings say of each type of station.
type Result struct {
	StepS      int          `json:"step_s"`
	Unit       string       `json:"energy_unit"`
	TimeFormat string       `json:"time_format"`
	Columns    []string     `json:"type_columns"`
	Details    []string     `json:"detail_columns"`
	Tallies    []Tally      `json:"tables"`
	Warnings   []string     `json:"warnings"`
	Clocks     []Clock      `json:"clocks"`
	Types      []Type       `json:"types"`
	Table      Errors       `json:"held_out_stations"` // the type table alone, on stations it was not made of
	Own        Errors       `json:"held_out_hours"`    // with a level of their own from their first rows, on the others
	Stations   []StationFit `json:"-"`                 // every station that was fitted
}

// Clock counts the stations of one batch that got one lag.
type Clock struct {
	Batch    string  `json:"batch"`
	LagSteps int     `json:"lag_steps"` // energy at label t belongs to the load at t + LagSteps
	Stations int     `json:"stations"`
	ByBatch  int     `json:"decided_by_batch"` // of them, too few readings or unclear on their own
	Share    float64 `json:"share_of_batch"`
}

// Estimate is a number with its 95 % interval over resampled stations; without
// one (fewer than 5 stations) Lo and Hi are equal to Value and Known is false.
type Estimate struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	Known bool    `json:"interval_known"`
}

// Type is the fit of the stations of one type. Energies are in the unit of the
// data, loads are shares.
type Type struct {
	Name     string        `json:"name"`
	Cells    int           `json:"cells"`
	Chains   int           `json:"chains"` // of a cell, 0 if not known or not the same in all
	Stations int           `json:"stations"`
	Rows     int           `json:"rows"`
	Outliers int           `json:"outliers"` // rows with less than a tenth of the full weight
	Level    float64       `json:"level"`    // without load, of an unknown station: least mean relative error
	Mean     float64       `json:"mean_level"`
	LevelCV  float64       `json:"level_cv"` // between stations; 0 for one station
	Details  []DetailLevel `json:"details,omitempty"`
	Slope    []Estimate    `json:"slope"` // by cell of the station
	Terms    []Term        `json:"terms"`
	Seen     Errors        `json:"table_on_its_own_stations"` // the type table on the stations it was made of
	Table    Errors        `json:"held_out_stations"`
	Own      Errors        `json:"held_out_hours"`
	Sketch   *Sketch       `json:"-"`
}

// DetailLevel is the level of an unknown station of which more is known than
// its type.
type DetailLevel struct {
	Detail   string  `json:"detail"`
	Stations int     `json:"stations"`
	Level    float64 `json:"level"` // drawn towards the type's, the more the fewer stations
}

// Term is the effect of an energy-saving mode.
type Term struct {
	Name     string   `json:"name"`
	Cell     int      `json:"cell"`  // of the station, from 0
	Modes    []string `json:"modes"` // several if they always act together
	Additive bool     `json:"additive"`
	// Effect at full activation: the share that is saved, or for an additive
	// term the energy that is added.
	Effect Estimate `json:"effect"`
	Rows   int      `json:"active_rows"`
	Dose   []Dose   `json:"dose,omitempty"` // of a multiplicative term
	// Bend is the greatest distance of a dose's saving from the straight line, as
	// a share of energy; 0 without doses.
	Bend float64 `json:"bend"`
}

// Dose is the saving at one strength of activation, other terms taken off.
type Dose struct {
	Activation float64 `json:"activation"`
	Saving     float64 `json:"saving"` // median
	Spread     float64 `json:"spread"` // robust standard deviation over rows
	Rows       int     `json:"rows"`
}

// Errors sums up mean absolute relative errors (MAPE) of stations, in percent.
type Errors struct {
	Stations int     `json:"stations"`
	Rows     int     `json:"rows"`
	Median   float64 `json:"mape_median_pct"` // over stations, likewise the next two
	Mean     float64 `json:"mape_mean_pct"`
	P95      float64 `json:"mape_p95_pct"`
	WMAPE    float64 `json:"wmape_pct"` // sum of absolute errors over sum of energy, all rows
}

// StationFit is what is known of one station.
type StationFit struct {
	ID, Type, Detail string
	Lag              Lag
	Rows             int
	Level            float64
	MAPE             float64 // of the fit with its own level, percent
}

// Sketch holds points for figures, thinned out.
type Sketch struct {
	Load, Before, BeforeLoad, After []float64 // energy less the station's deviation from the type's level, without modes
	Measured, Table, Own            []float64 // energy, and predictions of held-out stations and hours
}
