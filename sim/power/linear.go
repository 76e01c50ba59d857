package power

import "math"

// EARTH returns the input power in watt of a base station by the model of Auer
// et al., "How much energy is needed to run a wireless network?", IEEE
// Wireless Communications 18(5), 2011, equation 1:
//
//	N_TRX (P0 + delta_p P_out), P_out = load * P_max
//
// An awake station pays P0 also without output; a sleeping one N_TRX*P_sleep.
func EARTH(nTRX, p0W, deltaP, pMaxW, load float64) float64 {
	return nTRX * (p0W + deltaP*load*pMaxW)
}

// earthForm is a row of EARTH's table, for a whole station.
type earthForm struct {
	NTRX   float64 `yaml:"n_trx"`
	Units  float64 `yaml:"units"` // sectors that share the station; a profile is one of them
	PMaxW  float64 `yaml:"p_max_w"`
	P0W    float64 `yaml:"p0_w"`
	DeltaP float64 `yaml:"delta_p"`
	SleepW float64 `yaml:"p_sleep_w"`
}

func (t *earthForm) check(c *checker) {
	c.in("earth.n_trx", t.NTRX, 1, 1024)
	c.in("earth.units", t.Units, 1, t.NTRX)
	c.positive("earth.p_max_w", t.PMaxW, 1e4)
	c.positive("earth.p0_w", t.P0W, 1e4)
	c.in("earth.delta_p", t.DeltaP, 0, 100)
	c.in("earth.p_sleep_w", t.SleepW, 0, t.P0W)
}

// fill scales the active chains, of which the others sleep, and the output
// power. EARTH has one depth of sleep and no transition times.
func (t *earthForm) fill(e *entry, p *Profile) {
	p.States = e.awakeStates()
	n := t.NTRX / t.Units
	for s := range State(NumStates) {
		if d := &p.States[s]; d.Available {
			active := n * d.ChainShare
			idle := EARTH(active, t.P0W, t.DeltaP, t.PMaxW, 0)
			d.BaseW = idle + (n-active)*t.SleepW
			d.SlopeW = EARTH(active, t.P0W, t.DeltaP, t.PMaxW*d.PowerShare, 1) - idle
		}
	}
	for _, s := range []State{Sleep, DeepSleep} {
		p.States[s] = StateData{Available: true, BaseW: n * t.SleepW}
	}
}

// linearForm is a unit fitted to measurements: a line in the load, and sleeps
// as shares of its idle power.
type linearForm struct {
	IdleW float64 `yaml:"idle_w"`
	FullW float64 `yaml:"full_w"`
	// SlopeStatic is the share of the slope that does not follow the
	// transmit power, as A of TR 38.864.
	SlopeStatic float64 `yaml:"slope_static_share"`
	Share       bySleep `yaml:"idle_share"` // power asleep over idle; 0 = not offered
	WakeS       bySleep `yaml:"wake_s"`     // start of the hardware
	AdaptS      float64 `yaml:"adapt_s"`    // change of chains or power, either way

	DTX         *dtxForm `yaml:"dtx"`
	DTXOffShare float64  `yaml:"dtx_off_share"` // power of the silent part over idle
}

func (t *linearForm) check(c *checker) {
	c.positive("linear.idle_w", t.IdleW, maxUnitW)
	c.in("linear.full_w", t.FullW, t.IdleW, maxUnitW)
	c.in("linear.slope_static_share", t.SlopeStatic, 0, 1)
	for _, s := range []State{Sleep, DeepSleep, Dormant} {
		c.in("linear.idle_share."+s.String(), t.Share.of(s), 0, 1)
		c.in("linear.wake_s."+s.String(), t.WakeS.of(s), 0, 3600)
	}
	c.that(t.Share.Sleep > 0, "linear.idle_share.carrier_sleep", "must be above 0: it also gives what the chains draw")
	c.in("linear.adapt_s", t.AdaptS, 0, 60)
	c.that((t.DTX != nil) == (t.DTXOffShare != 0), "linear.dtx_off_share", "belongs to dtx: give both or none")
	if t.DTX != nil {
		t.DTX.check(c, "linear.dtx")
		c.in("linear.dtx_off_share", t.DTXOffShare, t.Share.Sleep, 1)
	}
}

// fill computes the states. Switching all chains off is carrier sleep, so the
// part of the idle power that follows the number of chains is taken to be what
// carrier sleep saves; the slope follows the chains wholly, and the transmit
// power but for its static share. A starting unit draws its idle power.
func (t *linearForm) fill(e *entry, p *Profile) {
	p.States = e.awakeStates()
	slope := t.FullW - t.IdleW
	chains := 1 - t.Share.Sleep
	adapt := microseconds(t.AdaptS)
	for s := range State(NumStates) {
		d := &p.States[s]
		if !d.Available {
			continue
		}
		d.BaseW = t.IdleW * (1 - chains*(1-d.ChainShare))
		d.SlopeW = slope * d.ChainShare * (t.SlopeStatic + (1-t.SlopeStatic)*d.PowerShare)
		if s != Full {
			d.EntryUs, d.WakeUs = adapt, adapt
		}
	}
	if t.DTX != nil {
		duty := t.DTX.OnMs / t.DTX.CycleMs
		d := awake()
		d.BaseW = t.IdleW * (duty + (1-duty)*t.DTXOffShare)
		d.SlopeW = slope * duty
		d.CapacityShare = duty
		p.States[DTX] = d
	}
	for _, s := range []State{Sleep, DeepSleep, Dormant} {
		if share := t.Share.of(s); share > 0 {
			base, wake := t.IdleW*share, t.WakeS.of(s)
			p.States[s] = StateData{
				Available: true, BaseW: base, WakeUs: microseconds(wake),
				TransitionJ: math.Max(wake*(t.IdleW-base), 0),
			}
		}
	}
}
