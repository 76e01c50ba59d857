package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// Folder is a complete run folder, opened for reading.
type Folder struct {
	Dir      string
	Manifest *Manifest
}

// OpenOptions says how much Open checks.
type OpenOptions struct {
	// Hashes checks the SHA-256 of every file at once. Without it sizes are
	// checked, and a table's hash when it is read.
	Hashes bool
}

// Open opens the run folder at dir. It returns an error that wraps ErrNotRun
// or ErrIncomplete if there is no finished run, and one that names every file
// that is missing, of the wrong size or (with opt.Hashes) altered.
func Open(dir string, opt OpenOptions) (*Folder, error) {
	in, err := os.Open(filepath.Join(dir, ManifestName))
	if err != nil {
		return nil, explainMissing(dir, err)
	}
	defer in.Close() //nolint:errcheck // read only
	m, err := ReadManifest(in)
	if err != nil {
		return nil, fmt.Errorf("record: open %s: %w", dir, err)
	}
	if !m.Complete {
		return nil, fmt.Errorf("%w: %s: its manifest says complete: false", ErrIncomplete, dir)
	}
	var faults []error
	for _, f := range m.Files {
		if err := checkFile(dir, f, opt.Hashes); err != nil {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("record: open %s: %w", dir, err)
	}
	return &Folder{Dir: dir, Manifest: m}, nil
}

// explainMissing says why dir has no manifest.
func explainMissing(dir string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("record: open %s: %w", dir, err)
	}
	if _, errDir := os.Stat(dir); errDir != nil {
		return fmt.Errorf("%w: %w", ErrNotRun, errDir)
	}
	if _, errMark := os.Stat(filepath.Join(dir, UnfinishedName)); errMark == nil {
		return fmt.Errorf("%w: %s: it was killed or is still going on (there is %s but no %s)",
			ErrIncomplete, dir, UnfinishedName, ManifestName)
	}
	return fmt.Errorf("%w: %s has no %s", ErrNotRun, dir, ManifestName)
}

// checkFile compares a file with its entry in the manifest.
func checkFile(dir string, f File, hash bool) error {
	path := filepath.Join(dir, filepath.FromSlash(f.Name))
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing", f.Name)
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", f.Name)
	case st.Size() < f.Bytes:
		return fmt.Errorf("%s is truncated: %d bytes of %d", f.Name, st.Size(), f.Bytes)
	case st.Size() > f.Bytes:
		return fmt.Errorf("%s has grown: %d bytes, the manifest says %d", f.Name, st.Size(), f.Bytes)
	}
	if !hash {
		return nil
	}
	sum, err := SumFile(path)
	if err != nil {
		return err
	}
	if sum != f.SHA256 {
		return fmt.Errorf("%s was altered: SHA-256 is %s, the manifest says %s", f.Name, sum, f.SHA256)
	}
	return nil
}

// Has says whether the run wrote the named table.
func (f *Folder) Has(table string) bool {
	_, ok := f.Manifest.Table(table)
	return ok
}

// Path returns the path of a file of the run that the manifest lists.
func (f *Folder) Path(name string) (string, error) {
	for _, e := range f.Manifest.Files {
		if e.Name == name {
			return filepath.Join(f.Dir, filepath.FromSlash(name)), nil
		}
	}
	return "", fmt.Errorf("record: %s lists no file %q", f.Dir, name)
}

// Scan reads the table of row type T in order and hands it on in slices that
// are valid during the call only. It stops at the first error of visit. The
// error wraps ErrNoTable if the run wrote no such table.
func Scan[T Row](f *Folder, visit func(rows []T) error) error {
	t := describe[T]()
	entry, ok := f.Manifest.Table(t.Name)
	if !ok {
		return fmt.Errorf("%w: %s has no table %s", ErrNoTable, f.Dir, t.Name)
	}
	if err := checkFile(f.Dir, entry, true); err != nil {
		return fmt.Errorf("record: %s: %w", f.Dir, err)
	}
	in, err := os.Open(filepath.Join(f.Dir, entry.Name))
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	defer in.Close() //nolint:errcheck // read only
	if err := decode(in, entry.Bytes, visit); err != nil {
		return fmt.Errorf("record: %s: table %s: %w", f.Dir, t.Name, err)
	}
	return nil
}

// Read returns all rows of the table of row type T; see Scan.
func Read[T Row](f *Folder) ([]T, error) {
	var all []T
	err := Scan(f, func(rows []T) error {
		all = append(all, rows...)
		return nil
	})
	return all, err
}

// decode reads a table's file of size bytes. Damaged bytes are an error: the
// decoder's panics on them are caught here.
func decode[T Row](in io.ReaderAt, size int64, visit func(rows []T) error) (err error) {
	var visiting bool
	defer func() {
		if visiting {
			return
		}
		if cause := recover(); cause != nil {
			err = fmt.Errorf("damaged file: %v", cause)
		}
	}()
	if err := checkFooter(in, size); err != nil {
		return fmt.Errorf("damaged file: %w", err)
	}
	file, err := parquet.OpenFile(in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("damaged file: %w", err)
	}
	if err := describe[T]().matches(file); err != nil {
		return err
	}
	r := parquet.NewGenericReader[T](file)
	defer r.Close() //nolint:errcheck // read only
	buf := make([]T, batchRows)
	for {
		n, errRead := r.Read(buf)
		if n > 0 {
			visiting = true
			err := visit(buf[:n])
			visiting = false
			if err != nil {
				return err
			}
		}
		switch {
		case errors.Is(errRead, io.EOF):
			return nil
		case errRead != nil:
			return fmt.Errorf("damaged file: %w", errRead)
		case n == 0:
			return errors.New("damaged file: fewer rows than its footer says")
		}
	}
}

// checkFooter bounds the footer's length, which the decoder would allocate.
func checkFooter(in io.ReaderAt, size int64) error {
	const magic = 4 // "PAR1", at both ends
	if size < 2*magic+4 {
		return fmt.Errorf("%d bytes are too few", size)
	}
	var tail [4 + magic]byte
	if _, err := in.ReadAt(tail[:], size-int64(len(tail))); err != nil {
		return err
	}
	if n := int64(binary.LittleEndian.Uint32(tail[:])); n > size-2*magic-4 {
		return fmt.Errorf("the footer claims %d bytes of %d", n, size)
	}
	return nil
}

// matches compares a file's metadata and columns with the table's schema.
func (t Table) matches(file *parquet.File) error {
	if got, _ := file.Lookup(metaTable); got != t.Name {
		return fmt.Errorf("the file says it holds table %q", got)
	}
	if got, _ := file.Lookup(metaVersion); got != fmt.Sprint(Version) {
		return fmt.Errorf("schema version is %q, this program reads version %d", got, Version)
	}
	want := t.parquetTypes()
	got := map[string]string{}
	for _, f := range file.Schema().Fields() {
		got[f.Name()] = fieldType(f)
	}
	for _, c := range t.Columns {
		switch typ, ok := got[c.Name]; {
		case !ok:
			return fmt.Errorf("column %s is missing", c.Name)
		case typ != want[c.Name]:
			return fmt.Errorf("column %s is of type %s, want %s", c.Name, typ, want[c.Name])
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d columns, want %d", len(got), len(want))
	}
	return nil
}
