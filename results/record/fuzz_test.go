package record

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func FuzzReadManifest(f *testing.F) {
	dir := f.TempDir()
	r, err := Create(dir, testInfo(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	if err := r.WriteFile("a/b.txt", []byte("x")); err != nil {
		f.Fatal(err)
	}
	if _, err := r.Finish(epoch); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(`{"format":"hibernet-run","version":1,"files":[{"name":"../x"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadManifest(bytes.NewReader(text))
		if (m == nil) == (err == nil) {
			t.Fatalf("manifest %v with error %v", m, err)
		}
		if m != nil {
			for _, file := range m.Files {
				if err := checkName(file.Name); err != nil {
					t.Errorf("accepted: %v", err)
				}
			}
			m.Differences(m)
		}
	})
}

// FuzzDecode reads damaged tables past the hash that guards them in a folder.
func FuzzDecode(f *testing.F) {
	dir := f.TempDir()
	r, err := Create(dir, testInfo(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	w, err := NewWriter[Event](r)
	if err != nil {
		f.Fatal(err)
	}
	if err := w.Write(sample[Event](30)...); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(dir, "events.parquet"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-5])
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows := 0
		err := decode(bytes.NewReader(b), int64(len(b)), func(r []Event) error { rows += len(r); return nil })
		if err == nil && bytes.Equal(b, good) && rows != 30 {
			t.Errorf("%d rows of 30", rows)
		}
	})
}
