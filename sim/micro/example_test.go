package micro_test

import (
	"fmt"

	"hibernet/sim/des"
	"hibernet/sim/micro"
	"hibernet/sim/power"
	"hibernet/sim/rng"
)

// Mean power of a cell of category 1, set 1 of TR 38.864 in units, simulated
// and by the closed form at the load that was served.
func ExampleRun() {
	model := power.TR38864{Deep: 1, Light: 25, Micro: 55, DL: 280, UL: 110, LightMs: 6, LightE: 90, DeepMs: 50, DeepE: 1000, A: 0.4}
	fmt.Println("load     symbol sleep    sleep in gaps     DTX, 80 of 160 ms")
	for _, load := range []float64{0, 0.1, 0.3, 0.6, 0.9} {
		fmt.Printf("%.1f", load)
		for _, way := range []struct {
			period, cycle, on float64
			deepest           power.Depth
		}{{20, 0, 0, power.MicroSleep}, {20, 0, 0, power.LightSleep}, {160, 160, 80, power.LightSleep}} {
			t := power.Timetable{
				Frame:   power.SymbolFrame(micro.DDDSU, 30),
				Signals: []power.Signal{{PeriodMs: way.period, WindowMs: 5, Symbols: 32, RBShare: 20.0 / 273}},
				CycleMs: way.cycle, OnMs: way.on, Deepest: way.deepest,
			}
			dl, ul, err := t.Room()
			if err != nil {
				fmt.Println(err)
				return
			}
			const symbolBits, fileBits = 35714, 4e6 // 1 Gbit/s, 0.5 MB
			filesPerMs := load * dl * symbolBits / fileBits
			r, err := micro.Run(micro.Config{
				Model: model, SCSkHz: 30, Symbols: micro.DDDSU, SymbolBits: symbolBits, ChainShare: 1, PowerShare: 1,
				Signals: t.Signals, CycleMs: t.CycleMs, OnMs: t.OnMs, Deepest: t.Deepest,
				Traffic:  micro.Traffic{FilesPerS: 1e3 * filesPerMs, FileBits: fileBits, UplinkPerBit: ul / dl},
				Duration: 32 * des.Second,
			}, rng.Root(1))
			if err != nil {
				fmt.Println(err)
				return
			}
			base, slope, err := model.Mean(t, 1, 1)
			closed := base + slope*r.Load
			if way.deepest == power.LightSleep && way.cycle == 0 {
				closed, err = model.Slept(t, 1, 1, r.Load, filesPerMs)
			}
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Printf("   %7.2f %7.2f", r.Units, closed)
		}
		fmt.Println()
	}
	// Output:
	// load     symbol sleep    sleep in gaps     DTX, 80 of 160 ms
	// 0.0     60.71   60.71     42.71   42.71     41.28   41.28
	// 0.1     78.92   78.85     63.31   63.12     50.73   50.98
	// 0.3    114.32  114.24    103.03  102.73     67.70   68.01
	// 0.6    165.72  165.54    159.53  159.48     95.76   95.92
	// 0.9    218.98  218.96    217.64  217.67    120.91  120.95
}
