package fit

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"hibernet/sim/rng"
)

// truth is what test readings are made of.
type truth struct {
	level, slope, saving, extra float64
	noise                       float64
	lag                         int
}

// plant is a set of stations with a level and a load of their own.
type plant struct {
	truth
	stations, hours int
	key             rng.Key
}

// level returns a station's level.
func (p *plant) levelOf(i int) float64 {
	return p.level * math.Exp(0.15*p.key.Named("level").Norm(uint64(i)))
}

// at returns load, activations and energy without noise of a station and hour.
func (p *plant) at(i, hour int) (load, sleep, symbol, energy float64) {
	k := p.key.At(uint64(i))
	h := uint64(hour + 1000)
	load = (0.1 + 0.8*k.Named("mean").Float64(0)) * k.Named("load").Float64(h)
	if (hour+240)%24 < 5 {
		sleep = k.Named("sleep").Float64(h)
	}
	symbol = 0.5 * k.Named("symbol").Float64(h)
	energy = (p.levelOf(i)+p.slope*load)*(1-p.saving*sleep) - p.extra*symbol
	return load, sleep, symbol, energy * (1 + p.noise*k.Named("noise").Norm(h))
}

// data returns the readings as if they had been read.
func (p *plant) data() *Data {
	d := &Data{StepS: 3600, Unit: Relative, Modes: []string{"night", "symbol"}, Tallies: make([]Tally, 2), energies: 1, cells: -1}
	for i := range p.stations {
		st := Station{ID: fmt.Sprintf("s%03d", i), Type: "unit", Cells: []Cell{{Type: "unit", Chains: 2}}}
		for h := range p.hours {
			load, sleep, symbol, _ := p.at(i, h)
			st.At = append(st.At, h)
			st.Load = append(st.Load, load)
			st.Act = append(st.Act, sleep, symbol)
			_, _, _, e := p.at(i, h+p.lag)
			st.EnergyAt = append(st.EnergyAt, h)
			st.Energy = append(st.Energy, e)
		}
		d.Stations = append(d.Stations, st)
		d.Tallies[0].Rows += p.hours
		d.Tallies[1].Rows += p.hours
	}
	d.Tallies[0].Used, d.Tallies[1].Used = d.Tallies[0].Rows, d.Tallies[1].Rows
	return d
}

// table returns the readings as one CSV table.
func (p *plant) table() string {
	var b strings.Builder
	b.WriteString("station,time,type,trx,load,ESMode1,energy\n")
	for i := range p.stations {
		for h := range p.hours {
			load, sleep, _, e := p.at(i, h)
			fmt.Fprintf(&b, "s%03d,2024-05-%02d %02d:00,unit,4,%.6f,%.6f,%.6f\n", i, 1+h/24, h%24, load, sleep, e)
		}
	}
	return b.String()
}

func newPlant(stations, hours int) *plant {
	return &plant{truth: truth{level: 10, slope: 20, saving: 0.4, extra: 1, noise: 0.01}, stations: stations, hours: hours, key: rng.Root(7)}
}

func mustFit(t *testing.T, d *Data, o Options) *Result {
	t.Helper()
	r, err := Fit(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, m Mapping, loads string, rest ...string) *Data {
	t.Helper()
	d, err := Read(context.Background(), input(loads, rest...), m, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// input names the tables loads, energy and cells; an empty one is left out.
func input(loads string, rest ...string) Input {
	in := Input{Loads: Source{"loads", strings.NewReader(loads)}}
	if len(rest) > 0 && rest[0] != "" {
		in.Energy = &Source{"energy", strings.NewReader(rest[0])}
	}
	if len(rest) > 1 {
		in.Cells = &Source{"cells", strings.NewReader(rest[1])}
	}
	return in
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v +- %g", what, got, want, tol)
	}
}
