package radio

import (
	"fmt"
	"math"
)

// Building is how a terminal is enclosed: what penetration loss of TR 38.901
// clause 7.4.3 applies to it.
type Building uint8

// The kinds of enclosure.
const (
	Outdoor       Building = iota // no loss
	LowLoss                       // standard glass and concrete, Table 7.4.3-2
	HighLoss                      // infrared-reflecting glass and concrete, Table 7.4.3-2
	SimpleBelow6G                 // Table 7.4.3-3: a 20 dB wall at any frequency
	Car                           // clause 7.4.3.2, Eq. 7.4-4
	numBuildings
)

var buildingNames = [numBuildings]string{"outdoor", "low_loss", "high_loss", "simple_below_6g", "car"}

// String returns the name of the kind of enclosure.
func (b Building) String() string {
	if b >= numBuildings {
		return fmt.Sprintf("building(%d)", uint8(b))
	}
	return buildingNames[b]
}

// WallLossDB returns the mean loss at frequency fcGHz of passing through the
// building's outer wall (PL_tw of Eq. 7.4-3 with the materials of Table
// 7.4.3-1), or of the car's body (9 dB).
func (b Building) WallLossDB(fcGHz float64) float64 {
	glass, reflecting, concrete := 2+0.2*fcGHz, 25.4+0.11*fcGHz, 5+4*fcGHz
	switch b {
	case LowLoss:
		return wallDB(0.3, glass, concrete)
	case HighLoss:
		return wallDB(0.7, reflecting, concrete)
	case SimpleBelow6G:
		return 20
	case Car:
		return 9
	}
	return 0
}

// wallDB mixes share of one material with concrete; 5 dB is the loss of
// non-perpendicular incidence (PL_npi).
func wallDB(share, materialDB, concreteDB float64) float64 {
	return 5 - 10*math.Log10(share*math.Pow(10, -materialDB/10)+(1-share)*math.Pow(10, -concreteDB/10))
}

// InsideLossDB returns the loss of dInM metres inside the building: 0.5 dB a
// metre (PL_in, Tables 7.4.3-2 and 7.4.3-3), none in a car.
func (b Building) InsideLossDB(dInM float64) float64 {
	switch b {
	case LowLoss, HighLoss, SimpleBelow6G:
		return 0.5 * dInM
	}
	return 0
}

// SigmaDB returns the standard deviation of the penetration loss (sigma_P).
func (b Building) SigmaDB() float64 {
	switch b {
	case LowLoss:
		return 4.4
	case HighLoss:
		return 6.5
	case Car:
		return 5
	}
	return 0
}
