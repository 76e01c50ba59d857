// Package micro simulates one cell slot by slot, and inside a slot symbol by
// symbol, to check the closed form of sub-second sleep that profiles use at
// scale (package power).
//
// Run plays a Config on the discrete-event kernel. Files arrive by a Poisson
// process (FTP model 3 of 3GPP TR 38.864 Table A-2); a scheduler hands whole
// symbols of the carrier to them, to the first (FIFO) or to each in turn,
// which is processor sharing; periodic signals (SSB bursts, SIB1) go out whether
// or not there is data; in the silent parts between, the cell falls into the
// cheapest sleep whose transition fits; cell DTX holds data back outside its
// active part. Energy follows the power model of TR 38.864 clause 5.1 and
// 5.2: each symbol has a power, a sleep state's power is drawn also during its
// transition, whose energy comes on top once a sleep.
//
// Time is the kernel's, microseconds. A slot of 15, 30, 60 or 120 kHz is a
// whole number of them; a symbol, a fourteenth of a slot, is not, so symbols
// are counted inside a slot and never turned into microseconds: energies are
// counts of symbols times the length of a symbol. Slots in which nothing can
// happen (idle, asleep) are passed over in one event and counted.
//
// Invariants, which Run checks of itself before it returns: every symbol of
// the run belongs to exactly one state; the energy of each state is its
// symbols' power times their time plus its transitions; offered bits are
// served or queued. Results are a pure function of Config and key. Units: ms,
// the relative power unit of the model, bit.
package micro
