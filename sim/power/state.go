package power

import (
	"fmt"
	"strings"
)

// State is a rung of the ladder, from all capacity to the deepest sleep.
type State uint8

// The ladder.
const (
	Full       State = iota // all chains, full power
	HalfTRX                 // half of the transceiver chains
	QuarterTRX              // a quarter of the chains
	Backoff                 // reduced transmit power
	DTX                     // cell DTX: silent for a part of each cycle
	Sleep                   // carrier sleep: light, wakes quickly
	DeepSleep               // nearly everything off
	Dormant                 // off but for a supervisor; wakes within minutes
)

// NumStates is the number of states of the ladder.
const NumStates = 8

var stateNames = [NumStates]string{
	"full", "half_trx", "quarter_trx", "backoff", "dtx", "carrier_sleep", "deep_sleep", "dormant",
}

// String returns the state's name as files spell it.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// ParseState returns the state of a name; the error lists the names.
func ParseState(name string) (State, error) {
	for i, n := range stateNames {
		if n == name {
			return State(i), nil
		}
	}
	return 0, fmt.Errorf("power state %q: want one of %s", name, strings.Join(stateNames[:], ", "))
}

// Awake reports whether a cell in this state serves users.
func (s State) Awake() bool { return s <= DTX }
