package sweep

import (
	"errors"
	"fmt"
	"slices"

	"hibernet/scenarios/sweeps"
)

// part is a shard's folder, read to be merged.
type part struct {
	dir    string
	header Header
	runs   []sweeps.Run
	folder *Folder
}

// Merge joins the shards of one sweep in dirs into the folder out, as if the
// sweep had been played there in one piece. All shards must be there, once,
// of the same sweep, with every run finished: else the error says all that is
// wrong and nothing is written. The header takes its command, build and times
// from h.
func Merge(out string, dirs []string, h Header) (*Folder, error) {
	parts := make([]part, len(dirs))
	for i, dir := range dirs {
		var err error
		if parts[i], err = readPart(dir); err != nil {
			return nil, err
		}
	}
	if err := fit(parts); err != nil {
		return nil, err
	}
	var runs []sweeps.Run
	for _, p := range parts {
		runs = append(runs, p.runs...)
	}
	slices.SortFunc(runs, func(a, b sweeps.Run) int { return a.Index - b.Index })
	first := parts[0].header
	if digest := sweeps.Digest(runs); digest != first.SweepSHA256 {
		return nil, fmt.Errorf("sweep: merge: the shards' runs have the digest %.12s together, the sweep's is %.12s", digest, first.SweepSHA256)
	}
	command, build, started := h.Command, h.Build, h.Started
	h = first
	h.Shard, h.Command, h.Build, h.Started, h.Complete = Whole, command, build, started, false
	f, err := Begin(out, h, runs)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		for _, r := range p.runs {
			k := p.folder.done[r.ID]
			if err := f.Keep(Reply{Run: r.ID, Outcome: k.Outcome, Timing: k.Timing}); err != nil {
				return nil, err
			}
		}
	}
	return f, f.Finish(runs, h.Columns, []FailedRun{}, started)
}

func readPart(dir string) (part, error) {
	p := part{dir: dir, folder: &Folder{dir: dir, done: map[string]Kept{}}}
	var err error
	if p.header, err = ReadHeader(dir); err != nil {
		return p, err
	}
	if p.runs, err = ReadPlan(dir, len(p.header.Columns)); err != nil {
		return p, err
	}
	return p, p.folder.readRuns(false)
}

// fit returns everything that keeps the parts from being one sweep.
func fit(parts []part) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("sweep: merge: "+format, args...))
	}
	first := parts[0]
	have := map[int]string{}
	for _, p := range parts {
		switch {
		case p.header.SweepSHA256 != first.header.SweepSHA256:
			fault("%s and %s are of different sweeps: their lists of runs have the digests %.12s and %.12s",
				first.dir, p.dir, first.header.SweepSHA256, p.header.SweepSHA256)
			continue
		case p.header.Shard.Of != first.header.Shard.Of:
			fault("%s is shard %s, %s is shard %s", first.dir, first.header.Shard, p.dir, p.header.Shard)
			continue
		case have[p.header.Shard.Index] != "":
			fault("%s and %s are both shard %s", have[p.header.Shard.Index], p.dir, p.header.Shard)
		}
		have[p.header.Shard.Index] = p.dir
		missing := 0
		for _, r := range p.runs {
			if _, ok := p.folder.done[r.ID]; !ok {
				missing++
			}
		}
		if missing > 0 {
			fault("%s: %d of %d runs are not finished", p.dir, missing, len(p.runs))
		}
	}
	for i := 1; i <= first.header.Shard.Of; i++ {
		if have[i] == "" {
			fault("shard %d/%d is missing", i, first.header.Shard.Of)
		}
	}
	return errors.Join(faults...)
}
