package sac

import (
	"math"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
	"hibernet/sim/rng"
)

// worthSpan bounds the logarithm of the temperature, far beyond what is of use
// for rewards of unit scale.
const worthSpan = 14

// sums are over the gradient steps of an iteration.
type sums struct{ value, policy, entropy, norm float64 }

// update takes one gradient step of everything.
func (l *learner) update(key rng.Key, s *sums) error {
	rate := l.spec.LearningRate * l.spec.left(l.iteration)
	l.memory.Uniform(l.drawn, key)
	l.fillValues()
	loss, norm, err := l.values.Step(len(l.drawn), l.adamCritics, rate)
	if err != nil {
		return err
	}
	s.value, s.norm = s.value+loss, s.norm+norm
	l.fillActions()
	if loss, _, err = l.actions.Step(len(l.drawn), l.adamActor, rate); err != nil {
		return err
	}
	s.policy += loss
	s.entropy += l.moveWorth(rate)
	tau := float32(l.spec.Tau)
	for i, v := range l.critics {
		l.targets[i] += tau * (v - l.targets[i])
	}
	return nil
}

// fillValues writes the transitions drawn to the inputs of the critics' loss.
// The target is r + discount * sum over the actions allowed next of
// p (min Q' - temperature * log p): the soft value (Christodoulou, eq. 10) by
// the target networks.
func (l *learner) fillValues() {
	fields, actions := len(l.schema.Fields), len(l.schema.Actions)
	obs, chosen, target := l.values.In(inObs), l.values.In(inChosen), l.values.In(inTarget)
	clear(chosen)
	for i, at := range l.drawn {
		t := l.memory.At(int(at))
		copy(obs[i*fields:(i+1)*fields], t.Obs)
		copy(l.after[i*fields:(i+1)*fields], t.Next)
		chosen[i*actions+int(t.Action)] = 1
	}
	n := len(l.drawn)
	l.policy.ForwardTo(l.next, l.after, n, l.scratch)
	for k := range 2 {
		l.target[k].ForwardTo(l.q[k], l.after, n, l.scratch)
	}
	worth := math.Exp(float64(l.worth[0]))
	for i, at := range l.drawn {
		t := l.memory.At(int(at))
		lo, hi := i*actions, (i+1)*actions
		soft := softValue(l.next[lo:hi], l.q[0][lo:hi], l.q[1][lo:hi], t.NextMask, worth)
		target[i] = l.prices.Net(t.Reward*float32(l.scale), t.Cost) + t.Discount*float32(soft)
	}
}

// softValue is the expectation of min(q1, q2) - worth * log p over the actions
// that mask allows, p being the softmax of their logits.
func softValue(logits, q1, q2 []float32, mask []bool, worth float64) float64 {
	top := mlp.Argmax(logits, mask)
	if top < 0 {
		return math.NaN() // becomes an error of the step
	}
	high, sum := float64(logits[top]), 0.0
	for a, z := range logits {
		if mask[a] {
			sum += math.Exp(float64(z) - high)
		}
	}
	value := 0.0
	for a, z := range logits {
		if !mask[a] {
			continue
		}
		log := float64(z) - high - math.Log(sum)
		value += math.Exp(log) * (float64(min(q1[a], q2[a])) - worth*log)
	}
	return value
}

// fillActions writes the same transitions to the inputs of the policy's loss,
// with the critics as they are after their step.
func (l *learner) fillActions() {
	fields, actions, n := len(l.schema.Fields), len(l.schema.Actions), len(l.drawn)
	obs := l.values.In(inObs)[:n*fields]
	copy(l.actions.In(inObs), obs)
	l.policy.ForwardTo(l.next, obs, n, l.scratch)
	for k := range 2 {
		l.value[k].ForwardTo(l.q[k], obs, n, l.scratch)
	}
	offset, value, worth := l.actions.In(inOffset), l.actions.In(inValue), l.actions.In(inWorth)
	for i, at := range l.drawn {
		mask := l.memory.At(int(at)).Mask
		lo := i * actions
		top := float32(0)
		if a := mlp.Argmax(l.next[lo:lo+actions], mask); a >= 0 {
			top = l.next[lo+a]
		}
		for a, ok := range mask {
			offset[lo+a], value[lo+a] = -top, min(l.q[0][lo+a], l.q[1][lo+a])
			if !ok {
				offset[lo+a], value[lo+a] = descent.Forbidden, 0
			}
			worth[lo+a] = float32(math.Exp(float64(l.worth[0])))
		}
	}
}

// moveWorth moves the logarithm of the temperature down the slope of
// log(temperature) * mean(entropy - target entropy) over the rows that have a
// choice (Christodoulou, eq. 11, in the logarithm) and returns the mean entropy.
func (l *learner) moveWorth(rate float64) (entropy float64) {
	gap, rows := 0.0, 0
	for i, at := range l.drawn {
		allowed := 0
		for _, ok := range l.memory.At(int(at)).Mask {
			if ok {
				allowed++
			}
		}
		if allowed < 2 {
			continue
		}
		h := -float64(l.actions.Told(0)[i])
		entropy += h
		gap += h - l.spec.TargetEntropy*l.spec.left(l.iteration)*math.Log(float64(allowed))
		rows++
	}
	if rows == 0 {
		return 0
	}
	l.adamWorth.Move(l.worth, []float32{float32(gap / float64(rows))}, rate)
	l.worth[0] = min(max(l.worth[0], -worthSpan), worthSpan)
	return entropy / float64(rows)
}
