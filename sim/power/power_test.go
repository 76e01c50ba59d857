package power

import "testing"

func TestBuiltinDecode(t *testing.T) {
	names, _ := files.ReadDir("profiles")
	for _, n := range names {
		text, _ := files.ReadFile("profiles/" + n.Name())
		ps, err := Decode(n.Name(), text)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			t.Log(p.Name)
			for i, d := range p.States {
				if d.Available {
					t.Logf("  %-14v %+v", State(i), d)
				}
			}
		}
	}
}
