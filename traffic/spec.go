package traffic

// Spec describes the demand of all sectors. The zero value is not useful:
// start from DefaultSpec.
type Spec struct {
	Source        string      `yaml:"source" doc:"where demand comes from: drawn from profiles, or an imported series laid over the area" enum:"synthetic,trace"`
	Interpolation string      `yaml:"interpolation" doc:"course of demand inside a slot (an hour, or a step of the trace): held, or piecewise linear with the same mean" enum:"step,linear"`
	GrowthPerYear float64     `yaml:"growth_per_year" doc:"relative growth of demand in 365 days, compounded continuously in time" unit:"1" min:"-0.9" max:"10"`
	Mean          MeanSpec    `yaml:"mean" doc:"long-run mean demand of a sector (synthetic)"`
	Classes       ClassSpec   `yaml:"classes" doc:"weekly profile classes (synthetic)"`
	Profiles      []Profile   `yaml:"profiles" doc:"weekly courses that take the place of the measured one of their class, as hibernet calibrate traffic fits them" maxlen:"5"`
	Noise         NoiseSpec   `yaml:"noise" doc:"noise from hour to hour and day to day"`
	WithinHour    WithinSpec  `yaml:"within_hour" doc:"noise inside an hour"`
	Trace         TraceSpec   `yaml:"trace" doc:"how an imported series is laid over the area"`
	Surges        []SurgeSpec `yaml:"surges" doc:"events at a fixed place and time"`
	RandomSurges  RandomSpec  `yaml:"random_surges" doc:"events at random places and times"`
	Holidays      []Holiday   `yaml:"holidays" doc:"days on which the classes shift"`
}

// MeanSpec describes the long-run mean of a sector's demand and how it varies
// in space.
type MeanSpec struct {
	DenseUrbanMbps float64 `yaml:"dense_urban_mbps" doc:"mean over the dense-urban sectors" unit:"Mbit/s" min:"0" max:"1000000"`
	UrbanMbps      float64 `yaml:"urban_mbps" doc:"mean over the urban sectors" unit:"Mbit/s" min:"0" max:"1000000"`
	SuburbanMbps   float64 `yaml:"suburban_mbps" doc:"mean over the suburban sectors" unit:"Mbit/s" min:"0" max:"1000000"`
	RuralMbps      float64 `yaml:"rural_mbps" doc:"mean over the rural sectors" unit:"Mbit/s" min:"0" max:"1000000"`
	Family         string  `yaml:"family" doc:"distribution of the sectors' means inside an area class" enum:"weibull,gamma,lognormal"`
	Shape          float64 `yaml:"shape" doc:"shape of that distribution (of a lognormal, one over the standard deviation of the log); smaller is more unequal" unit:"1" min:"0.3" max:"20"`
	Nugget         float64 `yaml:"nugget" doc:"share of the variance of the underlying normal field that is not correlated in space" unit:"1" min:"0" max:"1"`
	RangeM         float64 `yaml:"range_m" doc:"distance at which the rest of the correlation has fallen to 1/e" unit:"m" min:"10" max:"1000000"`
}

// Mix is the share of each profile class; the five sum to one.
type Mix struct {
	Residential float64 `yaml:"residential" doc:"share of residential sectors" unit:"1" min:"0" max:"1"`
	Mixed       float64 `yaml:"mixed" doc:"share of mixed sectors" unit:"1" min:"0" max:"1"`
	Office      float64 `yaml:"office" doc:"share of office sectors" unit:"1" min:"0" max:"1"`
	Transport   float64 `yaml:"transport" doc:"share of transport sectors" unit:"1" min:"0" max:"1"`
	Leisure     float64 `yaml:"leisure" doc:"share of leisure sectors" unit:"1" min:"0" max:"1"`
}

// ClassSpec describes which sectors follow which weekly profile, and how
// closely.
type ClassSpec struct {
	DenseUrban Mix     `yaml:"dense_urban" doc:"class shares of dense-urban sectors"`
	Urban      Mix     `yaml:"urban" doc:"class shares of urban sectors"`
	Suburban   Mix     `yaml:"suburban" doc:"class shares of suburban sectors"`
	Rural      Mix     `yaml:"rural" doc:"class shares of rural sectors"`
	Nugget     float64 `yaml:"nugget" doc:"share of the class field's variance that is not correlated in space; 1 scatters the classes" unit:"1" min:"0" max:"1"`
	RangeM     float64 `yaml:"range_m" doc:"correlation distance of the class field" unit:"m" min:"10" max:"1000000"`
	Spread     float64 `yaml:"spread" doc:"sectors' lasting deviation from their class profile, as a factor on the measured deviation" unit:"1" min:"0" max:"2"`
	MeanWeight float64 `yaml:"mean_weight" doc:"how far the classes' measured relative means move the sectors' means (exponent; 0 = not at all)" unit:"1" min:"0" max:"2"`
}

// Profile is the weekly course of one class in a city of its own. The lists
// have one entry an hour, from 0 to 23 local time.
type Profile struct {
	Class        string    `yaml:"class" doc:"class whose measured course it replaces" enum:"residential,mixed,office,transport,leisure"`
	RelativeMean float64   `yaml:"relative_mean" doc:"mean demand of the class over the city's" unit:"1" gt:"0" max:"100"`
	Monday       []float64 `yaml:"monday" doc:"demand by hour; only ratios within the week matter" unit:"1" gt:"0" max:"1000000" minlen:"24" maxlen:"24"`
	Tuesday      []float64 `yaml:"tuesday" doc:"demand by hour" unit:"1" gt:"0" max:"1000000" minlen:"24" maxlen:"24"`
	Wednesday    []float64 `yaml:"wednesday" doc:"demand by hour" unit:"1" gt:"0" max:"1000000" minlen:"24" maxlen:"24"`
	Thursday     []float64 `yaml:"thursday" doc:"demand by hour" unit:"1" gt:"0" max:"1000000" minlen:"24" maxlen:"24"`
	Friday       []float64 `yaml:"friday" doc:"demand by hour" unit:"1" gt:"0" max:"1000000" minlen:"24" maxlen:"24"`
	Saturday     []float64 `yaml:"saturday" doc:"demand by hour" unit:"1" gt:"0" max:"1000000" minlen:"24" maxlen:"24"`
	Sunday       []float64 `yaml:"sunday" doc:"demand by hour" unit:"1" gt:"0" max:"1000000" minlen:"24" maxlen:"24"`
	Spread       []float64 `yaml:"spread" doc:"standard deviation between sectors of the log of the course, by hour of day" unit:"1" gt:"0" max:"5" minlen:"24" maxlen:"24"`
}

// Days returns the courses of the days, Monday first.
func (p Profile) Days() [daysPerWeek][]float64 {
	return [daysPerWeek][]float64{p.Monday, p.Tuesday, p.Wednesday, p.Thursday, p.Friday, p.Saturday, p.Sunday}
}

// NoiseSpec describes the log-normal noise about the weekly profile. Its
// logarithm is a sum of three standard parts, each with an own and a
// city-common term: an AR(1) in hours, an AR(1) in days that lifts or lowers
// whole days, and a slow drift of each hour of the day.
type NoiseSpec struct {
	CV           float64 `yaml:"cv" doc:"coefficient of variation at the mean hour for a sector of mean demand equal to the median sector's; 0 switches the noise off" unit:"1" min:"0" max:"2"`
	HourExponent float64 `yaml:"hour_exponent" doc:"how far the variation follows the measured course over the day (night about three times evening at 1; flat at 0)" unit:"1" min:"0" max:"2"`
	MeanExponent float64 `yaml:"mean_exponent" doc:"variation grows as (mean / median mean) to this power" unit:"1" min:"-1" max:"0"`
	HourPhi      float64 `yaml:"hour_phi" doc:"AR(1) coefficient from hour to hour" unit:"1" min:"0" max:"0.9"`
	DayPhi       float64 `yaml:"day_phi" doc:"AR(1) coefficient of the day factor" unit:"1" min:"0" max:"0.9"`
	DayShare     float64 `yaml:"day_share" doc:"share of the log variance in the day factor" unit:"1" min:"0" max:"1"`
	DriftShare   float64 `yaml:"drift_share" doc:"share of the log variance in the slow drift of each hour of the day" unit:"1" min:"0" max:"1"`
	CommonShare  float64 `yaml:"common_share" doc:"share of the log variance common to the whole city" unit:"1" min:"0" max:"1"`
}

// WithinSpec describes noise inside an hour, renormalised so that every
// sector's factors have mean one over every hour.
type WithinSpec struct {
	Enabled bool    `yaml:"enabled" doc:"whether demand varies inside an hour beyond its interpolated course"`
	StepMin int     `yaml:"step_min" doc:"time for which a factor holds; must divide 60" unit:"min" min:"1" max:"30"`
	CV      float64 `yaml:"cv" doc:"coefficient of variation about the hour's mean" unit:"1" min:"0" max:"2"`
	Phi     float64 `yaml:"phi" doc:"AR(1) coefficient from step to step" unit:"1" min:"0" max:"0.9"`
}

// TraceSpec describes how an imported series is laid over the area.
type TraceSpec struct {
	OriginXM    float64 `yaml:"origin_x_m" doc:"where the lower-left corner of the series' grid is put" unit:"m" min:"-10000000" max:"10000000"`
	OriginYM    float64 `yaml:"origin_y_m" doc:"where the lower-left corner of the series' grid is put" unit:"m" min:"-10000000" max:"10000000"`
	MeanMbps    float64 `yaml:"mean_mbps" doc:"mean over the sectors with traffic and over the whole trace; 0 keeps the series' own unit, which must then be a known one" unit:"Mbit/s" min:"0" max:"1000000"`
	WithinShape float64 `yaml:"within_place_shape" doc:"shape of the gamma weights that split a place over its sectors; larger is more equal" unit:"1" min:"0.1" max:"10000"`
	HourlyNoise bool    `yaml:"hourly_noise" doc:"whether the hourly noise multiplies the trace too, so that another seed gives another week"`
}

// SurgeSpec is one event: demand inside a circle is multiplied, rising and
// falling linearly.
type SurgeSpec struct {
	XM         float64 `yaml:"x_m" doc:"centre" unit:"m" min:"-10000000" max:"10000000"`
	YM         float64 `yaml:"y_m" doc:"centre" unit:"m" min:"-10000000" max:"10000000"`
	RadiusM    float64 `yaml:"radius_m" doc:"sectors up to this far from the centre take part" unit:"m" min:"1" max:"1000000"`
	Factor     float64 `yaml:"factor" doc:"demand on the plateau over demand without the event" unit:"1" gt:"0" max:"100"`
	StartH     float64 `yaml:"start_h" doc:"beginning of the rise, from the start of time (Monday 00:00)" unit:"h" min:"0" max:"1000000"`
	RampMin    float64 `yaml:"ramp_min" doc:"length of the rise and of the fall" unit:"min" min:"0" max:"1440"`
	PlateauMin float64 `yaml:"plateau_min" doc:"length of the plateau" unit:"min" min:"0" max:"100000"`
}

// RandomSpec describes events whose number, place and time are drawn anew for
// each day.
type RandomSpec struct {
	PerDay        float64 `yaml:"per_day" doc:"mean number of events a day (Poisson); 0 switches them off" unit:"1/d" min:"0" max:"1000"`
	FactorMin     float64 `yaml:"factor_min" doc:"smallest factor" unit:"1" gt:"0" max:"100"`
	FactorMax     float64 `yaml:"factor_max" doc:"largest factor" unit:"1" gt:"0" max:"100"`
	RadiusM       float64 `yaml:"radius_m" doc:"radius" unit:"m" min:"1" max:"1000000"`
	RampMin       float64 `yaml:"ramp_min" doc:"length of the rise and of the fall" unit:"min" min:"0" max:"1440"`
	PlateauMinMin float64 `yaml:"plateau_min_min" doc:"shortest plateau" unit:"min" min:"0" max:"1440"`
	PlateauMaxMin float64 `yaml:"plateau_max_min" doc:"longest plateau" unit:"min" min:"0" max:"1440"`
	FromHour      float64 `yaml:"from_hour" doc:"events begin no earlier in the day" unit:"h" min:"0" max:"24"`
	ToHour        float64 `yaml:"to_hour" doc:"events begin no later in the day" unit:"h" min:"0" max:"24"`
}

// Holiday is a run of days on which demand moves between the classes.
type Holiday struct {
	FirstDay    int     `yaml:"first_day" doc:"first day, counted from 0 at the start of time (a Monday)" unit:"d" min:"0" max:"100000"`
	Days        int     `yaml:"days" doc:"number of days" unit:"d" min:"1" max:"366"`
	Profile     string  `yaml:"profile" doc:"which day's profile is used" enum:"own,saturday,sunday"`
	Residential float64 `yaml:"residential" doc:"factor on residential sectors" unit:"1" gt:"0" max:"100"`
	Mixed       float64 `yaml:"mixed" doc:"factor on mixed sectors" unit:"1" gt:"0" max:"100"`
	Office      float64 `yaml:"office" doc:"factor on office sectors" unit:"1" gt:"0" max:"100"`
	Transport   float64 `yaml:"transport" doc:"factor on transport sectors" unit:"1" gt:"0" max:"100"`
	Leisure     float64 `yaml:"leisure" doc:"factor on leisure sectors" unit:"1" gt:"0" max:"100"`
}

// DefaultSpec returns a synthetic city of 5G sectors. Measured values carry
// their data set below; the rest are assumptions and say so.
func DefaultSpec() Spec {
	return Spec{
		Source:        "synthetic",
		Interpolation: "linear",
		Mean: MeanSpec{
			// Assumptions: a network in use, loaded well below its capacity
			// at the mean hour, rural sectors an order of magnitude below
			// dense-urban ones.
			DenseUrbanMbps: 60, UrbanMbps: 40, SuburbanMbps: 20, RuralMbps: 5,
			// Weibull with shape 1.25: between the fits to the Beijing grid
			// (1.45; NPDiff, IJCAI 2025) and to the SD squares (1.06;
			// UoMo, KDD 2025). It beats log-normal on both.
			Family: "weibull", Shape: 1.25,
			// Chosen to correlate log means as the Beijing grid does, taking a
			// square for 1 km (its side is not published): 0.41, 0.35, 0.17
			// and 0.06 at 1, 2, 5 and 8.5 squares (mean of 40 draws) against
			// the grid's 0.42, 0.31, 0.23 and 0.13.
			Nugget: 0.28, RangeM: 20000,
		},
		Classes: ClassSpec{
			// Urban: the shares measured on the Beijing grid. The other three
			// are assumptions: more offices in the centre, more homes outside.
			DenseUrban: Mix{Residential: 0.25, Mixed: 0.40, Office: 0.22, Transport: 0.10, Leisure: 0.03},
			Urban:      Mix{Residential: 0.408, Mixed: 0.346, Office: 0.119, Transport: 0.104, Leisure: 0.023},
			Suburban:   Mix{Residential: 0.55, Mixed: 0.28, Office: 0.05, Transport: 0.10, Leisure: 0.02},
			Rural:      Mix{Residential: 0.65, Mixed: 0.20, Office: 0.02, Transport: 0.10, Leisure: 0.03},
			// Neighbouring squares share a class with probability 0.42 (mean of
			// 40 draws) against 0.31 by chance; 0.41 on the Beijing grid.
			Nugget: 0.35, RangeM: 12000,
			// The measured deviation is of one week's mean, so it holds that
			// week's noise too; this share is lasting.
			Spread: 0.87, MeanWeight: 1,
		},
		Noise: NoiseSpec{
			// Median of 670 5G cells, ITU "5G energy consumption" challenge
			// data, 2023. Squares that hold many cells are far steadier: 0.17
			// here gives the 0.12 to 0.13 that one week of the Beijing grid
			// shows (a median over hours, about a mean of five days).
			CV: 0.285, HourExponent: 1,
			// Between the Beijing grid (-0.42) and the SD squares (-0.33).
			MeanExponent: -0.38,
			HourPhi:      0.45, DayPhi: 0.5,
			// Shares chosen so that the autocorrelation at 1, 2, 3, 6, 12, 24
			// and 168 h follows LTE cells observed for 1 to 1.5 years
			// (0.46/0.24/0.15/0.07/0.08/0.16/0.05 on the first): a day factor
			// alone strong enough for lag 24 would be far too strong at 12.
			DayShare: 0.08, DriftShare: 0.2,
			// 0.02 on the Beijing grid, 0.07 on the SD squares.
			CommonShare: 0.04,
		},
		// One LTE sector in Barcelona (28 days of PDCCH bits at 2 min): CV
		// 0.36 at 4 min and 0.27 at 10 min; 0.34 at 5 min is interpolated.
		WithinHour: WithinSpec{Enabled: true, StepMin: 5, CV: 0.34, Phi: 0.2},
		// The split inside a place has no public measurement: assumption,
		// as unequal as the grid squares are among themselves.
		Trace: TraceSpec{WithinShape: 2},
		RandomSurges: RandomSpec{
			// Off. Sizes: crowded events multiply demand 3 to 10 times within
			// half an hour (Shafiq et al., SIGMETRICS 2013, report 3 times;
			// the upper end is an assumption for stress tests).
			FactorMin: 3, FactorMax: 10, RadiusM: 250, RampMin: 30,
			PlateauMinMin: 30, PlateauMaxMin: 180, FromHour: 8, ToHour: 22,
		},
	}
}
