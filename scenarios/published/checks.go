package published

import "hibernet/sim/validation"

// Checks returns the checks that play whole scenarios: a generated city's
// loads beside measured ones, settings of published sleep control, and the
// energy of a site. They follow those of package validation.
func Checks() []validation.Check {
	return []validation.Check{loadCheck(), caiCheck(), nightCheck(), offloadCheck(), siteCheck()}
}
