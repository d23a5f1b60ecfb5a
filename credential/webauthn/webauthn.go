package webauthn

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// ErrCopied is for a response whose device has counted fewer signatures than it had
// before: there are two of it.
var ErrCopied = errors.New("the security key has a copy")

// ErrRefused is for every other response that proves nothing.
var ErrRefused = errors.New("the response of the security key is not valid")

// Party is who asks for proof: a server under a name.
type Party struct {
	ID      string   // the host name that keys are made for
	Name    string   // for people
	Origins []string // of the pages that ask, for example "https://login.example.com"
}

// Key is a credential as it is kept. The private half of it never leaves the device.
type Key struct {
	ID     []byte `json:"id"`
	Public []byte `json:"public"` // COSE_Key
	Count  uint32 `json:"count,omitempty"`
	AAGUID []byte `json:"aaguid,omitempty"` // the make of the device
	// Party is the name that the key was made for. Devices sign for no other; it is kept
	// so that nobody under another name can make believe.
	Party string `json:"party"`
}

// challengeLength is twice what the standard asks for (section 13.4.3).
const challengeLength = 32

// NewChallenge draws a challenge.
func NewChallenge(random io.Reader) ([]byte, error) {
	b := make([]byte, challengeLength)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("reading randomness for a challenge: %w", err)
	}
	return b, nil
}

// algorithms are the ones that signatures may be made by, the best first.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES384},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES512},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// timeout is how long a browser waits for the user, in milliseconds.
const timeout = 300_000

type descriptor struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func descriptors(keys []Key) []descriptor {
	list := []descriptor{}
	for _, k := range keys {
		list = append(list, descriptor{"public-key", text(k.ID)})
	}
	return list
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// CreationOptions are the options for a new key of a user, who has others already. The
// handle stands for the user on the device; it should tell nothing of them.
func (p Party) CreationOptions(challenge, handle []byte, user string, has []Key) []byte {
	type parameter struct {
		Type string `json:"type"`
		Alg  int    `json:"alg"`
	}
	var parameters []parameter
	for _, a := range algorithms {
		parameters = append(parameters, parameter{"public-key", int(a.Algorithm)})
	}
	return encoded(map[string]any{
		"rp":                     map[string]string{"id": p.ID, "name": p.Name},
		"user":                   map[string]string{"id": text(handle), "name": user, "displayName": user},
		"challenge":              text(challenge),
		"pubKeyCredParams":       parameters,
		"timeout":                timeout,
		"excludeCredentials":     descriptors(has),
		"authenticatorSelection": map[string]any{"residentKey": "required", "requireResidentKey": true, "userVerification": "preferred"},
		"attestation":            "none",
	})
}

// RequestOptions are the options for proof by any key that the device has for this
// name: whose it is need not be known.
func (p Party) RequestOptions(challenge []byte) []byte {
	return encoded(map[string]any{
		"challenge": text(challenge), "timeout": timeout, "rpId": p.ID,
		"allowCredentials": []descriptor{}, "userVerification": "preferred",
	})
}

func encoded(v map[string]any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers only
	}
	return b
}

// Register checks the response to CreationOptions and gives the new key.
func (p Party) Register(challenge, response []byte) (Key, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Key{}, refused(err)
	}
	object := &parsed.Response.AttestationObject
	if object.Format != "none" && (object.Format != "packed" || object.AttStatement["x5c"] != nil) {
		// A browser takes a statement about the make away, as it is not asked for; what
		// stays is none, or a signature by the key itself.
		return Key{}, fmt.Errorf("%w: an attestation %q, which was not asked for", ErrRefused, object.Format)
	}
	_, err = parsed.Verify(text(challenge), p.ID, p.Origins, nil, nil, protocol.TopOriginImplicitVerificationMode, false,
		false, true, nil, algorithms, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return Key{}, refused(err)
	}
	data := object.AuthData
	return Key{ID: data.AttData.CredentialID, Public: data.AttData.CredentialPublicKey, Count: data.Counter, AAGUID: data.AttData.AAGUID, Party: p.ID}, nil
}

// Verify checks the response to RequestOptions and gives the key that it is of, with
// the count of its signatures as it is now.
func (p Party) Verify(challenge []byte, has []Key, response []byte) (Key, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Key{}, refused(err)
	}
	key, ok := find(has, parsed.RawID)
	if !ok || key.Party != p.ID {
		return Key{}, fmt.Errorf("%w: the key is none of the user's under this name", ErrRefused)
	}
	err = parsed.Verify(text(challenge), p.ID, "", p.Origins, nil, nil, protocol.TopOriginImplicitVerificationMode, false,
		false, true, key.Public, protocol.SignaturePolicy{})
	if err != nil {
		return Key{}, refused(err)
	}
	count := parsed.Response.AuthenticatorData.Counter
	if (count != 0 || key.Count != 0) && count <= key.Count { // section 6.1.1
		return Key{}, ErrCopied
	}
	key.Count = count
	return key, nil
}

func find(keys []Key, id []byte) (Key, bool) {
	for _, k := range keys {
		if string(k.ID) == string(id) {
			return k, true
		}
	}
	return Key{}, false
}

// refused keeps the library's reason for logs.
func refused(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%w: %s %s", ErrRefused, e.Details, e.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}
