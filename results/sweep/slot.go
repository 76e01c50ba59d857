package sweep

import "fmt"

// Slot plays tasks one after the other in a worker of its own, which it
// starts when there is something to play and again when it is lost. It is for
// one goroutine at a time.
type Slot struct {
	// Start starts a worker.
	Start  func() (Worker, error)
	worker Worker
}

// Play plays a task and returns its reply. A task whose worker is lost is
// given to a new one, of which retried, if not nil, hears; when that is lost
// too, it is the task's own fault. Errors are those of the slot: a worker that
// cannot be started.
func (s *Slot) Play(task Task, retried func(fault string)) (Reply, error) {
	for try := 1; ; try++ {
		if s.worker == nil {
			var err error
			if s.worker, err = s.Start(); err != nil {
				s.worker = nil
				return Reply{}, err
			}
		}
		reply, err := s.worker.Do(task)
		if err == nil {
			return reply, nil
		}
		s.worker = nil
		if try == tries {
			return Reply{Run: task.Run, Fault: err.Error()}, nil
		}
		if retried != nil {
			retried(err.Error())
		}
	}
}

// Close ends the slot's worker, if it has one.
func (s *Slot) Close() error {
	if s.worker == nil {
		return nil
	}
	w := s.worker
	s.worker = nil
	if err := w.Close(); err != nil {
		return fmt.Errorf("sweep: a worker did not end in order: %w", err)
	}
	return nil
}
