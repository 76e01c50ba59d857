package trace

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func BenchmarkReadCSVLong(b *testing.B) {
	var t strings.Builder
	t.WriteString("id,time,value\n")
	for p := range 500 {
		for h := range 168 {
			fmt.Fprintf(&t, "cell%05d,2023-01-%02d %02d:00:00,%d.25\n", p, 2+h/24, h%24, p+h)
		}
	}
	benchCSV(b, t.String(), Mapping{Unit: "MB"})
}

func BenchmarkReadCSVWide(b *testing.B) {
	var t strings.Builder
	t.WriteString("step")
	for p := range 500 {
		fmt.Fprintf(&t, ",r%dc%d", p/25, p%25)
	}
	for h := range 168 {
		fmt.Fprintf(&t, "\n%d", h)
		for p := range 500 {
			fmt.Fprintf(&t, ",%d.25", p+h)
		}
	}
	benchCSV(b, t.String(), Mapping{StepS: 3600, SideM: 500})
}

func benchCSV(b *testing.B, text string, m Mapping) {
	b.Helper()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s, _, err := ReadCSV(context.Background(), strings.NewReader(text), m, Options{})
		if err != nil || len(s.Values) != 500*168 {
			b.Fatal(err)
		}
	}
}
