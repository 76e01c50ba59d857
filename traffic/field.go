package traffic

import (
	"math"
	"slices"

	"hibernet/sim/rng"
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
		sum += math.Cos(kx*x + f.ky[j]*y + f.phase[j])
	}
	return sum * math.Sqrt(2.0/numFeatures)
}

// latent returns one standard normal value a place: a field plus a nugget of
// the given share of the variance.
func latent(key rng.Key, p Places, nugget, rangeM float64) []float64 {
	f := newField(key.Named("field"), rangeM)
	own := key.Named("nugget")
	smooth, rough := math.Sqrt(1-nugget), math.Sqrt(nugget)
	out := make([]float64, len(p.X))
	value := 0.0
	for i := range out {
		// The sectors of a site follow one another and share a position.
		if i == 0 || p.X[i] != p.X[i-1] || p.Y[i] != p.Y[i-1] {
			value = f.at(p.X[i], p.Y[i])
		}
		out[i] = rough*own.Norm(uint64(i)) + smooth*value
	}
	return out
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
