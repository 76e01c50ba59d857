// Package radio is the radio side of the simulator: the formulas by which a
// network's path gains are made, and the vectorised load model that runs on
// them.
//
// The formulas are pure functions of float64: path loss, line-of-sight
// probability, shadowing and penetration loss of 3GPP TR 38.901 (Scenario,
// PathLoss, Building), the sector antenna (SectorPattern), thermal noise
// (ThermalNoiseW) and the truncated Shannon rate curve (RateCurve). Package
// topology evaluates them once, when a network is built, and folds antenna,
// path loss, shadowing and entry loss into one linear gain for each position
// bin and candidate cell (Links).
//
// The load model (Model) works on those flat float32 arrays: Associate
// chooses who serves each bin from received power alone, Solve finds the
// loads that cells impose on each other through interference. What a power
// state does to a cell's signal reaches it through State. Solve goes through
// the network block by block (block), on the vector kernels of sim/simd, whose
// rows of eight bins hold gains as bfloat16 (PackGain).
//
// Units are in the names: M metre, GHz gigahertz, DB decibel, DBi decibel
// over isotropic, W watt, Hz hertz. A gain is linear and below 1; a path loss
// is in dB and positive. Angles are degrees; azimuths run clockwise from
// north (the y axis).
//
// Provenance. TR 38.901 is quoted from V19.4.0 as transcribed, clause by
// clause, by the public repository MehdiZD97/3gpp-tr-library; the 3GPP text
// itself was not opened. Numbers that come from memory alone say "recalled".
package radio
