// Package fit fits the traffic generator to a measured city and judges it on
// days and places that the fit did not see.
//
// The way of the data: FromSeries takes the whole days of an imported series,
// hour by hour, as a City. NewSplit divides days and places. Fit sees one part
// and returns a Model, whose Spec generates such a city and whose YAML is the
// section traffic of a scenario. Judge generates cities with it and sets their
// figures beside those of the other part, as rows and figures of package
// validation. Calibrate does all of it; Checks are the checks that hibernet
// validate plays.
//
// How each setting is found:
//
//   - Classes: k-means on the square roots of the places' weeks, begun from the
//     five measured classes, so that each class keeps the name of the one it is
//     most like. Days of the week that are there fewer than three times are
//     taken together as weekdays or weekend, because what the whole city did on
//     one such day is noise and no custom.
//   - Means: Weibull, gamma and log-normal by maximum likelihood on the means
//     over those of their class; the likeliest is taken.
//   - Correlation in space, of means and of classes: a closed form gives nugget
//     and range for correlations by distance; what generated cities miss of the
//     measured ones moves what the form aims at.
//   - Noise and lasting deviations: indirect inference. The same figures are
//     taken from generated cities on the same days, and each setting is moved
//     by what its figure misses, so that the bias of a few days is the same on
//     both sides.
//
// What hourly data of a city cannot tell keeps its default (Model.Kept).
//
// Invariants: every figure of a measured and of a generated city comes from the
// same estimator; a fit reads no value of a held-out place or day; settings
// are rounded before they are judged; equal arguments give equal results, bit
// for bit. Units: distances in units of the city's grid (City.UnitM metres),
// lags in hours, demand in the unit of the series.
package fit
