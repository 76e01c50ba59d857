package shard

import (
	"sync/atomic"
	"testing"
)

func TestEachRunsEveryShardOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 7, 64} {
		for _, shards := range []int{0, 1, 2, 5, 1000} {
			p := New(workers)
			seen := make([]atomic.Int32, shards)
			p.Each(shards, func(i int) { seen[i].Add(1) })
			for i := range seen {
				if got := seen[i].Load(); got != 1 {
					t.Fatalf("%d workers, %d shards: shard %d ran %d times, want 1", workers, shards, i, got)
				}
			}
		}
	}
}

func TestRangesCoverWithoutOverlap(t *testing.T) {
	for _, n := range []int{0, 1, Size - 1, Size, Size + 1, 10*Size + 3} {
		next := 0
		for i := range Count(n) {
			lo, hi := Range(i, n)
			if lo != next || hi <= lo {
				t.Fatalf("n=%d: shard %d is [%d, %d), want to begin at %d and hold something", n, i, lo, hi, next)
			}
			next = hi
		}
		if next != n {
			t.Fatalf("n=%d: shards end at %d", n, next)
		}
	}
}

func TestEachAllocatesNothing(t *testing.T) {
	p := New(2)
	sum := make([]int, 8)
	pass := func(i int) { sum[i]++ }
	if got := testing.AllocsPerRun(100, func() { p.Each(8, pass) }); got != 0 {
		t.Errorf("Each allocates %g times a call, want 0", got)
	}
}
