package region

import (
	"fmt"

	"hibernet/env"
)

// Actor is a policy: of the coordinator, or of the rows. It is what
// agents.Policy is without its name.
type Actor interface {
	Reset(s env.Schema, rows int, seed uint64) error
	ActTo(dst []int32, b *env.Batch) error
}

// Steering is a coordinator at work: the targets of the regions through an
// episode, each held for a fixed number of steps.
type Steering struct {
	*Map
	coordinator Actor
	hold        int
	step        int
	level       []int32
	batch       env.Batch // what the coordinator sees
}

// NewSteering returns a coordinator that decides at the first of every hold
// steps. It keeps the map.
func NewSteering(m *Map, coordinator Actor, hold int) (*Steering, error) {
	if hold < 1 {
		return nil, fmt.Errorf("region: a target is held for at least 1 step, got %d", hold)
	}
	s := &Steering{Map: m, coordinator: coordinator, hold: hold, level: make([]int32, m.regions)}
	s.batch = m.newBatch()
	return s, nil
}

// newBatch returns a batch of the coordinator, with all actions allowed.
func (m *Map) newBatch() env.Batch {
	b := env.Batch{
		Obs: make([]float32, m.regions*len(m.view.Fields)), Mask: make([]bool, m.regions*len(m.view.Actions)),
		Reward: make([]float32, m.regions), Terminated: make([]bool, m.regions), Truncated: make([]bool, m.regions),
	}
	for i := range b.Mask {
		b.Mask[i] = true
	}
	return b
}

// Begin begins an episode: every region at the middle level, the coordinator
// reset with the seed.
func (s *Steering) Begin(seed uint64) error {
	s.step = 0
	for r := range s.level {
		s.level[r] = s.Middle()
	}
	if err := s.coordinator.Reset(s.Schema(), s.regions, seed); err != nil {
		return fmt.Errorf("region: coordinator: %w", err)
	}
	return nil
}

// Decide is called once before each step with the rows' observations. It asks
// the coordinator when it is time to.
func (s *Steering) Decide(obs []float32) error {
	if s.step%s.hold == 0 {
		s.SeeTo(s.batch.Obs, obs, s.level)
		if err := s.coordinator.ActTo(s.level, &s.batch); err != nil {
			return fmt.Errorf("region: coordinator: step %d: %w", s.step, err)
		}
		if err := env.CheckActions(s.level, s.batch.Mask, s.spec.Levels); err != nil {
			return fmt.Errorf("region: coordinator: step %d: %w", s.step, err)
		}
	}
	s.step++
	return nil
}

// Levels returns the levels of the regions, the Steering's own, for reading.
func (s *Steering) Levels() []int32 { return s.level }
