// Package report turns run folders into figures and an index.
//
// The way of the data: folders opened by package record -> gather (the rows that
// a figure needs, as plain slices, one series a policy and folder) -> one
// builder a figure (week, energy by state, comparison, training, map) -> the
// frame that all share (title, subtitle, legend, panels) -> SVG and PNG, and
// report.md, which holds the comparison as a table and links the figures.
//
// The titles state what the figure shows, in numbers; units are in every axis
// label; colours are told apart by colour-blind readers; the legend stands
// above the panels and so never covers data.
//
// Beside run folders it shows validations and fits: WritePage writes rows,
// tables and figures of plain numbers as one HTML file with the plots inside,
// SVG and PNG draw one such figure, and TextOf spells a row's figures.
//
// A figure whose tables are missing is left out, and the reason is part of the
// result and of report.md: nothing is skipped in silence.
//
// Invariants: same folders, same bytes, in SVG and in PNG. Energy is in kWh or
// MWh, power in kW or MW, as the label says; shares are in %; positions in km.
package report
