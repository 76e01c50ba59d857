package trace

import (
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// siteRow is a row of the sites file; pointers are optional columns.
type siteRow struct {
	ID         string   `parquet:"id"`
	X          float64  `parquet:"x_m"`
	Y          float64  `parquet:"y_m"`
	Lat        *float64 `parquet:"lat,optional"`
	Lon        *float64 `parquet:"lon,optional"`
	Operator   string   `parquet:"operator,dict"`
	Technology string   `parquet:"technology,dict"`
	Area       *string  `parquet:"area,optional,dict"`
}

var siteFileColumns = [...]column{
	{"id", parquet.ByteArray}, {"x_m", parquet.Double}, {"y_m", parquet.Double},
	{"lat", parquet.Double}, {"lon", parquet.Double}, {"operator", parquet.ByteArray},
	{"technology", parquet.ByteArray}, {"area", parquet.ByteArray},
}

// WriteSites writes valid Sites as a sites file (see the package comment for
// its layout).
func WriteSites(w io.Writer, s *Sites, meta Meta) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("sites: %w", err)
	}
	opts, err := meta.options(kindSites)
	if err != nil {
		return fmt.Errorf("sites: %w", err)
	}
	for _, kv := range [...][2]string{
		{"sites", strconv.Itoa(s.Len())},
		{"origin_lat", formatFloat(s.OriginLat)}, {"origin_lon", formatFloat(s.OriginLon)},
	} {
		opts = append(opts, parquet.KeyValueMetadata("hibernet."+kv[0], kv[1]))
	}
	names := AreaNames
	rows := make([]siteRow, s.Len())
	for i := range rows {
		rows[i] = siteRow{ID: s.ID[i], X: s.X[i], Y: s.Y[i], Operator: s.Operator[i], Technology: s.Technology[i]}
		if s.Lat != nil {
			rows[i].Lat, rows[i].Lon = &s.Lat[i], &s.Lon[i]
		}
		if s.Area != nil {
			rows[i].Area = &names[s.Area[i]]
		}
	}
	pw := parquet.NewGenericWriter[siteRow](w, opts...)
	if _, err := pw.Write(rows); err != nil {
		return fmt.Errorf("sites: %w", err)
	}
	if err := pw.Close(); err != nil {
		return fmt.Errorf("sites: %w", err)
	}
	return nil
}

// ReadSites reads a sites file that WriteSites wrote; errors as in ReadSeries.
func ReadSites(name string, r io.ReaderAt, size int64) (*Sites, *Meta, error) {
	s := &Sites{}
	var meta Meta
	err := readOwn(name, kindSites, r, size, func(f *ownFile) (err error) {
		if meta, err = f.meta(); err != nil {
			return err
		}
		if err := f.columns(siteFileColumns[:]); err != nil {
			return err
		}
		s.OriginLat, s.OriginLon = f.float("origin_lat", &err), f.float("origin_lon", &err)
		sites := f.integer("sites", &err)
		if err != nil {
			return err
		}
		if err := f.eachRow(func(n int64, row parquet.Row) error { return addSite(s, n == 0, row) }); err != nil {
			return err
		}
		if s.Len() != sites {
			return fmt.Errorf("%d rows, hibernet.sites says %d", s.Len(), sites)
		}
		return s.Validate()
	})
	if err != nil {
		return nil, nil, err
	}
	return s, &meta, nil
}

func addSite(s *Sites, first bool, row parquet.Row) error {
	if len(row) != len(siteFileColumns) {
		return fmt.Errorf("%d values, allowed %d", len(row), len(siteFileColumns))
	}
	located, classed := !row[3].IsNull(), !row[7].IsNull()
	if row[3].IsNull() != row[4].IsNull() || !first && (located != (s.Lat != nil) || classed != (s.Area != nil)) {
		return fmt.Errorf("column lat, lon or area: only some of the sites have it")
	}
	s.ID = append(s.ID, string(row[0].ByteArray()))
	s.X, s.Y = append(s.X, row[1].Double()), append(s.Y, row[2].Double())
	if located {
		s.Lat, s.Lon = append(s.Lat, row[3].Double()), append(s.Lon, row[4].Double())
	}
	s.Operator, s.Technology = append(s.Operator, string(row[5].ByteArray())), append(s.Technology, string(row[6].ByteArray()))
	if classed {
		a, ok := areaIndex(string(row[7].ByteArray()))
		if !ok {
			return fmt.Errorf("column area: %q, allowed %v", cut(string(row[7].ByteArray())), AreaNames)
		}
		s.Area = append(s.Area, a)
	}
	return nil
}
