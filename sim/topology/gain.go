package topology

import (
	"math"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
)

// minGain keeps gains positive and far from denormal numbers: 250 dB of loss
// is none of anybody's concern.
const minGain = 1e-25

// rays are the paths from one site to the bins of a sector: what all cells of
// the site share, one entry a bin.
type rays struct {
	d2DM, d3DM, lgD3D [maxBins]float64
	azimuthDeg        [maxBins]float64 // from the site to the bin
	downDeg           [maxBins]float64 // below the horizon
	los               [maxBins]bool
	shadow            [maxBins]float64 // standard normal
}

// draws are the random numbers of the bins of a sector that its rays use, one
// entry a bin: line of sight and shadowing are drawn once for a bin and a
// site, so that all sectors and carriers of a site agree.
type draws struct {
	los, shadow rng.Keys         // word i is for site i
	common      [maxBins]float64 // the part of shadowing common to all sites
	uniform     [maxBins]float64 // scratch
}

func (b *builder) draw(s int, d *draws) {
	d.los.Reset()
	d.shadow.Reset()
	for i := range b.spec.Bins {
		bin := uint64(s*b.spec.Bins + i)
		d.los.Add(b.losKey.At(bin))
		d.shadow.Add(b.shadowKey.At(bin))
		d.common[i] = b.commonPart * b.commonKey.Norm(bin)
	}
}

// raysTo sets the paths from a site to the bins of sector s.
func (b *builder) raysTo(r *rays, site int32, s int, d *draws) {
	m, class := b.spec.Bins, b.siteClass[site]
	loss := &b.loss[int(class)*len(b.top.Carriers)] // distances do not depend on the carrier
	height := b.plan.classes[class].BSHeightM - b.spec.UTHeightM
	binX, binY, inDepthM := b.top.BinX[s*m:(s+1)*m], b.top.BinY[s*m:(s+1)*m], b.inDepthM[s*m:(s+1)*m]
	for i := range m {
		dx, dy := b.grid.delta(float64(binX[i])-b.top.SiteX[site], float64(binY[i])-b.top.SiteY[site])
		d2DM := math.Sqrt(dx*dx + dy*dy)
		d3DM := loss.Distance3DM(d2DM)
		r.d2DM[i], r.d3DM[i], r.lgD3D[i] = d2DM, d3DM, log10Of(d3DM)
		r.azimuthDeg[i] = angleDeg(dx, dy, d2DM)
		r.downDeg[i] = angleDeg(height, math.Sqrt(d3DM*d3DM-height*height), d3DM)
	}
	d.los.Float64sTo(d.uniform[:m], uint64(site))
	for i := range m {
		outdoorM := max(r.d2DM[i]-float64(inDepthM[i]), 0)
		r.los[i] = radio.InLineOfSight(b.scenario[class], outdoorM, b.spec.UTHeightM, d.uniform[i])
	}
	if !b.spec.Shadowing {
		return // they stay 0
	}
	d.shadow.NormsTo(r.shadow[:m], uint64(site))
	for i := range m {
		r.shadow[i] = d.common[i] + b.ownPart*r.shadow[i]
	}
}

// entryLoss sets the loss of entering what the bins of sector s are in, on
// carrier k, dB.
func (b *builder) entryLoss(db *[maxBins]float64, s, k int) {
	for i := range b.spec.Bins {
		bin := s*b.spec.Bins + i
		building := b.top.BinBuilding[bin]
		db[i] = 0
		if building != radio.Outdoor {
			const kinds = int(radio.Car) + 1
			db[i] = max(b.wallDB[k*kinds+int(building)]+building.InsideLossDB(float64(b.inDepthM[bin]))+
				building.SigmaDB()*float64(b.entry[bin]), 0)
		}
	}
}

// lossTo sets the loss of the rays of a site to the bins of sector s on
// carrier k before antennas: path loss, shadowing and entry loss.
func (b *builder) lossTo(db *[maxBins]float64, site int32, s, k int, entryDB *[maxBins]float64, r *rays) {
	loss := &b.loss[int(b.siteClass[site])*len(b.top.Carriers)+k]
	building := b.top.BinBuilding[s*b.spec.Bins:]
	for i := range b.spec.Bins {
		sigma := loss.SigmaDB(r.los[i], r.d2DM[i])
		if building[i] == radio.SimpleBelow6G {
			sigma = radio.SimpleO2ISigmaDB
		}
		db[i] = loss.AtDB(r.los[i], r.d2DM[i], r.d3DM[i], r.lgD3D[i]) + sigma*r.shadow[i] + entryDB[i]
	}
}

// beam is how the bins see the cells of one carrier of a site, but for their
// azimuth.
type beam struct {
	lossDB     [maxBins]float64
	verticalDB [maxBins]float64 // attenuation in elevation
}

// mostTo returns a gain that no cell with carrier k has over rays, whatever its
// boresight, dB.
func (b *builder) mostTo(k int, v *beam) float64 {
	pattern, most := &b.pattern[k], math.Inf(-1)
	for i := range b.spec.Bins {
		most = max(most, pattern.TowardsDBi(0, v.verticalDB[i])-v.lossDB[i])
	}
	return max(min(most, -b.spec.MinCouplingLossDB), leastDB)
}

// gainTo sets the gains of a cell with carrier k and the given boresight over
// rays, dB, and returns the largest.
func (b *builder) gainTo(db *[maxBins]float64, k int, boresightDeg float64, v *beam, r *rays) float64 {
	pattern, most := &b.pattern[k], math.Inf(-1)
	for i := range b.spec.Bins {
		gain := pattern.TowardsDBi(halfTurn(r.azimuthDeg[i]-boresightDeg), v.verticalDB[i]) - v.lossDB[i]
		gain = max(min(gain, -b.spec.MinCouplingLossDB), leastDB)
		db[i], most = gain, max(most, gain)
	}
	return most
}
