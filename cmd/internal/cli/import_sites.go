package cli

import (
	"bytes"

	"github.com/spf13/cobra"

	"hibernet/traffic/trace"
)

func newImportSites(io IO) *cobra.Command {
	var h handling
	var m trace.SiteMapping
	cmd := &cobra.Command{
		Use:   "sites FILE",
		Short: "Import locations of sites",
		Long: `Import locations of sites from CSV (plain or gzip) or Parquet: WGS84 degrees, a column
with both, or metres. Columns that are not named are searched among the usual names.`,
		Example: `  # 33 of these stations lie far outside the city
  hibernet import sites base_stations.csv.gz --area auto --on-outside drop --out shanghai.parquet

  # one operator of several, positions in one column, 5G known by its date of service
  hibernet import sites antennes.csv.gz --id code_site --point geo_point_2d --operator operateur \
    --filter operateur=ORANGE --technology mise_en_serv_5g_3500=5g --classify --out orange.parquet`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := h.ready(io); err != nil {
				return err
			}
			opt, err := h.options(&m.Filter, &m.Delimiter)
			if err != nil {
				return err
			}
			m.DecimalComma = h.comma
			return io.importSites(cmd, args[0], m, opt, &h)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&m.ID, "id", nil, "columns that name the site")
	f.StringVar(&m.Lat, "lat", "", "column of the latitude, WGS84 degrees")
	f.StringVar(&m.Lon, "lon", "", "column of the longitude, WGS84 degrees")
	f.StringVar(&m.Point, "point", "", "one column with both latitude and longitude")
	f.StringVar(&m.X, "x", "", "column of the position eastwards, m")
	f.StringVar(&m.Y, "y", "", "column of the position northwards, m")
	f.StringVar(&m.Operator, "operator", "", "column of the operator")
	f.StringSliceVar(&m.Technology, "technology", nil, "columns of the technology; COLUMN=LABEL writes the label where the column is not empty")
	f.BoolVar(&m.Classify, "classify", false, "give each site an area class by the local density of sites")
	h.register(cmd, true)
	return cmd
}

func (o IO) importSites(cmd *cobra.Command, name string, m trace.SiteMapping, opt trace.Options, h *handling) error {
	src, err := o.open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	show, done := o.counting("import "+name, src.size)
	opt.Name, opt.Progress = name, show
	var sites *trace.Sites
	var report *trace.Report
	if src.parquet {
		sites, report, err = trace.ReadSitesParquet(cmd.Context(), src, src.size, m, opt)
	} else {
		sites, report, err = trace.ReadSitesCSV(cmd.Context(), src, m, opt)
	}
	done()
	if err != nil {
		return importFault(o, report, err)
	}
	return h.finish(o, report, func(w *bytes.Buffer) error {
		return trace.WriteSites(w, sites, trace.MetaOf(report, commandLine(o)))
	})
}
