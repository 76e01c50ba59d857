package descent

import (
	"fmt"
	"sync"

	// gorgonia's dependencies panic at start under a Go version they do not
	// know unless this module is recent enough.
	_ "go4.org/unsafe/assume-no-moving-gc"
	G "gorgonia.org/gorgonia"
)

// Program computes a cost, its gradient and what else a formula wants to read.
// Its matrices share their memory with the slices that they were made of: fill
// these, Run, and read. It is for one caller at a time.
//
// It goes through gorgonia's graph by itself: gorgonia's machine locks a thread
// and hands the work to another one in each run, which takes as long as some
// hundred rows.
type Program struct {
	steps []step
	value []G.Value // [nodes]
	grads []int     // nodes, as are those read
	read  []int
}

// step is an operation on nodes.
type step struct {
	op      G.Op
	in      []int
	out     int
	operand []G.Value // [in] scratch
}

// Formula writes a cost, a number, with the matrices of e. It returns the
// parameters by which the cost is differentiated and the nodes to be read.
type Formula func(e *Expr) (cost Node, params, read []Node)

// building is held while a graph is built: gorgonia numbers the groups of a
// graph by a variable of its package, which trainings side by side would race
// for.
var building sync.Mutex

// Compile returns the program of a formula.
func Compile(formula Formula) (*Program, error) {
	building.Lock()
	defer building.Unlock()
	e := &Expr{graph: G.NewGraph()}
	cost, params, read := formula(e)
	var grads G.Nodes
	if e.err == nil {
		grads, e.err = G.Grad(cost, params...)
	}
	if e.err != nil {
		return nil, e.err
	}
	p, places := &Program{}, map[Node]int{}
	p.place(e.graph, cost, places) // all the way there before the way back
	for _, n := range grads {
		p.grads = append(p.grads, p.place(e.graph, n, places))
	}
	for _, n := range read {
		p.read = append(p.read, p.place(e.graph, n, places))
	}
	return p, nil
}

// place returns the number of a node. One that is met for the first time gets
// it after those that it is made of, and a step unless its value is given.
func (p *Program) place(graph *G.ExprGraph, n Node, places map[Node]int) int {
	if at, ok := places[n]; ok {
		return at
	}
	s := step{op: n.Op()}
	given := n.Value()
	if given == nil {
		for it := graph.From(n.ID()); it.Next(); {
			s.in = append(s.in, p.place(graph, it.Node().(Node), places))
		}
	}
	s.out, s.operand = len(p.value), make([]G.Value, len(s.in))
	places[n], p.value = s.out, append(p.value, given)
	if given == nil {
		p.steps = append(p.steps, s)
	}
	return s.out
}

// Run computes everything from the present values of the matrices.
func (p *Program) Run() error {
	for i := range p.steps {
		s := &p.steps[i]
		for k, at := range s.in {
			s.operand[k] = p.value[at]
		}
		var err error
		if p.value[s.out], err = s.op.Do(s.operand...); err != nil {
			return fmt.Errorf("%v: %w", s.op, err)
		}
	}
	return nil
}

// GradientTo writes the gradient of the last run to the front of dst, in the
// order of the parameters.
func (p *Program) GradientTo(dst []float32) {
	for _, at := range p.grads {
		dst = dst[copy(dst, floats(p.value[at])):]
	}
}

// Value returns node i of those to be read, row-major, until the next Run.
func (p *Program) Value(i int) []float32 { return floats(p.value[p.read[i]]) }
