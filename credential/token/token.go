// Package token seals small texts that clients hand back later: pagination
// markers and encoded authorization messages. Nothing of them is stored.
//
// A client can neither read nor make one, and cannot use it elsewhere than it was
// given out for: what it is for, its purpose, is part of the key. The purpose of a
// marker names the operation, the account and the filter ([Purpose] joins such
// parts safely), so that a marker of one list does not work on another, and that
// of a message names the account whose message it is.
//
// # Layout
//
// Base64 (RFC 4648 section 5, no padding: fit for headers, forms and URLs) of
//
//	byte 0       1, the version of this layout
//	bytes 1-4    the number of the keyring's generation
//	bytes 5-16   a random nonce
//	the rest     AES-256-GCM of the text, and its tag; the bytes before are the
//	             associated data
//
// The key is derived for [seal.ClientTexts] with the purpose as context.
//
// # What is promised
//
// What opens was sealed for this purpose with the same keyring, by a generation of
// keys that is in use or retired for less than 36 hours. How old a text is it does
// not say: put a time into the text where that matters.
package token

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/credential/seal"
)

const (
	version      = 1
	nonceLength  = 12
	headerLength = 1 + 4 + nonceLength

	// textLimit bounds what is decoded: DecodeAuthorizationMessage takes 10,240
	// characters, which is the longest of them.
	textLimit = 64 << 10
)

// encoding is strict, so that a token has one spelling.
var encoding = base64.RawURLEncoding.Strict()

// Purpose joins the parts of a purpose, so that no two lists of parts are the
// same purpose.
func Purpose(parts ...string) string { return string(seal.Context(parts...)) }

// Seal seals a text for a purpose.
func Seal(keys *seal.Keyring, text, purpose string, random io.Reader) (string, error) {
	key := keys.Derive(seal.ClientTexts, seal.Context(purpose))
	box, err := newBox(key)
	if err != nil {
		return "", err
	}
	sealed := make([]byte, headerLength, headerLength+len(text)+box.Overhead())
	sealed[0] = version
	binary.BigEndian.PutUint32(sealed[1:5], key.Generation)
	if _, err := io.ReadFull(random, sealed[5:headerLength]); err != nil {
		return "", fmt.Errorf("reading randomness for a nonce: %w", err)
	}
	sealed = box.Seal(sealed, sealed[5:headerLength], []byte(text), sealed)
	if encoding.EncodedLen(len(sealed)) > textLimit {
		return "", fmt.Errorf("sealing a text of %d bytes for a client: too long", len(text))
	}
	return encoding.EncodeToString(sealed), nil
}

// Open gives a text that was sealed for this purpose. What is answered to the
// client when it is false is up to the operation.
func Open(keys *seal.Keyring, sealed, purpose string, now time.Time) (string, bool) {
	if len(sealed) > textLimit || strings.ContainsAny(sealed, "\r\n") { // which the decoder would skip
		return "", false
	}
	raw, err := encoding.DecodeString(sealed)
	if err != nil || len(raw) < headerLength || raw[0] != version {
		return "", false
	}
	key, ok := keys.DeriveAgain(binary.BigEndian.Uint32(raw[1:5]), seal.ClientTexts, seal.Context(purpose), now)
	if !ok {
		return "", false
	}
	box, err := newBox(key)
	if err != nil {
		return "", false
	}
	text, err := box.Open(nil, raw[5:headerLength], raw[headerLength:], raw[:headerLength])
	return string(text), err == nil
}

func newBox(key seal.Derived) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key.Key[:])
	if err != nil {
		return nil, fmt.Errorf("preparing the key of a text: %w", err)
	}
	return cipher.NewGCM(block)
}
