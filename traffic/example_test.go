package traffic_test

import (
	"fmt"

	"hibernet/sim/des"
	"hibernet/sim/rng"
	"hibernet/traffic"
)

func ExampleNew() {
	// Three sectors of an urban site, without noise.
	places := traffic.Places{X: []float64{0, 0, 0}, Y: []float64{0, 0, 0}, Area: []uint8{1, 1, 1}}
	spec := traffic.DefaultSpec()
	spec.Noise.CV, spec.WithinHour.Enabled = 0, false
	source, err := traffic.New(spec, places, nil, rng.Root(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	demand := make([]float32, source.Len())
	total := 0.0
	const step = 30 * des.Minute
	for at := des.Time(0); at < 7*des.Day; at += step {
		source.DemandTo(demand, at)
		for _, v := range demand {
			total += float64(v) * step.Seconds()
		}
	}
	fmt.Printf("%.1f Mbit/s a sector over the week\n", total/3/(7*des.Day).Seconds()/1e6)
	// Output: 40.0 Mbit/s a sector over the week
}
