package simd

// Sectors are sectors of eight position bins (lanes), with who serves each lane.
// Shapes: S sectors, L links.
type Sectors struct {
	RowOff  []int32   // [S+1] rows of sector s are Row[RowOff[s]:RowOff[s+1]]
	Row     []int32   // rows are the lanes Need [Row*Lanes, (Row+1)*Lanes)
	Need    []float32 // what a lane needs of its server for each bit/s: in one row of its sector, 0 in the others
	LinkOff []int32   // [S+1] links of sector s are [LinkOff[s], LinkOff[s+1])
	Cell    []int32   // [L] the link's cell
	Server  []uint16  // [S*Lanes] which of its sector's links serves the lane, NoServer if none does
	Share   []float32 // [S*Lanes] of its sector's demand
}

// NoServer stands for no link in Sectors.Server.
const NoServer = 1<<16 - 1

// Yield is what the users of a cell get of it.
type Yield struct {
	Part float32 // of what is asked of the cell, what is served
	Rate float32 // throughput of a user, times what its lane needs
}

// Served is what becomes of a sector's traffic. Rates are in the unit of the
// demand.
type Served struct {
	Served, Over float32 // of what lanes with a server ask for, what is served and what is not
	Lost         float32 // what lanes without a server ask for
	Outage       float32 // share of the demand in these lanes
	Slow, Poor   float32 // served at a throughput below the first and the second target
	_, _         float32
}

// UsersTo reckons with the sectors [lo, lo+len(sums)), of which asked
// [len(sums)] is the demand: throughput and flow [len(sums)*Lanes] are what a
// user in each lane gets, 0 without server or need, and what the lane asks for.
// yield is by cell, targets are throughputs. The arguments must fit each other:
// only lengths are checked. The vector kernel and the portable one give the same
// bits.
func (g *Sectors) UsersTo(sums []Served, throughput, flow []float32, lo int, asked []float32, yield []Yield, targets [2]float32) {
	n := len(sums)
	if lo < 0 || lo+n >= len(g.RowOff) || len(g.LinkOff) != len(g.RowOff) || len(g.Server) != (len(g.RowOff)-1)*Lanes || len(g.Share) != len(g.Server) ||
		len(throughput) != n*Lanes || len(flow) != n*Lanes || len(asked) != n {
		panic("simd: UsersTo with slices of other lengths")
	}
	if n > 0 {
		g.users(sums, throughput, flow, lo, asked, yield, targets)
	}
}

// usersPortable is what the kernel computes.
func (g *Sectors) usersPortable(sums []Served, throughput, flow []float32, lo int, asked []float32, yield []Yield, targets [2]float32) {
	for k := range sums {
		s := lo + k
		var need, served, over, lost, outage, slow, poor [Lanes]float32
		for _, row := range g.Row[g.RowOff[s]:g.RowOff[s+1]] {
			for lane, x := range (*[Lanes]float32)(g.Need[int(row)*Lanes:]) {
				need[lane] += x
			}
		}
		share, server := (*[Lanes]float32)(g.Share[s*Lanes:]), (*[Lanes]uint16)(g.Server[s*Lanes:])
		flow, throughput := (*[Lanes]float32)(flow[k*Lanes:]), (*[Lanes]float32)(throughput[k*Lanes:])
		for lane, link := range server {
			f := float32(asked[k] * share[lane]) // rounded: nothing is to be fused with it
			flow[lane], throughput[lane] = f, 0
			if link == NoServer {
				lost[lane], outage[lane] = f, share[lane]
				continue
			}
			y := yield[g.Cell[g.LinkOff[s]+int32(link)]]
			if need[lane] > 0 {
				throughput[lane] = y.Rate / need[lane]
			}
			served[lane] = float32(f * y.Part) // likewise
			over[lane] = f - served[lane]
			if throughput[lane] < targets[0] {
				slow[lane] = served[lane]
			}
			if throughput[lane] < targets[1] {
				poor[lane] = served[lane]
			}
		}
		sums[k] = Served{
			Served: pairwise(&served), Over: pairwise(&over), Lost: pairwise(&lost), Outage: pairwise(&outage),
			Slow: pairwise(&slow), Poor: pairwise(&poor),
		}
	}
}

// pairwise adds up neighbours, then pairs of them, then fours.
func pairwise(x *[Lanes]float32) float32 {
	return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))
}
