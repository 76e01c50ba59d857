package published

import "hibernet/sim/validation"

// Checks returns the checks that play whole scenarios, all of them slow:
//
//   - city-load: hourly loads of a generated city beside measured cells.
//   - cai-mmimo: seven massive-MIMO stations acting every 20 ms, after Cai et
//     al. (ICC 2024).
//   - night-sleep: field hardware asleep by the clock and between symbols, as
//     in operators' trials of 2020 and 2021.
//   - nsa-offload: how many 5G cells can sleep while 4G holds a guarantee,
//     after Reiss et al. (2026).
//   - site-energy: the energy of a macro site beside bills.
//
// They follow those of package validation.
func Checks() []validation.Check {
	return []validation.Check{loadCheck(), caiCheck(), nightCheck(), offloadCheck(), siteCheck()}
}
