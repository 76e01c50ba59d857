package topology

import (
	"testing"

	"hibernet/sim/rng"
)

func build(t testing.TB, spec Spec, opt Options) *Topology {
	t.Helper()
	top, err := Build(spec, rng.Root(1), opt)
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// sized returns the default spec with n sites in the given layout, not
// wrapped.
func sized(layout string, n int) Spec {
	spec := DefaultSpec()
	spec.Layout, spec.Wrap = layout, false
	spec.Areas[0].Sites = n
	return spec
}
