package simd

// Earn adds up what a cell earns by the bins that it would serve at their prices,
// and the load that they are. Bins come in eights: list [L] names them, ascending,
// the i-th being the bins from 8 list[i] on in price, W a bit/s, and demand, bit/s.
// load [8 L] is the load of each bit/s, +Inf out of reach, slope the power of a
// load of 1, W. A bin with price > slope*load earns (price - slope*load)*demand
// and loads load*demand. All are at least 0; neither sum is off by more than
// (L+8)/2^23 of itself.
//
// It panics where the slices are not of these lengths.
func Earn(list []int32, load, price, demand []float32, slope float32) (earned, loaded float32) {
	checkEights(list, load, price, demand)
	if !Vector || len(list) == 0 {
		return earnPortable(list, load, price, demand, slope)
	}
	return earnEights(list, load, price, demand, slope)
}

// Take adds share to taken [bins] for each bin that Earn would have counted.
func Take(list []int32, load, price, taken []float32, slope, share float32) {
	checkEights(list, load, price, taken)
	if !Vector || len(list) == 0 {
		takePortable(list, load, price, taken, slope, share)
		return
	}
	takeEights(list, load, price, taken, slope, share)
}

func checkEights(list []int32, load, price, other []float32) {
	bins := len(price)
	if len(load) != len(list)*Lanes || len(other) != bins {
		panic("simd: eights: slices of other lengths")
	}
	if n := len(list); n > 0 && (list[0] < 0 || (int(list[n-1])+1)*Lanes > bins) {
		panic("simd: eights: list outside the bins")
	}
}

// margin is what a bit/s earns, rounded once.
func margin(price, slope, load float32) float32 {
	return float32(float64(price) - float64(slope)*float64(load))
}

// earnPortable is what the kernel computes, in the order of its sums.
func earnPortable(list []int32, load, price, demand []float32, slope float32) (earned, loaded float32) {
	var e, w [Lanes]float32
	for i, eight := range list {
		for b := range Lanes {
			l, j := load[i*Lanes+b], int(eight)*Lanes+b
			if m := margin(price[j], slope, l); m > 0 {
				e[b] += m * demand[j]
				w[b] += l * demand[j]
			}
		}
	}
	for half := Lanes / 2; half > 0; half /= 2 {
		for b := range half {
			e[b] += e[b+half]
			w[b] += w[b+half]
		}
	}
	return e[0], w[0]
}

// takePortable is what the kernel does.
func takePortable(list []int32, load, price, taken []float32, slope, share float32) {
	for i, eight := range list {
		for b := range Lanes {
			if j := int(eight)*Lanes + b; margin(price[j], slope, load[i*Lanes+b]) > 0 {
				taken[j] += share
			}
		}
	}
}
