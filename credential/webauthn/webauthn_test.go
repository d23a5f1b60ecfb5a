package webauthn_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/credential/webauthn"
	"github.com/keyreeve/keyreeve/credential/webauthn/webauthntest"
)

var party = webauthn.Party{ID: "login.example.com", Name: "Keyreeve", Origins: []string{"https://login.example.com:8443"}}

const origin = "https://login.example.com:8443"

func challenge(t testing.TB, seed byte) []byte {
	t.Helper()
	c, err := webauthn.NewChallenge(bytes.NewReader(bytes.Repeat([]byte{seed}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// registered is a device whose key is known.
func registered(t testing.TB) (*webauthntest.Device, []webauthn.Key) {
	t.Helper()
	d, c := webauthntest.New(t), challenge(t, 1)
	k, err := party.Register(c, d.Create(t, party.CreationOptions(c, []byte("handle"), "ann", nil), origin))
	if err != nil {
		t.Fatal(err)
	}
	return d, []webauthn.Key{k}
}

// A key is registered, proves itself again and again, and counts on.
func TestCeremonies(t *testing.T) {
	d, keys := registered(t)
	if !bytes.Equal(keys[0].ID, d.ID) {
		t.Errorf("the key has the id %x, the device says %x", keys[0].ID, d.ID)
	}
	for i := range byte(3) {
		c := challenge(t, i)
		k, err := party.Verify(c, keys, d.Get(t, party.RequestOptions(c), origin))
		if err != nil || k.Count != uint32(i)+1 {
			t.Fatalf("proof %d: %+v, %v", i, k, err)
		}
		keys[0] = k
	}
	// A key is kept as JSON.
	text, err := json.Marshal(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	var back webauthn.Key
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keys[0], back); diff != "" {
		t.Error(diff)
	}
}

// A device that does not count at all, as passkeys that are synchronized do not, is as
// good as another; one that counted once must go on.
func TestCount(t *testing.T) {
	d, keys := registered(t)
	d.Still = true
	c := challenge(t, 2)
	for range 2 {
		if _, err := party.Verify(c, keys, d.Get(t, party.RequestOptions(c), origin)); err != nil {
			t.Fatal(err)
		}
	}
	keys[0].Count = 7
	for _, count := range []uint32{0, 6, 7} {
		d.Count = count
		if _, err := party.Verify(c, keys, d.Get(t, party.RequestOptions(c), origin)); !errors.Is(err, webauthn.ErrCopied) {
			t.Errorf("a count of %d after 7: %v", count, err)
		}
	}
	d.Count = 8
	if _, err := party.Verify(c, keys, d.Get(t, party.RequestOptions(c), origin)); err != nil {
		t.Error(err)
	}
}

// What proves nothing, each beside the honest response of TestCeremonies.
func TestAttacks(t *testing.T) {
	c := challenge(t, 3)
	for _, attack := range []struct {
		name   string
		tamper func(client map[string]any, data []byte)
	}{
		{"another challenge", func(client map[string]any, _ []byte) { client["challenge"] = "AAAA" }},
		{"a page of another host", func(client map[string]any, _ []byte) { client["origin"] = "https://login.example.com.evil.test:8443" }},
		{"a page on another port", func(client map[string]any, _ []byte) { client["origin"] = "https://login.example.com" }},
		{"a page without TLS", func(client map[string]any, _ []byte) { client["origin"] = "http://login.example.com:8443" }},
		{"framed by another site", func(client map[string]any, _ []byte) { client["crossOrigin"] = true }},
		{"the other ceremony", func(client map[string]any, _ []byte) {
			client["type"] = map[string]string{"webauthn.get": "webauthn.create", "webauthn.create": "webauthn.get"}[client["type"].(string)]
		}},
		{"for another name", func(_ map[string]any, data []byte) { data[0] ^= 1 }},
		{"nobody touched it", func(_ map[string]any, data []byte) { data[webauthntest.FlagsAt] &^= webauthntest.UserPresent }},
	} {
		d, keys := registered(t)
		d.Tamper = attack.tamper
		if _, err := party.Verify(c, keys, d.Get(t, party.RequestOptions(c), origin)); !errors.Is(err, webauthn.ErrRefused) {
			t.Errorf("proof, %s: %v", attack.name, err)
		}
		if _, err := party.Register(c, d.Create(t, party.CreationOptions(c, []byte("h"), "ann", nil), origin)); !errors.Is(err, webauthn.ErrRefused) {
			t.Errorf("registration, %s: %v", attack.name, err)
		}
	}

	d, keys := registered(t)
	other, others := registered(t)
	if _, err := party.Verify(c, keys, other.Get(t, party.RequestOptions(c), origin)); !errors.Is(err, webauthn.ErrRefused) {
		t.Errorf("somebody else's key: %v", err)
	}
	other.ID = d.ID // and under the id of the user's
	if _, err := party.Verify(c, keys, other.Get(t, party.RequestOptions(c), origin)); !errors.Is(err, webauthn.ErrRefused) {
		t.Errorf("somebody else's signature: %v", err)
	}
	if _, err := party.Verify(c, append(keys, others...), d.Get(t, party.RequestOptions(c), origin)); err != nil {
		t.Errorf("one of two keys: %v", err)
	}
	elsewhere := party
	elsewhere.ID, elsewhere.Origins = "evil.test", []string{"https://evil.test"}
	if _, err := elsewhere.Verify(c, keys, d.Get(t, elsewhere.RequestOptions(c), "https://evil.test")); !errors.Is(err, webauthn.ErrRefused) {
		t.Errorf("a key that was made for another name: %v", err)
	}
	answer := d.Get(t, party.RequestOptions(c), origin)
	if _, err := party.Verify(challenge(t, 4), keys, answer); !errors.Is(err, webauthn.ErrRefused) {
		t.Errorf("a response that is sent again: %v", err)
	}
}

// The options name what the browser needs, and nothing of other users.
func TestOptions(t *testing.T) {
	_, keys := registered(t)
	c := challenge(t, 5)
	for name, options := range map[string][]byte{
		"creation": party.CreationOptions(c, []byte("handle"), "ann", keys), "request": party.RequestOptions(c),
	} {
		var o map[string]any
		if err := json.Unmarshal(options, &o); err != nil {
			t.Fatal(err)
		}
		if o["challenge"] == "" || !strings.Contains(string(options), party.ID) || strings.Contains(string(options), "null") {
			t.Errorf("%s: %s", name, options)
		}
	}
}

func FuzzResponses(f *testing.F) {
	d, keys := registered(f)
	c := challenge(f, 6)
	f.Add(d.Get(f, party.RequestOptions(c), origin))
	f.Add(d.Create(f, party.CreationOptions(c, []byte("h"), "ann", nil), origin))
	f.Add([]byte(`{"id":"","rawId":"","type":"public-key","response":{}}`))
	later := challenge(f, 7)
	f.Fuzz(func(t *testing.T, response []byte) {
		// Nobody has signed for this challenge.
		if _, err := party.Verify(later, keys, response); err == nil {
			t.Error("a proof without a signature")
		}
		if _, err := party.Register(later, response); err == nil {
			t.Error("a registration for another challenge")
		}
	})
}
