package trace

import (
	"strings"
	"testing"
	"time"
)

func TestTimeFormats(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ format, text, want string }{
		{"", "2023-07-01 05:06:07", "2023-07-01T05:06:07"},
		{"", "2023-07-01T05:06", "2023-07-01T05:06:00"},
		{"", "2023-07-01", "2023-07-01T00:00:00"},
		{"", "2023-07-01T05:06:07.9", "2023-07-01T05:06:07"},
		{"", "2023-07-01T05:06:07Z", "2023-07-01T07:06:07"}, // an instant: two hours ahead in summer
		{"", "2023-01-01 05:06:07+01:00", "2023-01-01T05:06:07"},
		{"", "1969-12-31 23:59:59", "1969-12-31T23:59:59"},
		{"us", "1/2/2023 1:00", "2023-01-02T01:00:00"},
		{"eu", "1/2/2023 1:00", "2023-02-01T01:00:00"},
		{"eu", "1.2.2023 13:00", "2023-02-01T13:00:00"},
		{"", "1/1/2023 1:00", "2023-01-01T01:00:00"}, // the same either way
		{"", "1/13/2023 1:00", "2023-01-13T01:00:00"},
		{"", "13/1/2023 1:00", "2023-01-13T01:00:00"},
		{"unix", "1672531200", "2023-01-01T01:00:00"},
		{"unix", "1672531200.75", "2023-01-01T01:00:00"},
		{"unix_ms", "1672531200999", "2023-01-01T01:00:00"},
		{"unix_ms", "-1", "1970-01-01T00:59:59"},
		{"02 Jan 06 15h", "03 Feb 23 04h", "2023-02-03T04:00:00"},
	}
	for _, tt := range tests {
		got, err := newClockReader(tt.format, madrid).wall(tt.text)
		if err != nil || wallText(got) != tt.want {
			t.Errorf("%s %q: got %s, %v, want %s", tt.format, tt.text, wallText(got), err, tt.want)
		}
	}
}

// TestAutoDatesStay: a format that a date has settled holds for the rest, and
// a date that settles nothing settles nothing.
func TestAutoDatesStay(t *testing.T) {
	c := newClockReader("auto", time.UTC)
	for _, text := range []string{"13/1/2023", "2/1/2023"} {
		if got, err := c.wall(text); err != nil || time.Unix(got, 0).UTC().Month() != time.January {
			t.Errorf("%s: got %s, %v", text, wallText(got), err)
		}
	}
	c = newClockReader("auto", time.UTC)
	if _, err := c.wall("1/1/2023"); err != nil {
		t.Error(err)
	}
	if _, err := c.wall("2/1/2023"); err == nil {
		t.Error("2/1/2023 was read without knowing the order of day and month")
	}
}

// TestAutumnHourIsDuplicate: the clock of Madrid went back from 3:00 to 2:00
// on 29 October 2023, so that in Unix time two hours have the same wall time.
func TestAutumnHourIsDuplicate(t *testing.T) {
	const text = "time,value\n1698534000,1\n1698537600,2\n1698541200,4\n1698544800,8\n1698548400,16\n" // 1:00 2:00 2:00 3:00 4:00
	m := Mapping{Zone: "Europe/Madrid", TimeFormat: "unix", Unit: "bit", StepS: 3600}
	s, rep := importText(t, text, m, Policy{OnDuplicate: Sum})
	wantRow(t, s, 0, 1, 6, 8, 16)
	if rep.Count(Duplicate) != 1 || rep.Merged != 1 || !strings.Contains(rep.String(), "the hour that comes twice when the clock of Europe/Madrid is put back") {
		t.Errorf("wrong report:\n%v", rep)
	}
	if s.Start != "2023-10-29T01:00:00" || s.StartWeekday != 6 || s.StartS != 6*86400+3600 || s.TimeZone != "Europe/Madrid" {
		t.Errorf("got start %s, %d, %d, %s", s.Start, s.StartWeekday, s.StartS, s.TimeZone)
	}
	for policy, want := range map[Action]float32{First: 2, Last: 4, Mean: 3} {
		s, _ := importText(t, text, m, Policy{OnDuplicate: policy})
		wantRow(t, s, 0, 1, want, 8, 16)
	}
}

// TestSpringHourIsGap: on 26 March 2023 the clock of Madrid went from 2:00 to
// 3:00, so that 2:00 does not exist.
func TestSpringHourIsGap(t *testing.T) {
	const text = "time,value\n2023-03-25T23:00:00Z,1\n2023-03-26T00:00:00Z,2\n2023-03-26T01:00:00Z,4\n2023-03-26T02:00:00Z,8\n" // 0:00 1:00 3:00 4:00
	s, rep := importText(t, text, Mapping{Zone: "Europe/Madrid"}, Policy{})
	wantRow(t, s, 0, 1, 2, 3, 4, 8)
	if rep.Count(GapStep) != 1 || rep.Filled != 1 {
		t.Errorf("wrong report:\n%v", rep)
	}
}

func TestStepColumns(t *testing.T) {
	tests := []struct {
		name, text  string
		m           Mapping
		startS      int
		stepS, n, p int
	}{
		{"step, weekday, hour", "step,dow,hour,a\n5,2,3,1\n6,2,4,1\n", Mapping{Layout: LayoutWide}, 2*86400 + 3*3600, 3600, 2, 1},
		{"week turns", "step,dow,hour,a\n0,6,23,1\n1,0,0,1\n", Mapping{Layout: LayoutWide}, 6*86400 + 23*3600, 3600, 2, 1},
		{"quarter hours", "step,dow,hour,a\n0,1,7,1\n1,1,7,1\n2,1,7,1\n3,1,7,1\n4,1,8,1\n", Mapping{Layout: LayoutWide, StepS: 900}, 86400 + 7*3600, 900, 5, 1},
		{"weekday and hour only", "dow,hour,a,b\n0,5,1,2\n0,6,1,2\n", Mapping{Layout: LayoutWide}, 5 * 3600, 3600, 2, 2},
		{"day and slot", "day,slot,a\n0,46,1\n0,47,1\n1,0,1\n", Mapping{Layout: LayoutWide, StepS: 1800, StartWeekday: 3}, 3*86400 + 23*3600, 1800, 3, 1},
		{"step only", "step,a\n0,1\n1,1\n", Mapping{Layout: LayoutWide, StepS: 600, StartWeekday: 1}, 86400, 600, 2, 1},
		{"long", "id,step,hour,value\na,0,9,1\nb,0,9,1\na,1,10,1\nb,1,10,1\n", Mapping{StartWeekday: 4}, 4*86400 + 9*3600, 3600, 2, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := importText(t, tt.text, tt.m, Policy{})
			if s.StartS != tt.startS || s.StepS != tt.stepS || s.Steps != tt.n || s.Places() != tt.p || s.Start != "" {
				t.Errorf("got start %d (%q), step %d, %d steps, %d places", s.StartS, s.Start, s.StepS, s.Steps, s.Places())
			}
		})
	}
}
