package ppo

import (
	"fmt"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
)

// shardRows row-steps go through a graph at once. A minibatch is cut into
// shards of this fixed size, whose gradients are added in their order, so the
// number of workers does not reach the result.
const shardRows = 512

// forbidden is added to the logits of masked actions: exp of it is 0.
const forbidden = descent.Forbidden

// inputs of the loss, row-major. A shard with fewer row-steps keeps weight 0
// in the rest.
type inputs struct {
	obs     []float32 // [shardRows x fields]
	chosen  []float32 // [shardRows x actions] 1 at the action taken, else 0
	offset  []float32 // [shardRows x actions] forbidden where masked, and minus the row's largest logit when it acted, against overflow
	logProb []float32 // [shardRows] of the action when it was taken
	adv     []float32 // [shardRows] normalised advantage
	returns []float32 // [shardRows] lambda-return
	value   []float32 // [shardRows] value when the action was taken
	limit   []float32 // [shardRows] most that the value counts as moved
	weight  []float32 // [shardRows] 1/minibatch, or 0
}

// lossGraph computes the loss of a shard and its gradient. The graph is built
// once; its input and parameter nodes share their memory with inputs and with
// the networks.
type lossGraph struct {
	in      inputs
	program *descent.Program
}

// nodes of the loss graph that are read, [shardRows x 1]
const (
	readLogProb = iota // of the chosen actions, now
	readNegEntropy
	readValue // now
)

func newLossGraph(actor, critic *mlp.Net, spec Spec) (*lossGraph, error) {
	fields, actions := actor.In(), actor.Out()
	l := &lossGraph{in: inputs{
		obs: make([]float32, shardRows*fields), chosen: make([]float32, shardRows*actions), offset: make([]float32, shardRows*actions),
		logProb: make([]float32, shardRows), adv: make([]float32, shardRows), returns: make([]float32, shardRows),
		value: make([]float32, shardRows), limit: make([]float32, shardRows), weight: make([]float32, shardRows),
	}}
	var err error
	l.program, err = descent.Compile(shardRows, func(e *descent.Expr) (cost descent.Node, params, read []descent.Node) {
		obs := e.Matrix("obs", l.in.obs, shardRows)
		logits, actorParams := e.Net("actor", actor, obs)
		value, criticParams := e.Net("critic", critic, obs)
		logProb, negEntropy := l.distribution(e, logits, actions)
		total := e.Add(l.policyLoss(e, spec, logProb), e.Mul(l.valueLoss(e, spec, value), e.Number(0.5*spec.ValueCoef)))
		total = e.Add(total, e.Mul(negEntropy, e.Number(spec.Entropy)))
		cost = e.Sum(e.Mul(total, e.Matrix("weight", l.in.weight, shardRows)))
		return cost, append(actorParams, criticParams...), []descent.Node{readLogProb: logProb, readNegEntropy: negEntropy, readValue: value}
	})
	if err != nil {
		return nil, fmt.Errorf("ppo: loss graph: %w", err)
	}
	return l, nil
}

// distribution returns the logarithm of the probability of each row's chosen
// action, and the negative entropy of the row's distribution.
func (l *lossGraph) distribution(e *descent.Expr, logits descent.Node, actions int) (logProb, negEntropy descent.Node) {
	z := e.Add(logits, e.Matrix("offset", l.in.offset, shardRows))
	logSum := e.LogSumExp(z, actions)
	logProbs := e.Sub(z, e.Spread(logSum, actions))
	logProb = e.Total(e.Mul(logProbs, e.Matrix("chosen", l.in.chosen, shardRows)), actions)
	negEntropy = e.Total(e.Mul(e.Exp(logProbs), logProbs), actions)
	return logProb, negEntropy
}

// policyLoss is minus the clipped surrogate of Schulman et al.
// (arXiv:1707.06347, eq. 7).
func (l *lossGraph) policyLoss(e *descent.Expr, spec Spec, logProb descent.Node) descent.Node {
	adv := e.Matrix("adv", l.in.adv, shardRows)
	ratio := e.Exp(e.Sub(logProb, e.Matrix("old log prob", l.in.logProb, shardRows)))
	free := e.Mul(ratio, adv)
	clipped := e.Mul(e.Clamp(ratio, 1-spec.Clip, 1+spec.Clip), adv)
	least := e.Sub(free, e.ReLU(e.Sub(free, clipped)))
	return e.Neg(least)
}

// valueLoss is the squared error of the value, the larger one of the value
// and of the value held within a limit around the old one.
func (l *lossGraph) valueLoss(e *descent.Expr, spec Spec, value descent.Node) descent.Node {
	returns := e.Matrix("returns", l.in.returns, shardRows)
	free := e.Square(e.Sub(value, returns))
	if spec.ValueClip == 0 {
		return free
	}
	old := e.Matrix("old value", l.in.value, shardRows)
	limit := e.Matrix("limit", l.in.limit, shardRows)
	held := e.Add(old, e.Between(e.Sub(value, old), e.Neg(limit), limit))
	clipped := e.Square(e.Sub(held, returns))
	return e.Add(free, e.ReLU(e.Sub(clipped, free)))
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
