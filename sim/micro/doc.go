// Package micro simulates one cell symbol by symbol, to check the closed form of
// sub-second sleep that profiles use at scale.
package micro
