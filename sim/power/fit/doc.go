// Package fit turns meter readings into power profiles: rows of (station, time,
// load, energy-saving activation, energy) are cleaned, their clocks aligned, and
// a line with a level of its own for each station is fitted per type of radio
// unit by robust regression.
package fit
