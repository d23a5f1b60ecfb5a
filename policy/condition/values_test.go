package condition_test

import (
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/policy/condition"
	"pgregory.net/rapid"
)

func TestParseNumber(t *testing.T) {
	for s, want := range map[string]bool{
		"5": true, "+5": true, "-5": true, "5.0": true, "007": true, "1e3": true, "1E-3": true, "0": true,
		"": false, "-": false, ".5": false, "5.": false, "10abc": false, "0x10": false, " 5": false, "5 ": false,
		"1e": false, "1e+": false, "1e9999999999": false, "NaN": false, "1_000": false, "--5": false, "５": false,
	} {
		if _, ok := condition.ParseNumber(s); ok != want {
			t.Errorf("ParseNumber(%q): %v", s, ok)
		}
	}
}

func TestNumbersCompareAsDecimals(t *testing.T) {
	number := rapid.StringMatching(`[+-]?[0-9]{1,4}(\.[0-9]{1,4})?([eE][+-]?[0-3])?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, okX := condition.ParseNumber(a)
		y, okY := condition.ParseNumber(b)
		if !okX || !okY {
			t.Fatal("not parsed")
		}
		p, _ := new(big.Rat).SetString(a)
		q, _ := new(big.Rat).SetString(b)
		if got, want := x.Compare(y), p.Cmp(q); got != want {
			t.Fatalf("%s against %s: %d, should be %d", a, b, got, want)
		}
	})
}

func TestParseInstant(t *testing.T) {
	for s, want := range map[string]string{
		"2024":                           "2024-01-01T00:00:00Z",
		"2024-05":                        "2024-05-01T00:00:00Z",
		"2024-05-06":                     "2024-05-06T00:00:00Z",
		"2024-05-06T07:08Z":              "2024-05-06T07:08:00Z",
		"2024-05-06T07:08:09Z":           "2024-05-06T07:08:09Z",
		"2024-05-06T07:08:09.5Z":         "2024-05-06T07:08:09.5Z",
		"2024-05-06T07:08:09.123456789Z": "2024-05-06T07:08:09.123456789Z",
		"2024-05-06T07:08:09-01:30":      "2024-05-06T08:38:09Z",
		"2024-02-29":                     "2024-02-29T00:00:00Z",
		"1714521600":                     "2024-05-01T00:00:00Z",
		"0":                              "1970-01-01T00:00:00Z",
		"20240501":                       "1970-08-23T06:21:41Z",
	} {
		at, err := time.Parse(time.RFC3339Nano, want)
		if err != nil {
			t.Fatal(err)
		}
		a, ok := condition.ParseInstant(s)
		b, _ := condition.ParseInstant(at.Format("2006-01-02T15:04:05.000000000Z"))
		if !ok || a.Compare(b) != 0 {
			t.Errorf("%s is not %s", s, want)
		}
	}
	for _, s := range []string{
		"", "soon", "2024-13", "2024-00", "2024-02-30", "2023-02-29", "2024-5", "2024-05-06T07Z", "2024-05-06T07:08",
		"2024-05-06T24:00Z", "2024-05-06T07:60Z", "2024-05-06T07:08:60Z", "2024-05-06T07:08:09.Z", "2024-05-06T07:08:09.1234567890Z",
		"2024-05-06t07:08Z", "2024-05-06T07:08z", "2024-05-06T07:08+0100", "2024-05-06T07:08+24:00", "2024-05-06 07:08Z",
		"-1", "1.5", "99999999999999999999", "12345-01", "2024-05-06T07:08Zx", "2024-",
	} {
		if _, ok := condition.ParseInstant(s); ok {
			t.Errorf("%q is taken for a date", s)
		}
	}
}

func TestParseRange(t *testing.T) {
	for s, want := range map[string]string{
		"10.1.2.3":              "10.1.2.3/32",
		"10.1.2.3/8":            "10.0.0.0/8",
		"2001:DB8:0::1":         "2001:db8::1/128",
		"2001:db8::1/32":        "2001:db8::/32",
		"::ffff:10.1.2.3":       "10.1.2.3/32",
		"::ffff:10.1.2.3/104":   "10.0.0.0/8",
		"":                      "",
		"10.1.2":                "",
		"10.1.2.3/33":           "",
		"10.1.2.03":             "",
		"fe80::1%eth0":          "",
		"10.0.0.0/255.0.0.0":    "",
		"10.0.0.1-10.0.0.2":     "",
		"${aws:SourceIp}":       "",
		"2001:db8::/129":        "",
		"0.0.0.0/0":             "0.0.0.0/0",
		"::/0":                  "::/0",
		" 10.1.2.3":             "",
		"10.1.2.3/08":           "",
		"1.2.3.4.5":             "",
		"::ffff:10.1.2.3/95":    "::fffe:0:0/95",
		"::ffff:10.1.2.3/96":    "0.0.0.0/0",
		"[2001:db8::1]":         "",
		"2001:db8::1/128 extra": "",
	} {
		p, ok := condition.ParseRange(s)
		if got := p.String(); ok != (want != "") || ok && got != want {
			t.Errorf("ParseRange(%q) = %s, %v", s, got, ok)
		}
	}
}

// A range contains its own address; a number equals itself and is ordered; a
// date is what it is when written out.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"5.0e1", "-0", "2024-05-06T07:08:09.5+01:00", "1714521600", "10.0.0.0/8", "::ffff:1.2.3.4/100", "2024"} {
		f.Add(s, "1")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if x, ok := condition.ParseNumber(a); ok {
			y, ok := condition.ParseNumber(b)
			if x.Compare(x) != 0 || ok && x.Compare(y) != -y.Compare(x) {
				t.Errorf("numbers %q and %q have no order", a, b)
			}
		}
		if x, ok := condition.ParseInstant(a); ok {
			y, ok := condition.ParseInstant(b)
			if x.Compare(x) != 0 || ok && x.Compare(y) != -y.Compare(x) {
				t.Errorf("dates %q and %q have no order", a, b)
			}
		}
		if p, ok := condition.ParseRange(a); ok {
			again, err := netip.ParsePrefix(p.String())
			if err != nil || again != p || !p.Contains(p.Addr()) {
				t.Errorf("range %q is %v", a, p)
			}
		}
		if addr, ok := condition.ParseAddress(a); ok && addr.Is4In6() {
			t.Errorf("address %q stays mapped", a)
		}
	})
}
