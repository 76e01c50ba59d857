package sim

import "math"

// sharing is what a cell's users get of it when at most so many transfers go on
// at once and share it equally, and further ones are refused: the M/G/1
// processor-sharing queue with room for K. With an offered load f the number of
// transfers n has the law
//
//	P(n) = f^n / (1 + f + ... + f^K),  n = 0..K
//
// whatever the law of the file sizes (insensitivity of processor sharing: Kelly,
// Reversibility and Stochastic Networks, 1979, chapter 3; recalled). So the
// share P(K) of the traffic is refused, and by Little's law a user whose rate
// alone is R gets R f (1-P(K)) / E[n] on average. Without a limit that is
// R max(1-f, 0): in overload nobody gets anything, which no network does.
type sharing struct {
	limit float64 // transfers at once; 0 = any number
	light float64 // offered load, at most 1, below which the limit is not felt
}

// unfelt is how little the limit may matter where it is passed over.
const unfelt = 1e-9

// newSharing returns the sharing of a cell with room for so many transfers.
func newSharing(limit int) sharing {
	k := float64(limit)
	return sharing{limit: k, light: math.Pow(unfelt, 1/(k+1))}
}

// of returns the part of the offered traffic that is served, and what a user
// gets of the rate it would have alone, at the offered load f.
func (q sharing) of(f float64) (served, user float64) {
	if q.limit == 0 || f < q.light {
		return 1 / max(f, 1), max(1-f, 0)
	}
	refused, number := q.law(f)
	return 1 - refused, f * (1 - refused) / number
}

// saturated is the load nearest to 1 at which the closed forms are evaluated;
// at 1 they are 0/0.
const saturated = 1 - 1e-9

// law returns P(K) and E[n] at the offered load f > 0.
func (q sharing) law(f float64) (refused, number float64) {
	// Above 1 the free places, K-n, have the same law at 1/f; powers of f
	// itself would overflow.
	x := min(f, 1/f, saturated)
	power := (q.limit + 1) * math.Log1p(x-1)
	top, rest := math.Exp(power), -math.Expm1(power)
	none := (1 - x) / rest
	mean := x/(1-x) - (q.limit+1)*top/rest
	if f > 1 {
		return none, q.limit - mean
	}
	return none * top / x, mean
}
