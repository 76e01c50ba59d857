// Package shard runs the vectorised passes of the simulator on several
// processors with the same bits for any number of them.
//
// A pass over n elements is cut into shards of a fixed Size, never into
// "n / workers" pieces; a shard writes only its own range (or its own slot of
// a partial result), and partial results are combined afterwards in shard
// order. What a shard computes therefore does not depend on who computes it.
package shard

import (
	"sync"
	"sync/atomic"
)

// Size is the number of elements in a shard. It is part of what fixes the
// bits of a result: changing it may change the last digits of ordered sums.
const Size = 512

// Count returns the number of shards that cover n elements.
func Count(n int) int { return (n + Size - 1) / Size }

// Range returns the elements [lo, hi) of shard i of n elements.
func Range(i, n int) (lo, hi int) { return i * Size, min((i+1)*Size, n) }

// Pool runs shards on a fixed number of workers. It is for one caller at a
// time. The zero value is not ready: use New.
type Pool struct {
	workers int
	work    func() // made once, so that starting a worker allocates nothing
	pass    func(shard int)
	shards  int64
	next    atomic.Int64
	wait    sync.WaitGroup
}

// New returns a pool of the given number of workers, at least one.
func New(workers int) *Pool {
	p := &Pool{workers: max(workers, 1)}
	p.work = func() {
		defer p.wait.Done()
		p.drain()
	}
	return p
}

// Workers returns the number of workers.
func (p *Pool) Workers() int { return p.workers }

// Each calls pass(i) once for each i in [0, shards) and returns when all have
// returned. The caller's goroutine is one of the workers.
func (p *Pool) Each(shards int, pass func(shard int)) {
	p.pass, p.shards = pass, int64(shards)
	p.next.Store(0)
	for helpers := min(p.workers, shards) - 1; helpers > 0; helpers-- {
		p.wait.Add(1)
		go p.work()
	}
	p.drain()
	p.wait.Wait()
}

func (p *Pool) drain() {
	for {
		i := p.next.Add(1) - 1
		if i >= p.shards {
			return
		}
		p.pass(int(i))
	}
}
