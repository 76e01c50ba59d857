package micro

import "math"

// play goes through the symbols of slot n.
func (c *cell) play(n int64, serving bool) {
	for i := range c.signals {
		if s := &c.signals[i]; n%s.period == s.offset {
			s.left = s.symbols
		}
	}
	startMs := float64(n) * float64(c.slotUs) / 1e3
	frame := c.cfg.Symbols
	first := int(n % int64(len(frame)/slotSymbols) * slotSymbols)
	for k := range slotSymbols {
		switch frame[first+k] {
		case 'D':
			c.downlink(n, serving, startMs+float64(k+1)*c.symbolMs)
		case 'U':
			c.uplink(serving)
		default:
			c.sum.add(Idle, 1, c.cfg.Model.Micro)
		}
	}
}

// downlink plays a downlink symbol of slot n that ends at a time in ms. A
// signal takes its resource blocks from the first downlink symbols of its
// window, as it need not matter where in the window they are: the cell is
// awake all through it. Files get the rest.
func (c *cell) downlink(n int64, serving bool, endMs float64) {
	share := 0.0
	for i := range c.signals {
		if s := &c.signals[i]; s.left > 0 && s.in(n) {
			s.left--
			share += s.rbShare
		}
	}
	share = min(share, 1)
	m := &c.cfg.Model
	room := c.cfg.SymbolBits
	if share > 0 {
		room = int64(math.Round(float64(room) * (1 - share)))
	}
	if !serving {
		room = 0
	}
	sent := c.files.serve(room, endMs)
	switch {
	case sent > 0 && sent == room:
		c.sum.add(Data, 1, c.fullDL)
	case sent > 0:
		used := share + float64(sent)/float64(c.cfg.SymbolBits)
		c.sum.add(Data, 1, m.ActiveDL(c.cfg.ChainShare, used, c.cfg.PowerShare))
	case share > 0:
		c.sum.add(Broadcast, 1, m.ActiveDL(c.cfg.ChainShare, share, c.cfg.PowerShare))
	default:
		c.sum.add(Idle, 1, m.Micro)
	}
}

// uplink plays an uplink symbol.
func (c *cell) uplink(serving bool) {
	if serving && c.files.serveUL(c.cfg.SymbolBits) > 0 {
		c.sum.add(Uplink, 1, c.fullUL)
		return
	}
	c.sum.add(Idle, 1, c.cfg.Model.Micro)
}

// capacity returns the bits that the downlink and the uplink of the run could
// carry in the slots where data are served: all symbols but the signals' share.
func (c *cell) capacity() (downlink, uplink float64) {
	frame := int64(len(c.cfg.Symbols) / slotSymbols)
	dl, ul := make([]float64, frame), make([]float64, frame) // of each slot
	for i, s := range c.cfg.Symbols {
		switch s {
		case 'D':
			dl[i/slotSymbols]++
		case 'U':
			ul[i/slotSymbols]++
		}
	}
	var d, u float64
	add := func(from, to int64) { // slots
		whole := float64((to - from) / frame)
		for i := range frame {
			times := whole
			if i < (to-from)%frame {
				times++
			}
			d += times * dl[(from+i)%frame]
			u += times * ul[(from+i)%frame]
		}
	}
	if !c.dtx {
		add(0, c.slots)
	}
	for n := int64(0); c.dtx && n < c.slots; n += c.cycle {
		add(n, min(n+c.on, c.slots))
	}
	for i := range c.signals {
		s := &c.signals[i]
		for w := s.offset; w < c.slots; w += s.period {
			left := float64(s.symbols)
			for n := w; n < min(w+s.window, c.slots) && left > 0; n++ {
				if c.serving(n) {
					d -= min(left, dl[n%frame]) * s.rbShare
				}
				left -= dl[n%frame]
			}
		}
	}
	return d * float64(c.cfg.SymbolBits), u * float64(c.cfg.SymbolBits)
}
