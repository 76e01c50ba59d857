package sim

import (
	"fmt"

	"hibernet/sim/des"
)

// What becomes of traffic that an overloaded cell cannot serve.
const (
	OverloadDrop  = "drop"  // it is lost at once
	OverloadQueue = "queue" // it waits for later epochs, up to QueueMaxS
)

// Spec holds the settings of a network stepped through time.
type Spec struct {
	EpochS               float64 `yaml:"epoch_s" doc:"traffic epoch: offered traffic is constant within it; a whole number of microseconds" unit:"s" min:"0.01" max:"3600"`
	ControlS             float64 `yaml:"control_s" doc:"control interval: a policy acts once in it; a whole number of epochs" unit:"s" min:"0.01" max:"86400"`
	Overload             string  `yaml:"overload" doc:"what becomes of traffic that an overloaded cell cannot serve" enum:"drop,queue"`
	QueueMaxS            float64 `yaml:"queue_max_s" doc:"with overload queue: traffic waiting beyond this many seconds of the sector's present offered rate is dropped" unit:"s" min:"0" max:"86400"`
	MaxTransfers         int     `yaml:"max_transfers" doc:"transfers that a cell carries at once; further ones are refused, which leaves the others something in overload; 0 = any number" min:"0" max:"100000"`
	TransitionGridS      float64 `yaml:"transition_grid_s" doc:"transitions take effect after their duration rounded to a multiple of this, their energy as if they had not been rounded; 0 = exactly when they end. A grid of a minute saves most solutions of the load coupling in a large network" unit:"s" min:"0" max:"3600"`
	TargetThroughputMbps float64 `yaml:"target_throughput_mbps" doc:"user throughput below which served traffic counts as slow" unit:"Mbit/s" min:"0" max:"100000"`
}

// DefaultSpec returns 5-minute epochs in 15-minute control intervals: the
// granularities of performance counters (3GPP TS 28.550: 5, 15 min, ...). A cell
// carries up to 100 transfers at once (an assumption: admission and the patience
// of users end further ones). It matters near and above a load of 1 only: a user
// of an overloaded cell gets a hundredth of its rate alone.
func DefaultSpec() Spec {
	return Spec{
		EpochS: 300, ControlS: 900,
		Overload: OverloadDrop, QueueMaxS: 60, MaxTransfers: 100,
		TargetThroughputMbps: 5,
	}
}

// minStepS is the shortest traffic epoch and control interval, s: a frame of
// 5G. What a radio unit does within one is in its power profile.
const minStepS = 0.01

// Validate returns every fault of the settings.
func (s Spec) Validate() []error {
	var faults []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	bad(s.EpochS >= minStepS && s.EpochS <= 3600, "epoch_s: must be in [%g, 3600] s, got %g", minStepS, s.EpochS)
	bad(s.ControlS >= minStepS && s.ControlS <= 86400, "control_s: must be in [%g, 86400] s, got %g", minStepS, s.ControlS)
	if epoch, control := s.Epoch(), s.Control(); epoch > 0 {
		// On the clock of the simulation, which counts microseconds: in
		// float64, 0.06 s are not three times 0.02 s.
		bad(epoch.Seconds() == s.EpochS, "epoch_s: must be a whole number of microseconds, got %g s", s.EpochS)
		bad(control >= epoch && control%epoch == 0 && control.Seconds() == s.ControlS, "control_s: must be a whole number of epochs of %g s, got %g", s.EpochS, s.ControlS)
	}
	bad(s.Overload == OverloadDrop || s.Overload == OverloadQueue, "overload: must be drop or queue, got %q", s.Overload)
	bad(s.QueueMaxS >= 0 && s.QueueMaxS <= 86400, "queue_max_s: must be in [0, 86400] s, got %g", s.QueueMaxS)
	bad(s.MaxTransfers >= 0 && s.MaxTransfers <= 100000, "max_transfers: must be in [0, 100000], got %d", s.MaxTransfers)
	bad(s.TransitionGridS >= 0 && s.TransitionGridS <= 3600 && des.FromSeconds(s.TransitionGridS).Seconds() == s.TransitionGridS, "transition_grid_s: must be in [0, 3600] s and a whole number of microseconds, got %g", s.TransitionGridS)
	bad(s.TargetThroughputMbps >= 0 && s.TargetThroughputMbps <= 1e5, "target_throughput_mbps: must be in [0, 100000] Mbit/s, got %g", s.TargetThroughputMbps)
	return faults
}

// Epoch returns the traffic epoch.
func (s Spec) Epoch() des.Time { return des.FromSeconds(s.EpochS) }

// Control returns the control interval.
func (s Spec) Control() des.Time { return des.FromSeconds(s.ControlS) }
