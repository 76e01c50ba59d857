// Package record writes and reads run folders: what a simulation, a training,
// an evaluation or a validation leaves on disk.
//
// A run folder holds Parquet tables (see Tables, and README.md beside this
// file for every column with its unit), other files that a command adds, and
// manifest.json, which says what was run, with which code, and lists every
// file with its size and SHA-256.
//
// The way of the data: Create(dir) -> NewWriter[Cell](run), NewWriter[Step](run)
// ... -> Write(rows) -> Close each -> run.Finish, which writes the manifest
// last; later Open(dir) -> Scan or Read, one row type a table.
//
// Invariants:
//   - A run that was killed never looks whole. A file is written under a
//     temporary name in the same folder, synced and renamed; the manifest comes
//     last; Open refuses a folder without one.
//   - Same rows, same bytes: pages and row groups do not depend on how the rows
//     were cut into Write calls, and nothing of the clock, the machine or the
//     build enters a table. The manifest holds those.
//   - Rows are streamed. A Writer holds at most one row group in memory.
//   - A table is decoded only after its size and SHA-256 agreed with the
//     manifest, so that a damaged file is an error that names it and not a
//     wrong number.
//
// Units are in the column names (energy_kwh, time_s) and again, with a sentence
// on each column, in the metadata of every file under the key
// "hibernet.columns". Time zero is Monday 00:00 local time of the simulated
// week. A value that does not exist (a quantile of no traffic) is NaN.
package record
