package env

import (
	"errors"
	"fmt"
)

// AutoReset returns inner, an environment in Disabled mode, with the given
// behaviour at the end of an episode. The next episode is the one that inner's
// Reset(nil) begins, so it belongs to the sequence of the last seed.
//
// An error leaves the wrapper as it was: the same call may be made again. That
// holds even where inner ended the episode and then could not begin the next
// one: a SameStep wrapper then keeps what the ending step gave and the next
// Step only tries the reset again.
//
// AutoReset panics when inner resets itself already or mode is unknown. With
// mode Disabled it returns inner.
func AutoReset(inner Environment, mode ResetMode) Environment {
	if inner.ResetMode() != Disabled {
		panic("env: AutoReset of an environment that resets itself")
	}
	switch mode {
	case Disabled:
		return inner
	case NextStep:
		return &nextStep{inner: inner}
	case SameStep:
		return &sameStep{inner: inner, last: NewBatch(inner), first: NewBatch(inner)}
	}
	panic("env: AutoReset with an unknown mode")
}

var (
	_ Environment = (*nextStep)(nil)
	_ Environment = (*sameStep)(nil)
)

// nextStep spends one Step on the reset.
type nextStep struct {
	inner Environment
	ended bool // the last Step ended an episode
}

func (w *nextStep) Schema() Schema                { return w.inner.Schema() }
func (w *nextStep) Rows() int                     { return w.inner.Rows() }
func (w *nextStep) ResetMode() ResetMode          { return NextStep }
func (w *nextStep) Figures(dst []Figure) []Figure { return w.inner.Figures(dst) }

func (w *nextStep) Reset(seed *uint64, b *Batch) error {
	if err := w.inner.Reset(seed, b); err != nil {
		return err
	}
	w.ended = false
	return nil
}

// Step in the call after the end reads only the number of the actions.
func (w *nextStep) Step(actions []int32, b *Batch) error {
	if w.ended {
		if len(actions) != w.inner.Rows() {
			return fmt.Errorf("env: %d actions for %d rows", len(actions), w.inner.Rows())
		}
		return w.Reset(nil, b)
	}
	if err := w.inner.Step(actions, b); err != nil {
		return err
	}
	ended, err := b.Ended()
	w.ended = ended
	return err
}

// sameStep begins the next episode in the Step that ends the last one.
type sameStep struct {
	inner   Environment
	last    *Batch   // what the ending step wrote, kept while stuck
	first   *Batch   // what the reset after it wrote
	stuck   bool     // an episode ended and the reset after it failed
	ended   bool     // the last Step ended an episode: figures holds its figures
	figures []Figure // of the episode that has just ended
}

func (w *sameStep) Schema() Schema       { return w.inner.Schema() }
func (w *sameStep) Rows() int            { return w.inner.Rows() }
func (w *sameStep) ResetMode() ResetMode { return SameStep }

// Figures answers from the copy taken before the reset: inner's own figures
// belong to the new episode by then.
func (w *sameStep) Figures(dst []Figure) []Figure {
	if w.ended {
		return append(dst, w.figures...)
	}
	return w.inner.Figures(dst)
}

func (w *sameStep) Reset(seed *uint64, b *Batch) error {
	if err := w.fits(b); err != nil {
		return err
	}
	if err := w.inner.Reset(seed, b); err != nil {
		return err
	}
	w.stuck, w.ended = false, false
	return nil
}

// Step moves inner within a batch of its own, so that a reset that fails has
// written nothing to the caller's.
func (w *sameStep) Step(actions []int32, b *Batch) error {
	if err := w.fits(b); err != nil {
		return err
	}
	if !w.stuck {
		if err := w.inner.Step(actions, w.last); err != nil {
			return err
		}
		ended, err := w.last.Ended()
		if err != nil {
			return err
		}
		if !ended {
			w.ended = false
			w.last.copyTo(b)
			return nil
		}
		w.figures = w.inner.Figures(w.figures[:0])
		w.ended, w.stuck = true, true
	}
	if err := w.inner.Reset(nil, w.first); err != nil {
		return fmt.Errorf("env: next episode: %w", err)
	}
	w.stuck = false
	w.last.copyTo(b)
	copy(b.FinalObs, w.last.Obs)
	copy(b.Obs, w.first.Obs)
	copy(b.Mask, w.first.Mask)
	return nil
}

// fits is Batch.Fits where FinalObs is written.
func (w *sameStep) fits(b *Batch) error {
	if len(b.FinalObs) == 0 && len(b.Obs) > 0 {
		return errors.New("env: batch buffer FinalObs is empty, in SameStep mode it is written")
	}
	return b.Fits(w.inner.Schema(), w.inner.Rows())
}

// copyTo copies all that a Step without auto-reset writes; FinalObs is left.
func (b *Batch) copyTo(dst *Batch) {
	copy(dst.Obs, b.Obs)
	copy(dst.Mask, b.Mask)
	copy(dst.Reward, b.Reward)
	copy(dst.Cost, b.Cost)
	copy(dst.Terminated, b.Terminated)
	copy(dst.Truncated, b.Truncated)
}

// Ended reports whether the step that filled b ended the episode. It is an
// error, a fault of the environment, when some rows ended and others did not,
// or a row is both terminated and truncated.
func (b *Batch) Ended() (bool, error) {
	ended := len(b.Terminated) > 0 && (b.Terminated[0] || b.Truncated[0])
	for row := range b.Terminated {
		if b.Terminated[row] && b.Truncated[row] {
			return ended, fmt.Errorf("env: row %d is both terminated and truncated", row)
		}
		if (b.Terminated[row] || b.Truncated[row]) != ended {
			return ended, fmt.Errorf("env: row %d and row 0 did not end together", row)
		}
	}
	return ended, nil
}
