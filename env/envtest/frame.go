package envtest

import (
	"fmt"
	"math"
	"slices"

	"hibernet/env"
)

// frame is a copy of what one call wrote. final is nil where the contract
// leaves FinalObs open.
type frame struct {
	obs, reward, cost, final []float32
	mask, terminated, trunc  []bool
}

func copyFrame(b *env.Batch) frame {
	return frame{
		obs:        slices.Clone(b.Obs),
		reward:     slices.Clone(b.Reward),
		cost:       slices.Clone(b.Cost),
		final:      slices.Clone(b.FinalObs),
		mask:       slices.Clone(b.Mask),
		terminated: slices.Clone(b.Terminated),
		trunc:      slices.Clone(b.Truncated),
	}
}

func (f frame) ended() bool {
	return slices.Contains(f.terminated, true) || slices.Contains(f.trunc, true)
}

// differ names the first value that is not the same bits in f and g.
func (f frame) differ(g frame) error {
	for _, x := range []struct {
		name string
		a, b []float32
	}{{"Obs", f.obs, g.obs}, {"Reward", f.reward, g.reward}, {"Cost", f.cost, g.cost}, {"FinalObs", f.final, g.final}} {
		if len(x.a) != len(x.b) {
			return fmt.Errorf("%s: %d and %d values", x.name, len(x.a), len(x.b))
		}
		for i := range x.a {
			if math.Float32bits(x.a[i]) != math.Float32bits(x.b[i]) {
				return fmt.Errorf("%s[%d]: %v and %v", x.name, i, x.a[i], x.b[i])
			}
		}
	}
	for _, x := range []struct {
		name string
		a, b []bool
	}{{"Mask", f.mask, g.mask}, {"Terminated", f.terminated, g.terminated}, {"Truncated", f.trunc, g.trunc}} {
		if len(x.a) != len(x.b) {
			return fmt.Errorf("%s: %d and %d values", x.name, len(x.a), len(x.b))
		}
		for i := range x.a {
			if x.a[i] != x.b[i] {
				return fmt.Errorf("%s[%d]: %v and %v", x.name, i, x.a[i], x.b[i])
			}
		}
	}
	return nil
}

// differAll names the first difference of two rollouts.
func differAll(a, b []frame) error {
	for i := range min(len(a), len(b)) {
		if err := a[i].differ(b[i]); err != nil {
			return fmt.Errorf("call %d: %w", i, err)
		}
	}
	if len(a) != len(b) {
		return fmt.Errorf("%d and %d calls", len(a), len(b))
	}
	return nil
}

// free returns an error unless all costs are zero.
func (f frame) free() error {
	for i, cost := range f.cost {
		if cost != 0 {
			return fmt.Errorf("cost %d is %v", i, cost)
		}
	}
	return nil
}

// inRange checks observations against opt.
func inRange(name string, obs []float32, columns int, opt Options) error {
	bounded := opt.Low != 0 || opt.High != 0
	for i, x := range obs {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("buffer %s row %d column %d: %v is not finite", name, i/columns, i%columns, x)
		}
		if bounded && (x < opt.Low || x > opt.High) {
			return fmt.Errorf("buffer %s row %d column %d: %v is not within [%v, %v]", name, i/columns, i%columns, x, opt.Low, opt.High)
		}
	}
	return nil
}

// valid checks the values of one call.
func (f frame) valid(s env.Schema, opt Options) error {
	columns, width := len(s.Fields), len(s.Actions)
	if err := inRange("Obs", f.obs, columns, opt); err != nil {
		return err
	}
	if f.final != nil {
		if err := inRange("FinalObs", f.final, columns, opt); err != nil {
			return err
		}
	}
	for row, r := range f.reward {
		if math.IsNaN(float64(r)) || math.IsInf(float64(r), 0) {
			return fmt.Errorf("reward of row %d: %v is not finite", row, r)
		}
		if !slices.Contains(f.mask[row*width:(row+1)*width], true) {
			return fmt.Errorf("mask of row %d: no action is allowed", row)
		}
	}
	for i, cost := range f.cost {
		if !(cost >= 0) || math.IsInf(float64(cost), 1) {
			return fmt.Errorf("cost of row %d, guard %s: %v, must be finite and at least 0", i/len(s.Guards), s.Guards[i%len(s.Guards)].Name, cost)
		}
	}
	_, err := (&env.Batch{Terminated: f.terminated, Truncated: f.trunc}).Ended()
	return err
}

// fill overwrites every buffer of b.
func fill(b *env.Batch, x float32, flag bool) {
	for _, s := range [][]float32{b.Obs, b.Reward, b.Cost, b.FinalObs} {
		for i := range s {
			s[i] = x
		}
	}
	for _, s := range [][]bool{b.Mask, b.Terminated, b.Truncated} {
		for i := range s {
			s[i] = flag
		}
	}
}
