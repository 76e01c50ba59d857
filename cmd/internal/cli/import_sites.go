package cli

import (
	"github.com/spf13/cobra"

	"hibernet/traffic/trace"
)

func newImportSites(io IO) *cobra.Command {
	var h handling
	var m trace.SiteMapping
	cmd := &cobra.Command{
		Use:   "sites FILE",
		Short: "Import locations of sites",
		Long: `Import locations of sites from CSV (plain or gzip) or Parquet. Positions are two columns
in WGS84 degrees, one column with both, or two in metres. Columns that are not named are
searched among the usual names, such as id, lat, lon; what was taken for what is printed.`,
		Example: `  # 33 of these stations lie far outside the city
  hibernet import sites base_stations.csv.gz --area auto --on-outside drop --out shanghai.parquet

  # one operator of several, positions in one column, 5G known by its date of service
  hibernet import sites antennes.csv.gz --id code_site --point geo_point_2d --operator operateur \
    --filter operateur=ORANGE --technology mise_en_serv_5g_3500=5g --classify --out orange.parquet`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt, err := h.options(io, &m.Filter, &m.Delimiter)
			if err != nil {
				return err
			}
			m.DecimalComma = h.comma
			return conversion[trace.SiteMapping, *trace.Sites]{
				readCSV: trace.ReadSitesCSV, readParquet: trace.ReadSitesParquet, write: trace.WriteSites,
			}.run(cmd.Context(), io, args[0], m, opt, &h)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&m.ID, "id", nil, "`COLUMN,...` that name the site")
	f.StringVar(&m.Lat, "lat", "", "`COLUMN` of the latitude, WGS84 degrees")
	f.StringVar(&m.Lon, "lon", "", "`COLUMN` of the longitude, WGS84 degrees")
	f.StringVar(&m.Point, "point", "", "one `COLUMN` with both latitude and longitude")
	f.StringVar(&m.X, "x", "", "`COLUMN` of the position eastwards, m")
	f.StringVar(&m.Y, "y", "", "`COLUMN` of the position northwards, m")
	f.StringVar(&m.Operator, "operator", "", "`COLUMN` of the operator")
	f.StringSliceVar(&m.Technology, "technology", nil, "`COLUMN,...` of the technology; COLUMN=LABEL writes the label where the column is not empty")
	f.BoolVar(&m.Classify, "classify", false, "give each site an area class by the local density of sites")
	h.register(cmd, true)
	return cmd
}
