package cli

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
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
	f.StringVar(&h.out, "out", "", "file to write (required), for example traffic.parquet")
	f.BoolVar(&h.force, "force", false, "replace the file if it exists")
	f.BoolVar(&h.asJSON, "json", false, "print the report as JSON")
	f.StringVar(&h.delimiter, "delimiter", "", "CSV delimiter; empty finds it out (comma, semicolon, tab, bar)")
	f.BoolVar(&h.comma, "decimal-comma", false, "read 1,5 as one and a half")
	f.StringArrayVar(&h.filters, "filter", nil, "keep only rows with `COLUMN=VALUE`; may be repeated")
	f.StringVar(&h.area, "area", "", "region for --on-outside: auto, auto:K (interquartile ranges) or MINLAT,MINLON,MAXLAT,MAXLON")
	if !sites {
		f.IntVar(&h.maxGapS, "max-gap-s", 0, fmt.Sprintf("longest hole that --on-gap fills, s; 0 means %d, -1 any length", trace.DefaultMaxGapS))
		f.Float64Var(&h.minCover, "min-cover", 0, "drop places with a smaller share of steps measured, 0 to 1")
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

// source is an opened input file.
type source struct {
	*os.File
	name    string
	size    int64
	parquet bool
}

func (o IO) open(name string) (*source, error) {
	f, err := os.Open(o.path(name))
	if err != nil {
		return nil, input(err, "")
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a folder, want a file", name)
	}
	if err != nil {
		f.Close()
		return nil, input(err, "")
	}
	magic := make([]byte, 4)
	n, _ := f.ReadAt(magic, 0)
	return &source{File: f, name: name, size: info.Size(), parquet: bytes.Equal(magic[:n], []byte("PAR1"))}, nil
}

// finish prints the report and writes the file, whole or not at all.
func (h *handling) finish(io IO, report *trace.Report, write func(w *bytes.Buffer) error) error {
	var data bytes.Buffer
	if err := write(&data); err != nil {
		return err
	}
	if err := writeWhole(io.path(h.out), data.Bytes()); err != nil {
		return err
	}
	if h.asJSON {
		return io.json(struct {
			File   string        `json:"file"`
			Bytes  int           `json:"bytes"`
			Report *trace.Report `json:"report"`
		}{h.out, data.Len(), report})
	}
	fmt.Fprintf(io.Stdout, "%s\n\nwrote %s (%d kB)\n", report, h.out, (data.Len()+999)/1000)
	return nil
}

// ready says whether the output may be written.
func (h *handling) ready(io IO) error {
	if h.out == "" {
		return usage(errors.New("--out: name the file to write"), "for example --out traffic.parquet")
	}
	if _, err := os.Stat(io.path(h.out)); err == nil && !h.force {
		return usage(fmt.Errorf("--out: %s exists already", h.out), "--force replaces it")
	}
	return nil
}

// writeWhole writes a file under a temporary name, syncs it, and gives it its
// name: a killed program leaves no half of it.
func writeWhole(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails, as it should, once renamed
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// counting shows the progress of reading a file.
func (o IO) counting(label string, size int64) (func(int64), func()) {
	p := o.progress(label, int(max(size, 1)))
	return func(n int64) { p.set(int(n), "") }, p.close
}
