package cli

import (
	"errors"
	"fmt"
	"os"

	"hibernet/agents"
	"hibernet/agents/replay"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/results/experience"
	"hibernet/scenarios"
	"hibernet/sim/rng"
)

// aboutLog describes the flag that takes a log to write.
const aboutLog = "also write what was seen, done and got to a Parquet `FILE`, for train --data"

// experienceLog is a log that is being written: under another name until it is
// whole.
type experienceLog struct {
	path string
	file *os.File
	w    *experience.Writer
}

// settleLog says at once if a log would replace another file.
func (o IO) settleLog(name string, force bool) error {
	if name == "" || force || !exists(o.path(name)) {
		return nil
	}
	return usage(fmt.Errorf("--log: %s is there already", name), "--force replaces it")
}

// newLog begins a log of the environment in which p acts, or returns nil where
// none is asked for.
func (o IO) newLog(name string, p agents.Policy) (*experienceLog, error) {
	if name == "" {
		return nil, nil
	}
	schema, err := sleep.SchemaOf(loggedColumns(p))
	if err != nil {
		return nil, err
	}
	l := &experienceLog{path: o.path(name)}
	if l.file, err = os.Create(l.path + ".partial"); err != nil {
		return nil, usage(fmt.Errorf("--log: %w", err), "")
	}
	if l.w, err = experience.NewWriter(l.file, schema); err != nil {
		l.discard()
		return nil, err
	}
	return l, nil
}

// loggedColumns returns the columns of the environment in which p acts while it
// is logged: all of them, unless p acts on its own only.
func loggedColumns(p agents.Policy) []string {
	if p.Reset(sleep.NewSchema(), 1, 0) == nil {
		return nil
	}
	return agents.Columns(p)
}

// record returns e, written to the log if there is one, and a batch that fits.
func (l *experienceLog) record(e env.Environment) (env.Environment, *env.Batch, error) {
	if l == nil {
		return e, env.NewPlayBatch(e), nil
	}
	recorded, err := experience.Record(e, l.w)
	return recorded, env.NewBatch(e), err
}

// finish makes the log appear under its name.
func (l *experienceLog) finish() error {
	if l == nil {
		return nil
	}
	if err := errors.Join(l.w.Close(), l.file.Sync(), l.file.Close()); err != nil {
		return fmt.Errorf("--log: %s: %w", l.path, errors.Join(err, os.Remove(l.path+".partial")))
	}
	return os.Rename(l.path+".partial", l.path)
}

// discard gives the log up, unless it is finished.
func (l *experienceLog) discard() {
	if l != nil && l.file.Close() == nil {
		os.Remove(l.path + ".partial") // it is of no use to anyone; a next log of that name replaces it
	}
}

// remember reads the log of --data into a memory that is as large as the
// settings of sc and the log allow.
func (o IO) remember(name string, sc scenarios.Scenario) (*replay.Memory, experience.Summary, error) {
	var none experience.Summary
	src, err := o.open(name)
	if err != nil {
		return nil, none, err
	}
	defer src.Close()
	log, err := experience.Open(src, src.size, name)
	if err != nil {
		return nil, none, input(err, aboutData)
	}
	s := sleep.NewSchema()
	shape := replay.Shape{
		Capacity: int(max(1, min(int64(sc.Offline.Capacity), log.Records()))),
		Fields:   len(s.Fields), Actions: len(s.Actions), Guards: len(s.Guards),
	}
	memory := replay.New(shape)
	sample := replay.NewReservoir(memory, rng.Root(sc.Seed).Named("log"))
	sum, err := log.Read(s, sc.Offline.Gamma, sample.Add)
	if err == nil && sum.Transitions == 0 {
		err = fmt.Errorf("%s: holds no step that another follows: nothing can be learned from it", name)
	}
	return memory, sum, input(err, aboutData)
}

// aboutData says where logs come from.
const aboutData = "hibernet run --log FILE writes such logs; results/experience/README.md says what one made elsewhere must hold"
