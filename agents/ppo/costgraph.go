package ppo

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"hibernet/agents/mlp"
)

// costGraph computes the squared error of the cost critic over a shard, and
// its gradient. It is no part of lossGraph: limits that do not bind must leave
// the policy's gradient, and the norm that it is clipped by, as they are.
type costGraph struct {
	obs     []float32 // [shardRows x fields]
	returns []float32 // [shardRows x limits]
	weight  []float32 // [shardRows x limits] 1/minibatch, or 0
	value   G.Value   // [shardRows x limits]
	grads   []G.Value
	vm      G.VM
}

func newCostGraph(critic *mlp.Net) (*costGraph, error) {
	building.Lock()
	defer building.Unlock()
	k := critic.Out()
	g := &costGraph{
		obs: make([]float32, shardRows*critic.In()), returns: make([]float32, shardRows*k), weight: make([]float32, shardRows*k),
	}
	e := &expr{graph: G.NewGraph()}
	e.ones = e.input("ones", ones(shardRows), 1)
	value, params := e.net("costs", critic, e.input("obs", g.obs, shardRows))
	miss := e.square(e.sub(value, e.input("returns", g.returns, shardRows)))
	loss := e.sum(e.mul(miss, e.input("weight", g.weight, shardRows)))
	if e.err == nil {
		e.grads, e.err = G.Grad(loss, params...)
	}
	if e.err != nil {
		return nil, fmt.Errorf("ppo: cost graph: %w", e.err)
	}
	g.grads = make([]G.Value, len(params))
	for i, n := range e.grads {
		G.Read(n, &g.grads[i])
	}
	G.Read(value, &g.value)
	g.vm = G.NewTapeMachine(e.graph)
	return g, nil
}

// run computes the gradient over the row-steps of part into dst, and returns
// the sum of their squared errors.
func (g *costGraph) run(dst []float32, r *rollout, c *costs, part []int32, weight float32) (float64, error) {
	fields, k := len(g.obs)/shardRows, len(c.track)
	for row := range shardRows {
		i, w := int(part[0]), float32(0)
		if row < len(part) {
			i, w = int(part[row]), weight
		}
		copy(g.obs[row*fields:(row+1)*fields], r.obs[i*fields:(i+1)*fields])
		for j := range k {
			g.returns[row*k+j], g.weight[row*k+j] = c.gains[j][i], w
		}
	}
	defer g.vm.Reset()
	if err := g.vm.RunAll(); err != nil {
		return 0, fmt.Errorf("ppo: cost graph: %w", err)
	}
	for _, v := range g.grads {
		dst = dst[copy(dst, floats(v)):]
	}
	sum := 0.0
	for i, v := range floats(g.value)[:len(part)*k] {
		d := float64(v) - float64(g.returns[i])
		sum += d * d
	}
	return sum, nil
}
