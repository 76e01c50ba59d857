// Package fault says what breaks and when: radio units, baseband units, mains
// power with batteries.
package fault
