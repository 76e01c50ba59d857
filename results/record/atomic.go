package record

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// partialSuffix marks a file that is being written or was left by a killed run.
const partialSuffix = ".partial"

// partial is a file that appears under its name only when it is whole.
type partial struct {
	f    *os.File
	path string // final path
	hash hash.Hash
	size int64
}

// newPartial opens the temporary file of path; leftovers are overwritten.
func newPartial(path string) (*partial, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	f, err := os.Create(path + partialSuffix)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &partial{f: f, path: path, hash: sha256.New()}, nil
}

// Write appends p to the temporary file.
func (w *partial) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	w.hash.Write(p[:n])
	w.size += int64(n)
	return n, err
}

// commit makes the file durable and visible under its name.
func (w *partial) commit() error {
	if err := errors.Join(w.f.Sync(), w.f.Close()); err != nil {
		return fmt.Errorf("record: %s: %w", w.path, err)
	}
	if err := os.Rename(w.path+partialSuffix, w.path); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return syncDir(filepath.Dir(w.path))
}

// discard removes the temporary file.
func (w *partial) discard() error {
	return errors.Join(w.f.Close(), os.Remove(w.path+partialSuffix))
}

// sum returns the SHA-256 of what was written, in hexadecimal.
func (w *partial) sum() string { return hex.EncodeToString(w.hash.Sum(nil)) }

// syncDir makes the renames in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("record: sync %s: %w", dir, err)
	}
	return nil
}

// writeWhole writes data to path at once or not at all, and returns its SHA-256.
func writeWhole(path string, data []byte) (string, error) {
	w, err := newPartial(path)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(data); err != nil {
		return "", errors.Join(fmt.Errorf("record: %s: %w", path, err), w.discard())
	}
	return w.sum(), w.commit()
}

// WriteAtomic writes data to path at once or not at all: under a temporary name
// beside it, synced and renamed. It is for files outside of run folders; those
// inside are written by a Run.
func WriteAtomic(path string, data []byte) error {
	_, err := writeWhole(path, data)
	return err
}

// SumFile returns the SHA-256 of the file at path, in hexadecimal.
func SumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
