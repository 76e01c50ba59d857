package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// LockName is the file of a sweep's folder that a command holds while it is at
// work there. Its text says who holds it, for the others to read.
const LockName = "sweep.lock"

// ErrLocked is wrapped by the error of locking a folder that another command
// is at work on.
var ErrLocked = errors.New("sweep: another command is at work on the folder")

// Lock keeps other commands from the folder dir, which it makes if need be,
// until the function that it returns is called. holder says who asks. The lock
// is the operating system's: it goes with the process that holds it, however
// that ends, so that the file may stay behind and holds nobody up.
func Lock(dir, holder string) (unlock func() error, err error) {
	if err := foreign(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("sweep: %w", err)
	}
	path := filepath.Join(dir, LockName)
	lock := flock.New(path)
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("sweep: lock %s: %w", path, err)
	}
	if !held {
		who, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%w %s (%w)", ErrLocked, dir, err)
		}
		return nil, fmt.Errorf("%w %s: %s", ErrLocked, dir, strings.TrimSpace(string(who)))
	}
	// Written in place: a file that is renamed over it would be another lock.
	if err := os.WriteFile(path, []byte(holder+"\n"), 0o644); err != nil {
		return nil, errors.Join(fmt.Errorf("sweep: lock: %w", err), lock.Unlock())
	}
	return lock.Unlock, nil
}
