// Package mlp holds dense neural networks: their initial weights, their
// inference over many rows at once, the policy that acts with one, and the
// policy file. It does not learn: learners build on it, and a trained policy
// runs without them.
//
// Data is float32 and row-major, one row an agent. Rows are cut into shards of
// a fixed size and no sum crosses rows, so results have the same bits for any
// number of workers. Inputs and outputs have no units: an env.Schema says how
// observations were scaled.
package mlp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"hibernet/sim/rng"
)

// Activations. Hidden layers have Tanh or ReLU, the last layer is Linear.
const (
	Tanh   = "tanh"
	ReLU   = "relu"
	Linear = "linear"
)

// Limits of a network that a file may ask for.
const (
	maxLayers = 16
	maxWidth  = 1 << 14
)

// Net is a dense network: every layer but the last is followed by the
// activation.
type Net struct {
	Sizes      []int       // widths: input, hidden..., output
	Activation string      // of the hidden layers: Tanh or ReLU
	W          [][]float32 // W[l] is row-major [Sizes[l]][Sizes[l+1]]
	B          [][]float32 // B[l] has length Sizes[l+1]
	all        []float32   // what W and B view
}

// New returns a network with orthogonal weights (Saxe et al., ICLR 2014) drawn
// from key and zero biases. Hidden layers have gain sqrt(2), the last layer
// outScale: 0.01 makes a policy that starts near uniform, 1 suits a value.
// Layer l uses the child key.At(l) only.
//
// New panics when there are fewer than two sizes, a size is not positive or
// the activation is unknown: CheckShape tells beforehand.
func New(sizes []int, activation string, outScale float64, key rng.Key) *Net {
	if CheckShape(sizes, activation) != nil {
		panic("mlp: network of an impossible shape")
	}
	n := View(sizes, activation, make([]float32, Len(sizes)))
	for l := range n.W {
		gain := math.Sqrt2
		if l == len(n.W)-1 {
			gain = outScale
		}
		orthogonalTo(n.W[l], n.Sizes[l], n.Sizes[l+1], gain, key.At(uint64(l)).Stream())
	}
	return n
}

// View returns a network whose parameters are the values of params, in the
// order of AppendTo: it shares them and follows their changes. It panics when
// the shape is impossible or params does not have its length.
func View(sizes []int, activation string, params []float32) *Net {
	if CheckShape(sizes, activation) != nil {
		panic("mlp: network of an impossible shape")
	}
	if len(params) != Len(sizes) {
		panic("mlp: View of another number of parameters")
	}
	n := &Net{Sizes: append([]int(nil), sizes...), Activation: activation, all: params}
	for l := range len(sizes) - 1 {
		w, b := sizes[l]*sizes[l+1], sizes[l+1]
		n.W, n.B = append(n.W, params[:w:w]), append(n.B, params[w:w+b:w+b])
		params = params[w+b:]
	}
	return n
}

// Len returns the number of parameters of a network with the given widths.
func Len(sizes []int) int {
	total := 0
	for l := range len(sizes) - 1 {
		total += (sizes[l] + 1) * sizes[l+1]
	}
	return total
}

// CheckShape returns an error that names what is wrong with the widths or the
// activation of a network.
func CheckShape(sizes []int, activation string) error {
	if len(sizes) < 2 || len(sizes) > maxLayers+1 {
		return fmt.Errorf("sizes: a network has 2 to %d widths, got %d", maxLayers+1, len(sizes))
	}
	for i, s := range sizes {
		if s < 1 || s > maxWidth {
			return fmt.Errorf("sizes[%d]: allowed 1..%d, got %d", i, maxWidth, s)
		}
	}
	if activation != Tanh && activation != ReLU {
		return fmt.Errorf("activation: allowed %q, %q, got %q", Tanh, ReLU, activation)
	}
	return nil
}

// CheckHidden returns every fault of the hidden layers that settings ask for:
// 1 to 15 of 1 to 1024 units.
func CheckHidden(hidden []int, activation string) []error {
	var errs []error
	if len(hidden) < 1 || len(hidden) > maxLayers-1 {
		errs = append(errs, fmt.Errorf("hidden: allowed 1 to %d layers, got %d", maxLayers-1, len(hidden)))
	}
	for i, w := range hidden {
		if w < 1 || w > 1024 {
			errs = append(errs, fmt.Errorf("hidden[%d]: allowed 1 to 1024, got %d", i, w))
		}
	}
	if activation != Tanh && activation != ReLU {
		errs = append(errs, fmt.Errorf("activation: allowed %q, %q, got %q", Tanh, ReLU, activation))
	}
	return errs
}

// orthogonalTo fills w, row-major [in][out], with gain times a matrix whose
// rows or columns, whichever are fewer, are orthonormal: the Q of a Gaussian
// matrix, its columns signed by R's diagonal so that it is uniform over the
// orthogonal matrices (Mezzadri, Notices AMS 54, 2007).
func orthogonalTo(w []float32, in, out int, gain float64, s *rng.Stream) {
	long, short := max(in, out), min(in, out)
	gauss := mat.NewDense(long, short, nil)
	for i := range long {
		for j := range short {
			gauss.Set(i, j, s.Norm())
		}
	}
	var (
		qr   mat.QR
		q, r mat.Dense
	)
	qr.Factorize(gauss)
	qr.QTo(&q)
	qr.RTo(&r)
	for i := range long {
		for j := range short {
			v := float32(gain * math.Copysign(1, r.At(j, j)) * q.At(i, j))
			if in >= out {
				w[i*out+j] = v
			} else {
				w[j*out+i] = v
			}
		}
	}
}

// In returns the number of inputs.
func (n *Net) In() int { return n.Sizes[0] }

// Out returns the number of outputs.
func (n *Net) Out() int { return n.Sizes[len(n.Sizes)-1] }

// Parameters returns all parameters, in the order of AppendTo. W and B view
// them.
func (n *Net) Parameters() []float32 { return n.all }

// AppendTo appends all parameters to dst: W[0], B[0], W[1], B[1], ….
func (n *Net) AppendTo(dst []float32) []float32 {
	for l := range n.W {
		dst = append(append(dst, n.W[l]...), n.B[l]...)
	}
	return dst
}

// Set copies all parameters from src, in the order of AppendTo. It panics
// when src has another length.
func (n *Net) Set(src []float32) {
	if len(src) != Len(n.Sizes) {
		panic("mlp: Set with another number of parameters")
	}
	for l := range n.W {
		src = src[copy(n.W[l], src):]
		src = src[copy(n.B[l], src):]
	}
}

// Clone returns a deep copy.
func (n *Net) Clone() *Net {
	return View(n.Sizes, n.Activation, n.AppendTo(nil))
}

// Check returns an error that names the first fault of shape, or the first
// parameter that is not finite.
func (n *Net) Check() error {
	if err := CheckShape(n.Sizes, n.Activation); err != nil {
		return err
	}
	layers := len(n.Sizes) - 1
	if len(n.W) != layers || len(n.B) != layers {
		return fmt.Errorf("%d widths need %d weight and bias arrays, got %d and %d", layers+1, layers, len(n.W), len(n.B))
	}
	for l := range layers {
		if got, want := len(n.W[l]), n.Sizes[l]*n.Sizes[l+1]; got != want {
			return fmt.Errorf("weights of layer %d: want %d values, got %d", l, want, got)
		}
		if got, want := len(n.B[l]), n.Sizes[l+1]; got != want {
			return fmt.Errorf("biases of layer %d: want %d values, got %d", l, want, got)
		}
		for _, part := range [][]float32{n.W[l], n.B[l]} {
			for _, v := range part {
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					return fmt.Errorf("layer %d holds a parameter that is not finite", l)
				}
			}
		}
	}
	return nil
}
