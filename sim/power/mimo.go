package power

// MIMO is the power model of a massive-MIMO station with zero forcing, as Cai,
// Wang, Zhang, Demir and Cavdar use it ("Multi-agent Reinforcement Learning for
// Energy Saving in Multi-Cell Massive MIMO Systems", ICC 2024, arXiv
// 2402.03204), read in the environment published with the paper (GitHub
// tztsai/Energy-Efficient-5G-RL, network/base_station.py). With M antennas, K
// users and a sum rate R:
//
//	no load   M (epsilon P_PA/((1+epsilon) eta) + P_chain) + P_sync + P_fixed
//	with load + M p/((1+epsilon) eta) + P_code R
//	          + B/L [K^3/(3 T) + M K (2 + 1/T) + 3 M K^2]
//
// The amplifiers track the envelope: epsilon of their highest power is drawn
// without output. A sleep mode draws a share of the power without load.
type MIMO struct {
	Epsilon float64 // share of the amplifiers' highest power that stays without output
	Eta     float64 // highest efficiency of an amplifier
	PAMaxW  float64 // highest output of an amplifier
	ChainW  float64 // circuits of one chain
	SyncW   float64 // oscillator
	FixedW  float64 // everything else that does not follow the load
	TxW     float64 // mean radiated power of an antenna while it transmits

	CodingWPerGbps float64 // coding and decoding
	BandwidthGHz   float64 // complex samples, 10^9 a second
	GflopsPerW     float64 // efficiency L of the computation
	Coherence      float64 // samples T for which a precoder holds
}

// NoLoadW returns the power in watt of a station without users.
func (m *MIMO) NoLoadW(antennas float64) float64 {
	return antennas*(m.Epsilon*m.PAMaxW/m.drawn()+m.ChainW) + m.SyncW + m.FixedW
}

// LoadW returns what serving a number of users at a sum rate adds, in watt.
func (m *MIMO) LoadW(antennas, users, gbps float64) float64 {
	amplifier := antennas * m.TxW / m.drawn()
	compute := m.BandwidthGHz / m.GflopsPerW * (users*users*users/(3*m.Coherence) +
		antennas*users*(2+1/m.Coherence) + 3*antennas*users*users)
	return amplifier + m.CodingWPerGbps*gbps + compute
}

// drawn is what an amplifier turns into output, over what it draws at most.
func (m *MIMO) drawn() float64 { return (1 + m.Epsilon) * m.Eta }

// mimoForm is a station of the model with its users at full load.
type mimoForm struct {
	Antennas   float64 `yaml:"antennas"`
	Epsilon    float64 `yaml:"pa_idle_share"`
	Eta        float64 `yaml:"pa_efficiency"`
	PAMaxW     float64 `yaml:"pa_max_w"`
	ChainW     float64 `yaml:"chain_w"`
	SyncW      float64 `yaml:"sync_w"`
	FixedW     float64 `yaml:"fixed_w"`
	TxW        float64 `yaml:"tx_w"`
	Coding     float64 `yaml:"coding_w_per_gbps"`
	Bandwidth  float64 `yaml:"bandwidth_mhz"`
	GflopsPerW float64 `yaml:"gflops_per_w"`
	Coherence  float64 `yaml:"coherence_samples"`
	Users      float64 `yaml:"full_users"` // served together at full load
	Gbps       float64 `yaml:"full_gbps"`  // their sum rate

	Share   bySleep `yaml:"no_load_share"` // power asleep over the power without load; 0 = not offered
	WakeMs  bySleep `yaml:"wake_ms"`
	SwitchJ bySleep `yaml:"switch_j"` // falling asleep and waking together
}

func (t *mimoForm) check(c *checker) {
	const most = 1e6
	c.in("mimo.antennas", t.Antennas, 1, 1024)
	c.in("mimo.pa_idle_share", t.Epsilon, 0, 1)
	c.in("mimo.pa_efficiency", t.Eta, 0.01, 1)
	c.in("mimo.pa_max_w", t.PAMaxW, 0, 1e3)
	c.in("mimo.chain_w", t.ChainW, 0, 1e3)
	c.in("mimo.sync_w", t.SyncW, 0, 1e4)
	c.in("mimo.fixed_w", t.FixedW, 0, 1e4)
	c.in("mimo.tx_w", t.TxW, 0, t.PAMaxW)
	c.in("mimo.coding_w_per_gbps", t.Coding, 0, 1e3)
	c.in("mimo.bandwidth_mhz", t.Bandwidth, 0, 1e4)
	c.in("mimo.gflops_per_w", t.GflopsPerW, 1e-3, most)
	c.in("mimo.coherence_samples", t.Coherence, 1, most)
	c.in("mimo.full_users", t.Users, 0, t.Antennas)
	c.in("mimo.full_gbps", t.Gbps, 0, 1e3)
	for _, s := range []State{Sleep, DeepSleep, Dormant} {
		c.in("mimo.no_load_share."+s.String(), t.Share.of(s), 0, 1)
		c.in("mimo.wake_ms."+s.String(), t.WakeMs.of(s), 0, maxExitUs/1e3)
		c.in("mimo.switch_j."+s.String(), t.SwitchJ.of(s), 0, most)
	}
}

// model returns the formula's arguments.
func (t *mimoForm) model() MIMO {
	return MIMO{
		Epsilon: t.Epsilon, Eta: t.Eta, PAMaxW: t.PAMaxW, ChainW: t.ChainW, SyncW: t.SyncW, FixedW: t.FixedW, TxW: t.TxW,
		CodingWPerGbps: t.Coding, BandwidthGHz: t.Bandwidth / 1e3, GflopsPerW: t.GflopsPerW, Coherence: t.Coherence,
	}
}

// fill draws a line from no load to full load; the share rho of the time all
// users of full load are served. The sleep modes act on all chains.
func (t *mimoForm) fill(e *entry, p *Profile) {
	m := t.model()
	p.States = e.awakeStates()
	for s := range State(NumStates) {
		if d := &p.States[s]; d.Available {
			antennas := t.Antennas * d.ChainShare
			scaled := m
			scaled.TxW *= d.PowerShare
			d.BaseW = m.NoLoadW(antennas)
			d.SlopeW = scaled.LoadW(antennas, t.Users, t.Gbps)
		}
	}
	for _, s := range []State{Sleep, DeepSleep, Dormant} {
		if share := t.Share.of(s); share > 0 {
			p.States[s] = StateData{
				Available: true, BaseW: share * m.NoLoadW(t.Antennas),
				WakeUs: microseconds(t.WakeMs.of(s) / 1e3), TransitionJ: t.SwitchJ.of(s),
			}
		}
	}
}
