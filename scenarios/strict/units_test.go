package strict

import "testing"

func TestConvert(t *testing.T) {
	for _, c := range []struct {
		x        float64
		from, to string
		want     string
	}{
		{0.5, "km", "m", "500"}, {2.6, "GHz", "MHz", "2600"}, {15, "min", "s", "900"}, {50, "%", "1", "0.5"},
		{46, "dBm", "W", "39.8107170553"}, {40, "W", "dBm", "46.0205999133"}, {5, "mW", "W", "0.005"}, {5, "MW", "kW", "5000"},
		{1, "kWh", "J", "3600000"}, {1, "MJ", "J", "1000000"}, {1, "mJ", "J", "0.001"}, {100, "mbps", "Mbit/s", "100"}, {1, "d", "h", "24"},
		{180, "deg", "rad", "3.14159265359"}, {1, "GB", "Gbit", "8"},
	} {
		got, ok := convert(c.x, c.from, c.to)
		if !ok || plain(got) != c.want {
			t.Errorf("%g %s = %s %s, %t; want %s", c.x, c.from, plain(got), c.to, ok, c.want)
		}
	}
	for _, c := range [][2]string{{"km", "s"}, {"mw", "W"}, {"mj", "J"}, {"parsec", "m"}, {"m", "CNY"}} {
		if got, ok := convert(1, c[0], c[1]); ok {
			t.Errorf("1 %s = %g %s", c[0], got, c[1])
		}
	}
	if got, ok := convert(0, "W", "dBm"); ok {
		t.Errorf("0 W = %g dBm", got)
	}
}
