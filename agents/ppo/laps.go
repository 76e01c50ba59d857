package ppo

import "time"

// Laps are the parts of LearnS that are told apart; what is left goes to
// returns, to the order of row-steps and to the gathering of minibatches.
type Laps struct {
	ForwardS   float64 // networks and losses, s
	BackwardS  float64 // their gradient, s
	OptimiserS float64 // clipping the norm, and Adam, s
}

// watch takes the times of a gradient, on one worker. now is nil where nobody
// asks.
type watch struct {
	now                              func() time.Duration
	began, filled, forwarded, finish time.Duration
}

// lap notes the time in *at.
func (w *watch) lap(at *time.Duration) {
	if w.now != nil {
		*at = w.now()
	}
}

// spent is the working time of shards, added up over the workers.
type spent struct{ fill, forward, backward time.Duration }

func (w *watch) spent() spent {
	return spent{fill: w.filled - w.began, forward: w.forwarded - w.filled, backward: w.finish - w.forwarded}
}

func (s *spent) add(o spent) {
	s.fill += o.fill
	s.forward += o.forward
	s.backward += o.backward
}

// split adds to l its parts of a time that the workers passed on shards.
func (l *Laps) split(wall time.Duration, s spent) {
	if all := s.fill + s.forward + s.backward; all > 0 {
		l.ForwardS += wall.Seconds() * float64(s.forward) / float64(all)
		l.BackwardS += wall.Seconds() * float64(s.backward) / float64(all)
	}
}
