package trace

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// dirt writes a random dirty file, and how a plain reader would account for it.
type dirt struct {
	rng  *rand.Rand
	text strings.Builder
}

var dirtyFields = []string{"", "NaN", "x", "-3", "inf", "0", "0", "1.5", "7", "2e3", "1e300", " 4 ", `"5"`}

func (d *dirt) field() string { return dirtyFields[d.rng.IntN(len(dirtyFields))] }

func (d *dirt) when() string {
	switch d.rng.IntN(12) {
	case 0:
		return "yesterday"
	case 1:
		return "2023-01-01T05:00:00Z"
	}
	return time.Date(2023, 1, 1, d.rng.IntN(20), 0, 0, 0, time.UTC).Format("2006-01-02 15:04:05")
}

func (d *dirt) long(rows int) {
	d.text.WriteString("id,time,value\n")
	for range rows {
		id := []string{"a", "b", "c", "d", ""}[d.rng.IntN(5)]
		fmt.Fprintf(&d.text, "%s,%s,%s", id, d.when(), d.field())
		if d.rng.IntN(20) == 0 {
			d.text.WriteString(",more")
		}
		d.text.WriteByte('\n')
	}
}

func (d *dirt) wide(rows int) {
	d.text.WriteString("time,r0c0,r0c1,r1c0,r1c1\n")
	for range rows {
		d.text.WriteString(d.when())
		for range 4 {
			d.text.WriteString("," + d.field())
		}
		if d.rng.IntN(20) == 0 {
			d.text.WriteString(",more")
		}
		d.text.WriteByte('\n')
	}
}

func pick(rng *rand.Rand, f Flag) Action {
	for {
		if a := f.Allowed[rng.IntN(len(f.Allowed))]; a != Fail {
			return a
		}
	}
}

// TestAccountAddsUp imports random dirty files under random policies: rows,
// values and places must add up, and the Series must be whole.
func TestAccountAddsUp(t *testing.T) {
	good := 0
	for seed := range uint64(600) {
		d := &dirt{rng: rand.New(rand.NewPCG(seed, 1))}
		values, rows := int64(1), 1+d.rng.IntN(60)
		if seed%2 == 0 {
			d.long(rows)
		} else {
			d.wide(rows)
			values = 4
		}
		var p Policy
		for _, f := range Flags() {
			if len(f.Allowed) > 0 {
				f.Set(&p, pick(d.rng, f))
			}
		}
		p.MaxGapS = []int{0, -1, 3600, 36000}[d.rng.IntN(4)]
		m := Mapping{Unit: []string{"MB", "relative", "load", "Mbit/s"}[d.rng.IntN(4)], StepS: []int{0, 3600, 7200}[d.rng.IntN(3)]}
		s, rep, err := ReadCSV(context.Background(), strings.NewReader(d.text.String()), m, Options{Policy: p})
		if err != nil {
			if !strings.Contains(err.Error(), "every place was dropped") && !strings.Contains(err.Error(), "no row holds") &&
				!strings.Contains(err.Error(), "step") {
				t.Fatalf("seed %d: %v", seed, err)
			}
			continue
		}
		good++
		checkAccount(t, s, rep)
		if rep.Rows.Read != int64(rows) || rep.Values.Read != int64(rows)*values {
			t.Fatalf("seed %d: %d rows and %d values read of %d rows", seed, rep.Rows.Read, rep.Values.Read, rows)
		}
	}
	if good < 200 {
		t.Fatalf("only %d of 600 files could be imported: the test shows too little", good)
	}
}

// TestAccountByHand counts one file by hand.
func TestAccountByHand(t *testing.T) {
	const text = "id,time,value,kind\n" +
		"a,2023-01-02 00:00,1,x\n" +
		"a,2023-01-02 01:00,oops,x\n" + // non-numeric: gap
		"a,2023-01-02 02:00,3,x\n" +
		"a,2023-01-02 02:00,9,x\n" + // duplicate
		"a,2023-01-02 03:00,-4,x\n" + // negative: gap at the end of a, so long
		"a,2023-01-02 00:00,1,y\n" + // filtered
		"b,2023-01-02 00:00,0,x\n" +
		"b,2023-01-02 01:00,0,x\n" +
		"b,2023-01-02 02:00,0,x\n" +
		"b,2023-01-02 03:00,,x\n" + // missing
		"c,never,5,x\n" + // bad time
		",2023-01-02 00:00,5,x\n" + // no id
		"c,2023-01-02 00:00\n" // ragged
	s, rep := importText(t, text, Mapping{Filter: []Filter{{"kind", "x"}}}, Policy{OnBadRow: Drop, OnLongGap: Zero, OnEmptyPlace: Drop})
	if len(s.ID) != 1 || s.ID[0] != "a" {
		t.Fatalf("got places %v", s.ID)
	}
	// Relative values may be negative, so the -4 stays.
	wantRow(t, s, 0, 1, 2, 3, -4)
	for _, c := range []Cause{{NonNumeric, 1}, {Duplicate, 1}, {Filtered, 1}, {EmptyPlace, 3}, {Missing, 1}, {BadTime, 1}, {EmptyID, 1}, {RaggedRow, 1}} {
		if got := rep.Rows.DroppedBy(c.Cause); got != c.N {
			t.Errorf("%s: got %d, want %d", c.Cause, got, c.N)
		}
	}
	if rep.Rows.Read != 13 || rep.Rows.Used != 3 || rep.Filled != 1 {
		t.Errorf("got %d read, %d used, %d filled\n%v", rep.Rows.Read, rep.Rows.Used, rep.Filled, rep)
	}
	s, rep = importText(t, text, Mapping{Unit: "bit", Filter: []Filter{{"kind", "x"}}}, Policy{OnBadRow: Drop, OnLongGap: Zero, OnEmptyPlace: Keep})
	wantRow(t, s, 0, 1, 2, 3, 0)
	wantRow(t, s, 1, 0, 0, 0, 0)
	if rep.Count(Negative) != 1 || rep.Count(LongGap) != 2 || rep.Count(GapStep) != 1 || rep.Count(EmptyPlace) != 1 {
		t.Errorf("wrong counts:\n%v", rep)
	}
}
