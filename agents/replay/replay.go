// Package replay is what learners that reuse old experience remember and how
// they sample it: a ring of transitions (Memory), their priorities (Tree) and
// the player that steps an environment and makes n-step transitions of what it
// sees (Player).
//
// The way of the data: Player.Play asks the learner for actions, steps the
// environment, sums rewards and costs over n steps and adds a Transition for
// each row that is learned from; Memory.Sample draws transitions in proportion
// to their priority, with the weights that undo the bias; Memory.Rate takes
// the errors that the learner made on them.
//
// Rewards and costs are kept as the environment gives them, apart, so that
// prices on costs and a factor on rewards may change without touching what is
// remembered. All arrays are structures of arrays, one slice a quantity. A
// memory is a plain function of what was added and rated, in order: encoded,
// decoded and gone on with, it gives the same bits.
package replay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"hibernet/sim/rng"
)

// Shape is what a memory is made for.
type Shape struct {
	Capacity int // transitions
	Fields   int // of an observation
	Actions  int
	Guards   int // costs
}

// Check returns an error that names what is wrong with the shape.
func (s Shape) Check() error {
	const most = 1 << 31
	for _, f := range []struct {
		name       string
		value, low int
	}{{"capacity", s.Capacity, 1}, {"fields", s.Fields, 1}, {"actions", s.Actions, 1}, {"guards", s.Guards, 0}} {
		if f.value < f.low || f.value > most {
			return fmt.Errorf("%s: allowed %d to %d, got %d", f.name, f.low, most, f.value)
		}
	}
	return nil
}

// Transition is n steps of one row. Its slices are views.
type Transition struct {
	Obs      []float32 // [Fields] before the first step
	Mask     []bool    // [Actions] of that moment
	Action   int32     // taken then
	Reward   float32   // discounted sum over the steps
	Cost     []float32 // [Guards] discounted sums over the steps
	Discount float32   // of what follows: gamma^n, 0 where the task ended
	Next     []float32 // [Fields] after the last step
	NextMask []bool    // [Actions] of that moment
}

// Memory is a ring of transitions: the newest overwrites the oldest. It is for
// one goroutine at a time, but for At.
type Memory struct {
	shape            Shape
	count            int // held
	next             int // to be overwritten
	obs, after       []float32
	mask, afterMask  []bool
	action           []int32
	reward, discount []float32
	cost             []float32
	tree             *Tree
	top              float64 // largest priority given so far
}

// New returns an empty memory. It panics when Shape.Check would not pass.
func New(s Shape) *Memory {
	if s.Check() != nil {
		panic("replay: memory of an impossible shape")
	}
	n := s.Capacity
	return &Memory{
		shape: s, tree: NewTree(n), top: 1,
		obs: make([]float32, n*s.Fields), after: make([]float32, n*s.Fields),
		mask: make([]bool, n*s.Actions), afterMask: make([]bool, n*s.Actions),
		action: make([]int32, n), reward: make([]float32, n), discount: make([]float32, n),
		cost: make([]float32, n*s.Guards),
	}
}

// Shape returns what the memory was made for.
func (m *Memory) Shape() Shape { return m.shape }

// Len returns how many transitions are held.
func (m *Memory) Len() int { return m.count }

// Add copies t into the memory, with the largest priority given so far: what
// was never looked at is looked at first (Schaul et al., arXiv:1511.05952,
// algorithm 1). It allocates nothing.
func (m *Memory) Add(t Transition) {
	i := m.next
	m.Put(i, t)
	m.next = (i + 1) % m.shape.Capacity
}

// Put copies t to place i in 0..Len, which Add would fill only in turn, with
// the largest priority given so far.
func (m *Memory) Put(i int, t Transition) {
	if i > m.count || i >= m.shape.Capacity {
		panic("replay: Put beyond the end of the memory")
	}
	d := m.At(i)
	copy(d.Obs, t.Obs)
	copy(d.Mask, t.Mask)
	copy(d.Cost, t.Cost)
	copy(d.Next, t.Next)
	copy(d.NextMask, t.NextMask)
	m.action[i], m.reward[i], m.discount[i] = t.Action, t.Reward, t.Discount
	m.tree.Set(i, m.top)
	m.count = max(m.count, i+1)
}

// At returns transition i in 0..Len-1. Its slices are the memory's own.
func (m *Memory) At(i int) Transition {
	f, a, g := m.shape.Fields, m.shape.Actions, m.shape.Guards
	return Transition{
		Obs: m.obs[i*f : (i+1)*f], Mask: m.mask[i*a : (i+1)*a], Action: m.action[i], Reward: m.reward[i],
		Cost: m.cost[i*g : (i+1)*g], Discount: m.discount[i], Next: m.after[i*f : (i+1)*f], NextMask: m.afterMask[i*a : (i+1)*a],
	}
}

// Uniform draws len(dst) transitions evenly, with replacement.
func (m *Memory) Uniform(dst []int32, key rng.Key) {
	for i := range dst {
		dst[i] = int32(min(int(key.Float64(uint64(i))*float64(m.count)), m.count-1))
	}
}

// Sample draws len(dst) transitions in proportion to their priorities, one
// from each of as many equal parts of the sum, and writes the weights that
// undo the bias to the power beta: (Len*probability)^-beta, divided by the
// largest of the draw (Schaul et al., arXiv:1511.05952, section 3.4). It
// allocates nothing.
func (m *Memory) Sample(dst []int32, weight []float32, beta float64, key rng.Key) {
	if len(dst) != len(weight) || m.count == 0 {
		panic("replay: Sample of an empty memory or with slices of other lengths")
	}
	total, largest := m.tree.Sum(), 0.0
	for i := range dst {
		u := (float64(i) + key.Float64(uint64(i))) / float64(len(dst))
		at := min(m.tree.Find(u*total), m.count-1)
		w := math.Pow(float64(m.count)*m.tree.At(at)/total, -beta)
		dst[i], weight[i] = int32(at), float32(w)
		largest = max(largest, w)
	}
	for i := range weight {
		weight[i] /= float32(largest)
	}
}

// priorityFloor keeps what was learned without an error from never being seen
// again.
const priorityFloor = 1e-3

// Rate gives transition i the priority (|err| + 1e-3)^alpha (Schaul et al.,
// arXiv:1511.05952, eq. 1, proportional).
func (m *Memory) Rate(i int32, err, alpha float64) {
	p := math.Pow(math.Abs(err)+priorityFloor, alpha)
	m.top = max(m.top, p)
	m.tree.Set(int(i), p)
}

// Any returns an action that mask allows, each as likely, by u in (0,1), or -1
// where none is allowed.
func Any(mask []bool, u float64) int {
	allowed := 0
	for _, ok := range mask {
		if ok {
			allowed++
		}
	}
	left := int(u * float64(allowed))
	for a, ok := range mask {
		if !ok {
			continue
		}
		if left == 0 {
			return a
		}
		left--
	}
	return -1
}

// Clone returns a deep copy.
func (m *Memory) Clone() *Memory {
	c := New(m.shape)
	c.count, c.next, c.top = m.count, m.next, m.top
	copy(c.obs, m.obs)
	copy(c.after, m.after)
	copy(c.mask, m.mask)
	copy(c.afterMask, m.afterMask)
	copy(c.action, m.action)
	copy(c.reward, m.reward)
	copy(c.discount, m.discount)
	copy(c.cost, m.cost)
	copy(c.tree.sums, m.tree.sums)
	return c
}

// AppendTo appends the whole state to dst: little-endian, count, next and top,
// then each transition held with its priority. Equal memories give equal
// bytes.
func (m *Memory) AppendTo(dst []byte) []byte {
	le := binary.LittleEndian
	for _, v := range []int{m.count, m.next} {
		dst = le.AppendUint64(dst, uint64(v))
	}
	dst = le.AppendUint64(dst, math.Float64bits(m.top))
	for i := range m.count {
		dst = m.appendAt(dst, i)
	}
	return dst
}

// appendAt appends transition i with its priority.
func (m *Memory) appendAt(dst []byte, i int) []byte {
	le, t := binary.LittleEndian, m.At(i)
	dst = le.AppendUint64(dst, math.Float64bits(m.tree.At(i)))
	dst = le.AppendUint32(dst, uint32(t.Action))
	for _, list := range [][]float32{{t.Reward, t.Discount}, t.Cost, t.Obs, t.Next} {
		for _, v := range list {
			dst = le.AppendUint32(dst, math.Float32bits(v))
		}
	}
	for _, list := range [][]bool{t.Mask, t.NextMask} {
		for _, v := range list {
			dst = append(dst, bit(v))
		}
	}
	return dst
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// Decode reads what AppendTo wrote for a memory of the same shape. Data of
// another length, an action that its mask forbids and numbers that are not
// finite are errors.
func Decode(s Shape, data []byte) (*Memory, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	const head = 3 * 8
	each := 8 + 4*(3+s.Guards+2*s.Fields) + 2*s.Actions
	if len(data) < head {
		return nil, fmt.Errorf("replay: memory: at least %d bytes, got %d", head, len(data))
	}
	le := binary.LittleEndian
	count, next, top := le.Uint64(data), le.Uint64(data[8:]), math.Float64frombits(le.Uint64(data[16:]))
	if count > uint64(s.Capacity) || next >= uint64(s.Capacity) || uint64(len(data)-head) != count*uint64(each) {
		return nil, fmt.Errorf("replay: memory: %d transitions, the next at %d, in %d bytes do not fit a capacity of %d and %d bytes each", count, next, len(data), s.Capacity, each)
	}
	if !(top >= 1) || math.IsInf(top, 0) {
		return nil, fmt.Errorf("replay: memory: largest priority: at least 1, got %g", top)
	}
	m := New(s)
	m.count, m.next, m.top = int(count), int(next), top
	for i := range m.count {
		if err := m.decode(i, data[head+i*each:head+(i+1)*each]); err != nil {
			return nil, fmt.Errorf("replay: memory: transition %d: %w", i, err)
		}
	}
	return m, nil
}

// decode reads transition i.
func (m *Memory) decode(i int, data []byte) error {
	le := binary.LittleEndian
	t := m.At(i)
	priority := math.Float64frombits(le.Uint64(data))
	if !(priority > 0) || priority > m.top {
		return fmt.Errorf("priority: allowed above 0 to %g, got %g", m.top, priority)
	}
	m.tree.Set(i, priority)
	m.action[i] = int32(le.Uint32(data[8:]))
	data = data[12:]
	for _, list := range [][]float32{m.reward[i : i+1], m.discount[i : i+1], t.Cost, t.Obs, t.Next} {
		for j := range list {
			v := math.Float32frombits(le.Uint32(data))
			if v*0 != 0 {
				return fmt.Errorf("a number is not finite (%g)", v)
			}
			list[j], data = v, data[4:]
		}
	}
	for _, list := range [][]bool{t.Mask, t.NextMask} {
		for j := range list {
			if data[0] > 1 {
				return fmt.Errorf("a mask holds %d, allowed 0 and 1", data[0])
			}
			list[j], data = data[0] == 1, data[1:]
		}
	}
	if a := m.action[i]; a < 0 || int(a) >= m.shape.Actions || !t.Mask[a] {
		return errors.New("the action is not allowed by the mask")
	}
	return nil
}
