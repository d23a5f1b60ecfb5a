package seal_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/seal"
	"pgregory.net/rapid"
)

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// chance gives the same bytes for the same seed.
func chance(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func newRing(t testing.TB, seed byte) *seal.Keyring {
	t.Helper()
	k, err := seal.New(day, chance(seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func rotated(t testing.TB, k *seal.Keyring, now time.Time, seed byte) *seal.Keyring {
	t.Helper()
	k, err := k.Rotate(now, chance(seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealedOpensOnlyInItsContext(t *testing.T) {
	k := newRing(t, 1)
	context := seal.Context("secret access key", "111122223333", "AKIA1")
	sealed, err := k.Seal([]byte("a secret"), context)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Open(sealed, context); err != nil || string(got) != "a secret" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if bytes.Contains(sealed, []byte("a secret")) {
		t.Error("the secret is in the sealed value")
	}
	for name, other := range map[string][]byte{
		"another key":     seal.Context("secret access key", "111122223333", "AKIA2"),
		"another account": seal.Context("secret access key", "111122223334", "AKIA1"),
		"other borders":   seal.Context("secret access key", "111122223333A", "KIA1"),
		"none":            nil,
	} {
		if _, err := k.Open(sealed, other); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("%s: err = %v, want ErrSealed", name, err)
		}
	}
	if _, err := newRing(t, 2).Open(sealed, context); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("another ring: err = %v, want ErrSealed", err)
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	k := newRing(t, 1)
	sealed, err := k.Seal([]byte("secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(sealed) {
		forged := bytes.Clone(sealed)
		forged[bit/8] ^= 1 << (bit % 8)
		if _, err := k.Open(forged, nil); !errors.Is(err, seal.ErrSealed) {
			t.Fatalf("bit %d flipped: err = %v", bit, err)
		}
	}
	for n := range sealed {
		if _, err := k.Open(sealed[:n], nil); !errors.Is(err, seal.ErrSealed) {
			t.Fatalf("cut to %d bytes: err = %v", n, err)
		}
	}
}

func TestRotationKeepsWhatIsSealed(t *testing.T) {
	first := newRing(t, 1)
	sealed, _ := first.Seal([]byte("old"), nil)
	second := rotated(t, first, day.Add(time.Hour), 2)
	if second.ID() != first.ID() {
		t.Error("the id changed with the rotation")
	}
	if got, err := second.Open(sealed, nil); err != nil || string(got) != "old" {
		t.Errorf("after rotation: %q, %v", got, err)
	}
	if !first.IsCurrent(sealed) || second.IsCurrent(sealed) {
		t.Error("IsCurrent: want true before and false after the rotation")
	}
	newer, _ := second.Seal([]byte("new"), nil)
	if _, err := first.Open(newer, nil); err == nil {
		t.Error("the ring before the rotation opens what was sealed after it")
	}
}

func TestPruneKeepsWhatIsNeeded(t *testing.T) {
	first := newRing(t, 1)
	sealed, _ := first.Seal([]byte("old"), nil)
	old, _ := seal.Generation(sealed)
	ring := rotated(t, first, day, 2)
	late := day.Add(seal.VerifiesAfterRetirement)
	for _, test := range []struct {
		name  string
		now   time.Time
		inUse bool
		opens bool
	}{
		{"retired a moment ago", day, false, true},
		{"retired long ago, but sealed data is left", late, true, true},
		{"retired long ago, nothing is left", late, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			pruned, err := ring.Prune(test.now, func(g uint32) bool { return test.inUse && g == old })
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pruned.Open(sealed, nil); (err == nil) != test.opens {
				t.Errorf("Open after Prune: %v, want it to open: %v", err, test.opens)
			}
			if newer, err := pruned.Seal([]byte("new"), nil); err != nil || !ring.IsCurrent(newer) {
				t.Errorf("the newest generation is gone: %v", err)
			}
			reread(t, pruned)
		})
	}
}

func TestDerivedKeysDifferByPurposeContextAndRing(t *testing.T) {
	ring, other := newRing(t, 1), newRing(t, 2)
	seen := map[[32]byte]string{}
	for _, k := range []*seal.Keyring{ring, other} {
		for _, purpose := range []seal.Purpose{seal.SessionTokens, seal.SessionSecrets, seal.ClientTexts} {
			for _, context := range []string{"", "a", "b"} {
				derived := k.Derive(purpose, []byte(context))
				name := fmt.Sprint(k.ID(), purpose, context)
				if before, ok := seen[derived.Key]; ok {
					t.Errorf("%s and %s have the same key", name, before)
				}
				seen[derived.Key] = name
				again, ok := k.DeriveAgain(derived.Generation, purpose, []byte(context), day)
				if !ok || again.Key != derived.Key {
					t.Errorf("%s: DeriveAgain gives another key", name)
				}
			}
		}
	}
}

func TestDerivedKeysAreThoseOfHKDF(t *testing.T) {
	k := rotated(t, newRing(t, 1), day, 2)
	content, err := k.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Generations []struct {
			Number     uint32
			Derivation []byte
		}
	}
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Generations {
		for _, context := range []string{"", "a", strings.Repeat("long", 100)} {
			info := append(seal.Context("keyreeve", string(seal.SessionTokens)), context...)
			want, err := hkdf.Expand(sha256.New, g.Derivation, string(info), 32)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := k.DeriveAgain(g.Number, seal.SessionTokens, []byte(context), day); !ok || !bytes.Equal(got.Key[:], want) {
				t.Errorf("generation %d, context %.5q: %x, want %x", g.Number, context, got.Key, want)
			}
		}
	}
}

func TestRetiredGenerationsVerifyFor36Hours(t *testing.T) {
	first := newRing(t, 1)
	derived := first.Derive(seal.SessionTokens, nil)
	ring := rotated(t, first, day, 2)
	for _, test := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {36*time.Hour - time.Second, true}, {36 * time.Hour, false}, {1000 * time.Hour, false}} {
		if _, ok := ring.DeriveAgain(derived.Generation, seal.SessionTokens, nil, day.Add(test.after)); ok != test.want {
			t.Errorf("%v after retirement: %v, want %v", test.after, ok, test.want)
		}
	}
	if _, ok := newRing(t, 3).DeriveAgain(derived.Generation, seal.SessionTokens, nil, day); ok {
		t.Error("a ring derives keys of a generation that it does not have")
	}
}

// reread gives the ring that Parse makes of what Marshal writes.
func reread(t testing.TB, k *seal.Keyring) *seal.Keyring {
	t.Helper()
	content, err := k.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, content, second) {
		t.Fatal("what was parsed is written otherwise")
	}
	return again
}

// sameJSON compares documents without regard to white space: Tink's writer varies it.
func sameJSON(t testing.TB, a, b []byte) bool {
	t.Helper()
	var x, y bytes.Buffer
	if json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		t.Fatal("the key file is not JSON")
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

func TestKeyFileKeepsEverything(t *testing.T) {
	k := rotated(t, rotated(t, newRing(t, 1), day.Add(time.Hour), 2), day.Add(2*time.Hour), 3)
	sealed, _ := k.Seal([]byte("x"), nil)
	derived := k.Derive(seal.SessionTokens, []byte("id"))
	again := reread(t, k)
	if got, err := again.Open(sealed, nil); err != nil || string(got) != "x" {
		t.Errorf("Open = %q, %v", got, err)
	}
	got := again.Derive(seal.SessionTokens, []byte("id"))
	if got != derived {
		t.Error("the derived key is another one after writing and reading")
	}
	if again.ID() != k.ID() {
		t.Error("the id is another one after writing and reading")
	}
}

func TestDamagedKeyFiles(t *testing.T) {
	content, err := rotated(t, newRing(t, 1), day, 2).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for name, damaged := range map[string]string{
		"empty":                "",
		"cut":                  text[:len(text)/2],
		"not JSON":             "secret",
		"something after":      text + "{}",
		"unknown member":       strings.Replace(text, `"format"`, `"formal"`, 1),
		"newer format":         strings.Replace(text, `"format": 1`, `"format": 2`, 1),
		"no id":                strings.Replace(text, `"id"`, `"iD2"`, 1),
		"nobody retired":       strings.Replace(text, `"retired": "2026-03-01T12:00:00Z",`, "", 1),
		"sealing key disabled": strings.Replace(text, "ENABLED", "DISABLED", 1),
		"short derivation":     strings.Replace(text, `"derivation": "`, `"derivation": "AAAA`, 1),
		"no output prefix":     strings.Replace(text, `"TINK"`, `"RAW"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if damaged == text {
				t.Fatal("the case changes nothing")
			}
			if _, err := seal.Parse([]byte(damaged)); err == nil {
				t.Error("Parse accepts it")
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error quotes the file: %v", err)
			}
		})
	}
}

func TestFormattingShowsNoKeys(t *testing.T) {
	k := newRing(t, 1)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, k); got != "keyring "+k.ID() {
			t.Errorf("%s shows %q", format, got)
		}
	}
}

func TestShortRandomness(t *testing.T) {
	for n := range 16 + 4 + 64 {
		if _, err := seal.New(day, bytes.NewReader(make([]byte, n))); err == nil {
			t.Errorf("a keyring of %d bytes", n)
		}
	}
}

func TestContextTellsListsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lists := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`[ab\x01\x02]{0,3}`), 0, 4), 2, 2).Draw(t, "lists")
		same := strings.Join(lists[0], "|") == strings.Join(lists[1], "|") && len(lists[0]) == len(lists[1])
		if got := bytes.Equal(seal.Context(lists[0]...), seal.Context(lists[1]...)); got != same {
			t.Fatalf("%q and %q: same context: %v", lists[0], lists[1], got)
		}
	})
}

// FuzzParse: what parses works, and is written and read back the same.
func FuzzParse(f *testing.F) {
	content, err := rotated(f, newRing(f, 1), day, 2).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		k, err := seal.Parse(content)
		if err != nil {
			return
		}
		again := reread(t, k)
		sealed, err := again.Seal([]byte("x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open(sealed, nil); err != nil {
			t.Fatal(err)
		}
	})
}
