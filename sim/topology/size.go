package topology

// Size counts what a topology is made of.
type Size struct {
	Sites, Sectors, Cells int
	Links                 int // candidate links of all sectors, about
}

// Size returns how large the topology of a valid spec is at most, without
// building it. imported is the number of imported sites, 0 for layouts that are
// generated: their carriers are those of the area or class that has most.
// Sites that Options.Keep drops are counted. Links are about as many as said:
// those to neighbours with carriers that a sector lacks are left out.
func (s *Spec) Size(imported int) Size {
	var out Size
	add := func(sites, sectors, carriers int) {
		out.Sites += sites
		out.Sectors += sites * sectors
		out.Cells += sites * sectors * carriers
	}
	if s.Layout == LayoutImported {
		most := 0
		for i := range s.Areas {
			most = max(most, len(s.class(&s.Areas[i]).Carriers))
		}
		for _, class := range s.Classes {
			most = max(most, len(class.Carriers))
		}
		add(imported, usualSectors, most)
	} else {
		for i := range s.Areas {
			a := &s.Areas[i]
			sectors := a.Sectors
			if sectors == 0 {
				sectors = usualSectors
			}
			add(a.Sites, sectors, len(s.class(a).Carriers))
		}
	}
	out.Links = out.Cells * (1 + s.Neighbours)
	return out
}
