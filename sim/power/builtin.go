package power

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

//go:embed profiles/*.yaml
var files embed.FS

// builtin decodes the embedded files once. They are part of the program and
// tested, so a fault in them is a programmer's.
var builtin = sync.OnceValue(func() []Profile {
	names, err := fs.Glob(files, "profiles/*.yaml")
	if err != nil {
		panic("power: embedded profiles")
	}
	var all []Profile
	for _, name := range names { // sorted by Glob
		text, err := files.ReadFile(name)
		if err != nil {
			panic("power: embedded profiles")
		}
		ps, err := Decode(name, text)
		if err != nil {
			panic("power: embedded profiles do not decode")
		}
		all = append(all, ps...)
	}
	return all
})

// Builtin returns the embedded profiles in a fixed order.
func Builtin() []Profile { return append([]Profile(nil), builtin()...) }

// Find returns the embedded profile of a name; the error lists what exists.
func Find(name string) (Profile, error) { return Lookup(builtin(), name) }

// Lookup returns the profile of a name among ps; the error lists what exists.
func Lookup(ps []Profile, name string) (Profile, error) {
	names := make([]string, len(ps))
	for i := range ps {
		if ps[i].Name == name {
			return ps[i], nil
		}
		names[i] = ps[i].Name
	}
	return Profile{}, fmt.Errorf("power profile %q: want one of %s", name, strings.Join(names, ", "))
}
