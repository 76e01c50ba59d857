//go:build !linux

package cli

import (
	"errors"
	"time"
)

// What the machine has and the program takes of it is known on Linux only.

func freeMemory() int64 { return 0 }

func peakMemory() int64 { return 0 }

func forgetPeak() error { return errors.New("known on Linux only") }

func processorTime() (time.Duration, bool) { return 0, false }

func processorName() string { return "" }
