// Package dpop reads proofs of possession (RFC 9449): small signed texts by which a
// client shows, with each call, that it has the private key that its token is bound to.
//
// A proof is a JSON Web Token, HEADER.PAYLOAD.SIGNATURE in base64url without padding.
// Its header holds the public key itself:
//
//	{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":...,"y":...}}
//	{"htm":"POST","htu":"https://host/v1/token","iat":1767225600,"jti":"..."}
//
// ES256 over P-256 is the one algorithm that is understood; a header that names
// another one, or none, is refused, and no other member of it is looked at.
//
// What [Verify] gives back holds: the signature is of the key with that [Proof.Key],
// for this method and address, made within a few minutes of now. Key is the
// thumbprint of RFC 7638, by which a token remembers its key.
//
// What is left to others: that each proof is good once (by its ID), and whether
// its key is the one that a token is bound to.
package dpop

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Window is how far from now a proof may have been made: clocks differ.
const Window = 5 * time.Minute

// maxLength is how long a proof may be, in bytes; real ones have some 500.
const maxLength = 4096

// Proof is a proof that was found genuine.
type Proof struct {
	Key string // the thumbprint of the public key
	ID  string // jti, which no other proof of the key has
}

type header struct {
	Type      string `json:"typ"`
	Algorithm string `json:"alg"`
	Key       key    `json:"jwk"`
}

type key struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

type payload struct {
	Method  string `json:"htm"`
	Address string `json:"htu"`
	Issued  int64  `json:"iat"`
	ID      string `json:"jti"`
}

// ErrProof is the error for a proof that is none.
var ErrProof = errors.New("the DPoP proof is not valid")

func refused(why string) error { return fmt.Errorf("%w: %s", ErrProof, why) }

// Verify checks a proof for a call: its method, and the path of its address. The
// host is not compared: behind a proxy, the server has another name than the client
// calls it by, and the token that the key is bound to is this server's alone.
func Verify(text, method, path string, now time.Time) (Proof, error) {
	if len(text) > maxLength {
		return Proof{}, refused("it is too long")
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return Proof{}, refused("it has not three parts")
	}
	var h header
	var p payload
	if err := errors.Join(decode(parts[0], &h), decode(parts[1], &p)); err != nil {
		return Proof{}, refused("it is not JSON in base64url")
	}
	if h.Type != "dpop+jwt" || h.Algorithm != "ES256" || h.Key.Type != "EC" || h.Key.Curve != "P-256" {
		return Proof{}, refused("its header is not that of a proof by ES256")
	}
	public, thumbprint, err := h.Key.public()
	if err != nil {
		return Proof{}, err
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return Proof{}, refused("its signature has not 64 bytes")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return Proof{}, refused("its signature is not of its key")
	}
	if p.Method != method || pathOf(p.Address) != path {
		return Proof{}, refused("it is for another call")
	}
	if age := now.Sub(time.Unix(p.Issued, 0)); age > Window || age < -Window {
		return Proof{}, refused("it is of another time")
	}
	if p.ID == "" || len(p.ID) > 128 {
		return Proof{}, refused("it has no id")
	}
	return Proof{Key: thumbprint, ID: p.ID}, nil
}

func decode(part string, into any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}

// public is the public key, which must lie on its curve, and its thumbprint. Some
// clients leave out zeros at the beginning of a coordinate; the thumbprint is of the
// full ones.
func (k key) public() (*ecdsa.PublicKey, string, error) {
	x, errX := base64.RawURLEncoding.Strict().DecodeString(k.X)
	y, errY := base64.RawURLEncoding.Strict().DecodeString(k.Y)
	if errX != nil || errY != nil || len(x) > 32 || len(y) > 32 {
		return nil, "", refused("its key is none of P-256")
	}
	point := make([]byte, 65)
	point[0] = 4
	copy(point[33-len(x):33], x)
	copy(point[65-len(y):], y)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, "", refused("its key is none of P-256")
	}
	text := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	digest := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + text(point[1:33]) + `","y":"` + text(point[33:]) + `"}`))
	return public, text(digest[:]), nil
}

// pathOf is the path of an address, without query and fragment (RFC 9449, 4.2).
func pathOf(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	slash := strings.IndexByte(rest, '/')
	if !ok || slash < 0 {
		return ""
	}
	rest = rest[slash:]
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}
