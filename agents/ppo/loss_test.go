package ppo

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hibernet/agents/mlp"
	"hibernet/sim/rng"
)

// example fills the inputs with rows that reach every branch of the loss:
// ratios and values inside and outside their clips, advantages of both signs,
// masked actions, and rows of weight 0.
func example(l *lossGraph, actor, critic *mlp.Net, key rng.Key) {
	s := key.Stream()
	actions := actor.Out()
	for i := range l.in.obs {
		l.in.obs[i] = float32(s.Norm())
	}
	logits, values := make([]float32, shardRows*actions), make([]float32, shardRows)
	scratch := mlp.NewScratch(1, actor, critic)
	actor.ForwardTo(logits, l.in.obs, shardRows, scratch)
	critic.ForwardTo(values, l.in.obs, shardRows, scratch)
	for row := range shardRows {
		mask := make([]bool, actions)
		mask[s.IntN(actions)] = true
		for a := range mask {
			mask[a] = mask[a] || s.IntN(3) > 0
		}
		lo, hi := row*actions, (row+1)*actions
		offset, aside := l.in.at(row)
		a, logProb := mlp.Sample(logits[lo:hi], mask, s.Float64())
		top := logits[lo+mlp.Argmax(logits[lo:hi], mask)]
		for j := range actions {
			offset[j] = -top
			if !mask[j] {
				offset[j] = forbidden
			}
		}
		*aside = [numAside]float32{
			asideLogProb: float32(logProb + 0.3*s.Norm()), asideAdv: float32(s.Norm()), asideReturns: values[row] + float32(0.5*s.Norm()),
			asideValue: values[row] + float32(0.5*s.Norm()), asideAction: float32(a),
		}
		l.in.limit = 0.2
		l.in.weight[row] = 1. / 500
		if row >= 500 {
			l.in.weight[row] = 0
		}
	}
}

// apart are networks of their own.
func apart(actor, critic *mlp.Net) networks {
	return networks{actor: actor, critic: critic, actions: actor.Out()}
}

// lossTwin is the loss in float64 with the textbook's min, max and clip.
func lossTwin(in *inputs, nets networks, theta []float64, spec Spec) float64 {
	actor, critic := nets.actor, nets.critic
	split := mlp.Len(actor.Sizes)
	var total float64
	for row := range shardRows {
		if in.weight[row] == 0 {
			continue
		}
		x := in.obs[row*actor.In() : (row+1)*actor.In()]
		logits := forwardTwin(actor.Sizes, actor.Activation, theta[:split], x)
		var value float64
		if critic == nil {
			logits, value = logits[:nets.actions], logits[nets.actions]
		} else {
			value = forwardTwin(critic.Sizes, critic.Activation, theta[split:], x)[0]
		}
		var sum, entropy, logProb float64
		offset, aside := in.at(row)
		at := func(j int) bool { return offset[j] > forbidden/2 }
		for j, z := range logits {
			if at(j) {
				sum += math.Exp(z)
			}
		}
		for j, z := range logits {
			if !at(j) {
				continue
			}
			lp := z - math.Log(sum)
			entropy -= math.Exp(lp) * lp
			if int(aside[asideAction]) == j {
				logProb = lp
			}
		}
		ratio, adv := math.Exp(logProb-float64(aside[asideLogProb])), float64(aside[asideAdv])
		policy := -math.Min(ratio*adv, min(max(ratio, 1-spec.Clip), 1+spec.Clip)*adv)
		returns, old := float64(aside[asideReturns]), float64(aside[asideValue])
		valueLoss := (value - returns) * (value - returns)
		if spec.ValueClip > 0 {
			limit := float64(in.limit)
			held := old + min(max(value-old, -limit), limit)
			valueLoss = math.Max(valueLoss, (held-returns)*(held-returns))
		}
		total += float64(in.weight[row]) * (policy + 0.5*spec.ValueCoef*valueLoss - spec.Entropy*entropy)
	}
	return total
}

func forwardTwin(sizes []int, activation string, theta []float64, x []float32) []float64 {
	h := make([]float64, len(x))
	for i, v := range x {
		h[i] = float64(v)
	}
	for l := range len(sizes) - 1 {
		in, out := sizes[l], sizes[l+1]
		w, b := theta[:in*out], theta[in*out:in*out+out]
		theta = theta[in*out+out:]
		y := slices.Clone(b)
		for j := range y {
			for i, v := range h {
				y[j] += v * w[i*out+j]
			}
			switch {
			case l == len(sizes)-2:
			case activation == mlp.Tanh:
				y[j] = math.Tanh(y[j])
			default:
				y[j] = math.Max(y[j], 0)
			}
		}
		h = y
	}
	return h
}

func TestGradientAgainstDifferencesOfAPlainTwin(t *testing.T) {
	for _, activation := range []string{mlp.Tanh, mlp.ReLU} {
		for _, valueClip := range []float64{1, 0} {
			for _, shared := range []bool{false, true} {
				t.Run(fmt.Sprint(activation, valueClip, shared), func(t *testing.T) {
					spec := DefaultSpec()
					spec.Entropy, spec.ValueClip, spec.SharedTrunk, spec.Activation = 0.05, valueClip, shared, activation
					nets := newNetworks(spec, mlp.New([]int{3, 6, 5, 4}, activation, 1, rng.Root(1)), mlp.New([]int{3, 6, 5, 1}, activation, 1, rng.Root(2)))
					l, err := newLossGraph(nets, spec)
					if err != nil {
						t.Fatal(err)
					}
					for repeat := range 2 { // the graph is reused
						actor, critic := nets.split()
						example(l, actor, critic, rng.Root(3).At(uint64(repeat)))
						before := slices.Clone(nets.theta)
						if err := l.run(); err != nil {
							t.Fatal(err)
						}
						if !slices.Equal(nets.theta, before) {
							t.Fatal("running the graph changed the parameters")
						}
						got := make([]float32, len(nets.theta))
						l.gradientTo(got)
						compareGradient(t, got, &l.in, nets, spec)
					}
				})
			}
		}
	}
}

func compareGradient(t *testing.T, got []float32, in *inputs, nets networks, spec Spec) {
	t.Helper()
	theta := make([]float64, len(nets.theta))
	for i, p := range nets.theta {
		theta[i] = float64(p)
	}
	var largest float64
	for _, g := range got {
		largest = math.Max(largest, math.Abs(float64(g)))
	}
	const h = 1e-6
	for i := range theta {
		was := theta[i]
		theta[i] = was + h
		up := lossTwin(in, nets, theta, spec)
		theta[i] = was - h
		down := lossTwin(in, nets, theta, spec)
		theta[i] = was
		// float32 sums of 500 terms against float64: 1e-4 of the largest.
		if want := (up - down) / (2 * h); math.Abs(float64(got[i])-want) > 1e-4*largest {
			t.Errorf("parameter %d: gradient %g, want %g (largest %g)", i, got[i], want, largest)
		}
	}
}

// Logits far outside the range of float32's exp must not spoil the loss.
func TestLargeLogitsAreFinite(t *testing.T) {
	actor, critic := mlp.New([]int{3, 8, 4}, mlp.ReLU, 1, rng.Root(1)), mlp.New([]int{3, 8, 1}, mlp.ReLU, 1, rng.Root(2))
	for i := range actor.B[1] {
		actor.B[1][i] = 1000 * float32(i+1)
	}
	l, err := newLossGraph(apart(actor, critic), DefaultSpec())
	if err != nil {
		t.Fatal(err)
	}
	example(l, actor, critic, rng.Root(3))
	if err := l.run(); err != nil {
		t.Fatal(err)
	}
	grad := make([]float32, len(actor.AppendTo(nil))+len(critic.AppendTo(nil)))
	l.gradientTo(grad)
	for _, v := range slices.Concat(grad, l.out.logProb, l.out.negEntropy) {
		if v != v || math.IsInf(float64(v), 0) {
			t.Fatalf("%g in the gradient, log probabilities or entropies", v)
		}
	}
}

func BenchmarkGradient(b *testing.B) {
	for _, c := range []struct {
		activation string
		shared     bool
	}{{mlp.Tanh, false}, {mlp.ReLU, false}, {mlp.Tanh, true}} {
		name := c.activation
		if c.shared {
			name += "-shared"
		}
		b.Run(name, func(b *testing.B) {
			spec := DefaultSpec()
			spec.SharedTrunk, spec.Activation = c.shared, c.activation
			actor := mlp.New([]int{55, 64, 64, 12}, c.activation, 0.01, rng.Root(1))
			critic := mlp.New([]int{55, 64, 64, 1}, c.activation, 1, rng.Root(2))
			l, err := newLossGraph(newNetworks(spec, actor, critic), spec)
			if err != nil {
				b.Fatal(err)
			}
			example(l, actor, critic, rng.Root(3))
			b.ReportAllocs()
			for b.Loop() {
				if err := l.run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(shardRows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func TestLossesAllocateNothing(t *testing.T) {
	actor, critic := mlp.New([]int{3, 6, 4}, mlp.Tanh, 1, rng.Root(1)), mlp.New([]int{3, 6, 1}, mlp.Tanh, 1, rng.Root(2))
	l, err := newLossGraph(apart(actor, critic), DefaultSpec())
	if err != nil {
		t.Fatal(err)
	}
	example(l, actor, critic, rng.Root(3))
	loss, slope, logits, values := make([]float32, shardRows), make([]float32, 4*shardRows), make([]float32, 4*shardRows), make([]float32, shardRows)
	if n := testing.AllocsPerRun(10, func() {
		l.policy(loss, slope, logits)
		l.value(loss, slope[:shardRows], values)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
