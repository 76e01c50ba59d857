package ppo

import (
	"fmt"
	"math"

	"hibernet/agents/descent"
	"hibernet/sim/simd"
)

// shardRows row-steps go through a graph at once. A minibatch is cut into
// shards of this fixed size, whose gradients are added in their order, so the
// number of workers does not reach the result.
const shardRows = 512

// forbidden is added to the logits of masked actions: exp of it is 0.
const forbidden = descent.Forbidden

// What a row-step has beside its observation: an offset for each logit, and
// after these:
const (
	asideLogProb = iota // of the action when it was taken
	asideAdv            // normalised advantage
	asideReturns        // lambda-return
	asideValue          // value when the action was taken
	asideAction         // taken
	numAside
)

// inputs of the loss, row-major. A shard with fewer row-steps keeps weight 0
// in the rest.
type inputs struct {
	obs    []float32 // [shardRows x fields]
	aside  []float32 // [shardRows x (actions + numAside)] offsets: forbidden where masked, else minus the row's largest logit when it acted, against overflow
	weight []float32 // [shardRows] 1/minibatch, or 0
	limit  float32   // most that a value counts as moved
	// imitate says that the actions are those of a teacher to do as it does.
	imitate bool
}

// at returns what a row has beside its observation.
func (in *inputs) at(row int) (offset []float32, aside *[numAside]float32) {
	width := len(in.aside) / shardRows
	x := in.aside[row*width : (row+1)*width]
	offset = x[:width-numAside]
	return offset, (*[numAside]float32)(x[width-numAside:])
}

// outcome is what a run tells of the row-steps.
type outcome struct {
	logProb    []float32 // [shardRows] of the action taken, now
	negEntropy []float32 // [shardRows]
	ratio      []float64 // [shardRows] of its probability now to that when it was taken
	value      []float32 // [shardRows] now
	agreed     []bool    // [shardRows] the action taken is the likeliest now, where imitated
}

// lossGraph computes the loss of a shard and its gradient. The graph is built
// once; its input and parameter nodes share their memory with inputs and with
// the networks. The losses and their slopes by logits and values are computed
// here, those by the parameters by the graph; the graph's gradient begins with
// the size of the sum of both losses, so after them.
type lossGraph struct {
	in      inputs
	out     outcome
	spec    Spec
	actions int
	z, p    []float32 // [shardRows x actions] logits with offset, and their exponentials
	missed  []float32 // [shardRows] scratch: loss of the values
	program *descent.Program
	watch   watch
}

func newLossGraph(n networks, spec Spec) (*lossGraph, error) {
	fields, actions := n.actor.In(), n.actions
	column, table := func() []float32 { return make([]float32, shardRows) }, func() []float32 { return make([]float32, shardRows*actions) }
	l := &lossGraph{
		in: inputs{
			obs: make([]float32, shardRows*fields), aside: make([]float32, shardRows*(actions+numAside)), weight: column(),
		},
		out:  outcome{logProb: column(), negEntropy: column(), ratio: make([]float64, shardRows), value: column(), agreed: make([]bool, shardRows)},
		spec: spec, actions: actions, z: table(), p: table(), missed: column(),
	}
	var err error
	l.program, err = descent.Compile(func(e *descent.Expr) (cost descent.Node, params, read []descent.Node) {
		obs := e.Matrix("obs", l.in.obs, shardRows)
		out, actor := e.Net("actor", n.actor, obs)
		if n.critic == nil {
			return e.Sum(e.Rows("both", out, actions+1, l.both)), []descent.Node{actor}, nil
		}
		value, critic := e.Net("critic", n.critic, obs)
		total := e.Add(e.Rows("policy", out, actions, l.policy), e.Rows("value", value, 1, l.value))
		return e.Sum(total), []descent.Node{actor, critic}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("ppo: loss graph: %w", err)
	}
	return l, nil
}

// both computes policy and value from rows of logits and then the value.
func (l *lossGraph) both(loss, slope, out []float32) {
	l.policy(loss, slope, out)
	l.value(l.missed, slope, out)
	for row, v := range l.missed {
		loss[row] += v
	}
}

// policy computes, from rows that begin with the logits, times the weight of a row, minus the clipped surrogate of
// Schulman et al. (arXiv:1707.06347, eq. 7) and minus the entropy times its
// coefficient.
//
// With p the probabilities and c the action taken, the slope of log p[c] by
// logit j is [j=c] - p[j], that of the negative entropy n = sum of p log p is
// p[j] (log p[j] - n).
func (l *lossGraph) policy(loss, slope, logits []float32) {
	width, stride := l.actions, len(logits)/len(loss)
	for row := range loss {
		z := l.z[row*width : (row+1)*width]
		offset, _ := l.in.at(row)
		for j, v := range logits[row*stride : row*stride+width] {
			z[j] = v + offset[j]
		}
	}
	copy(l.p, l.z)
	simd.Exp(l.p)
	low, high := float32(1-l.spec.Clip), float32(1+l.spec.Clip)
	for row := range loss {
		z, p, d := l.z[row*width:(row+1)*width], l.p[row*width:(row+1)*width], slope[row*stride:row*stride+width]
		_, aside := l.in.at(row)
		action, adv := int(aside[asideAction]), aside[asideAdv]
		logProb, negEntropy := softmax(z, p, action)
		l.out.logProb[row], l.out.negEntropy[row] = logProb, negEntropy
		if l.in.imitate {
			loss[row] = l.imitation(d, row, action)
			continue
		}

		l.out.ratio[row] = math.Exp(float64(logProb - aside[asideLogProb]))
		ratio := float32(l.out.ratio[row])
		least, push := ratio*adv, -ratio*adv
		if clipped := min(max(ratio, low), high) * adv; clipped < least {
			least, push = clipped, 0
		}
		weight, entropy := l.in.weight[row], float32(l.spec.Entropy)
		loss[row] = weight * (entropy*negEntropy - least)
		for j, q := range p {
			d[j] = weight * q * (entropy*(z[j]-negEntropy) - push)
		}
		d[action] += weight * push
	}
	l.watch.lap(&l.watch.forwarded)
}

// imitation writes the slope of a row by its logits to d and returns its loss,
// the cross-entropy with the teacher's action c, smoothed over the n allowed
// actions (Szegedy et al., arXiv:1512.00567, section 7): with
// q[j] = (1-s) [j=c] + s/n, minus the sum of q log p, whose slope is p - q.
func (l *lossGraph) imitation(d []float32, row, action int) float32 {
	z, p := l.z[row*l.actions:(row+1)*l.actions], l.p[row*l.actions:(row+1)*l.actions]
	offset, _ := l.in.at(row)
	allowed, top := 0, 0
	for j := range p {
		if offset[j] != forbidden {
			allowed++
		}
		if p[j] > p[top] {
			top = j
		}
	}
	l.out.agreed[row] = top == action
	smoothing, weight, loss := float32(l.spec.TeacherSmoothing), l.in.weight[row], float32(0)
	for j := range p {
		q := float32(0)
		if offset[j] != forbidden {
			q = smoothing / float32(allowed)
		}
		if j == action {
			q += 1 - smoothing
		}
		if q > 0 {
			loss -= q * z[j]
		}
		d[j] = weight * (p[j] - q)
	}
	return weight * loss
}

// softmax turns p, the exponentials of z, into probabilities and z into their
// logarithms. It returns the logarithm of that of the action, and the negative
// entropy.
func softmax(z, p []float32, action int) (logProb, negEntropy float32) {
	var sum float32
	for _, v := range p {
		sum += v
	}
	scale, logSum := 1/sum, float32(math.Log(float64(sum)))
	for j, v := range p {
		p[j] = v * scale
		z[j] -= logSum
		negEntropy += p[j] * z[j]
	}
	return z[action], negEntropy
}

// value computes, from rows that end with the value, times the weight of a row
// and half of the coefficient, the squared error of the value: the larger one of the value and of the value held
// within a limit around the old one.
func (l *lossGraph) value(loss, slope, values []float32) {
	factor, stride := float32(0.5*l.spec.ValueCoef), len(values)/len(loss)
	for row := range loss {
		at := (row+1)*stride - 1
		v := values[at]
		l.out.value[row] = v
		_, aside := l.in.at(row)
		miss := v - aside[asideReturns]
		square, push := miss*miss, 2*miss
		if l.spec.ValueClip > 0 {
			old, limit := aside[asideValue], l.in.limit
			held := old + min(max(v-old, -limit), limit) - aside[asideReturns]
			// Within the limit both are the same but for rounding.
			if held*held > square && (v-old > limit || old-v > limit) {
				square, push = held*held, 0
			}
		}
		weight := l.in.weight[row] * factor
		loss[row], slope[at] = weight*square, weight*push
	}
	l.watch.lap(&l.watch.forwarded)
}

// run computes everything from the present inputs and parameters.
func (l *lossGraph) run() error {
	if err := l.program.Run(); err != nil {
		return fmt.Errorf("ppo: loss graph: %w", err)
	}
	return nil
}

// gradientTo writes the gradient of the last run, in the order of the flat
// parameter vector.
func (l *lossGraph) gradientTo(dst []float32) { l.program.GradientTo(dst) }
