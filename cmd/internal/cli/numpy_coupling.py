# One Jacobi iteration of the load coupling in NumPy, as hibernet bench has it:
# the interference at every position bin, its rate, the load this makes of the
# cell. Prints cell-iterations a second.
#
#   python3 numpy_coupling.py CELLS CANDIDATES BINS
import sys
import time

import numpy as np

cells, candidates, bins = map(int, sys.argv[1:4])
rng = np.random.default_rng(1)
offset = np.array([(i + 1) // 2 * (1 - 2 * (i % 2)) for i in range(candidates)])
cell = (np.arange(cells)[:, None] + offset) % cells
gain = np.power(10, -3 * rng.random((cells, candidates, bins), dtype=np.float32))
gain[:, 0] = 0  # the first candidate serves all bins
load = np.full(cells, 0.3, np.float32)
signal, noise, ceiling, demand = np.float32(3), np.float32(1e-3), np.float32(7.4), np.float32(0.02)


def iterate(load):
    heard = noise + np.einsum("nc,ncb->nb", load[cell], gain)
    need = 1 / np.minimum(np.log2(1 + signal / heard), ceiling)
    return np.minimum(demand * need.sum(axis=1), 1)


load = iterate(load)
seconds = []
for _ in range(5):
    start = time.perf_counter()
    load = iterate(load)
    seconds.append(time.perf_counter() - start)
print(cells / sorted(seconds)[2])
