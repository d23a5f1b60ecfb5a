package totp_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/credential/totp"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func newSeed(t testing.TB) totp.Seed {
	t.Helper()
	s, err := totp.NewSeed(rand.NewChaCha8([32]byte{7}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRFC(t *testing.T) {
	text, err := os.ReadFile("testdata/rfc6238.txt")
	if err != nil {
		t.Fatal(err)
	}
	seed, n := totp.Seed("12345678901234567890"), 0
	for line := range strings.Lines(string(text)) {
		var seconds int64
		var code string
		if _, err := fmt.Sscan(line, &seconds, &code); err != nil {
			continue
		}
		n++
		at := time.Unix(seconds, 0)
		if got := seed.Code(totp.StepAt(at)); got != code[2:] {
			t.Errorf("at %d: %s, want %s", seconds, got, code[2:])
		}
		if _, ok := seed.Verify(totp.State{}, code[2:], at); !ok {
			t.Errorf("at %d the code is refused", seconds)
		}
	}
	if n != 6 {
		t.Fatalf("%d vectors, want 6", n)
	}
}

func TestWindow(t *testing.T) {
	seed, now := newSeed(t), totp.StepAt(noon)
	for _, drift := range []totp.Step{-20, 0, 7} {
		for off := totp.Step(-4); off <= 4; off++ {
			state, ok := seed.Verify(totp.State{Drift: drift}, seed.Code(now+drift+off), noon)
			if want := -1 <= off && off <= 1; ok != want {
				t.Errorf("%d steps off with drift %d: %t", off, drift, ok)
			} else if ok && state != (totp.State{Drift: drift, Last: now + drift + off}) {
				t.Errorf("state %+v", state)
			}
		}
	}
}

func TestCodesAreGoodOnce(t *testing.T) {
	seed, now := newSeed(t), totp.StepAt(noon)
	state, ok := seed.Verify(totp.State{}, seed.Code(now), noon)
	if !ok {
		t.Fatal("refused")
	}
	for _, step := range []totp.Step{now, now - 1} {
		if after, ok := seed.Verify(state, seed.Code(step), noon); ok || after != state {
			t.Errorf("the code of step %d, after that of %d: %t", step, now, ok)
		}
	}
	if _, ok := seed.Verify(state, seed.Code(now+1), noon); !ok {
		t.Error("the next code is refused")
	}
	if _, ok := seed.Synchronize(state, seed.Code(now), seed.Code(now+1), noon); ok {
		t.Error("a used code synchronizes")
	}
	if _, ok := seed.Synchronize(state, seed.Code(now+1), seed.Code(now+2), noon); !ok {
		t.Error("two new codes do not synchronize")
	}
}

// TestSameCodeTwice: where two steps in the window have the same code, using it
// uses it up in both.
func TestSameCodeTwice(t *testing.T) {
	seed := newSeed(t)
	for step := totp.Step(1_000_000); ; step++ {
		if seed.Code(step) != seed.Code(step+1) {
			continue
		}
		at := time.Unix(int64(step)*30, 0)
		state, ok := seed.Verify(totp.State{}, seed.Code(step), at)
		if _, again := seed.Verify(state, seed.Code(step), at); !ok || again {
			t.Errorf("first %t, again %t", ok, again)
		}
		return
	}
}

func TestSynchronize(t *testing.T) {
	seed, now := newSeed(t), totp.StepAt(noon)
	for off := totp.Step(-23); off <= 23; off++ {
		state, ok := seed.Synchronize(totp.State{}, seed.Code(now+off-1), seed.Code(now+off), noon)
		if want := -20 <= off && off <= 20; ok != want {
			t.Fatalf("%d steps off: %t", off, ok)
		}
		if ok && state != (totp.State{Drift: off, Last: now + off}) {
			t.Errorf("%d steps off: state %+v", off, state)
		}
	}
	for name, codes := range map[string][2]totp.Step{"one twice": {0, 0}, "the wrong way round": {1, 0}, "one left out": {0, 2}} {
		if _, ok := seed.Synchronize(totp.State{}, seed.Code(now+codes[0]), seed.Code(now+codes[1]), noon); ok {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestNoStepTwice: whatever codes of its own a device sends and when, none of its
// steps is used twice, and later ones are used later.
func TestNoStepTwice(t *testing.T) {
	seed := newSeed(t)
	rapid.Check(t, func(t *rapid.T) {
		var state totp.State
		at := noon
		for range rapid.IntRange(1, 8).Draw(t, "calls") {
			at = at.Add(time.Duration(rapid.IntRange(-60, 90).Draw(t, "seconds")) * time.Second)
			step := totp.StepAt(at) + totp.Step(rapid.IntRange(-3, 3).Draw(t, "off"))
			next, ok := seed.Verify(state, seed.Code(step), at)
			if ok && next.Last <= state.Last || !ok && next != state {
				t.Fatalf("from %+v to %+v, taken %t", state, next, ok)
			}
			state = next
		}
	})
}

func FuzzVerify(f *testing.F) {
	seed := newSeed(f)
	f.Add(seed.Code(totp.StepAt(noon)), seed.Code(totp.StepAt(noon)+1))
	f.Add("000000", "")
	f.Add("12345", "1234567")
	f.Fuzz(func(t *testing.T, first, second string) {
		if state, ok := seed.Verify(totp.State{}, first, noon); ok && seed.Code(state.Last) != first {
			t.Errorf("%q was taken for the code of step %d", first, state.Last)
		}
		state, ok := seed.Synchronize(totp.State{}, first, second, noon)
		if ok && (seed.Code(state.Last) != second || seed.Code(state.Last-1) != first) {
			t.Errorf("%q, %q were taken for steps up to %d", first, second, state.Last)
		}
	})
}

func TestAttempts(t *testing.T) {
	var a totp.Attempts
	now := noon
	for i, want := range []time.Duration{0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60} {
		a = a.Failed(now)
		if wait := a.Until().Sub(now); want == 0 && wait > 0 || want > 0 && wait != want*time.Minute {
			t.Errorf("after %d wrong codes: %v", i+1, wait)
		}
	}
	for range 1000 { // no overflow makes it short
		a = a.Failed(now)
	}
	if wait := a.Until().Sub(now); wait != time.Hour {
		t.Errorf("after a thousand: %v", wait)
	}
	if got := a.Failed(now.Add(24 * time.Hour)); got.Wrong != 1 {
		t.Errorf("a day later: %+v", got)
	}
}

func TestSeedAndURL(t *testing.T) {
	seed := newSeed(t)
	if n := len(seed.Base32()); n != 64 {
		t.Errorf("the base32 seed has %d characters", n)
	}
	if got, want := seed.URL("ada+1", "111122223333"), "otpauth://totp/ada%2B1@111122223333?secret="+seed.Base32(); got != want {
		t.Errorf("URL %s, want %s", got, want)
	}
	if _, err := totp.NewSeed(strings.NewReader("short")); err == nil {
		t.Error("a seed of too little randomness")
	}
}

// TestQRCode: a picture, with a quiet zone and the three finders in the corners.
func TestQRCode(t *testing.T) {
	b, err := totp.QRCode(newSeed(t).URL("ada", "111122223333"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	dark := func(x, y int) bool { r, _, _, _ := p.At(x, y).RGBA(); return r == 0 }
	n := p.Bounds().Dx()
	for _, c := range [][2]int{{16, 16}, {n - 17, 16}, {16, n - 17}} {
		if !dark(c[0], c[1]) {
			t.Errorf("no finder at %v", c)
		}
	}
	if dark(15, 15) || dark(n-17, n-17) && dark(n-15, n-15) {
		t.Error("the quiet zone is not quiet")
	}
	if _, err := totp.QRCode(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that no QR code holds")
	}
}

// Makers of tokens write seeds in several ways; what is no base32, or too short to be
// safe, is refused without telling what it was.
func TestParseSeed(t *testing.T) {
	want := totp.Seed("12345678901234567890")
	for _, text := range []string{
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
		"GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====",
	} {
		if got, err := totp.ParseSeed(text); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: %x, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "GEZDGNBVGY3TQOJQ", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", "3132333435363738393031323334353637383930x"} {
		got, err := totp.ParseSeed(text)
		if err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %x, %v", text, got, err)
		}
	}
}

func FuzzParseSeed(f *testing.F) {
	f.Add("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	f.Add("gezd-gnbv ====")
	f.Fuzz(func(t *testing.T, text string) {
		seed, err := totp.ParseSeed(text)
		if err != nil {
			return
		}
		if again, err := totp.ParseSeed(seed.Base32()); err != nil || !bytes.Equal(seed, again) {
			t.Errorf("%q: %x, and written and read again %x, %v", text, seed, again, err)
		}
	})
}
