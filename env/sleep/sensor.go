package sleep

import (
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// sensor spoils the load readings of an environment. What it draws depends on
// the episode, the step and the cell or sector alone.
type sensor struct {
	Sensor
	cells, sectors rng.Key   // of the episode
	age            []float32 // [cells] s, of the reports that stand; nil if none is ever lost
}

// newSensor returns nil for readings that are exact.
func newSensor(s Sensor, cells int) *sensor {
	if s == (Sensor{}) {
		return nil
	}
	r := &sensor{Sensor: s}
	if s.LostShare > 0 {
		r.age = make([]float32, cells)
	}
	return r
}

// begin starts an episode, with fresh reports.
func (r *sensor) begin(episode rng.Key) {
	if r == nil {
		return
	}
	key := episode.Named("sensor")
	r.cells, r.sectors = key.Named("cells"), key.Named("sectors")
	clear(r.age)
}

// read returns the reading of x, the last known if its report is lost, and
// whether it is. Two words are drawn for each reading.
func (r *sensor) read(key rng.Key, i int, x, last float32) (reading float32, lost bool) {
	if r.LostShare > 0 && key.Float64(uint64(2*i)) < r.LostShare {
		return last, true
	}
	if r.NoiseSD > 0 {
		x = max(0, x*(1+float32(r.NoiseSD*key.Norm(uint64(2*i+1)))))
	}
	return x, false
}

// readCells makes readings of the loads of the cells from lo on; last [len(load)]
// are those of the interval before.
func (r *sensor) readCells(step, lo int, load, last []float32, seconds float64) {
	key := r.cells.At(uint64(step))
	for k, x := range load {
		reading, lost := r.read(key, lo+k, x, last[k])
		load[k] = min(reading, 1)
		if r.age == nil {
			continue
		}
		if lost {
			r.age[lo+k] += float32(seconds)
		} else {
			r.age[lo+k] = 0
		}
	}
}

// readSectors makes readings of the sectors' offered rates.
func (r *sensor) readSectors(step int, rate, last []float32) {
	key := r.sectors.At(uint64(step))
	for s, x := range rate {
		rate[s], _ = r.read(key, s, x, last[s])
	}
}

// newReading makes the sensor and room for what the sensor needs of the interval before.
func (e *Env) newReading() {
	if e.sensor = newSensor(e.spec.Sensor, e.net.Topology().NumCells()); e.sensor == nil {
		return
	}
	e.needs.lags = max(e.needs.lags, 1)
	e.needs.prevRate = e.needs.offered
}

func (e *Env) loadShard(i int) {
	lo, hi := shard.Range(i, len(e.load))
	seconds, load := e.net.Spec().ControlS, e.load[lo:hi]
	for k, x := range e.view.LoadS[lo:hi] {
		load[k] = float32(float64(x) / seconds)
	}
	if e.sensor != nil {
		e.sensor.readCells(e.step, lo, load, e.lags[0][lo:hi], seconds)
	}
}
