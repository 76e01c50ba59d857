package train

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Clock is a running time; without one no time passes.
type Clock func() time.Duration

// Now returns the time.
func (c Clock) Now() time.Duration {
	if c == nil {
		return 0
	}
	return c()
}

// Updates takes the n gradient steps of an iteration. It looks at ctx before each.
func Updates(ctx context.Context, n int, step func(u int) error) error {
	for u := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(u); err != nil {
			return fmt.Errorf("gradient step %d: %w", u, err)
		}
	}
	return nil
}

// CheckChosen returns an error where no action was chosen for a row, which is -1
// in actions: because mask [rows x actions] allows none or, an error that wraps
// ErrDiverged, because what it was chosen by is not finite.
func CheckChosen(actions []int32, mask []bool, by string) error {
	row := slices.Index(actions, -1)
	if row < 0 {
		return nil
	}
	width := len(mask) / len(actions)
	if slices.Contains(mask[row*width:(row+1)*width], true) {
		return fmt.Errorf("row %d: a %s is not finite: %w", row, by, ErrDiverged)
	}
	return fmt.Errorf("row %d: the mask allows no action", row)
}
