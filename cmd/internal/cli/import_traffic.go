package cli

import (
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

Layouts: long (one value a row: id, time, value) and wide (one column a place). Columns
that are not named are searched among the usual names. Units of --unit:
` + "  " + strings.Join(trace.Units(), ", "),
		Example: `  # one column a grid square of 1 km, named rRRcCC
  hibernet import traffic MobileBJ_hourly.csv.gz --step step --weekday dow --hour hour --side-m 1000 --out beijing.parquet

  # one row a cell and hour, semicolons, volume in bytes
  hibernet import traffic cells.csv --id Cell --time Datetime --value Data_Volume --unit byte --on-gap interpolate --out cells.parquet

  # a counter that is not read at four in the morning
  hibernet import traffic SD_traffic_60min.csv.gz --day day --slot slot --step-s 3600 --on-hole interpolate --out sd.parquet`,
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
	f.StringSliceVar(&m.ID, "id", nil, "columns that name the place (long layout)")
	f.StringVar(&m.PlaceName, "place-name", "", "name of the only place of a file without ids")
	f.StringSliceVar(&m.Time, "time", nil, "columns of the time, joined by a space")
	f.StringVar(&m.TimeFormat, "time-format", "auto", "auto, a name, or a layout of Go's time package")
	f.StringVar(&m.Zone, "time-zone", "", "IANA name of the wall clock, such as Asia/Shanghai; empty means UTC")
	f.StringVar(&m.Step, "step", "", "column with the number of the step")
	f.StringVar(&m.Day, "day", "", "column with the number of the day, from 0")
	f.StringVar(&m.Slot, "slot", "", "column with the number of the step in its day, from 0")
	f.StringVar(&m.Weekday, "weekday", "", "column with the day of the week, 0 is Monday")
	f.StringVar(&m.Hour, "hour", "", "column with the hour of the day")
	f.IntVar(&m.StepS, "step-s", 0, "length of a step, s; 0 finds it out")
	f.IntVar(&m.StartWeekday, "start-weekday", 0, "day of the week of step 0 where no column says it, 0 is Monday")
	f.StringVar(&m.Value, "value", "", "column of the value (long layout)")
	f.StringSliceVar(&m.Columns, "columns", nil, "columns of the places (wide layout); empty takes all the others")
	f.StringSliceVar(&m.Ignore, "ignore", nil, "columns that are not places (wide layout)")
	f.StringVar(&m.GridPattern, "grid-pattern", "", "regular expression with groups row and col on place names; none: no grid")
	f.Float64Var(&m.SideM, "side-m", 0, "side of a grid square, m")
	f.IntVar(&m.PatchGap, "patch-gap", 0, "squares between patches whose own places are not published")
	f.StringVar(&m.Lat, "lat", "", "column of the latitude (long layout)")
	f.StringVar(&m.Lon, "lon", "", "column of the longitude (long layout)")
	f.StringVar(&m.X, "x", "", "column of the position eastwards, m (long layout)")
	f.StringVar(&m.Y, "y", "", "column of the position northwards, m (long layout)")
	f.StringVar(&m.Unit, "unit", trace.UnitRelative, "unit of the values")
	f.StringVar(&locations, "sites", "", "imported sites file with the places' positions, joined by id")
	h.register(cmd, false)
	completeFlag(cmd, "unit", trace.Units()...)
	completeFlag(cmd, "layout", trace.LayoutAuto, trace.LayoutLong, trace.LayoutWide)
	return cmd
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
