package ppo

import (
	"fmt"
	"sync"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hibernet/agents/mlp"
)

// shardRows row-steps go through a graph at once. A minibatch is cut into
// shards of this fixed size, whose gradients are added in their order, so the
// number of workers does not reach the result.
const shardRows = 512

// forbidden is added to the logits of masked actions: exp of it is 0.
const forbidden = -1e9

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
	vm      G.VM
	logProb G.Value   // [shardRows x 1] of the chosen actions, now
	entropy G.Value   // [shardRows x 1]
	value   G.Value   // [shardRows x 1] now
	grads   []G.Value // of W[0], B[0], W[1], … of the actor, then of the critic
}

// building is held while a graph is built: gorgonia numbers the groups of a
// graph by a variable of its package, which trainings side by side would race
// for.
var building sync.Mutex

func newLossGraph(actor, critic *mlp.Net, spec Spec) (*lossGraph, error) {
	building.Lock()
	defer building.Unlock()
	fields, actions := actor.In(), actor.Out()
	l := &lossGraph{in: inputs{
		obs: make([]float32, shardRows*fields), chosen: make([]float32, shardRows*actions), offset: make([]float32, shardRows*actions),
		logProb: make([]float32, shardRows), adv: make([]float32, shardRows), returns: make([]float32, shardRows),
		value: make([]float32, shardRows), limit: make([]float32, shardRows), weight: make([]float32, shardRows),
	}}
	e := &expr{graph: G.NewGraph()}
	obs := e.input("obs", l.in.obs, shardRows)
	e.ones = e.input("ones", ones(shardRows), 1)
	logits, actorParams := e.net("actor", actor, obs)
	value, criticParams := e.net("critic", critic, obs)
	logProb, negEntropy := l.distribution(e, logits, actions)
	total := e.add(l.policyLoss(e, spec, logProb), e.mul(l.valueLoss(e, spec, value), e.number(0.5*spec.ValueCoef)))
	total = e.add(total, e.mul(negEntropy, e.number(spec.Entropy)))
	cost := e.sum(e.mul(total, e.input("weight", l.in.weight, shardRows)))
	params := append(actorParams, criticParams...)
	if e.err == nil {
		e.grads, e.err = G.Grad(cost, params...)
	}
	if e.err != nil {
		return nil, fmt.Errorf("ppo: loss graph: %w", e.err)
	}
	l.grads = make([]G.Value, len(params))
	for i, g := range e.grads {
		G.Read(g, &l.grads[i])
	}
	G.Read(logProb, &l.logProb)
	G.Read(negEntropy, &l.entropy)
	G.Read(value, &l.value)
	l.vm = G.NewTapeMachine(e.graph)
	return l, nil
}

// distribution returns the logarithm of the probability of each row's chosen
// action, and the negative entropy of the row's distribution.
func (l *lossGraph) distribution(e *expr, logits *G.Node, actions int) (logProb, negEntropy *G.Node) {
	row, column := e.input("row", ones(actions), 1), e.input("column", ones(actions), actions)
	z := e.add(logits, e.input("offset", l.in.offset, shardRows))
	logSum := e.log(e.dot(e.exp(z), column))
	logProbs := e.sub(z, e.dot(logSum, row))
	logProb = e.dot(e.mul(logProbs, e.input("chosen", l.in.chosen, shardRows)), column)
	negEntropy = e.dot(e.mul(e.exp(logProbs), logProbs), column)
	return logProb, negEntropy
}

// policyLoss is minus the clipped surrogate of Schulman et al.
// (arXiv:1707.06347, eq. 7).
func (l *lossGraph) policyLoss(e *expr, spec Spec, logProb *G.Node) *G.Node {
	adv := e.input("adv", l.in.adv, shardRows)
	ratio := e.exp(e.sub(logProb, e.input("old log prob", l.in.logProb, shardRows)))
	free := e.mul(ratio, adv)
	clipped := e.mul(e.clamp(ratio, e.number(1-spec.Clip), e.number(1+spec.Clip)), adv)
	least := e.sub(free, e.relu(e.sub(free, clipped)))
	return e.neg(least)
}

// valueLoss is the squared error of the value, the larger one of the value
// and of the value held within a limit around the old one.
func (l *lossGraph) valueLoss(e *expr, spec Spec, value *G.Node) *G.Node {
	returns := e.input("returns", l.in.returns, shardRows)
	free := e.square(e.sub(value, returns))
	if spec.ValueClip == 0 {
		return free
	}
	old := e.input("old value", l.in.value, shardRows)
	limit := e.input("limit", l.in.limit, shardRows)
	held := e.add(old, e.clamp(e.sub(value, old), e.neg(limit), limit))
	clipped := e.square(e.sub(held, returns))
	return e.add(free, e.relu(e.sub(clipped, free)))
}

// run computes everything from the present inputs and parameters.
func (l *lossGraph) run() error {
	defer l.vm.Reset()
	if err := l.vm.RunAll(); err != nil {
		return fmt.Errorf("ppo: loss graph: %w", err)
	}
	return nil
}

// gradientTo writes the gradient of the last run, in the order of the flat
// parameter vector.
func (l *lossGraph) gradientTo(dst []float32) {
	for _, g := range l.grads {
		dst = dst[copy(dst, floats(g)):]
	}
}

func floats(v G.Value) []float32 { return v.Data().([]float32) }

func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// expr builds nodes and keeps the first error, so that formulas read as such.
// It uses only operations that gorgonia runs without copies: a vector is
// spread over rows or columns by a matrix product with ones.
type expr struct {
	graph *G.ExprGraph
	ones  *G.Node // [1 x shardRows]
	grads G.Nodes
	err   error
}

// input returns a node of the given rows that shares its memory with data.
func (e *expr) input(name string, data []float32, rows int) *G.Node {
	value := tensor.New(tensor.WithShape(rows, len(data)/rows), tensor.WithBacking(data))
	return G.NewMatrix(e.graph, tensor.Float32, G.WithShape(rows, len(data)/rows), G.WithName(name), G.WithValue(value))
}

func (e *expr) number(v float64) *G.Node { return G.NewConstant(float32(v)) }

// net returns the outputs of n for the inputs x, and its parameters.
func (e *expr) net(name string, n *mlp.Net, x *G.Node) (*G.Node, G.Nodes) {
	var params G.Nodes
	for l := range n.W {
		w := e.input(fmt.Sprint(name, " weights ", l), n.W[l], n.Sizes[l])
		b := e.input(fmt.Sprint(name, " biases ", l), n.B[l], 1)
		params = append(params, w, b)
		activation := n.Activation
		if l == len(n.W)-1 {
			activation = mlp.Linear
		}
		op := newLayer(activation, l == 0, e.ones)
		x = e.unary(func(x *G.Node) (*G.Node, error) { return G.ApplyOp(op, x, w, b) }, x)
	}
	return x, params
}

func (e *expr) unary(op func(*G.Node) (*G.Node, error), x *G.Node) *G.Node {
	if e.err != nil {
		return x
	}
	y, err := op(x)
	e.err = err
	return y
}

func (e *expr) binary(op func(a, b *G.Node) (*G.Node, error), a, b *G.Node) *G.Node {
	if e.err != nil {
		return a
	}
	y, err := op(a, b)
	e.err = err
	return y
}

func (e *expr) add(a, b *G.Node) *G.Node { return e.binary(G.Add, a, b) }
func (e *expr) sub(a, b *G.Node) *G.Node { return e.binary(G.Sub, a, b) }
func (e *expr) mul(a, b *G.Node) *G.Node { return e.binary(G.HadamardProd, a, b) }
func (e *expr) dot(a, b *G.Node) *G.Node { return e.binary(G.Mul, a, b) }
func (e *expr) exp(x *G.Node) *G.Node    { return e.unary(G.Exp, x) }
func (e *expr) log(x *G.Node) *G.Node    { return e.unary(G.Log, x) }
func (e *expr) neg(x *G.Node) *G.Node    { return e.unary(G.Neg, x) }
func (e *expr) square(x *G.Node) *G.Node { return e.unary(G.Square, x) }
func (e *expr) relu(x *G.Node) *G.Node   { return e.unary(G.Rectify, x) }

func (e *expr) sum(x *G.Node) *G.Node {
	return e.unary(func(x *G.Node) (*G.Node, error) { return G.Sum(x) }, x)
}

// clamp holds x between lo and hi: x - relu(x-hi) + relu(lo-x).
func (e *expr) clamp(x, lo, hi *G.Node) *G.Node {
	above := e.relu(e.sub(x, hi))
	below := e.relu(e.sub(lo, x))
	return e.add(e.sub(x, above), below)
}
