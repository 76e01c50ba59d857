package fit

import (
	"fmt"

	"hibernet/traffic"
)

// Grid returns a city of rows x cols squares, with as many days from Monday
// on, and no traffic yet: the frame of a city that is to be generated.
func Grid(rows, cols, days int, sideM float64) *City {
	c := &City{UnitM: sideM, Days: days, Bps: 1}
	for r := range rows {
		for k := range cols {
			c.ID = append(c.ID, fmt.Sprintf("r%02dc%02d", r, k))
			c.X = append(c.X, (float64(k)+0.5)*sideM)
			c.Y = append(c.Y, (float64(r)+0.5)*sideM)
			c.Area, c.Patch = append(c.Area, urban), append(c.Patch, 0)
			c.Hours = append(c.Hours, make([]float64, days*hoursPerDay))
		}
	}
	return c
}

// urban is the area class of places of which nothing else is known.
const urban = 1

// SquareSpec is the default demand as grid squares of a city show it, each of
// them all base stations in it together: less unequal and far steadier than
// single sectors, and hourly.
func SquareSpec() traffic.Spec {
	s := plainSpec()
	s.Mean.Shape = 1.5
	s.Noise.CV = 0.17
	return s
}
