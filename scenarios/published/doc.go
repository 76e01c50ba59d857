// Package published plays settings of published sleep-control studies and sets
// what they save beside what was published.
package published
