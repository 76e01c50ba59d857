package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/results/record"
	"hibernet/scenarios"
)

// teacherFile is the copy of a tuned rule's file in the run folder of a
// training that imitates it.
const teacherFile = "teacher.yaml"

// teacher is what a training imitates first; nothing without make.
type teacher struct {
	make func() (agents.Policy, error)
	text []byte // of a tuned rule's file; nil for a rule by its name
}

// findTeacher reads what ppo.teacher names.
func (f *trainFlags) findTeacher(io IO, sc scenarios.Scenario) (teacher, error) {
	name := sc.PPO.Teacher
	if name == "" || !slices.Contains([]string{algoPPO, algoLagrangian, algoCoordinated, algoCoordinatedLagrangian}, f.algo) {
		return teacher{}, nil // its section is not read
	}
	if f.algo != algoPPO && f.algo != algoLagrangian {
		return teacher{}, input(fmt.Errorf("ppo.teacher: --algo %s has no teacher, allowed: empty, got %q", f.algo, name), "")
	}
	if f.engine == engineTemporal {
		return teacher{}, usage(fmt.Errorf("ppo.teacher: --engine %s has no teacher, allowed: empty, got %q", engineTemporal, name), "")
	}
	file := filepath.Ext(name) == ruleExtension
	if !file && !slices.Contains(baseline.Names(), ruleName(name)) {
		return teacher{}, input(fmt.Errorf("ppo.teacher: %q is not known, allowed: %s, or a tuned rule's file (%s)", name, strings.Join(baseline.Names(), ", "), ruleExtension),
			"hibernet tune threshold writes such files")
	}
	found, err := io.policy(sc, name)
	if err != nil {
		return teacher{}, fmt.Errorf("ppo.teacher: %w", err)
	}
	t := teacher{make: found.make}
	if file {
		if t.text, err = os.ReadFile(io.path(name)); err != nil {
			return teacher{}, input(fmt.Errorf("ppo.teacher: %w", err), "")
		}
	}
	return t, nil
}

// policy returns the teacher, nil if there is none.
func (t teacher) policy() (agents.Policy, error) {
	if t.make == nil {
		return nil, nil
	}
	return t.make()
}

// record keeps the file of the teacher with the run.
func (t teacher) record(run *record.Run) error {
	if t.text == nil {
		return nil
	}
	return run.WriteFile(teacherFile, t.text)
}

// same returns an error unless the training in a folder began with this
// teacher: its name is in the scenario, what a file held is not.
func (t teacher) same(dir string) error {
	was, err := os.ReadFile(filepath.Join(dir, teacherFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.Equal(was, t.text) {
		return errors.New("ppo.teacher: the file is not what it was when the training began: " + teacherFile + " in the run folder is")
	}
	return nil
}
