package descent

import (
	"sync"

	// gorgonia's dependencies panic at start under a Go version they do not
	// know unless this module is recent enough.
	_ "go4.org/unsafe/assume-no-moving-gc"
	G "gorgonia.org/gorgonia"
)

// Program computes a cost, its gradient and what else a formula wants to read.
// Its matrices share their memory with the slices that they were made of: fill
// these, Run, and read. It is for one caller at a time.
type Program struct {
	vm    G.VM
	grads []G.Value
	read  []G.Value
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
	p := &Program{grads: make([]G.Value, len(grads)), read: make([]G.Value, len(read))}
	for i, n := range grads {
		G.Read(n, &p.grads[i])
	}
	for i, n := range read {
		G.Read(n, &p.read[i])
	}
	p.vm = G.NewTapeMachine(e.graph)
	return p, nil
}

// Run computes everything from the present values of the matrices.
func (p *Program) Run() error {
	defer p.vm.Reset()
	return p.vm.RunAll()
}

// GradientTo writes the gradient of the last run to the front of dst, in the
// order of the parameters.
func (p *Program) GradientTo(dst []float32) {
	for _, v := range p.grads {
		dst = dst[copy(dst, floats(v)):]
	}
}

// Value returns node i of those to be read, row-major, until the next Run.
func (p *Program) Value(i int) []float32 { return floats(p.read[i]) }
