// Package oracle says how little energy is possible: what no policy can beat
// while it keeps the limit on dropped traffic.
//
// It knows networks and decisions as numbers only (Network, Model), so that it
// depends on no simulator; package scenarios fills them in. There are three
// yardsticks:
//
//   - Network.Bound is a relaxation for networks of any size: a true lower
//     bound on the energy of any plan of power states, even of one that knows
//     all traffic to come.
//   - Exact is the clairvoyant optimum of a small Model by dynamic programming
//     over its joint states, with the limit kept exactly.
//   - Causal is the best expectation of a policy that sees the past only, by
//     stochastic dynamic programming over a small Model whose noise follows a
//     known Markov chain.
//
// So bound <= exact <= any policy that keeps the limit; and at any price of
// dropped traffic the mean of the clairvoyant optimum <= causal <= any policy
// that does not see what is to come.
//
// Way of the data: Network (cells, their states, which bins they can serve) and
// the demand of each epoch → the dual of a facility location problem per epoch
// → the sum over epochs less the price of the drops that are allowed → Bound.
//
// Results are the same bits for any number of workers: epochs are worked
// through in any order and added up in theirs. Units: W, J, bit, bit/s, s.
package oracle
