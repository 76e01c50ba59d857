// Package sweep carries out the runs of a sweep and keeps what they come to.
//
// Way of the data: a list of runs (package scenarios/sweeps) → [Folder.Missing],
// those that are not finished yet → [Pool.Run], which gives them one at a time
// to worker processes → [Serve], in such a process, plays a [Task] and answers
// with an [Outcome] → [Folder.Keep] writes it to a file of its own → when all
// is done, [Folder.Finish] writes the data set: Parquet, partitioned by policy.
// A search ([Search]) asks for runs in rounds, the next from what came out.
// [Merge] joins the folders of shards.
//
// Invariants:
//   - A run is played in a process apart from the others' and from the pool's:
//     what crashes is that run, which is tried once more in a new process.
//   - The outcome of a finished run is there as a whole or not at all; it is
//     never played again, and a torn one always is.
//   - The data set follows from the list of runs and their outcomes alone:
//     equal for any number of slots, however often the sweep was killed, and
//     for any division into shards. Times and machines stand in another table.
//   - A figure that is missing or not defined is NaN, and keeps no condition.
package sweep
