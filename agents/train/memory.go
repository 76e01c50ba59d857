package train

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// packMemory returns what a learner remembers as a frame of zstd, nothing of
// nothing. One goroutine packs, so that equal memories give equal bytes.
func packMemory(memory []byte) ([]byte, error) {
	if len(memory) == 0 {
		return nil, nil
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	return w.EncodeAll(memory, nil), w.Close()
}

// unpackMemory reverses packMemory.
func unpackMemory(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	defer r.Close()
	memory, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	return memory, nil
}
