package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/traffic/trace"
)

func newImportTraffic(io IO) *cobra.Command {
	var h handling
	var m trace.Mapping
	var locations string
	cmd := &cobra.Command{
		Use:   "traffic FILE",
		Short: "Import traffic of places over time",
		Long: `Import traffic of places over time from CSV (plain or gzip) or Parquet.

Layouts: long (one value a row: id, time, value) and wide (one row a step, one column a
place). Columns that are not named are searched among the usual names, such as cell,
datetime, traffic; what was taken for what is printed. Steps are told by a time, by the
number of a step, or by a day and a slot in it.

Give the unit: without it the values are relative, good only for the shape of the demand.
Units are volumes a step, rates, or loads:
` + wrapped(trace.Units()) + `

Formats of --time-format, beside auto, which tries them, and layouts of Go's time package:
` + timeFormats(),
		Example: `  # one column a grid square of 1 km, named rRRcCC
  hibernet import traffic MobileBJ_hourly.csv.gz --step step --weekday dow --hour hour --side-m 1000 --out beijing.parquet

  # one row a cell and hour, semicolons, volume in bytes
  hibernet import traffic cells.csv --id Cell --time Datetime --value Data_Volume --unit byte --on-gap interpolate --out cells.parquet

  # a counter that is not read at four in the morning
  hibernet import traffic SD_traffic_60min.csv.gz --day day --slot slot --step-s 3600 --on-hole gap --on-gap interpolate --out sd.parquet`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt, err := h.options(io, &m.Filter, &m.Delimiter)
			if err != nil {
				return err
			}
			m.DecimalComma = h.comma
			if locations != "" {
				if opt.Locations, err = io.readSites(locations); err != nil {
					return err
				}
			}
			return conversion[trace.Mapping, *trace.Series]{
				readCSV: trace.ReadCSV, readParquet: trace.ReadParquet, write: trace.WriteParquet,
			}.run(cmd.Context(), io, args[0], m, opt, &h)
		},
	}
	f := cmd.Flags()
	f.StringVar(&m.Layout, "layout", trace.LayoutAuto, "auto, long or wide")
	f.StringSliceVar(&m.ID, "id", nil, "`COLUMN,...` that name the place (long layout)")
	f.StringVar(&m.PlaceName, "place-name", "", "name of the only place of a file without ids")
	f.StringSliceVar(&m.Time, "time", nil, "`COLUMN,...` of the time, joined by a space: a date and a clock, say")
	f.StringVar(&m.TimeFormat, "time-format", "auto", "how times are written: `FORMAT` is auto, a name of the list above, or a layout of Go's time package")
	f.StringVar(&m.Zone, "time-zone", "", "IANA name of the wall clock, such as Asia/Shanghai (default UTC)")
	f.StringVar(&m.Step, "step", "", "`COLUMN` with the number of the step")
	f.StringVar(&m.Day, "day", "", "`COLUMN` with the number of the day, from 0")
	f.StringVar(&m.Slot, "slot", "", "`COLUMN` with the number of the step in its day, from 0")
	f.StringVar(&m.Weekday, "weekday", "", "`COLUMN` with the day of the week, 0 is Monday")
	f.StringVar(&m.Hour, "hour", "", "`COLUMN` with the hour of the day")
	f.IntVar(&m.StepS, "step-s", 0, "length of a step, s; 0 takes it from the times")
	f.IntVar(&m.StartWeekday, "start-weekday", 0, "day of the week of step 0 where no column says it, 0 is Monday")
	f.StringVar(&m.Value, "value", "", "`COLUMN` of the value (long layout)")
	f.StringSliceVar(&m.Columns, "columns", nil, "`COLUMN,...` of the places (wide layout); without it all the others")
	f.StringSliceVar(&m.Ignore, "ignore", nil, "`COLUMN,...` that are not places (wide layout)")
	f.StringVar(&m.GridPattern, "grid-pattern", "", "regular expression with the groups row and col that place names of a grid match (default names that end in rRRcCC); none: no grid")
	f.Float64Var(&m.SideM, "side-m", 0, "side of a grid square, m; without it squares have no position")
	f.IntVar(&m.PatchGap, "patch-gap", 0, "squares to leave between patches of a grid whose places are not known")
	f.StringVar(&m.Lat, "lat", "", "`COLUMN` of the latitude, WGS84 degrees (long layout)")
	f.StringVar(&m.Lon, "lon", "", "`COLUMN` of the longitude, WGS84 degrees (long layout)")
	f.StringVar(&m.X, "x", "", "`COLUMN` of the position eastwards, m (long layout)")
	f.StringVar(&m.Y, "y", "", "`COLUMN` of the position northwards, m (long layout)")
	f.StringVar(&m.Unit, "unit", trace.UnitRelative, "`UNIT` of the values, of the list above")
	f.StringVar(&locations, "sites", "", "`FILE` written by import sites, with the places' positions; joined by id")
	h.register(cmd, false)
	completeFlag(cmd, "unit", trace.Units()...)
	completeFlag(cmd, "layout", trace.LayoutAuto, trace.LayoutLong, trace.LayoutWide)
	return cmd
}

// wrapped lists names in indented lines of the help.
func wrapped(names []string) string {
	text, width := " ", 0
	for i, name := range names {
		if i < len(names)-1 {
			name += ","
		}
		if width += len(name) + 1; width > 90 {
			text, width = text+"\n ", len(name)+1
		}
		text += " " + name
	}
	return text
}

// timeFormats lists the names of the time formats with an example of each.
func timeFormats() string {
	names, docs := trace.TimeFormats()
	for i := range names {
		names[i] = fmt.Sprintf("  %-12s %s", names[i], docs[i])
	}
	return strings.Join(names, "\n")
}

func (o IO) readSites(name string) (*trace.Sites, error) {
	src, err := o.open(name)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	sites, _, err := trace.ReadSites(name, src, src.size)
	return sites, input(err, "hibernet import sites writes such files")
}

func (o IO) readSeries(name string) (*trace.Series, error) {
	src, err := o.open(name)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	series, _, err := trace.ReadSeries(name, src, src.size)
	return series, input(err, "hibernet import traffic writes such files")
}
