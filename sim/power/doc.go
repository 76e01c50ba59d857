// Package power gives the electrical power of radio units and sites in each
// state of the ladder of sleep states, and what the transitions cost.
//
// A Profile describes one radio unit serving one cell. In every state its mean
// power is affine in the load: BaseW + SlopeW*rho, with rho the share of the
// capacity that the state leaves. Sleep shorter than a second (symbol sleep,
// the gaps of cell DTX, common signals) is inside these two numbers, in closed
// form. A transition costs time and, once a sleep, an energy; while it lasts
// the power of the sleep state is drawn (3GPP TR 38.864 clause 5.1).
//
// Profiles are data (profiles/*.yaml, embedded) in one of several forms that
// this package turns into the two numbers: the reference model of TR 38.864,
// the linear model of EARTH, units fitted to field measurements, massive MIMO
// and advanced sleep modes of the literature, and carriers that share a unit. A
// last form states them directly. They belong to families that must not be mixed
// in one comparison without saying so: target hardware, field hardware, and
// literature. Files of users have the same form (Decode).
//
// Mechanisms lists the energy-saving mechanisms of 3GPP Releases 18 and 19, each
// with its limits and its rung of the ladder. A Spec chooses them for profiles of
// TR 38.864 (Adaptation), which are then made again: other signals and cycles
// change the power and capacity of the awake states, in the closed form of Cell.
// A cell that sends SSB is never silent for longer than a period less its window,
// 155 ms at most: too short for any sleep of category 2 and for SM4. It can only
// sleep by being switched off, and must be set up anew (control time, seconds). A
// secondary cell without SSB, or with SSB on demand, has no such bound and stays
// configured at its users: it may sleep as deeply as its data allow, cell DTX of
// category 2 included, and is back after the hardware's time and 10 or 30 ms.
// Such a cell cannot be found by others, so it never fills a coverage hole: use
// them for capacity layers.
//
// Several carriers of one radio unit share amplifiers. Unit gives its power for
// the states and loads of all of them at once. A network that adds up cells uses
// two profiles of the form multicarrier instead, the anchor, which bears what is
// shared, and the added carrier; cells of one sector whose profiles name the same
// unit stand on it, and what it draws for one while the other sleeps is StandInW.
//
// Units: watt, joule, microsecond; power and capacity shares are linear
// factors. Nothing here has state, time or randomness.
package power
