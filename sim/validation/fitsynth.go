package validation

import (
	"fmt"
	"math"
	"strings"

	"hibernet/sim/rng"
)

// meterTruth is what synthetic meter readings are made of.
type meterTruth struct {
	level, slope, saving, extra float64 // extra: energy that a second mode takes off at full activation
	levelCV                     float64 // between stations
	noise                       float64 // of a reading, relative
	gross                       float64 // share of readings that are wrong
	weekLag, dayLag             int     // steps from energy to load, of week-long and of day-long records
}

// readings of synthetic meters as the tables that a user would hand in.
type meterTables struct {
	cells, loads, energy string
	levels               map[string]float64 // by station
}

// Synthetic records: weeks and days, in hours.
const (
	weekHours = 168
	dayHours  = 24
)

// makeMeters writes the readings of week-long stations of two types and of
// day-long ones. The second type has a level and a slope twice as large and no
// night mode. Loads follow a daily curve with noise of its own; the night mode
// is on for a part of the hours 2 to 6, the other falls as load rises.
func makeMeters(t meterTruth, weeks, days int, key rng.Key) meterTables {
	var cells, loads, energy strings.Builder
	cells.WriteString("BS,CellName,RUType,Antennas\n")
	loads.WriteString("Time,BS,CellName,load,ESMode1,ESMode2\n")
	energy.WriteString("Time,BS,Energy\n")
	out := meterTables{levels: map[string]float64{}}
	for i := range weeks + days {
		id := fmt.Sprintf("S%03d", i)
		k := key.At(uint64(i))
		hours, lag, start := weekHours, t.weekLag, 0
		if i >= weeks {
			hours, lag, start = dayHours, t.dayLag, dayHours
		}
		size, night := 1.0, 1.0
		kind := "small"
		if i%4 == 3 {
			size, night, kind = 2, 0, "large"
		}
		level := size * t.level * (1 + t.levelCV*k.Named("level").Norm(0))
		out.levels[id] = level
		fmt.Fprintf(&cells, "%s,Cell0,%s,2\n", id, kind)
		mean := 0.1 + 0.5*k.Named("mean").Float64(0)
		for h := start - 8; h < start+hours+8; h++ { // loads begin and end beside the energy
			load, sleep, symbol := meterHour(mean, night, h, k)
			label := meterTime(h)
			if h >= start && h < start+hours {
				fmt.Fprintf(&loads, "%s,%s,Cell0,%.6f,%.4f,%.4f\n", label, id, load, sleep, symbol)
			}
			at := h - lag
			if at < start || at >= start+hours {
				continue
			}
			e := (level+size*t.slope*load)*(1-t.saving*sleep) - size*t.extra*symbol
			e *= 1 + t.noise*k.Named("noise").Norm(uint64(h+100))
			if k.Named("gross").Float64(uint64(h+100)) < t.gross {
				e *= 0.3 + 3*k.Named("wrong").Float64(uint64(h+100))
			}
			fmt.Fprintf(&energy, "%s,%s,%.6f\n", meterTime(at), id, e)
		}
	}
	out.cells, out.loads, out.energy = cells.String(), loads.String(), energy.String()
	return out
}

// meterHour returns the load of an hour and the activations of the two modes.
func meterHour(mean, night float64, h int, k rng.Key) (load, sleep, symbol float64) {
	hour := float64((h%24 + 24) % 24)
	shape := 1 + 0.8*math.Cos((hour-16)/24*2*math.Pi)
	load = math.Min(mean*shape*math.Exp(0.25*k.Named("load").Norm(uint64(h+100))), 0.99)
	if hour >= 2 && hour <= 6 {
		sleep = night * math.Min(1, 0.2+1.2*k.Named("sleep").Float64(uint64(h+100)))
		load *= 1 - 0.9*sleep
	}
	symbol = 0.6 * (1 - load) * k.Named("symbol").Float64(uint64(h+100))
	return load, sleep, symbol
}

// meterTime labels hour h of January 2023; loads before it are left out.
func meterTime(h int) string {
	return fmt.Sprintf("2023-01-%02d %02d:00", 1+h/24, (h%24+24)%24)
}
