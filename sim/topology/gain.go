package topology

import (
	"math"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
)

// minGain keeps gains positive and far from denormal numbers: 250 dB of loss
// is none of anybody's concern.
const minGain = 1e-25

// ray is what all cells of a site share on the way to one bin.
type ray struct {
	d2DM, d3DM, lgD3D float64
	azimuthDeg        float64 // from the site to the bin
	downDeg           float64 // below the horizon
	los               bool
	shadow            float64 // standard normal
}

// draws are the random numbers of one bin that its rays use: line of sight and
// shadowing are drawn once for a bin and a site, so that all sectors and
// carriers of a site agree.
type draws struct {
	los, shadow rng.Key // word i is for site i
	common      float64 // shadowing common to all sites, standard normal
}

func (b *builder) drawsOf(bin int) draws {
	return draws{los: b.losKey.At(uint64(bin)), shadow: b.shadowKey.At(uint64(bin)), common: b.commonKey.Norm(uint64(bin))}
}

// rayTo returns the path from a site to bin `bin` [S*M] which lies at (dx, dy)
// from it.
func (b *builder) rayTo(site int32, bin int, dx, dy float64, d *draws) ray {
	class := b.siteClass[site]
	loss := &b.loss[int(class)*len(b.top.Carriers)] // distances do not depend on the carrier
	r := ray{d2DM: math.Sqrt(dx*dx + dy*dy), azimuthDeg: angleDeg(dx, dy)}
	r.d3DM = loss.Distance3DM(r.d2DM)
	r.lgD3D = log10Of(r.d3DM)
	height := b.plan.classes[class].BSHeightM - b.spec.UTHeightM
	r.downDeg = angleDeg(height, math.Sqrt(r.d3DM*r.d3DM-height*height))
	outdoorM := max(r.d2DM-float64(b.inDepthM[bin]), 0)
	p := radio.LOSProbability(b.scenario[class], outdoorM, b.spec.UTHeightM)
	r.los = d.los.Float64(uint64(site)) < p
	if b.spec.Shadowing {
		r.shadow = b.commonPart*d.common + b.ownPart*d.shadow.Norm(uint64(site))
	}
	return r
}

// lossDB returns the loss of a ray on carrier k before antennas: path loss,
// shadowing and entry loss.
func (b *builder) lossDB(site int32, bin, k int, r *ray) float64 {
	loss := &b.loss[int(b.siteClass[site])*len(b.top.Carriers)+k]
	building := b.top.BinBuilding[bin]
	sigma := loss.SigmaDB(r.los, r.d2DM)
	if building == radio.SimpleBelow6G {
		sigma = radio.SimpleO2ISigmaDB
	}
	db := loss.AtDB(r.los, r.d2DM, r.d3DM, r.lgD3D) + sigma*r.shadow
	if building != radio.Outdoor {
		const kinds = int(radio.Car) + 1
		db += max(b.wallDB[k*kinds+int(building)]+building.InsideLossDB(float64(b.inDepthM[bin]))+
			building.SigmaDB()*float64(b.entry[bin]), 0)
	}
	return db
}

// gainDB returns the gain of a cell with carrier k and the given boresight over
// a ray with the given loss.
func (b *builder) gainDB(class int32, k int, boresightDeg, lossDB float64, r *ray) float64 {
	off := r.azimuthDeg - boresightDeg
	if off < -180 {
		off += 360
	} else if off >= 180 {
		off -= 360
	}
	db := b.pattern[k].GainDBi(off, r.downDeg, b.plan.classes[class].DowntiltDeg) - lossDB
	return max(min(db, -b.spec.MinCouplingLossDB), leastDB)
}

// leastDB is below minGain and within what dbToLinear takes.
const leastDB = -300
