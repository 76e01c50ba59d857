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
// Profiles are data (profiles/*.yaml, embedded) in one of three forms that
// this package turns into the two numbers: the reference model of TR 38.864,
// the linear model of EARTH, and units fitted to field measurements. A fourth
// form states them directly. They belong to families that must not be mixed in
// one comparison without saying so: target hardware, field hardware, and
// literature. Files of users have the same form (Decode).
//
// Units: watt, joule, microsecond; power and capacity shares are linear
// factors. Nothing here has state, time or randomness.
package power
