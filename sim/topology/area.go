package topology

import "fmt"

// Area is the class of the area that a site stands in.
type Area uint8

// The area classes.
const (
	DenseUrban Area = iota
	Urban
	Suburban
	Rural
	NumAreas = 4
)

var areaNames = [NumAreas]string{"dense_urban", "urban", "suburban", "rural"}

// String returns the class's name: dense_urban, urban, suburban or rural.
func (a Area) String() string {
	if a >= NumAreas {
		return fmt.Sprintf("area(%d)", uint8(a))
	}
	return areaNames[a]
}

// ParseArea returns the class of a name that String gives.
func ParseArea(name string) (Area, error) {
	for i, n := range areaNames {
		if n == name {
			return Area(i), nil
		}
	}
	return 0, fmt.Errorf("topology: area class %q, allowed dense_urban, urban, suburban, rural", name)
}

// ClassSpec says what areas of one class are like.
type ClassSpec struct {
	ISDM          float64  `yaml:"isd_m" doc:"inter-site distance of a hexagonal layout; an irregular one has the same density" unit:"m" min:"10" max:"50000"`
	Scenario      string   `yaml:"scenario" doc:"propagation scenario of 3GPP TR 38.901" enum:"uma,umi,rma"`
	BSHeightM     float64  `yaml:"bs_height_m" doc:"height of the antennas above ground" unit:"m" min:"5" max:"150"`
	DowntiltDeg   float64  `yaml:"downtilt_deg" doc:"mechanical and electrical downtilt of all antennas together" unit:"deg" min:"-10" max:"45"`
	IndoorShare   float64  `yaml:"indoor_share" doc:"share of position bins inside buildings" min:"0" max:"1"`
	HighLossShare float64  `yaml:"high_loss_share" doc:"share of the indoor bins behind infrared-reflecting glass (high-loss building of 3GPP TR 38.901)" min:"0" max:"1"`
	CarShare      float64  `yaml:"car_share" doc:"share of the outdoor bins inside cars" min:"0" max:"1"`
	Carriers      []string `yaml:"carriers" doc:"carriers of the class's sites, names of the carrier table" minlen:"1"`
}

// DefaultClasses returns what the area classes are like unless a scenario
// says otherwise.
//
// Inter-site distance, antenna height and indoor share are those of ITU-R
// M.2412 and 3GPP TR 38.913 (dense urban 200 m, 25 m, 80 %; urban macro 500 m,
// 25 m, 80 %; rural 1732 m, 35 m, 50 %; secondary source); the suburban
// distance lies in the usual 600 to 900 m of Chinese macro networks (recalled,
// unverified), the suburban shares between their neighbours' (assumed).
// M.2412's outdoor users are in cars and a fifth of its dense urban buildings
// have high loss, none of its rural ones (recalled, unverified). The
// downtilts point the beam a little short of the cell's edge (assumed).
func DefaultClasses() map[string]ClassSpec {
	both := []string{"n28", "n41"}
	return map[string]ClassSpec{
		"dense_urban": {ISDM: 200, Scenario: "uma", BSHeightM: 25, DowntiltDeg: 14, IndoorShare: 0.8, HighLossShare: 0.2, CarShare: 1, Carriers: both},
		"urban":       {ISDM: 500, Scenario: "uma", BSHeightM: 25, DowntiltDeg: 9, IndoorShare: 0.8, HighLossShare: 0.2, CarShare: 1, Carriers: both},
		"suburban":    {ISDM: 750, Scenario: "uma", BSHeightM: 25, DowntiltDeg: 7, IndoorShare: 0.65, HighLossShare: 0.1, CarShare: 1, Carriers: both},
		"rural":       {ISDM: 1732, Scenario: "rma", BSHeightM: 35, DowntiltDeg: 5, IndoorShare: 0.5, HighLossShare: 0, CarShare: 1, Carriers: both},
	}
}
