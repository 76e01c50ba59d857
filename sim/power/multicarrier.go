package power

// Unit is the power of one radio unit whose power amplifiers carry several
// carriers. It has the structure of Piovesan, Lopez-Perez, De Domenico, Geng,
// Bao and Debbah, "Machine Learning and Analytical Power Consumption Models for
// 5G Base Stations", IEEE Communications Magazine 60(10), 2022 (structure
// recalled, unverified; coefficients are ours or a user's):
//
//	P0 + P_BB + M_av D_TRX + M_ac D_PA + sum over carriers of P_TX/eta
//
// with M_av chains available, M_ac amplifiers active. Switching a carrier off
// saves its own part; an amplifier goes off only when every carrier on it is
// off, and the baseband only when every carrier of the unit is deeply asleep.
//
// PowerTo leaves each carrier's part, so that accounts by cell, by carrier and of
// the whole network stay sums. A network adds up cells by the same structure
// (Shared, Profile.StandInW).
type Unit struct {
	SupervisorW float64 // P0, whatever happens
	DeepW       float64 // more, unless every carrier is dormant
	BasebandW   float64 // P_BB: more, unless every carrier is deeply asleep
	Chains      float64 // M
	ChainW      float64 // D_TRX of a chain that an awake carrier uses
	PAW         float64 // D_PA of an amplifier while an awake carrier on it is not silent
	Carriers    []UnitCarrier
}

// UnitCarrier is one carrier of a unit.
type UnitCarrier struct {
	OwnW float64 // its own processing while it is awake
	TxW  float64 // radiated at full load
	Eta  float64 // of the amplifiers' load-dependent part, above 0
	// PA numbers the amplifiers that the carrier uses: carriers with the same
	// number share them. The amplifiers of a unit are as many as its chains
	// for each number.
	PA int
	// Shares of each awake state, by State: chains, power and time, as in
	// StateData.
	Shares [NumStates]StateShares
}

// StateShares are an awake state's shares of chains, transmit power and time.
type StateShares struct{ Chain, Power, Time float64 }

// PowerTo sets dst[i] to the power in watt of carrier i's part for the carriers'
// states and loads (shares of the capacity that the state leaves), and returns
// their sum, the unit's power. What carriers share is divided equally: the
// amplifiers' and chains' part among the awake carriers on them, the rest among
// all. The slices must be as long as Carriers.
func (u *Unit) PowerTo(dst []float64, states []State, loads []float64) float64 {
	if len(dst) != len(u.Carriers) || len(states) != len(dst) || len(loads) != len(dst) {
		panic("power: Unit needs a value for each carrier")
	}
	common := u.commonW(states) / float64(len(u.Carriers))
	sum := 0.0
	for i := range u.Carriers {
		c := &u.Carriers[i]
		dst[i] = common
		if states[i].Awake() {
			static, sharers := u.amplifiersW(c.PA, states)
			h := &c.Shares[states[i]]
			dst[i] += static/float64(sharers) + c.OwnW + loads[i]*h.Time*h.Chain*h.Power*c.TxW/c.Eta
		}
		sum += dst[i]
	}
	return sum
}

// commonW returns what no carrier has of its own: supervisor, supply, baseband.
func (u *Unit) commonW(states []State) float64 {
	lightest := Dormant
	for _, s := range states {
		lightest = min(lightest, s)
	}
	w := u.SupervisorW
	if lightest < Dormant {
		w += u.DeepW
	}
	if lightest < DeepSleep {
		w += u.BasebandW
	}
	return w
}

// amplifiersW returns the static power of the chains and amplifiers of a number,
// and how many awake carriers share them. As many chains are on as the carrier
// with most needs, and for as long: cycles of carriers that share an amplifier
// are aligned.
func (u *Unit) amplifiersW(pa int, states []State) (watt float64, sharers int) {
	var chain, active float64
	for i := range u.Carriers {
		if c := &u.Carriers[i]; c.PA == pa && states[i].Awake() {
			h := &c.Shares[states[i]]
			chain, active = max(chain, h.Chain), max(active, h.Chain*h.Time)
			sharers++
		}
	}
	return u.Chains * (chain*u.ChainW + active*u.PAW), sharers
}

// Contiguous is the power of a device with several carriers by the rule of 3GPP
// TR 38.864 clause 5.1 (see Aggregate): each of its contiguous intra-band
// carriers by a profile of its own, one of them fully and the others 0.7 times.
// The one that counts fully is the first awake carrier, or the first of all.
type Contiguous struct{ Profiles []Profile }

// PowerTo is Unit.PowerTo for this rule. A state that a profile does not offer
// makes NaN.
func (u *Contiguous) PowerTo(dst []float64, states []State, loads []float64) float64 {
	if len(dst) != len(u.Profiles) || len(states) != len(dst) || len(loads) != len(dst) {
		panic("power: Contiguous needs a value for each carrier")
	}
	first := 0
	for i, s := range states {
		if s.Awake() {
			first = i
			break
		}
	}
	sum := 0.0
	for i := range u.Profiles {
		dst[i] = u.Profiles[i].PowerW(states[i], loads[i])
		if i != first {
			dst[i] *= contiguousWeight
		}
		sum += dst[i]
	}
	return sum
}

// sharedForm states one of several equal carriers of a unit, for a network that
// adds up cells: the anchor bears what is shared, as if its partners slept; an
// added carrier bears what it adds while the anchor is awake. What the unit
// draws beyond that sum is Profile.StandInW.
type sharedForm struct {
	Unit        string  `yaml:"unit"`  // carriers of one sector with the same name share a unit
	Added       bool    `yaml:"added"` // the partners are awake and bear what is shared: none of it is given
	SupervisorW float64 `yaml:"supervisor_w"`
	DeepW       float64 `yaml:"deep_w"`
	BasebandW   float64 `yaml:"baseband_w"`
	ChainW      float64 `yaml:"chain_w"`
	PAW         float64 `yaml:"pa_w"`
	OwnW        float64 `yaml:"own_w"`
	TxW         float64 `yaml:"tx_w"`
	Eta         float64 `yaml:"efficiency"`
	WakeS       bySleep `yaml:"wake_s"`
}

func (t *sharedForm) check(c *checker) {
	for _, f := range []struct {
		name string
		v    float64
	}{
		{"supervisor_w", t.SupervisorW}, {"deep_w", t.DeepW}, {"baseband_w", t.BasebandW},
		{"chain_w", t.ChainW}, {"pa_w", t.PAW}, {"own_w", t.OwnW}, {"tx_w", t.TxW},
	} {
		c.in("multicarrier."+f.name, f.v, 0, 1e4)
	}
	c.in("multicarrier.efficiency", t.Eta, 0.01, 1)
	c.that(!t.Added || t.SupervisorW == 0 && t.DeepW == 0 && t.BasebandW == 0 && t.ChainW == 0 && t.PAW == 0, "multicarrier.added",
		"a carrier whose partners bear what is shared has own_w, tx_w and efficiency only")
	for _, s := range []State{Sleep, DeepSleep, Dormant} {
		c.in("multicarrier.wake_s."+s.String(), t.WakeS.of(s), 0, 3600)
	}
}

// unit returns the unit with the cell as carrier 0 and one partner.
func (t *sharedForm) unit(e *entry, states *[NumStates]StateData) Unit {
	c := UnitCarrier{OwnW: t.OwnW, TxW: t.TxW, Eta: t.Eta}
	for s, d := range states {
		c.Shares[s] = StateShares{Chain: d.ChainShare, Power: d.PowerShare, Time: d.CapacityShare}
	}
	return Unit{
		SupervisorW: t.SupervisorW, DeepW: t.DeepW, BasebandW: t.BasebandW,
		Chains: float64(e.TRX), ChainW: t.ChainW, PAW: t.PAW, Carriers: []UnitCarrier{c, c},
	}
}

// fill computes the cell's states from the unit. An added carrier that sleeps
// draws nothing more, however deeply: carrier sleep is its only one. A starting
// unit draws its idle power.
func (t *sharedForm) fill(e *entry, p *Profile) {
	p.States = e.awakeStates()
	u := t.unit(e, &p.States)
	partner, sleeps := Dormant, []State{Sleep, DeepSleep, Dormant}
	rest := 0.0
	if t.Added {
		partner, sleeps = Full, sleeps[:1]
		rest = u.totalW(Dormant, partner, 0) // the partner's own
	}
	for s := range DTX {
		if d := &p.States[s]; d.Available {
			d.BaseW = u.totalW(s, partner, 0) - rest
			d.SlopeW = u.totalW(s, partner, 1) - rest - d.BaseW
		}
	}
	for _, s := range sleeps {
		base, wake := u.totalW(s, partner, 0)-rest, t.WakeS.of(s)
		p.States[s] = StateData{
			Available: true, BaseW: base, WakeUs: microseconds(wake),
			TransitionJ: max(wake*(p.States[Full].BaseW-base), 0),
		}
	}
	p.Shared = &Shared{Unit: t.Unit, Added: t.Added}
	if !t.Added {
		p.Shared.CommonW = u.commonW([]State{Full})
		for s := range DTX {
			if p.States[s].Available {
				p.Shared.StaticW[s], _ = u.amplifiersW(0, []State{s, Dormant})
			}
		}
	}
}

// totalW returns the power of a unit of two carriers, the second without load.
func (u *Unit) totalW(s, partner State, load float64) float64 {
	var dst [2]float64
	return u.PowerTo(dst[:], []State{s, partner}, []float64{load, 0})
}
