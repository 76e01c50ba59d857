package sweep

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One holder at a time, who is named to the others; a file that was left
// behind holds nobody up, and a folder of others is not touched.
func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sweep")
	unlock, err := Lock(dir, "the first")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir, "the second"); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir+": the first") {
		t.Errorf("got %v", err)
	}
	if err := Clear(dir); err != nil {
		t.Error(err)
	}
	if _, err := Lock(dir, "the second"); !errors.Is(err, ErrLocked) {
		t.Errorf("Clear took the lock away: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = Lock(dir, "the third"); err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(other, "x"); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v", err)
	}
	if files, err := os.ReadDir(other); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}
