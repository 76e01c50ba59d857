package fit

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"go.yaml.in/yaml/v3"

	"hibernet/traffic"
)

// significant is the number of digits that fitted settings are rounded to,
// before they are judged, so that the file holds what was judged.
const significant = 4

func roundTo(x float64) float64 {
	const nothing = 1e-6 // far below the effect of any setting
	if math.Abs(x) < nothing {
		return 0
	}
	scale := math.Pow(10, significant-1-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// round rounds every fitted setting of a Spec.
func round(s *traffic.Spec) {
	for _, g := range fittedGroups(s) {
		for _, f := range g.fields {
			*f.value = roundTo(*f.value)
		}
	}
	for i := range s.Profiles {
		s.Profiles[i].RelativeMean = roundTo(s.Profiles[i].RelativeMean)
	}
	for _, m := range mixes(s) {
		sum := 0.0
		for _, f := range mixFields(m.mix)[1:] {
			*f.value = math.Round(*f.value*decimals) / decimals
			sum += *f.value
		}
		m.mix.Residential = math.Round((1-sum)*decimals) / decimals
	}
}

// number is a setting: its key in a file and where its value stands.
type number struct {
	key   string
	value *float64
}

// numbersOf is a section of a file with numbers.
type numbersOf struct {
	key    string
	fields []number
}

// fittedGroups are the numbers that a fit sets, by section; the levels of the
// area classes are the first of the means.
func fittedGroups(s *traffic.Spec) []numbersOf {
	m, c, n := &s.Mean, &s.Classes, &s.Noise
	return []numbersOf{
		{"mean", []number{
			{"dense_urban_mbps", &m.DenseUrbanMbps}, {"urban_mbps", &m.UrbanMbps}, {"suburban_mbps", &m.SuburbanMbps}, {"rural_mbps", &m.RuralMbps},
			{"shape", &m.Shape}, {"nugget", &m.Nugget}, {"range_m", &m.RangeM},
		}},
		{"classes", []number{{"nugget", &c.Nugget}, {"range_m", &c.RangeM}, {"spread", &c.Spread}, {"mean_weight", &c.MeanWeight}}},
		{"noise", []number{
			{"cv", &n.CV}, {"hour_exponent", &n.HourExponent}, {"mean_exponent", &n.MeanExponent}, {"hour_phi", &n.HourPhi},
			{"day_phi", &n.DayPhi}, {"day_share", &n.DayShare}, {"drift_share", &n.DriftShare}, {"common_share", &n.CommonShare},
		}},
	}
}

type namedMix struct {
	key string
	mix *traffic.Mix
}

func mixes(s *traffic.Spec) []namedMix {
	c := &s.Classes
	return []namedMix{{"dense_urban", &c.DenseUrban}, {"urban", &c.Urban}, {"suburban", &c.Suburban}, {"rural", &c.Rural}}
}

func mixFields(m *traffic.Mix) []number {
	return []number{{"residential", &m.Residential}, {"mixed", &m.Mixed}, {"office", &m.Office}, {"transport", &m.Transport}, {"leisure", &m.Leisure}}
}

// YAML returns the fitted settings as the section traffic of a scenario, under
// comments that say where they come from, one line each. How demand runs
// inside an hour is left to the scenario, and the level of demand where the
// city does not tell it.
func (m *Model) YAML(comments ...string) ([]byte, error) {
	spec := m.Spec
	section := mapping()
	for _, g := range fittedGroups(&spec) {
		n := mapping()
		if g.key == "mean" {
			put(n, "family", text(spec.Mean.Family))
		}
		for k, f := range g.fields {
			if g.key != "mean" || k >= len(m.Levels) || m.Levels[k] {
				put(n, f.key, value(*f.value))
			}
		}
		if g.key == "classes" {
			for _, x := range mixes(&spec) {
				put(n, x.key, mixNode(x.mix))
			}
		}
		put(section, g.key, n)
	}
	profiles := &yaml.Node{Kind: yaml.SequenceNode}
	for _, p := range spec.Profiles {
		n := mapping()
		put(n, "class", text(p.Class))
		put(n, "relative_mean", value(p.RelativeMean))
		for d, day := range p.Days() {
			put(n, dayKeys[d], list(day))
		}
		put(n, "spread", list(p.Spread))
		profiles.Content = append(profiles.Content, n)
	}
	put(section, "profiles", profiles)
	root := mapping()
	put(root, "traffic", section)
	var b bytes.Buffer
	for _, c := range comments {
		fmt.Fprintf(&b, "# %s\n", c)
	}
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("write the fitted settings: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write the fitted settings: %w", err)
	}
	return b.Bytes(), nil
}

// dayKeys are the keys of a profile's days.
var dayKeys = [daysPerWeek]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func text(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

func value(x float64) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatFloat(x, 'f', -1, 64)}
}

func put(n *yaml.Node, key string, v *yaml.Node) { n.Content = append(n.Content, text(key), v) }

func list(x []float64) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range x {
		n.Content = append(n.Content, value(v))
	}
	return n
}

func mixNode(m *traffic.Mix) *yaml.Node {
	n := mapping()
	n.Style = yaml.FlowStyle
	for _, f := range mixFields(m) {
		put(n, f.key, value(*f.value))
	}
	return n
}
