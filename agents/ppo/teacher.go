package ppo

import (
	"errors"
	"fmt"

	"hibernet/agents"
)

// The first Spec.TeacherIterations of a training with a teacher are behaviour
// cloning. The teacher acts through the same mask and the same shield, from the
// beginning of each episode, and what is imitated is what it asked for, as what
// is learned from later is what the policy asked for: where the shield does
// something else, both see the same outcome. An action that the mask forbids is
// an error, as it is for every policy.
//
// The critics learn from the teacher's episodes, so that the first advantages
// after them are those of a policy that does as it does. Multipliers stand
// still: the policy has no part in what is played, and a sum of excesses that
// it cannot answer would only wind up.

// instruct gives the collector its teacher.
func (c *collector) instruct(opt Options) error {
	switch named := c.spec.Teacher != ""; {
	case named && opt.Teacher == nil:
		return fmt.Errorf("teacher: none was given for %q", c.spec.Teacher)
	case !named && opt.Teacher != nil:
		return fmt.Errorf("teacher: %s was given, but the spec names none", opt.Teacher.Name())
	case !named:
		return nil
	case opt.Gather != nil:
		return errTaughtElsewhere(c.spec)
	}
	c.teacher = opt.Teacher
	agents.SetWorkers(c.teacher, opt.Workers)
	return c.askTeacher(0)
}

// errTaughtElsewhere says that shards with a teacher cannot be played by others.
func errTaughtElsewhere(s Spec) error {
	return fmt.Errorf("teacher: shards that are played elsewhere have none, allowed there: empty, got %q", s.Teacher)
}

// askTeacher prepares the teacher for an episode.
func (c *collector) askTeacher(seed uint64) error {
	if c.teacher == nil {
		return errors.New("teacher: none was given")
	}
	if err := c.teacher.Reset(c.e.Schema(), c.e.Rows(), seed); err != nil {
		return fmt.Errorf("teacher %s: %w", c.teacher.Name(), err)
	}
	return nil
}

// obey replaces the actions that the policy chose by those of the teacher.
func (c *collector) obey() error {
	if err := c.teacher.ActTo(c.action, c.batch); err != nil {
		return fmt.Errorf("teacher %s: %w", c.teacher.Name(), err)
	}
	actions := c.nets.actions
	for row, a := range c.action {
		if a < 0 || int(a) >= actions || !c.batch.Mask[row*actions+int(a)] {
			return fmt.Errorf("teacher %s: row %d: the mask does not allow action %d", c.teacher.Name(), row, a)
		}
	}
	clear(c.logProb)
	return nil
}
