package validation

// Checks returns the checks of the simulator, from single formulas to whole
// layouts. Those of traffic and of whole scenarios live with these packages.
func Checks() []Check {
	return []Check{
		powerCheck(),
		mechanismCheck(),
		microCheck(),
		microGridCheck(),
		fitPowerCheck(),
		radioCheck(),
		couplingCheck(),
		queueCheck(),
		layoutCheck(),
		flowCheck(),
		calibratePowerCheck(),
		faultCheck(),
	}
}
