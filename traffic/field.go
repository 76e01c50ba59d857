package traffic

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// field is a smooth Gaussian random field over the plane with correlation
// exp(-d/range), as a sum of random cosines (Rahimi and Recht, NIPS 2007): its
// cost is proportional to the number of places, where an exact draw needs a
// matrix of all pairs. Over the numFeatures cosines it is normal to a skewness
// of order 1/numFeatures.
type field struct {
	kx, ky, phase [numFeatures]float64
}

// numFeatures is the number of cosines. The correlation of one realisation
// then scatters about its target by about 1/sqrt(numFeatures) = 0.06.
const numFeatures = 256

// newField draws a field. The spectral density of the exponential correlation
// in the plane is that of a bivariate t with one degree of freedom (the Matern
// family at smoothness 1/2): a normal vector over an independent normal.
func newField(key rng.Key, rangeM float64) *field {
	f := new(field)
	for j := range f.kx {
		k := key.At(uint64(j))
		scale := 1 / (rangeM * math.Max(math.Abs(k.Norm(0)), 1e-9))
		f.kx[j] = k.Norm(1) * scale
		f.ky[j] = k.Norm(2) * scale
		f.phase[j] = 2 * math.Pi * k.Float64(3)
	}
	return f
}

// at returns the field's value, of zero mean and unit variance over fields.
func (f *field) at(x, y float64) float64 {
	sum := 0.0
	for j, kx := range f.kx {
		sum += cosine(kx*x + f.ky[j]*y + f.phase[j])
	}
	return sum * math.Sqrt(2.0/numFeatures)
}

// latent returns one normal value a place: a field plus a nugget of the given
// share of the variance.
func latent(key rng.Key, p Places, nugget, rangeM float64, pool *shard.Pool) []float64 {
	out := make([]float64, len(p.X))
	f := newField(key.Named("field"), rangeM)
	pool.Each(shard.Count(len(out)), func(part int) {
		lo, hi := shard.Range(part, len(out))
		for i := lo; i < hi; i++ {
			// The sectors of a site that share a position follow one another.
			if i > lo && p.X[i] == p.X[i-1] && p.Y[i] == p.Y[i-1] {
				out[i] = out[i-1]
			} else {
				out[i] = f.at(p.X[i], p.Y[i])
			}
		}
	})
	settle(out, expectedVariance(key.Named("pairs"), p, rangeM))
	own := key.Named("nugget")
	smooth, rough := math.Sqrt(1-nugget), math.Sqrt(nugget)
	pool.Each(shard.Count(len(out)), func(part int) {
		lo, hi := shard.Range(part, len(out))
		for i := lo; i < hi; i++ {
			out[i] = rough*own.Norm(uint64(i)) + smooth*out[i]
		}
	})
	return out
}

// settle shifts and scales a realisation of the field to mean 0 and to the
// variance that is expected over these places. Only a few waves of a field
// whose range is near the area's size fit into the area, so that its variance
// there would differ widely from one draw to the next, and with it the share
// of the nugget and the correlation of neighbours.
func settle(values []float64, variance float64) {
	mean, sd := stat.PopMeanStdDev(values, nil)
	scale := 0.0
	if sd > 0 {
		scale = math.Sqrt(variance) / sd
	}
	for i, v := range values {
		values[i] = (v - mean) * scale
	}
}

// expectedVariance returns one minus the mean correlation of pairs of places,
// over a sample of the pairs: the expected variance of the field about its own
// mean over the places.
func expectedVariance(key rng.Key, p Places, rangeM float64) float64 {
	const pairs = 1 << 14 // a standard error below 0.003
	s := key.Stream()
	sum := 0.0
	for range pairs {
		i, j := s.IntN(len(p.X)), s.IntN(len(p.X))
		sum += math.Exp(-math.Hypot(p.X[i]-p.X[j], p.Y[i]-p.Y[j]) / rangeM)
	}
	return 1 - sum/pairs
}

// scoresTo writes to u the rank of each member's latent value among the
// members, as a probability in (0,1). Ranks, not the normal distribution
// function, make the marginal distribution exact in every realisation: over an
// area not much larger than the correlation distance the field's own mean and
// variance are far from 0 and 1.
func scoresTo(u, latent []float64, members []int) {
	order := slices.Clone(members)
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case latent[a] < latent[b]:
			return -1
		case latent[a] > latent[b]:
			return 1
		}
		return a - b
	})
	for r, i := range order {
		u[i] = (float64(r) + 0.5) / float64(len(order))
	}
}
