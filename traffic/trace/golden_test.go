package trace

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew; read the difference before you commit it")

// TestReportGolden shows a Report as a terminal does, for a file with every
// kind of defect.
func TestReportGolden(t *testing.T) {
	f, err := os.Open("testdata/dirty.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := Policy{OnBadRow: Drop, OnEmptyPlace: Drop, OnLongGap: Drop, OnOutside: Drop, Area: Area{MinLat: 40, MaxLat: 50, MinLon: 0, MaxLon: 10}}
	s, rep, err := ReadCSV(context.Background(), f, Mapping{Unit: "MB", Zone: "Europe/Paris"}, Options{Name: "dirty.csv", Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	checkAccount(t, s, rep)
	const golden = "testdata/dirty.report.txt"
	got := rep.String() + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(want), "\r\n", "\n") != got {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
