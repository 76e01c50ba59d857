package traffic

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// lasting is what New draws once for each sector of a synthetic city.
type lasting struct {
	mean  []float64 // bit/s
	class []Class
	// spread is the lasting deviation from the class profile by hour of day
	// [hoursPerDay][sectors], renormalised: profile times spread has mean 1
	// over the week, packed.
	spread [hoursPerDay][]uint16
}

// drawLasting draws means, classes and deviations.
func drawLasting(spec Spec, p Places, prof *profiles, key rng.Key, pool *shard.Pool) *lasting {
	n := len(p.X)
	l := &lasting{mean: make([]float64, n), class: make([]Class, n)}
	u := make([]float64, n)
	meanLatent := latent(key.Named("mean"), p, spec.Mean.Nugget, spec.Mean.RangeM, pool)
	classLatent := latent(key.Named("class"), p, spec.Classes.Nugget, spec.Classes.RangeM, pool)
	mixes := [...]Mix{spec.Classes.DenseUrban, spec.Classes.Urban, spec.Classes.Suburban, spec.Classes.Rural}
	mbps := [...]float64{spec.Mean.DenseUrbanMbps, spec.Mean.UrbanMbps, spec.Mean.SuburbanMbps, spec.Mean.RuralMbps}
	pool.Each(len(AreaNames), func(area int) {
		members := membersOf(p.Area, uint8(area))
		if len(members) == 0 {
			return
		}
		scoresTo(u, classLatent, members)
		assignClasses(l.class, u, members, mixes[area].shares())
		scoresTo(u, meanLatent, members)
		l.drawMeans(u, members, spec, prof, mbps[area]*1e6)
	})
	l.drawSpread(prof, spec.Classes.Spread, key.Named("spread"), pool)
	return l
}

// membersOf returns the places of an area class, ascending.
func membersOf(areas []uint8, area uint8) []int {
	var members []int
	for i, a := range areas {
		if a == area {
			members = append(members, i)
		}
	}
	return members
}

// assignClasses cuts the scores at the cumulated shares.
func assignClasses(class []Class, u []float64, members []int, shares [NumClasses]float64) {
	total := 0.0
	for _, s := range shares {
		total += s
	}
	for _, i := range members {
		cum, c := 0.0, Class(0)
		for k, s := range shares {
			if s == 0 {
				continue
			}
			c = Class(k)
			cum += s / total
			if u[i] < cum {
				break
			}
		}
		class[i] = c
	}
}

// drawMeans turns scores into means: quantiles of the chosen distribution,
// times the class's relative mean, scaled so that the members' mean is exactly
// the configured one.
func (l *lasting) drawMeans(u []float64, members []int, spec Spec, prof *profiles, meanBps float64) {
	quantile := distuv.Weibull{K: spec.Mean.Shape, Lambda: 1}.Quantile
	switch spec.Mean.Family {
	case "gamma":
		quantile = distuv.Gamma{Alpha: spec.Mean.Shape, Beta: 1}.Quantile
	case "lognormal":
		quantile = distuv.LogNormal{Sigma: 1 / spec.Mean.Shape}.Quantile
	}
	sum := 0.0
	for _, i := range members {
		l.mean[i] = quantile(u[i]) * math.Pow(prof.relativeMean[l.class[i]], spec.Classes.MeanWeight)
		sum += l.mean[i]
	}
	for _, i := range members {
		l.mean[i] *= meanBps * float64(len(members)) / sum
	}
}

// spreadTaps are the weights of the circular moving average over the hours of
// the day that makes a sector's deviations at near hours alike.
var spreadTaps = [...]float64{1, 0.6, 0.3}

// drawSpread draws the deviations: log-normal with mean 1 at every hour, then
// renormalised over the week.
func (l *lasting) drawSpread(prof *profiles, strength float64, key rng.Key, pool *shard.Pool) {
	n := len(l.class)
	for h := range l.spread {
		l.spread[h] = make([]uint16, n)
	}
	var daySum [NumClasses][hoursPerDay]float64
	for c := range daySum {
		for h, v := range prof.week[c] {
			daySum[c][h%hoursPerDay] += v / hoursPerWeek
		}
	}
	norm := 0.0
	for k, w := range spreadTaps {
		norm += w * w
		if k > 0 {
			norm += w * w
		}
	}
	norm = math.Sqrt(norm)
	pool.Each(shard.Count(n), func(part int) {
		var e, f [hoursPerDay]float64
		lo, hi := shard.Range(part, n)
		for i := lo; i < hi; i++ {
			c := l.class[i]
			s := key.At(uint64(i)).Stream()
			for h := range e {
				e[h] = s.Norm()
			}
			total := 0.0
			for h := range f {
				y := spreadTaps[0] * e[h]
				for k, w := range spreadTaps[1:] {
					y += w * (e[(h+k+1)%hoursPerDay] + e[(h+hoursPerDay-k-1)%hoursPerDay])
				}
				sigma := strength * prof.spread[c][h]
				f[h] = math.Exp(sigma*y/norm - sigma*sigma/2)
				total += f[h] * daySum[c][h]
			}
			for h := range f {
				l.spread[h][i] = packFactor(float32(f[h] / total))
			}
		}
	})
}

// median returns the middle value of x without changing it; 0 if empty.
func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Clone(x)
	slices.Sort(s)
	if m := len(s) / 2; len(s)%2 == 0 {
		return (s[m-1] + s[m]) / 2
	}
	return s[len(s)/2]
}
