package cli

import "testing"

// A policy that was trained without some columns is evaluated, recorded and run
// on the scenario as it is, which has them all, beside one that was trained with
// all; steering that it knew is masked there.
func TestAnAblatedPolicyIsJudgedWithItsColumns(t *testing.T) {
	s := newShell(t)
	s.do("train", "tiny", "--set", "ppo.iterations=1", "--set", "sleep.without=[neighbours, forecast]",
		"--set", "sleep.cio_step_db=2", "--set", "sleep.sensor.noise_sd=0.1", "--out", "ablated")
	s.do("train", "tiny", "--set", "ppo.iterations=1", "--out", "whole")
	for _, policy := range []string{"ablated", "whole"} {
		s.do("evaluate", "tiny", "--policy", policy, "--policy", "threshold", "--seeds", "1", "--out", "judged-"+policy)
		s.do("run", "tiny", "--policy", policy, "--days", "0.25", "--out", "run-"+policy)
	}
}
