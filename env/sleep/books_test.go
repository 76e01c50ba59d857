package sleep

import (
	"testing"

	"hibernet/sim/kpi"
)

func TestAnEpisodeWhoseBooksDoNotCloseIsAnError(t *testing.T) {
	good := kpi.Totals{OfferedBit: 10, ServedBit: 7, DroppedBit: 2, QueuedBit: 1, EnergyJ: 6, StateJ: []float64{3}, TransitionJ: 1, SiteJ: 2}
	if err := balanced(&good); err != nil {
		t.Errorf("closing books: %v", err)
	}
	for name, spoil := range map[string]func(*kpi.Totals){
		"traffic": func(t *kpi.Totals) { t.ServedBit += 0.01 },
		"energy":  func(t *kpi.Totals) { t.SiteJ -= 0.01 },
	} {
		bad := good
		spoil(&bad)
		if balanced(&bad) == nil {
			t.Errorf("%s: books that do not close were accepted", name)
		}
	}
}
