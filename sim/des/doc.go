// Package des is the discrete-event kernel: integer time, events in a total
// order, and a loop that hands each event to the handler of its kind.
//
// Time is a count of microseconds since Monday 00:00 local time, never a
// float. Events are ordered by (time, priority, sequence number); the sequence
// number counts calls of Schedule, so events that are equal in time and
// priority happen in the order in which they were scheduled. Nothing else
// decides the order, so a run is a pure function of what its handlers do.
//
// Events are plain values in one slice, and handlers sit in an array indexed
// by kind: after warm-up the loop allocates nothing. Work that concerns every
// cell should be one event whose handler passes over arrays, not one event a
// cell. A Loop belongs to one goroutine.
package des
