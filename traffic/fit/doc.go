// Package fit fits the traffic generator to imported data and measures how well
// a generated city matches days and places that were not used.
package fit
