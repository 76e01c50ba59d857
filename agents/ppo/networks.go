package ppo

import "hibernet/agents/mlp"

// networks are the policy and the value as they are learned: a network each, or,
// with Spec.SharedTrunk, one whose outputs are the logits and then the value.
type networks struct {
	theta   []float32 // all parameters, which the networks view: the actor's, then the critic's
	actor   *mlp.Net
	critic  *mlp.Net // nil with a shared trunk
	actions int
}

// newNetworks returns copies of the networks of a checkpoint to be learned.
// With a shared trunk the actor's hidden layers are that of both.
func newNetworks(spec Spec, actor, critic *mlp.Net) networks {
	n := networks{actions: actor.Out()}
	if spec.SharedTrunk {
		n.actor = join(actor, critic)
		n.theta = n.actor.Parameters()
		return n
	}
	n.theta = critic.AppendTo(actor.AppendTo(nil))
	split := mlp.Len(actor.Sizes)
	n.actor = mlp.View(actor.Sizes, spec.Activation, n.theta[:split])
	n.critic = mlp.View(critic.Sizes, spec.Activation, n.theta[split:])
	return n
}

// parameters returns how many there are of the networks for so many fields and
// actions.
func (s Spec) parameters(fields, actions int) int {
	if s.SharedTrunk {
		return mlp.Len(s.sizes(fields, actions+1))
	}
	return mlp.Len(s.sizes(fields, actions)) + mlp.Len(s.sizes(fields, 1))
}

// join returns a network of the actor's hidden layers with the outputs of the
// actor and then those of the critic.
func join(actor, critic *mlp.Net) *mlp.Net {
	last := len(actor.W) - 1
	sizes := append([]int(nil), actor.Sizes...)
	sizes[last+1] += critic.Out()
	n := mlp.View(sizes, actor.Activation, make([]float32, mlp.Len(sizes)))
	for l := range last {
		copy(n.W[l], actor.W[l])
		copy(n.B[l], actor.B[l])
	}
	columns(n.W[last], actor.W[last], n.Out(), 0, actor.Out())
	columns(n.W[last], critic.W[last], n.Out(), actor.Out(), critic.Out())
	columns(n.B[last], actor.B[last], n.Out(), 0, actor.Out())
	columns(n.B[last], critic.B[last], n.Out(), actor.Out(), critic.Out())
	return n
}

// columns writes src, which has the given number of columns, to dst, which has
// width of them, from column at on.
func columns(dst, src []float32, width, at, count int) {
	for i := range len(src) / count {
		copy(dst[i*width+at:], src[i*count:(i+1)*count])
	}
}

// split returns copies of the policy and the value as networks of their own.
func (n *networks) split() (actor, critic *mlp.Net) {
	if n.critic != nil {
		return n.actor.Clone(), n.critic.Clone()
	}
	return n.part(0, n.actions), n.part(n.actions, 1)
}

// part returns the shared network with count of its outputs, from output at on.
func (n *networks) part(at, count int) *mlp.Net {
	last, width := len(n.actor.W)-1, n.actor.Out()
	sizes := append([]int(nil), n.actor.Sizes...)
	sizes[last+1] = count
	out := mlp.View(sizes, n.actor.Activation, make([]float32, mlp.Len(sizes)))
	for l := range last {
		copy(out.W[l], n.actor.W[l])
		copy(out.B[l], n.actor.B[l])
	}
	for i := range sizes[last] {
		copy(out.W[last][i*count:(i+1)*count], n.actor.W[last][i*width+at:])
	}
	copy(out.B[last], n.actor.B[last][at:])
	return out
}

// valued returns the network that tells values, and which of its outputs.
func (n *networks) valued() (net *mlp.Net, at int) {
	if n.critic != nil {
		return n.critic, 0
	}
	return n.actor, n.actions
}
