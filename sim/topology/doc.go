// Package topology builds the network that is simulated: sites, sectors, cells
// and carriers, the position bins where users are, and the candidate cells of
// each sector with the path gains from them.
//
// The way of the data: a Spec and, for an imported layout, given Sites become
// a plan of positions (hexagonal, irregular, or as given), which is sorted
// along a Hilbert curve and numbered. The ground is cut into the cells of the
// Voronoi diagram of the sites, limited to two inter-site distances, and each
// cell into its sectors' wedges; bins are drawn uniformly from a wedge. For
// each sector the nearest sites are surveyed: line of sight and shadowing are
// drawn for a bin and a site, the same for all its sectors and carriers; path
// loss, antenna pattern, shadowing and entry loss (package radio) give one
// linear gain for a bin and a cell. Of each carrier the sector's own cell and
// the strongest neighbours are kept; of a carrier that the sector does not
// have, neighbours are kept only if one of them could serve it.
//
// What is left out: shadow fading is independent between bins, which are
// mostly farther apart than its correlation distance; terrain; the height of
// users in buildings. Antenna gain is one fixed pattern for reference signals
// and data. Cells beyond the candidates neither serve nor interfere: with 8
// neighbours a carrier, a tenth to a fifth of the interference in a fully
// loaded network is missing, which is 0.7 to 2.3 dB of SINR and up to a tenth
// of the load on carriers with beams, more on others (sim/validation measures
// it: DEVIATIONS.md there).
//
// Build gives the same bits for the same Spec, key and sites whatever the
// number of workers: every draw is keyed by what it is for (bin, site), and
// shards have a fixed size.
//
// Positions are in metres, x to the east and y to the north; azimuths in
// degrees clockwise from north; gains linear, in (0, 1).
package topology
