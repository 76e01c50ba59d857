// Package query answers questions in SQL over result folders: those of sweeps
// and those of runs, trainings and evaluations.
//
// Way of the data: Tables finds what a folder holds → Open copies the tables
// that a query names from Parquet into an SQLite database in memory, which is
// gone with the DB → DB.Query runs one SELECT and hands on its rows. Folders
// are read and never written.
//
// SQLite is the one kept SQL engine that comes as plain Go, without a C
// compiler; package stats of its Go driver adds the median, quantiles,
// deviations and regressions. It holds what it is asked about in memory, at
// about 10 bytes a value: for a cell_steps table of millions of rows DuckDB,
// which reads the same files in place, is the better tool.
//
// A NaN, a figure that is not defined, becomes NULL: aggregates leave it out,
// so that a mean over runs of which some have no figure is that of the others.
package query
