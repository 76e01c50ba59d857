package oracle

import (
	"context"
	"math"
	"testing"
)

// The chain has the moments of the autoregression: mean 0, variance 1,
// autocorrelation phi^k.
func TestChainHasTheMomentsOfTheAutoregression(t *testing.T) {
	for _, n := range []int{2, 3, 9} {
		for _, phi := range []float64{0, 0.5, 0.9} {
			c, err := NewChain(phi, n)
			if err != nil {
				t.Fatal(err)
			}
			var mean, variance float64
			ahead := append([]float64(nil), c.Z...) // the expectation of the value k steps on
			for i, z := range c.Z {
				mean += c.First[i] * z
				variance += c.First[i] * z * z
			}
			if math.Abs(mean) > 1e-12 || math.Abs(variance-1) > 1e-12 {
				t.Errorf("n %d, phi %g: mean %g, variance %g", n, phi, mean, variance)
			}
			for k := 1; k < 4; k++ {
				next, covariance := make([]float64, n), 0.0
				for i := range n {
					for j := range n {
						next[i] += c.Next[i*n+j] * ahead[j]
					}
					covariance += c.First[i] * c.Z[i] * next[i]
				}
				if ahead = next; math.Abs(covariance-math.Pow(phi, float64(k))) > 1e-12 {
					t.Errorf("n %d, phi %g: autocorrelation %g at lag %d", n, phi, covariance, k)
				}
			}
			if got := c.Nearest(c.Z[n-1] - 0.01); got != n-1 {
				t.Errorf("nearest to the last but a little: %d", got)
			}
		}
	}
	if _, err := NewChain(1, 3); err == nil {
		t.Error("a phi of 1 has no stationary law")
	}
}

// By hand: two steps of one noise, two states. In the first step the noise is
// seen at no cost, in the second, where it is held, state 1 saves 3 J of 5 and
// drops 2 bit if the noise is 1, and nothing if it is 0.
func heldModel() *Model {
	m := &Model{Steps: 2, States: 2, Noises: 2, First: []float64{0.75, 0.25}, Next: []float64{0, 1, 1, 0}, Draws: []Draw{Anew, Held}}
	m.Outcomes = make([]Outcome, 2*2*2*2)
	for i := range m.Outcomes {
		if i%2 == 1 {
			m.Outcomes[i].EnergyJ = math.Inf(1) // stays in state 0
		}
		if i >= 8 {
			m.Outcomes[i] = Outcome{EnergyJ: 5}
			if i%2 == 1 {
				m.Outcomes[i] = Outcome{EnergyJ: 2, DropBit: 2 * float64((i-8)/4)}
			}
		}
	}
	return m
}

func TestCeilingByHand(t *testing.T) {
	m := heldModel()
	for drop, want := range map[float64]float64{
		0:    0.75*2 + 0.25*5, // sleeps under noise 0 only
		0.25: 0.75*2 + 0.25*3.5,
		1:    2, // the limit does not bind
	} {
		s, price, err := Ceiling(context.Background(), m, drop)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Value - price*drop; math.Abs(got-want) > 2e-3 || got > want+1e-9 {
			t.Errorf("drops up to %g: bound %g, want %g (price %g)", drop, got, want, price)
		}
	}
	s, _, err := Ceiling(context.Background(), m, 0)
	if err != nil {
		t.Fatal(err)
	}
	for noise, want := range []Plan{{EnergyJ: 2}, {EnergyJ: 5}} {
		path := []int{noise, noise}
		got, err := s.Play(m, path, path)
		if err != nil || got.EnergyJ != want.EnergyJ || got.DropBit != 0 {
			t.Errorf("under noise %d: %+v, %v, want %+v", noise, got, err, want)
		}
	}
	if _, err := s.Play(m, []int{0}, []int{0, 0}); err == nil {
		t.Error("a path that is too short was played")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Ceiling(ctx, m, 0); err == nil {
		t.Error("went on after the end of the context")
	}
}
