package cli

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/traffic/trace"
)

func newImport(io IO) *cobra.Command {
	return group("import", "Turn real data into Hibernet's own Parquet",
		`Read traffic or sites from CSV (plain or gzip) or Parquet and write Hibernet's own
Parquet files. Every gap, duplicate, negative or non-numeric value, empty place, place
without a location, position outside the area and mixed time step is counted, reported,
and handled as a flag says. Nothing is lost silently.`,
		"  hibernet import sites stations.csv.gz --out sites.parquet\n"+
			"  hibernet import traffic cells.csv --unit byte --sites sites.parquet --out traffic.parquet",
		newImportTraffic(io), newImportSites(io))
}

// handling holds the flags that both imports share.
type handling struct {
	out       string
	force     bool
	asJSON    bool
	delimiter string
	comma     bool
	filters   []string
	area      string
	maxGapS   int
	minCover  float64
	actions   map[string]*string
	sites     bool
}

func (h *handling) register(cmd *cobra.Command, sites bool) {
	h.sites = sites
	f := cmd.Flags()
	f.StringVar(&h.out, "out", "", "`FILE` to write (required), for example "+h.example())
	f.BoolVar(&h.force, "force", false, "replace the file if it exists")
	f.BoolVar(&h.asJSON, "json", false, "print the report as JSON")
	f.StringVar(&h.delimiter, "delimiter", "", "CSV delimiter, one character or tab; without it comma, semicolon, tab and bar are tried")
	f.BoolVar(&h.comma, "decimal-comma", false, "read 1,5 as one and a half")
	f.StringArrayVar(&h.filters, "filter", nil, "keep only rows with `COLUMN=VALUE`; may be repeated: values of one column are alternatives")
	f.StringVar(&h.area, "area", "", fmt.Sprintf("`REGION` for --on-outside: auto (median +- %d interquartile ranges), auto:K (+- K of them) or MINLAT,MINLON,MAXLAT,MAXLON in degrees", trace.DefaultAreaK))
	if !sites {
		f.IntVar(&h.maxGapS, "max-gap-s", 0, fmt.Sprintf("longest run of missing steps that --on-gap fills, s; 0 means %d, -1 any length", trace.DefaultMaxGapS))
		f.Float64Var(&h.minCover, "min-cover", 0, "drop places of which a smaller share of the steps was measured, 0 to 1")
	}
	h.actions = map[string]*string{}
	for _, flag := range trace.Flags() {
		allowed, usual := flag.Allowed, flag.Default
		if sites {
			allowed, usual = flag.Sites, flag.DefaultSites
		}
		if len(allowed) == 0 {
			continue
		}
		h.actions[flag.Name] = f.String(flag.Name, string(usual), fmt.Sprintf("%s: %s", flag.Doc, joinActions(allowed)))
		completeFlag(cmd, flag.Name, strings.Split(joinActions(allowed), ", ")...)
	}
}

// example is a name for the file to write.
func (h *handling) example() string {
	if h.sites {
		return "sites.parquet"
	}
	return "traffic.parquet"
}

func joinActions(actions []trace.Action) string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}

// policy returns the handling of defects that the flags ask for.
func (h *handling) policy() (trace.Policy, error) {
	p := trace.Policy{MaxGapS: h.maxGapS, MinCover: h.minCover}
	for _, flag := range trace.Flags() {
		value, given := h.actions[flag.Name]
		if !given {
			continue
		}
		allowed := flag.Allowed
		if h.sites {
			allowed = flag.Sites
		}
		action := trace.Action(*value)
		ok := false
		for _, a := range allowed {
			ok = ok || a == action
		}
		if !ok {
			return p, usage(fmt.Errorf("--%s: %q is not known, allowed: %s", flag.Name, *value, joinActions(allowed)), "")
		}
		flag.Set(&p, action)
	}
	var err error
	if h.area != "" {
		p.Area, err = parseArea(h.area)
	}
	return p, err
}

func parseArea(text string) (trace.Area, error) {
	fault := usage(fmt.Errorf("--area: must be auto, auto:K or MINLAT,MINLON,MAXLAT,MAXLON, got %q", text), "")
	if text == "auto" {
		return trace.Area{Auto: true, K: trace.DefaultAreaK}, nil
	}
	if rest, ok := strings.CutPrefix(text, "auto:"); ok {
		k, err := strconv.ParseFloat(rest, 64)
		if err != nil || !(k > 0) || math.IsInf(k, 0) {
			return trace.Area{}, fault
		}
		return trace.Area{Auto: true, K: k}, nil
	}
	parts := strings.Split(text, ",")
	var box [4]float64
	if len(parts) != len(box) {
		return trace.Area{}, fault
	}
	for i, part := range parts {
		var err error
		if box[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			return trace.Area{}, fault
		}
	}
	a := trace.Area{MinLat: box[0], MinLon: box[1], MaxLat: box[2], MaxLon: box[3]}
	if !(a.MinLat < a.MaxLat && a.MinLon < a.MaxLon) {
		return a, fault
	}
	return a, nil
}

func (h *handling) filter() ([]trace.Filter, error) {
	var list []trace.Filter
	for _, f := range h.filters {
		column, value, ok := strings.Cut(f, "=")
		if !ok || column == "" {
			return nil, usage(fmt.Errorf("--filter: must be COLUMN=VALUE, got %q", f), "")
		}
		list = append(list, trace.Filter{Column: column, Value: value})
	}
	return list, nil
}

func (h *handling) delim() (rune, error) {
	text := strings.NewReplacer(`\t`, "\t", "tab", "\t").Replace(h.delimiter)
	runes := []rune(text)
	switch len(runes) {
	case 0:
		return 0, nil
	case 1:
		return runes[0], nil
	}
	return 0, usage(fmt.Errorf("--delimiter: must be one character (or tab), got %q", h.delimiter), "")
}

// options returns what both imports read from the shared flags, once the
// output may be written.
func (h *handling) options(io IO, filter *[]trace.Filter, delimiter *rune) (trace.Options, error) {
	if err := h.ready(io); err != nil {
		return trace.Options{}, err
	}
	policy, err := h.policy()
	if err != nil {
		return trace.Options{}, err
	}
	if *filter, err = h.filter(); err != nil {
		return trace.Options{}, err
	}
	*delimiter, err = h.delim()
	return trace.Options{Policy: policy}, err
}

// ready says whether the output may be written.
func (h *handling) ready(io IO) error {
	if h.out == "" {
		return usage(errors.New("--out: name the file to write"), "for example --out "+h.example())
	}
	if _, err := os.Stat(io.path(h.out)); err == nil && !h.force {
		return usage(fmt.Errorf("--out: %s exists already", h.out), "--force replaces it")
	}
	return nil
}
