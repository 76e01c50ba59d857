package topology

import (
	"math"

	"hibernet/sim/rng"
)

// The pattern of an irregular layout. A Poisson-disc pattern alone is far too
// regular: real sites of one operator have R_local = 1.2 to 1.3 (mean
// nearest-neighbour distance over that of a Poisson process of the local
// density) and a standard deviation of ln(distance) of 0.38 to 0.55, with a
// tail of short distances (measured on the antenna register of Paris, open
// data of the city, and on the Irish regulator's list published with Di
// Francesco et al., IEEE Trans. Big Data 2017). So each point is moved by a
// Gaussian, which takes both figures from those of the disc pattern
// (R about 1.5, 0.1) towards those of the Poisson process (1, 0.64) and
// leaves the density alone.
const (
	// jitterPerDisc is the standard deviation of the movement along each
	// axis, in disc radii. At 0.34 a large layout measures R_local 1.26 and
	// 0.44 for the standard deviation of ln(distance).
	jitterPerDisc = 0.34
	// medianPerDisc is the median nearest-neighbour distance of the moved
	// pattern in disc radii, measured on 5,000 points.
	medianPerDisc = 0.825
	// discsPerArea is the number of points that Bridson's method leaves in an
	// area of one squared disc radius (0.616, measured on a torus; random
	// sequential packing to the end would leave 0.70), less a margin so that
	// there are a few more points than asked for; which to keep is drawn.
	discsPerArea = 0.61
	// edgePerDisc is what open edges add to each side of the map in disc
	// radii: points at the edge have no rivals beyond it.
	edgePerDisc = 0.5
	// bridsonTries is Bridson's k.
	bridsonTries = 30
)

// isdForMedian returns the inter-site distance of the hexagonal layout that is
// as dense as an irregular one with the given median distance between nearest
// neighbours, about 1.67 times that.
func isdForMedian(medianM float64) float64 {
	return medianM / medianPerDisc / math.Sqrt(discsPerArea*hexArea(1))
}

// irregular places n sites, as densely as a hexagonal layout of the given
// inter-site distance would, in a rectangle of height heightM with its corner
// at the origin, and returns its width. On a torus the pattern continues over
// the edges.
func irregular(n int, isdM, heightM float64, torus bool, key rng.Key) (xs, ys []float64, widthM float64) {
	widthM = float64(n) * hexArea(isdM) / heightM
	for try, r := uint64(0), discRadius(n, widthM, heightM, torus); ; try, r = try+1, r*0.99 {
		stream := key.At(try).Stream()
		d := newDiscs(widthM, heightM, r, torus)
		d.fill(stream)
		if len(d.xs) < n {
			continue // too few by chance: again with discs a little smaller
		}
		for _, j := range stream.Perm(len(d.xs))[:n] {
			xs = append(xs, settle(d.xs[j]+jitterPerDisc*r*stream.Norm(), widthM, torus))
			ys = append(ys, settle(d.ys[j]+jitterPerDisc*r*stream.Norm(), heightM, torus))
		}
		return xs, ys, widthM
	}
}

// discRadius returns the radius of n discs that fill a rectangle.
func discRadius(n int, widthM, heightM float64, torus bool) float64 {
	edge := edgePerDisc
	if torus {
		edge = 0
	}
	// A fixed point; the error falls to 0.4 of itself a round at worst.
	r := 0.0
	for range 20 {
		r = math.Sqrt(discsPerArea / float64(n) * (widthM + edge*r) * (heightM + edge*r))
	}
	return r
}

// settle brings a coordinate back into [0, size]: around a torus, or mirrored
// at the edge.
func settle(v, size float64, torus bool) float64 {
	if torus {
		v = math.Mod(v, size)
		if v < 0 {
			v += size
		}
		return v
	}
	if v < 0 {
		v = -v
	}
	if v > size {
		v = 2*size - v
	}
	return min(max(v, 0), size)
}

// discs is the state of Bridson's method (Fast Poisson disk sampling in
// arbitrary dimensions, SIGGRAPH 2007 sketches).
type discs struct {
	widthM, heightM, rM float64
	torus               bool
	xs, ys              []float64
	nx, ny              int
	taken               []int32 // [nx*ny] point in the square + 1; a square holds at most one
	active              []int32
}

func newDiscs(widthM, heightM, rM float64, torus bool) *discs {
	d := &discs{widthM: widthM, heightM: heightM, rM: rM, torus: torus}
	d.nx = max(1, int(math.Ceil(widthM/rM*math.Sqrt2)))
	d.ny = max(1, int(math.Ceil(heightM/rM*math.Sqrt2)))
	d.taken = make([]int32, d.nx*d.ny)
	return d
}

func (d *discs) fill(stream *rng.Stream) {
	d.add(stream.Float64()*d.widthM, stream.Float64()*d.heightM)
	for len(d.active) > 0 {
		at := stream.IntN(len(d.active))
		p := d.active[at]
		if !d.grow(p, stream) {
			last := len(d.active) - 1
			d.active[at] = d.active[last]
			d.active = d.active[:last]
		}
	}
}

// grow tries to add a point in the ring of 1 to 2 radii about point p.
func (d *discs) grow(p int32, stream *rng.Stream) bool {
	for range bridsonTries {
		rho := d.rM * math.Sqrt(1+3*stream.Float64())
		sin, cos := math.Sincos(2 * math.Pi * stream.Float64())
		x, y := d.xs[p]+rho*cos, d.ys[p]+rho*sin
		if d.torus {
			x, y = settle(x, d.widthM, true), settle(y, d.heightM, true)
		}
		if x >= 0 && x < d.widthM && y >= 0 && y < d.heightM && d.free(x, y) {
			d.add(x, y)
			return true
		}
	}
	return false
}

func (d *discs) square(x, y float64) (int, int) {
	return min(int(x/d.widthM*float64(d.nx)), d.nx-1), min(int(y/d.heightM*float64(d.ny)), d.ny-1)
}

func (d *discs) add(x, y float64) {
	d.xs, d.ys = append(d.xs, x), append(d.ys, y)
	i, j := d.square(x, y)
	d.taken[j*d.nx+i] = int32(len(d.xs))
	d.active = append(d.active, int32(len(d.xs)-1))
}

// free reports whether no point is nearer than the radius. Squares are at
// most r/sqrt(2) wide and more than half that, so three rings reach r.
func (d *discs) free(x, y float64) bool {
	i, j := d.square(x, y)
	for dj := -3; dj <= 3; dj++ {
		for di := -3; di <= 3; di++ {
			ii, jj := i+di, j+dj
			if d.torus {
				ii, jj = (ii%d.nx+d.nx)%d.nx, (jj%d.ny+d.ny)%d.ny
			} else if ii < 0 || jj < 0 || ii >= d.nx || jj >= d.ny {
				continue
			}
			p := d.taken[jj*d.nx+ii]
			if p == 0 {
				continue
			}
			dx, dy := d.xs[p-1]-x, d.ys[p-1]-y
			if d.torus {
				dx, dy = nearImage(dx, d.widthM), nearImage(dy, d.heightM)
			}
			if dx*dx+dy*dy < d.rM*d.rM {
				return false
			}
		}
	}
	return true
}

// nearImage returns the shortest form of a difference on a circle of the
// given length.
func nearImage(delta, length float64) float64 {
	return delta - length*math.Round(delta/length)
}
