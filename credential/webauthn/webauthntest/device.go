// Package webauthntest is a security key for tests, with the browser that it is
// plugged into: it answers the options of either ceremony of package webauthn as those
// would, with a key of its own and a count of its signatures.
//
// It is honest: what it says is true of the options and the origin that it is given,
// and what it signs is what it says. What a dishonest page or device would do, a test
// changes by Device.Tamper before it is signed. Whether an answer is right is for
// webauthn to find out; nothing is checked here.
package webauthntest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// Device is a security key with one credential.
type Device struct {
	ID    []byte
	Key   *ecdsa.PrivateKey
	Count uint32 // of its signatures; it grows with each unless it is Still
	Still bool

	// Tamper changes what is signed: the client data, and the authenticator data.
	Tamper func(client map[string]any, authenticator []byte)
}

// The flags in the 33rd byte of authenticator data (section 6.1).
const (
	FlagsAt      = 32
	UserPresent  = 0x01
	userVerified = 0x04
	attested     = 0x40
)

// New makes a device.
func New(t testing.TB) *Device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &Device{ID: id, Key: key}
}

// Create answers the options for a new key on a page of an origin.
func (d *Device) Create(t testing.TB, options []byte, origin string) []byte {
	t.Helper()
	var o struct {
		Challenge string
		RP        struct{ ID string }
	}
	decode(t, options, &o)
	x, y := d.Key.X.FillBytes(make([]byte, 32)), d.Key.Y.FillBytes(make([]byte, 32))
	public := encode(t, map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y})
	data := d.data(o.RP.ID, UserPresent|userVerified|attested)
	data = append(data, make([]byte, 16)...) // no make
	data = binary.BigEndian.AppendUint16(data, uint16(len(d.ID)))
	data = append(append(data, d.ID...), public...)
	client := d.client(t, "webauthn.create", o.Challenge, origin, data)
	object := encode(t, map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return d.response(t, map[string]any{"clientDataJSON": text(client), "attestationObject": text(object)})
}

// Get answers the options for proof on a page of an origin.
func (d *Device) Get(t testing.TB, options []byte, origin string) []byte {
	t.Helper()
	var o struct{ Challenge, RPID string }
	decode(t, options, &o)
	if !d.Still {
		d.Count++
	}
	data := d.data(o.RPID, UserPresent|userVerified)
	client := d.client(t, "webauthn.get", o.Challenge, origin, data)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := d.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return d.response(t, map[string]any{
		"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature),
	})
}

func (d *Device) data(party string, flags byte) []byte {
	name := sha256.Sum256([]byte(party))
	return binary.BigEndian.AppendUint32(append(name[:], flags), d.Count)
}

func (d *Device) client(t testing.TB, ceremony, challenge, origin string, data []byte) []byte {
	t.Helper()
	client := map[string]any{"type": ceremony, "challenge": challenge, "origin": origin, "crossOrigin": false}
	if d.Tamper != nil {
		d.Tamper(client, data)
	}
	b, err := json.Marshal(client)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (d *Device) response(t testing.TB, response map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"id": text(d.ID), "rawId": text(d.ID), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(t testing.TB, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := cbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
