package trace

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
)

// importText reads CSV text that must be good.
func importText(t *testing.T, text string, m Mapping, p Policy) (*Series, *Report) {
	t.Helper()
	s, rep, err := ReadCSV(context.Background(), strings.NewReader(text), m, Options{Name: "t.csv", Policy: p})
	if err != nil {
		t.Fatalf("%v\n%v", err, rep)
	}
	checkAccount(t, s, rep)
	return s, rep
}

// checkAccount holds a Report to its identities.
func checkAccount(t *testing.T, s *Series, rep *Report) {
	t.Helper()
	if !rep.Balanced() {
		t.Fatalf("the account does not add up:\n%v", rep)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if int64(s.Places()) != rep.Places.Used || s.Steps != rep.Steps {
		t.Fatalf("the report does not describe the series:\n%v", rep)
	}
	if rep.Count(OffGrid) == 0 && int64(len(s.Values)) != rep.Values.Used-rep.Merged+rep.Filled {
		t.Fatalf("%d values, %d used - %d merged + %d filled", len(s.Values), rep.Values.Used, rep.Merged, rep.Filled)
	}
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func equalFloats(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func wantRow(t *testing.T, s *Series, p int, want ...float32) {
	t.Helper()
	if got := s.Row(p); !equalFloats(got, want) {
		t.Errorf("place %s: got %v, want %v", s.ID[p], got, want)
	}
}
