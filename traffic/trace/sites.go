package trace

import "fmt"

// Sites are locations of base stations.
type Sites struct {
	// ID names the sites; unique, not empty.
	ID []string
	// X and Y are positions in metres, x east and y north of the origin.
	X, Y []float64
	// Lat and Lon are WGS84 degrees, or nil when the source gave metres.
	Lat, Lon []float64
	// OriginLat and OriginLon are the centre of the projection; 0 when Lat is
	// nil.
	OriginLat, OriginLon float64
	// Operator and Technology are texts of the source, empty where unknown.
	// Technology joins several columns with "+".
	Operator, Technology []string
	// Area is the class of each site, an index into AreaNames; nil when not
	// asked for.
	Area []uint8
}

// Len returns the number of sites.
func (s *Sites) Len() int { return len(s.ID) }

// Validate reports the first broken invariant of the Sites.
func (s *Sites) Validate() error {
	n := len(s.ID)
	if n == 0 {
		return fmt.Errorf("no sites")
	}
	if len(s.X) != n || len(s.Y) != n || len(s.Operator) != n || len(s.Technology) != n {
		return fmt.Errorf("columns of unequal length for %d sites", n)
	}
	if (s.Lat != nil || s.Lon != nil) && (len(s.Lat) != n || len(s.Lon) != n) {
		return fmt.Errorf("%d latitudes and %d longitudes for %d sites", len(s.Lat), len(s.Lon), n)
	}
	if s.Area != nil && len(s.Area) != n {
		return fmt.Errorf("%d area classes for %d sites", len(s.Area), n)
	}
	if err := validateIDs(s.ID); err != nil {
		return err
	}
	for i, id := range s.ID {
		if !finite(s.X[i]) || !finite(s.Y[i]) {
			return fmt.Errorf("site %q: position (%g, %g) is not finite", id, s.X[i], s.Y[i])
		}
		if s.Lat != nil && !validLatLon(s.Lat[i], s.Lon[i]) {
			return fmt.Errorf("site %q: latitude %g, longitude %g: allowed -90 to 90, -180 to 180", id, s.Lat[i], s.Lon[i])
		}
		if s.Area != nil && int(s.Area[i]) >= len(AreaNames) {
			return fmt.Errorf("site %q: area %d: allowed 0 to %d", id, s.Area[i], len(AreaNames)-1)
		}
	}
	return nil
}

// validLatLon is false for NaN too.
func validLatLon(lat, lon float64) bool {
	return lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180
}
