// Package trace turns real data into Hibernet's own Parquet files and reads
// them back: traffic of places over time ([Series]) and locations of sites
// ([Sites]).
//
// # The way of the data
//
// A foreign file (CSV, plain or gzip, or Parquet; long layout with one value
// a row, or wide layout with one column a place) is described by a [Mapping]:
// which column means what, unit, time format and zone. [ReadCSV] and
// [ReadParquet] stream its rows, sort the values into places and steps, apply
// the [Policy] to every kind of defect, and return the [Series] with a
// [Report]. [ReadSitesCSV] and [ReadSitesParquet] do the same for locations
// with a [SiteMapping]. The package opens no files and keeps no state: the
// caller passes readers and a name for the messages.
//
// Rows are held as 16 bytes a value (long) or 4 bytes a value (wide), never
// as text, so a long file may be much larger than memory.
//
// # Invariants
//
//   - Nothing is lost silently: values read = values used + values dropped by
//     cause, and rows read = rows used + rows dropped by cause
//     ([Report.Balanced]). Values invented to fill gaps are counted too.
//   - A [Series] has no NaN, no infinity and no hole: every place has a value
//     at every step. Load and volume are not negative.
//   - The same input gives the same Series, Report and bytes.
//
// # Time
//
// A Series runs in local standard steps: the time axis is the wall clock of
// the mapping's zone with days of exactly 24 hours. An instant (Unix time, or
// text with an offset) is turned into that wall clock; text without offset is
// taken as it stands. Where the clock is put back in autumn, one hour comes
// twice and its values count as duplicates; where it is put forward in spring,
// one hour is missing and counts as a gap. A weekly profile read off the axis
// is therefore never shifted by an hour for half of the year.
//
// # Units
//
// Volumes are stored as bit per step, rates as bit/s, loads as a share
// (0 to 1), and "relative" values as they are. Positions are metres, x to the
// east and y to the north. See [Units].
//
// # The traffic file
//
// One row a place and step, ordered by place, then step:
//
//	place_id  string           id of the place
//	x_m, y_m  double, optional position in metres, null when unknown
//	area      string, optional dense_urban, urban, suburban or rural
//	step      int32            0 … steps-1
//	value     float            in the unit of the metadata
//
// File metadata, all text: hibernet.version (this package's [FormatVersion]),
// hibernet.kind ("traffic"), hibernet.unit, hibernet.step_s, hibernet.steps,
// hibernet.places, hibernet.start (wall time of step 0, empty when only the
// weekday is known), hibernet.start_weekday (0 is Monday), hibernet.start_s
// (second of the week of step 0), hibernet.time_zone, hibernet.side_m (side of
// a grid square, 0 when not a grid), hibernet.source, hibernet.source_sha256,
// hibernet.command, hibernet.report (the Report as JSON).
//
// # The sites file
//
// One row a site: id, x_m, y_m, lat and lon (optional, WGS84 degrees),
// operator, technology, area (optional). Metadata as above with
// hibernet.kind "sites", plus hibernet.origin_lat and hibernet.origin_lon,
// the centre of the projection.
//
// Strings and positions are dictionary-encoded, steps delta-encoded, all
// pages are zstd-compressed. Writing a file that was read gives the same bytes.
package trace
