// Package strict reads YAML files into plain Go structs and reports everything
// that is wrong with them at once, each fault with its file, line, column,
// path, value and what would have been allowed. It knows nothing of what the
// structs mean: their tags say it.
//
// # Tags
//
//	yaml:"isd_m"            the key (fields without one, or with "-", are not read)
//	doc:"inter-site distance"
//	unit:"m"                also at the end of the key, where there is one
//	min:"10" max:"50000"    inclusive bounds of a number, or of a list's numbers
//	gt:"0" lt:"1"           exclusive bounds
//	enum:"hex,poisson_disc" the allowed texts, or a list's allowed texts
//	minlen:"1" maxlen:"8"   the length of a list, map or text
//
// Fields may be strings, booleans, whole and floating-point numbers, structs,
// lists of those, and maps from a name to those; or a Value, which takes
// anything as it is written, for files that set keys of other files.
//
// # What a file means
//
// The caller's struct holds the defaults. A key in the file replaces its
// value; nested structs and maps merge key by key; a list replaces the whole
// default list, and its elements start from nothing, so a key of an element
// must be given when zero is not allowed there. Overrides (--set a.b[1].c=3)
// are applied after the file, in order, and pass the same checks.
//
// Way of the data: bytes → YAML nodes (one document, no anchors, aliases,
// merge keys or tags) → the struct, key by key, remembering where each value
// was written → the bounds of every field, given or not → the struct's own
// Validate, whose "path: message" errors are put back at their line.
//
// YAML is read narrowly, because its readers disagree: numbers are decimal
// (no octal, hexadecimal, underscores or base 60), booleans are true and
// false, null is not a value, quoted numbers are text.
//
// From the same tags come the JSON Schema for editors, the key reference for
// readers, the resolved file with units as comments, and its hash.
//
// Nothing here depends on map order, on the clock or on the environment; no
// input makes it panic, and a file that is larger than MaxBytes is refused.
package strict
