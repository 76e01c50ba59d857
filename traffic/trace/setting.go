package trace

import "fmt"

// SettingError is a fault of one setting of a [Mapping], [SiteMapping],
// [Policy] or [Area], rather than of the data: callers that call their
// settings otherwise can say it in their own words.
type SettingError struct {
	// Setting names the field in snake case (time_format for TimeFormat), and
	// an action of the Policy by its Flag.
	Setting string
	// Err says what is wrong with its value, and what is allowed.
	Err error
}

// Error is the setting, a colon and the fault.
func (e *SettingError) Error() string { return e.Setting + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *SettingError) Unwrap() error { return e.Err }

// badSetting makes the error of a setting.
func badSetting(setting, format string, args ...any) error {
	return &SettingError{Setting: setting, Err: fmt.Errorf(format, args...)}
}

// checkPair wants two columns of a position together or not at all.
func checkPair(nameA, a, nameB, b string) error {
	switch {
	case a != "" && b == "":
		return badSetting(nameB, "must be given, as %s is: the two come in pairs", nameA)
	case a == "" && b != "":
		return badSetting(nameA, "must be given, as %s is: the two come in pairs", nameB)
	}
	return nil
}
