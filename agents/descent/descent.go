// Package descent moves networks down the gradient of a loss that a learner
// writes as a formula: gorgonia computes loss and gradient, the gradient's norm
// is clipped, Adam takes the step.
//
// A Loss names its inputs, one row a sample, the networks that are moved and
// the formula over both. New builds the graphs; the learner fills the inputs of
// a minibatch (In) and calls Step. A minibatch is cut into shards of a fixed
// number of rows, whose gradients are added in their order: results have the
// same bits for any number of workers.
package descent

import (
	"fmt"
	"math"

	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/sim/shard"
)

// ErrNotFinite is wrapped by Step's error when a loss or a gradient is not
// finite. The parameters are then as before.
var ErrNotFinite = fmt.Errorf("the loss or its gradient is not finite: %w", train.ErrDiverged)

// shardRows is the most rows that go through a graph at once.
const shardRows = 256

// Forbidden is added to the logits of masked actions: exp of it is 0.
const Forbidden = -1e9

// Input is a matrix that a learner fills: [rows x Width].
type Input struct {
	Name  string
	Width int
}

// Loss is what is to be made small, in the mean over the rows of a minibatch.
type Loss struct {
	Name   string
	Inputs []Input    // the first is the observation, the input of all Nets
	Nets   []*mlp.Net // moved: views, in order, of the parameters that New is given
	// Formula returns the loss of each row, [rows x 1], and columns [rows x 1]
	// that the learner wants to know, from the nodes of Inputs and the outputs
	// of Nets.
	Formula func(e *Expr, in, out []Node) (loss Node, told []Node)
}

// Settings of the steps.
type Settings struct {
	Rows    int     // most rows in a minibatch
	MaxNorm float64 // of the gradient over all parameters
	Workers int
}

// Descent is a loss with its graphs. It is for one caller at a time.
type Descent struct {
	loss   Loss
	set    Settings
	theta  []float32
	rows   int // of a shard
	in     [][]float32
	told   [][]float32 // first the loss
	graphs chan *graph // one a worker
	pool   *shard.Pool
	grads  []float32 // [shards x parameters]
	errs   []error   // [shards]
	grad   []float32
}

// graph computes the loss of a shard and its gradient. Its nodes share their
// memory with in and with the networks.
type graph struct {
	in      [][]float32
	weight  []float32 // [rows] 1/minibatch, or 0
	program *Program
}

// New returns the descent of loss, whose networks view theta.
func New(loss Loss, theta []float32, set Settings) (*Descent, error) {
	total := 0
	for _, n := range loss.Nets {
		total += mlp.Len(n.Sizes)
	}
	if total != len(theta) || set.Rows < 1 {
		panic("descent: parameters of another number, or no rows")
	}
	d := &Descent{loss: loss, set: set, theta: theta, rows: min(set.Rows, shardRows), pool: shard.New(set.Workers), grad: make([]float32, total)}
	for _, in := range loss.Inputs {
		d.in = append(d.in, make([]float32, set.Rows*in.Width))
	}
	shards := (set.Rows + d.rows - 1) / d.rows
	d.errs = make([]error, shards)
	d.grads = make([]float32, shards*total)
	graphs := min(d.pool.Workers(), shards)
	d.graphs = make(chan *graph, graphs)
	for range graphs {
		g, err := d.build()
		if err != nil {
			return nil, fmt.Errorf("descent: %s: %w", loss.Name, err)
		}
		d.graphs <- g
	}
	return d, nil
}

func (d *Descent) build() (*graph, error) {
	g := &graph{weight: make([]float32, d.rows)}
	var err error
	g.program, err = Compile(func(e *Expr) (Node, []Node, []Node) {
		var in, out, params []Node
		for _, x := range d.loss.Inputs {
			g.in = append(g.in, make([]float32, d.rows*x.Width))
			in = append(in, e.Matrix("input "+x.Name, g.in[len(g.in)-1], d.rows)) // gorgonia takes inputs of equal names for one
		}
		for i, n := range d.loss.Nets {
			y, p := e.Net(fmt.Sprint("net ", i), n, in[0])
			out, params = append(out, y), append(params, p)
		}
		loss, told := d.loss.Formula(e, in, out)
		for len(d.told) <= len(told) {
			d.told = append(d.told, make([]float32, d.set.Rows))
		}
		cost := e.Sum(e.Mul(loss, e.Matrix("share of the minibatch", g.weight, d.rows)))
		return cost, params, append([]Node{loss}, told...)
	})
	return g, err
}

// In returns input i of a minibatch, to be filled: [Rows x Width].
func (d *Descent) In(i int) []float32 { return d.in[i] }

// Told returns column i that Formula told, of the rows of the last Gradient or
// Step, as it was before the step.
func (d *Descent) Told(i int) []float32 { return d.told[i+1] }

// Gradient computes the mean loss over the first rows of the inputs and its
// gradient, in the order of the parameters. The gradient is the descent's own.
func (d *Descent) Gradient(rows int) (loss float64, gradient []float32, err error) {
	if rows < 1 || rows > d.set.Rows {
		panic("descent: a minibatch of an impossible size")
	}
	shards := (rows + d.rows - 1) / d.rows
	d.pool.Each(shards, func(i int) {
		g := <-d.graphs
		d.errs[i] = d.shard(g, i, rows)
		d.graphs <- g
	})
	for _, err := range d.errs[:shards] {
		if err != nil {
			return 0, nil, fmt.Errorf("descent: %s: %w", d.loss.Name, err)
		}
	}
	Total(d.grad, d.grads, shards)
	for _, v := range d.told[0][:rows] {
		loss += float64(v) / float64(rows)
	}
	return loss, d.grad, nil
}

// shard runs the rows of shard i. Rows beyond the minibatch repeat its first
// with weight 0, so that nothing there can be infinite.
func (d *Descent) shard(g *graph, i, rows int) error {
	lo, hi := i*d.rows, min((i+1)*d.rows, rows)
	for k, x := range d.loss.Inputs {
		n := copy(g.in[k], d.in[k][lo*x.Width:hi*x.Width])
		for ; n < len(g.in[k]); n += x.Width {
			copy(g.in[k][n:n+x.Width], d.in[k][lo*x.Width:])
		}
	}
	for r := range g.weight {
		g.weight[r] = 0
		if r < hi-lo {
			g.weight[r] = 1 / float32(rows)
		}
	}
	if err := g.program.Run(); err != nil {
		return err
	}
	g.program.GradientTo(d.grads[i*len(d.grad) : (i+1)*len(d.grad)])
	for k := range d.told {
		copy(d.told[k][lo:hi], g.program.Value(k))
	}
	return nil
}

// Step moves the parameters against the gradient over the first rows of the
// inputs and returns the mean loss and the gradient's norm before it.
func (d *Descent) Step(rows int, adam *Adam, rate float64) (loss, norm float64, err error) {
	loss, gradient, err := d.Gradient(rows)
	if err != nil {
		return 0, 0, err
	}
	norm = ClipNorm(gradient, d.set.MaxNorm)
	if check := loss + norm; math.IsNaN(check) || math.IsInf(check, 0) {
		return loss, norm, fmt.Errorf("descent: %s: %w", d.loss.Name, ErrNotFinite)
	}
	adam.Move(d.theta, gradient, rate)
	return loss, norm, nil
}
