package dqn

import (
	"hibernet/agents/descent"
	"hibernet/agents/mlp"
)

// A dueling network (Wang et al., arXiv:1511.06581, eq. 9) has one output for
// the value of the state and one for the advantage of each action:
//
//	Q(s,a) = V(s) + A(s,a) - mean over all actions of A(s,.)
//
// Its heads are linear in the last hidden layer, so Q is so too: fold writes
// the same Q as a plain network, which is what plays, is exported and served.
// The graph of the loss keeps the heads apart, and so the way they learn.

// heads returns the number of outputs of the network that is learned.
func (s Spec) heads(actions int) int {
	if s.Dueling {
		return 1 + actions
	}
	return actions
}

// mixing returns the matrix [1+actions x actions] that makes values of actions
// of the outputs V, A(0), A(1), ….
func mixing(actions int) []float32 {
	m := make([]float32, (1+actions)*actions)
	for a := range actions {
		m[a] = 1
		for b := range actions {
			v := -1 / float32(actions)
			if a == b {
				v++
			}
			m[(1+b)*actions+a] = v
		}
	}
	return m
}

// foldTo writes the network of action values that learned stands for to q:
// hidden layers as they are, the last one times the mixing.
func foldTo(q, learned *mlp.Net) {
	last := len(q.W) - 1
	for l := range q.W[:last] {
		copy(q.W[l], learned.W[l])
		copy(q.B[l], learned.B[l])
	}
	actions := q.Out()
	if learned.Out() == actions {
		copy(q.W[last], learned.W[last])
		copy(q.B[last], learned.B[last])
		return
	}
	mix := func(dst, heads []float32) {
		mean := float32(0)
		for _, v := range heads[1:] {
			mean += v / float32(actions)
		}
		for a := range dst {
			dst[a] = heads[0] + heads[1+a] - mean
		}
	}
	for i := range q.Sizes[last] {
		mix(q.W[last][i*actions:(i+1)*actions], learned.W[last][i*(1+actions):(i+1)*(1+actions)])
	}
	mix(q.B[last], learned.B[last])
}

// unfoldTo writes a network that stands for the values of q: the value of a
// state is their mean, the advantages are what differs from it.
func unfoldTo(learned, q *mlp.Net) {
	last := len(q.W) - 1
	for l := range q.W[:last] {
		copy(learned.W[l], q.W[l])
		copy(learned.B[l], q.B[l])
	}
	actions := q.Out()
	if learned.Out() == actions {
		copy(learned.W[last], q.W[last])
		copy(learned.B[last], q.B[last])
		return
	}
	part := func(heads, src []float32) {
		mean := float32(0)
		for _, v := range src {
			mean += v / float32(actions)
		}
		heads[0] = mean
		for a, v := range src {
			heads[1+a] = v - mean
		}
	}
	for i := range q.Sizes[last] {
		part(learned.W[last][i*(1+actions):(i+1)*(1+actions)], q.W[last][i*actions:(i+1)*actions])
	}
	part(learned.B[last], q.B[last])
}

// Inputs of the loss.
const (
	inObs = iota
	inChosen
	inTarget
	inWeight
)

// loss is the weighted Huber loss of the error of the chosen action's value. It
// tells the error.
func loss(learned *mlp.Net, actions int, clip float64) descent.Loss {
	return descent.Loss{
		Name:   "dqn",
		Inputs: []descent.Input{{Name: "obs", Width: learned.In()}, {Name: "chosen", Width: actions}, {Name: "target", Width: 1}, {Name: "weight", Width: 1}},
		Nets:   []*mlp.Net{learned},
		Formula: func(e *descent.Expr, in, out []descent.Node) (descent.Node, []descent.Node) {
			q := out[0]
			if learned.Out() != actions {
				q = e.Dot(q, e.Constant("mixing", mixing(actions), 1+actions))
			}
			gap := e.Sub(e.Total(e.Mul(q, in[inChosen]), actions), in[inTarget])
			return e.Mul(e.Huber(gap, clip), in[inWeight]), []descent.Node{gap}
		},
	}
}
