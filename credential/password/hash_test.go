package password

import (
	"bytes"
	"strings"
	"testing"
)

var cheap = Parameters{Memory: 64, Passes: 1, Lanes: 1}

func hashed(t testing.TB, p Parameters, password string) Hash {
	t.Helper()
	h, err := p.Hash(password, bytes.NewReader(bytes.Repeat([]byte{7}, saltSize)))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestMatches(t *testing.T) {
	h := hashed(t, cheap, "correct horse")
	parsed, err := Parse(h.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []Hash{h, parsed} {
		if !h.Matches("correct horse") {
			t.Error("the password itself does not match")
		}
		for _, wrong := range []string{"", "Correct horse", "correct horse ", "correct hors"} {
			if h.Matches(wrong) {
				t.Errorf("%q matches", wrong)
			}
		}
	}
	if (Hash{}).Matches("") || Dummy().Matches("") {
		t.Error("the zero hash or the dummy matches")
	}
}

func TestOutdated(t *testing.T) {
	if !hashed(t, cheap, "x").Outdated() {
		t.Error("other parameters are not outdated")
	}
	if hashed(t, Default, "x").Outdated() || Dummy().Outdated() {
		t.Error("today's parameters are outdated")
	}
}

func TestSaltThatCannotBeRead(t *testing.T) {
	if _, err := New("x", strings.NewReader("short")); err == nil {
		t.Error("hashed without a whole salt")
	}
}

func TestParseRefuses(t *testing.T) {
	good := hashed(t, cheap, "x").String()
	for name, change := range map[string][2]string{
		"another algorithm": {"argon2id", "argon2i"},
		"another version":   {"v=19", "v=16"},
		"too much memory":   {"m=64", "m=4194304"},
		"too little memory": {"m=64", "m=7"},
		"no passes":         {"t=1", "t=0"},
		"too many passes":   {"t=1", "t=17"},
		"no lanes":          {"p=1", "p=0"},
		"too many lanes":    {"p=1", "p=257"},
		"leading zero":      {"m=64", "m=064"},
		"sign":              {"m=64", "m=+64"},
		"order":             {"m=64,t=1", "t=1,m=64"},
		"short salt":        {"$Bwc", "$"},
		"line end":          {"$Bwc", "$\nBwc"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, change[0], change[1], 1)
			if bad == good {
				t.Fatal("nothing changed")
			}
			if _, err := Parse(bad); err == nil {
				t.Errorf("%q is parsed", bad)
			}
		})
	}
	for _, bad := range []string{"", good + "$", good[:len(good)-1], " " + good} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q is parsed", bad)
		}
	}
}

// What parses prints as it was and stays within the bounds.
func FuzzParse(f *testing.F) {
	f.Add(hashed(f, cheap, "x").String())
	f.Add(Dummy().String())
	f.Add("$argon2id$v=19$m=64,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Parse(text)
		if err != nil {
			return
		}
		if h.String() != text {
			t.Errorf("%q prints as %q", text, h)
		}
		if err := h.parameters.check(); err != nil {
			t.Error(err)
		}
	})
}
