package fault

import (
	"math"

	"hibernet/sim/des"
)

const (
	jouleAKWh   = 3.6e6
	secondAHour = 3600
)

// CapacityJ returns the usable energy of a full battery, J.
func (b Battery) CapacityJ() float64 { return b.CapacityKWh * jouleAKWh }

// StoreW returns what charging adds to the battery, W.
func (b Battery) StoreW() float64 { return b.ChargeW * b.ChargeEfficiency }

// Crossing returns the time after which a battery of chargeJ reaches targetJ
// when its charge changes by rateW (negative while it feeds the site), and
// false if it never does. The time is rounded up to the clock's microsecond:
// after it the target is reached. It is 0 where the target lies behind the
// charge already.
func Crossing(chargeJ, targetJ, rateW float64) (des.Time, bool) {
	gap := targetJ - chargeJ
	switch {
	case rateW == 0 || rateW != rateW:
		return 0, false
	case gap == 0 || (gap < 0) != (rateW < 0):
		return 0, true
	}
	us := math.Ceil(gap / rateW * float64(des.Second))
	if us >= math.MaxInt64/2 {
		return 0, false
	}
	return des.Time(us), true
}
