// Package fit turns meter readings into power profiles: rows of (station, time,
// load, energy-saving activation, energy) are read and counted, their clocks
// aligned, and a line with a level of its own for each station is fitted per
// type of radio unit by robust regression.
//
// # The way of the data
//
// Read takes up to three CSV tables (Input), which a Mapping describes, and
// joins them by station and step into Data. Fit finds each station's lag
// between the clocks of load and energy, gathers the stations of each type,
// fits them, resamples the stations for intervals, and holds out stations and
// hours to say how well others are predicted: a Result. Result.Profiles writes
// the types as a file that package power reads.
//
// # Model
//
//	E = (a_s + sum_c b_c load_c) (1 - sum_m k_m act_m) + sum_n g_n act_n
//
// with a level a_s for each station, slopes b of the cells of the station, the
// share k that an energy-saving mode saves at full activation, and energies g
// of modes whose effect is additive. b, k and g are common to a type. Several
// cells behind one meter have a slope each, in the order of their types and
// names. Residuals count relative to the station's median energy.
//
// # Clocks
//
// Energy at label t belongs to the load at label t + lag. Labels of two sources
// may differ by the convention (start or end of the interval) or by a zone.
// Each station is asked which lag explains its energy best; stations that
// cannot tell follow the others whose records are of like length, as those
// were mostly exported together.
//
// # Invariants
//
//   - Every row is accounted for: rows = used + dropped by cause (Tally).
//   - The same input and options give the same bits; randomness is keyed.
//   - Held-out figures never use what was held out: folds are of stations, and
//     a station's own level comes from its first rows, the error from the rest.
//
// Loads, activations and savings are shares; energies are in the unit of the
// readings until Profiles turns them into watt.
package fit
