package ppo

import (
	"fmt"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
)

// costGraph computes the squared error of the cost critic over a shard, and
// its gradient. It is no part of lossGraph: limits that do not bind must leave
// the policy's gradient, and the norm that it is clipped by, as they are.
type costGraph struct {
	obs     []float32 // [shardRows x fields]
	returns []float32 // [shardRows x limits]
	weight  []float32 // [shardRows x limits] 1/minibatch, or 0
	program *descent.Program
}

func newCostGraph(critic *mlp.Net) (*costGraph, error) {
	k := critic.Out()
	g := &costGraph{
		obs: make([]float32, shardRows*critic.In()), returns: make([]float32, shardRows*k), weight: make([]float32, shardRows*k),
	}
	var err error
	g.program, err = descent.Compile(func(e *descent.Expr) (cost descent.Node, params, read []descent.Node) {
		value, theta := e.Net("costs", critic, e.Matrix("obs", g.obs, shardRows))
		miss := e.Square(e.Sub(value, e.Matrix("returns", g.returns, shardRows)))
		cost = e.Sum(e.Mul(miss, e.Matrix("weight", g.weight, shardRows)))
		return cost, []descent.Node{theta}, []descent.Node{value}
	})
	if err != nil {
		return nil, fmt.Errorf("ppo: cost graph: %w", err)
	}
	return g, nil
}

// run computes the gradient over the row-steps of part into dst, and returns
// the sum of their squared errors.
func (g *costGraph) run(dst []float32, r *rollout, c *costs, part []int32, weight float32) (float64, error) {
	fields, k := len(g.obs)/shardRows, len(c.gains)
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
	if err := g.program.Run(); err != nil {
		return 0, fmt.Errorf("ppo: cost graph: %w", err)
	}
	g.program.GradientTo(dst)
	sum := 0.0
	for i, v := range g.program.Value(0)[:len(part)*k] {
		d := float64(v) - float64(g.returns[i])
		sum += d * d
	}
	return sum, nil
}
