// Package temporal plays the runs of a sweep, or the shards of a training's
// rollouts, on many machines: a Temporal server hands them out, a blob store
// holds what goes in and comes out.
//
// Way of the data: [Driver.Run] writes its tasks to the [Store] in batches and
// starts the workflow [Sweep] → a child workflow [Batch] for each batch → an
// activity a run, which any worker ([Connection.Work]) takes: it plays the task
// in a process of its own (package sweep's Slot) and writes the outcome to the
// store → the driver asks the batches how far they are and hands every outcome
// to Keep.
//
// An iteration of a training goes the same way: [Rollouts.Gather] writes what
// workers must know, the networks among it, starts the workflow [Rollout] → an
// activity a shard, played in the worker's own process → the shards come back
// through the store, and are removed there.
//
// Invariants:
//   - Temporal carries references only: keys of the store, indices and short
//     texts of faults. See the sums beside the limits.
//   - An outcome that is in the store is not played again, whoever asks for it,
//     and one that is torn is.
//   - Driver and workers are of the same code: the task queue has its version
//     in its name, as have the keys of outcomes. Others never meet.
//   - A fault of the run itself is not retried; the loss of a worker is.
package temporal
