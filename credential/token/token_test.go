package token_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/seal"
	"github.com/keyreeve/keyreeve/credential/token"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func chance(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func keys(t testing.TB, seed byte) *seal.Keyring {
	t.Helper()
	k, err := seal.New(noon, chance(seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sealer is a keyring at a moment.
type sealer struct {
	keys *seal.Keyring
	now  time.Time
}

func (s sealer) seal(text, purpose string, random io.Reader) (string, error) {
	return token.Seal(s.keys, text, purpose, random)
}

func (s sealer) open(sealed, purpose string) (string, bool) {
	return token.Open(s.keys, sealed, purpose, s.now)
}

func sealed(t testing.TB, s sealer, text, purpose string) string {
	t.Helper()
	out, err := s.seal(text, purpose, chance(7))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatOpens(t *testing.T) {
	first := keys(t, 1)
	second, err := first.Rotate(noon, chance(2))
	if err != nil {
		t.Fatal(err)
	}
	marker := token.Purpose("marker", "111122223333", "ListUsers", "/")
	text := sealed(t, sealer{first, noon}, "alice", marker)
	for _, test := range []struct {
		name          string
		sealer        sealer
		text, purpose string
		want          bool
	}{
		{"as given out", sealer{first, noon}, text, marker, true},
		{"after a rotation", sealer{second, noon.Add(time.Hour)}, text, marker, true},
		{"36 hours after a rotation", sealer{second, noon.Add(36 * time.Hour)}, text, marker, false},
		{"another deployment", sealer{keys(t, 3), noon}, text, marker, false},
		{"another account", sealer{first, noon}, text, token.Purpose("marker", "111122223334", "ListUsers", "/"), false},
		{"another list", sealer{first, noon}, text, token.Purpose("marker", "111122223333", "ListRoles", "/"), false},
		{"another filter", sealer{first, noon}, text, token.Purpose("marker", "111122223333", "ListUsers", "/x"), false},
		{"parts joined otherwise", sealer{first, noon}, text, token.Purpose("marker1", "11122223333", "ListUsers", "/"), false},
		{"empty", sealer{first, noon}, "", marker, false},
		{"a line break behind", sealer{first, noon}, text + "\n", marker, false},
		{"padding behind", sealer{first, noon}, text + "=", marker, false},
		{"too long", sealer{first, noon}, strings.Repeat("A", 100_000), marker, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := test.sealer.open(test.text, test.purpose)
			if ok != test.want {
				t.Errorf("opens: %v, want %v", ok, test.want)
			}
			if want := map[bool]string{true: "alice"}[test.want]; got != want {
				t.Errorf("text is %q, want %q", got, want)
			}
		})
	}
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	s := sealer{keys(t, 1), noon}
	raw, err := base64.RawURLEncoding.DecodeString(sealed(t, s, "alice", "p"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range raw {
		forged := bytes.Clone(raw)
		forged[n] ^= 1
		for _, b := range [][]byte{forged, raw[:n]} {
			if got, ok := s.open(base64.RawURLEncoding.EncodeToString(b), "p"); ok {
				t.Fatalf("byte %d changed or the rest cut: %q", n, got)
			}
		}
	}
}

func TestAnyTextComesBack(t *testing.T) {
	s := sealer{keys(t, 1), noon}
	rapid.Check(t, func(t *rapid.T) {
		text, purpose := rapid.String().Draw(t, "text"), rapid.String().Draw(t, "purpose")
		out, err := s.seal(text, purpose, chance(byte(rapid.IntRange(0, 255).Draw(t, "seed"))))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Trim(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("%q is not safe in URLs", out)
		}
		if got, ok := s.open(out, purpose); !ok || got != text {
			t.Fatalf("Open = %q, %v; want %q", got, ok, text)
		}
	})
}

func TestWhatCannotBeSealed(t *testing.T) {
	s := sealer{keys(t, 1), noon}
	if _, err := s.seal("x", "p", bytes.NewReader(nil)); err == nil {
		t.Error("a text is sealed without randomness")
	}
	if _, err := s.seal(strings.Repeat("x", 64<<10), "p", chance(1)); err == nil {
		t.Error("a text is sealed that would not open")
	}
}

// FuzzOpen: what opens was sealed.
func FuzzOpen(f *testing.F) {
	s := sealer{keys(f, 1), noon}
	text := sealed(f, s, "alice", "p")
	f.Add(text, "p")
	f.Add("AQ", "")
	f.Fuzz(func(t *testing.T, given, purpose string) {
		if got, ok := s.open(given, purpose); ok != (given == text && purpose == "p") {
			t.Errorf("Open(%q, %q) = %q, %v", given, purpose, got, ok)
		}
	})
}
