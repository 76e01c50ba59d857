package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

//go:embed templates/*.yaml
var templateFiles embed.FS

// PresetInfo names a preset and says what it is for.
type PresetInfo struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Presets returns the embedded scenarios in alphabetical order.
func Presets() ([]PresetInfo, error) {
	var list []PresetInfo
	for _, name := range names(presetFiles, "presets") {
		s, err := Preset(name, nil)
		if err != nil {
			return nil, err
		}
		list = append(list, PresetInfo{Name: name, Description: s.Description})
	}
	return list, nil
}

// Preset returns an embedded scenario with overrides of the form path=value.
// The error of an unknown name lists what exists.
func Preset(name string, sets []string) (Scenario, error) {
	text, err := PresetText(name)
	if err != nil {
		return Scenario{}, err
	}
	return Load("preset "+name, text, sets)
}

// PresetText returns the file of an embedded scenario, with its comments.
func PresetText(name string) ([]byte, error) {
	return embedded(presetFiles, "presets", "scenario", name)
}

// Kinds returns what New can make a file for.
func Kinds() []string { return names(templateFiles, "templates") }

// New returns a commented file to start a scenario of one's own from. kind
// says where its traffic and sites come from: synthetic (both generated),
// trace (imported traffic) or sites (imported sites).
func New(kind string) ([]byte, error) {
	return embedded(templateFiles, "templates", "kind of scenario", kind)
}

func embedded(files embed.FS, dir, what, name string) ([]byte, error) {
	have := names(files, dir)
	for _, n := range have {
		if n == name {
			return files.ReadFile(dir + "/" + name + ".yaml")
		}
	}
	return nil, fmt.Errorf("scenarios: no %s named %q: have %s", what, name, strings.Join(have, ", "))
}

// names returns the files of an embedded folder, without their ending.
func names(files embed.FS, dir string) []string {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		panic("scenarios: embedded folder is missing")
	}
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return list
}
