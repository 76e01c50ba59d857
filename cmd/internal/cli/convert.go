package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hibernet/traffic/trace"
)

// conversion turns a foreign file, which a mapping M describes, into data T
// and one of Hibernet's own files.
type conversion[M, T any] struct {
	readCSV     func(context.Context, io.Reader, M, trace.Options) (T, *trace.Report, error)
	readParquet func(context.Context, io.ReaderAt, int64, M, trace.Options) (T, *trace.Report, error)
	write       func(io.Writer, T, trace.Meta) error
}

func (c conversion[M, T]) run(ctx context.Context, o IO, name string, m M, opt trace.Options, h *handling) error {
	src, err := o.open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	show, done := o.counting("import "+name, src.size)
	opt.Name, opt.Progress = name, show
	var data T
	var report *trace.Report
	if src.parquet {
		data, report, err = c.readParquet(ctx, src, src.size, m, opt)
	} else {
		data, report, err = c.readCSV(ctx, src, m, opt)
	}
	done()
	if err != nil {
		return importFault(o, report, err)
	}
	return h.finish(o, report, func(w io.Writer) error {
		return c.write(w, data, trace.MetaOf(report, commandLine(o)))
	})
}

// importFault prints what had been counted until an import failed. A setting
// at fault is a flag of the command line.
func importFault(o IO, report *trace.Report, err error) error {
	if report != nil && report.Rows.Read > 0 {
		o.say("%s\n", report)
	}
	var setting *trace.SettingError
	if errors.As(err, &setting) {
		return usage(fmt.Errorf("--%s: %w", flagOf(setting.Setting), setting.Err), "")
	}
	return input(err, "")
}

// flagOf returns the flag of a setting of package trace.
func flagOf(setting string) string {
	switch setting {
	case "zone":
		return "time-zone"
	case "area.k":
		return "area"
	}
	return strings.ReplaceAll(setting, "_", "-")
}

// commandLine is the command as it was typed, for the files' metadata.
func commandLine(o IO) string { return strings.Join(append([]string{"hibernet"}, o.Args...), " ") }

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
func (h *handling) finish(o IO, report *trace.Report, write func(io.Writer) error) error {
	var data bytes.Buffer
	if err := write(&data); err != nil {
		return err
	}
	if err := writeWhole(o.path(h.out), data.Bytes()); err != nil {
		return err
	}
	if h.asJSON {
		return o.json(struct {
			File   string        `json:"file"`
			Bytes  int           `json:"bytes"`
			Report *trace.Report `json:"report"`
		}{h.out, data.Len(), report})
	}
	fmt.Fprintf(o.Stdout, "%s\n\nwrote %s (%d kB)\n", report, h.out, (data.Len()+999)/1000)
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
