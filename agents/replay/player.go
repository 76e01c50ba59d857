package replay

import (
	"context"
	"fmt"
	"math"
	"slices"

	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/sim/rng"
)

// Play says how a Player plays and what it makes of it.
type Play struct {
	Horizon int     // steps of a call of Play
	Rows    int     // most rows that transitions are made of, drawn anew for each call; 0 for all
	Steps   int     // n: of a transition
	Gamma   float64 // discount a step
}

// Player steps an environment in mode Disabled and makes transitions. A call
// of Play begins with an episode of its own, so it depends on nothing but its
// key and the actions it is given.
type Player struct {
	e       env.Environment
	play    Play
	batch   *env.Batch
	action  []int32 // [environment's rows]
	picked  []int32 // rows that transitions are made of, ascending
	window  []moment
	first   int // the oldest moment of the window
	held    int // moments in the window
	cost    []float32
	running []float64 // [environment's rows] reward since the episode began
	decayed []float64 // [picked rows] discounted reward so far
	spent   []float64 // [picked rows x guards] discounted cost so far
}

// moment is a step of all picked rows that has not become transitions yet.
type moment struct {
	obs    []float32
	mask   []bool
	action []int32
	reward []float32
	cost   []float32
}

// Played is what a call of Play came to, over all rows of the environment.
type Played struct {
	Steps    int          // row-steps
	Added    int          // transitions
	Episodes int          // row-episodes that ended
	Return   float64      // mean reward sum of these; of the rows so far where none ended
	Reward   float64      // mean of a row-step
	Squares  float64      // mean square of the discounted sum of rewards so far, of the picked rows
	Costs    []float64    // [guards] mean square of the discounted sum of each cost so far, of the picked rows
	Figures  []env.Figure // train.Means of the episodes that ended; of the one so far where none did
}

// Iteration returns what an iteration's play came to, of the iteration with the
// number.
func (p Played) Iteration(number int) train.Iteration {
	return train.Iteration{Number: number, Steps: p.Steps, Episodes: p.Episodes, Return: p.Return, RewardMean: p.Reward, Figures: train.Finite(p.Figures)}
}

// NewPlayer returns a player of e.
func NewPlayer(e env.Environment, p Play) (*Player, error) {
	if mode := e.ResetMode(); mode != env.Disabled {
		return nil, fmt.Errorf("environment resets itself in mode %v: need %v, which tells the mask at the end of an episode", mode, env.Disabled)
	}
	if e.Rows() < 1 {
		return nil, fmt.Errorf("environment has no rows")
	}
	if p.Rows == 0 || p.Rows > e.Rows() {
		p.Rows = e.Rows()
	}
	s := e.Schema()
	w := &Player{
		e: e, play: p, batch: env.NewBatch(e), action: make([]int32, e.Rows()), cost: make([]float32, len(s.Guards)),
		running: make([]float64, e.Rows()), decayed: make([]float64, p.Rows), spent: make([]float64, p.Rows*len(s.Guards)),
	}
	for range p.Steps {
		w.window = append(w.window, moment{
			obs: make([]float32, p.Rows*len(s.Fields)), mask: make([]bool, p.Rows*len(s.Actions)),
			action: make([]int32, p.Rows), reward: make([]float32, p.Rows), cost: make([]float32, p.Rows*len(s.Guards)),
		})
	}
	return w, nil
}

// Chooser writes an action for each row of b to dst. key is of this step.
type Chooser func(dst []int32, b *env.Batch, key rng.Key) error

// Play plays Horizon steps from a new episode on and gives add the transitions
// in order: of the step that they end with, then of the row.
func (p *Player) Play(ctx context.Context, key rng.Key, choose Chooser, add func(Transition)) (Played, error) {
	p.pick(key.Named("rows"))
	seed := key.Named("episodes").Uint64(0)
	if err := p.e.Reset(&seed, p.batch); err != nil {
		return Played{}, fmt.Errorf("reset: %w", err)
	}
	p.held = 0
	clear(p.running)
	clear(p.decayed)
	clear(p.spent)
	var (
		guards          = len(p.cost)
		played          = Played{Costs: make([]float64, guards)}
		total, finished float64
		actions         = key.Named("actions")
		figures         [][]env.Figure // of each episode that ended
	)
	for t := range p.play.Horizon {
		if err := ctx.Err(); err != nil {
			return played, err
		}
		ended, err := p.step(actions.At(uint64(t)), choose, &total)
		if err != nil {
			return played, fmt.Errorf("step %d: %w", t, err)
		}
		last := t == p.play.Horizon-1
		played.Added += p.emit(ended || last, add)
		for _, g := range p.decayed {
			played.Squares += g * g / float64(p.play.Horizon*len(p.decayed))
		}
		for i, g := range p.spent {
			played.Costs[i%guards] += g * g / float64(p.play.Horizon*len(p.decayed))
		}
		if !ended {
			continue
		}
		figures = append(figures, p.e.Figures(nil))
		for row, r := range p.running {
			finished += r
			p.running[row] = 0
		}
		played.Episodes += len(p.running)
		clear(p.decayed)
		clear(p.spent)
		if !last {
			if err := p.e.Reset(nil, p.batch); err != nil {
				return played, fmt.Errorf("step %d: next episode: %w", t, err)
			}
		}
	}
	played.Steps = p.play.Horizon * len(p.running)
	played.Reward = total / float64(played.Steps)
	if played.Return = total / float64(len(p.running)); played.Episodes > 0 {
		played.Return = finished / float64(played.Episodes)
	} else {
		figures = append(figures, p.e.Figures(nil))
	}
	played.Figures = train.Means(figures)
	return played, nil
}

// pick draws the rows that transitions are made of.
func (p *Player) pick(key rng.Key) {
	all := p.e.Rows()
	p.picked = p.picked[:0]
	if p.play.Rows == all {
		for row := range all {
			p.picked = append(p.picked, int32(row))
		}
		return
	}
	for _, row := range key.Stream().Perm(all)[:p.play.Rows] {
		p.picked = append(p.picked, int32(row))
	}
	slices.Sort(p.picked)
}

// step remembers what the picked rows see, moves the environment and remembers
// what that gave. total is increased by all rewards.
func (p *Player) step(key rng.Key, choose Chooser, total *float64) (ended bool, err error) {
	s, b := p.e.Schema(), p.batch
	fields, width, guards := len(s.Fields), len(s.Actions), len(s.Guards)
	if err := finite(s, b); err != nil {
		return false, err
	}
	if err := choose(p.action, b, key); err != nil {
		return false, err
	}
	m := &p.window[(p.first+p.held)%len(p.window)]
	p.held++
	for j, row32 := range p.picked {
		row := int(row32)
		copy(m.obs[j*fields:(j+1)*fields], b.Obs[row*fields:(row+1)*fields])
		copy(m.mask[j*width:(j+1)*width], b.Mask[row*width:(row+1)*width])
		m.action[j] = p.action[row]
	}
	if err := p.e.Step(p.action, b); err != nil {
		return false, err
	}
	for row, r := range b.Reward {
		if math.IsNaN(float64(r)) || math.IsInf(float64(r), 0) {
			return false, fmt.Errorf("row %d: the reward is not finite (%g)", row, r)
		}
		*total += float64(r)
		p.running[row] += float64(r)
	}
	for j, row32 := range p.picked {
		row := int(row32)
		m.reward[j] = b.Reward[row]
		copy(m.cost[j*guards:(j+1)*guards], b.Cost[row*guards:(row+1)*guards])
		p.decayed[j] = p.play.Gamma*p.decayed[j] + float64(b.Reward[row])
		for g := range guards {
			p.spent[j*guards+g] = p.play.Gamma*p.spent[j*guards+g] + float64(b.Cost[row*guards+g])
		}
	}
	if err := finite(s, b); err != nil {
		return false, err
	}
	return b.Ended()
}

// finite names the first observation or cost that is not finite: it would be
// remembered.
func finite(s env.Schema, b *env.Batch) error {
	for i, x := range b.Obs {
		if x*0 != 0 {
			return fmt.Errorf("row %d: observation %s is not finite (%g)", i/len(s.Fields), s.Fields[i%len(s.Fields)].Name, x)
		}
	}
	for i, x := range b.Cost {
		if x*0 != 0 {
			return fmt.Errorf("row %d: cost %s is not finite (%g)", i/len(s.Guards), s.Guards[i%len(s.Guards)].Name, x)
		}
	}
	return nil
}

// emit makes transitions of the oldest moment of a full window, or of all
// moments where nothing will be added to them, and returns how many.
func (p *Player) emit(all bool, add func(Transition)) int {
	made := 0
	for p.held == len(p.window) || (all && p.held > 0) {
		for j := range p.picked {
			add(p.transition(j))
		}
		made += len(p.picked)
		p.first = (p.first + 1) % len(p.window)
		p.held--
	}
	return made
}

// transition returns that of picked row j from the oldest moment to the
// present: R = sum of gamma^k r_k over the k steps held (Sutton and Barto,
// Reinforcement Learning, 2nd ed., eq. 7.1).
func (p *Player) transition(j int) Transition {
	s, b := p.e.Schema(), p.batch
	fields, width, guards := len(s.Fields), len(s.Actions), len(s.Guards)
	m, row := &p.window[p.first], int(p.picked[j])
	clear(p.cost)
	sum, factor := 0.0, 1.0
	for k := range p.held {
		w := &p.window[(p.first+k)%len(p.window)]
		sum += factor * float64(w.reward[j])
		for g := range p.cost {
			p.cost[g] += float32(factor) * w.cost[j*guards+g]
		}
		factor *= p.play.Gamma
	}
	if b.Terminated[row] {
		factor = 0
	}
	return Transition{
		Obs: m.obs[j*fields : (j+1)*fields], Mask: m.mask[j*width : (j+1)*width], Action: m.action[j],
		Reward: float32(sum), Cost: p.cost, Discount: float32(factor),
		Next: b.Obs[row*fields : (row+1)*fields], NextMask: b.Mask[row*width : (row+1)*width],
	}
}
