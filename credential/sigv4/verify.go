package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
)

// MaxSkew is how far the clocks of a client and of the server may differ.
const MaxSkew = 15 * time.Minute

const (
	unsignedPayload = "UNSIGNED-PAYLOAD"
	hexLength       = 2 * sha256.Size
)

// Verify reports whether the request is signed with this secret access key, is
// current, and has this body. Nil is yes.
func (s *Signature) Verify(secret string, now time.Time, body []byte, rules Rules) error {
	return s.VerifyHash(secret, now, sha256.Sum256(body), rules)
}

// VerifyHash is Verify with the SHA-256 of a body that is not at hand.
func (s *Signature) VerifyHash(secret string, now time.Time, bodyHash [sha256.Size]byte, rules Rules) error {
	if err := s.CheckTime(now, rules); err != nil {
		return err
	}
	if s.tokenUnsigned && !rules.UnsignedSessionToken {
		return notSigned("X-Amz-Security-Token")
	}
	var hashText [hexLength]byte
	hex.Encode(hashText[:], bodyHash[:])
	payload, ok := s.payload(hashText[:], &rules)
	if !ok || secret == "" { // no secret signs nothing, so that none is never a match
		return mismatch()
	}
	scope := rules.Keys.scope(secret, s)
	key, known := rules.Keys.recall(scope)
	if !known {
		key = deriveKey(secret, s.Date, s.Region, s.Service)
	}
	if !s.matches(&key, variant{rawPath: rules.RawPath, payload: payload}) {
		late := variant{rawPath: rules.RawPath, payload: payload, withoutToken: true}
		if !s.tokenMayBeLate(&rules) || !s.matches(&key, late) {
			return mismatch()
		}
	}
	if !known {
		rules.Keys.remember(scope, key)
	}
	return nil
}

// tokenMayBeLate reports whether a presigned request may have got its session
// token after it was signed.
func (s *Signature) tokenMayBeLate(rules *Rules) bool {
	return s.Presigned && s.SessionToken != "" && rules.UnsignedSessionToken
}

// payload gives the last line of the canonical request. It is false if the body
// is not the one that the request says.
func (s *Signature) payload(bodyHash []byte, rules *Rules) ([]byte, bool) {
	values, given := s.request.Header["X-Amz-Content-Sha256"] // at most one: checkHeaders
	switch {
	case !given && s.Presigned && rules.PresignedPayload:
		return []byte(unsignedPayload), true
	case !given:
		return bodyHash, true
	case values[0] == unsignedPayload:
		return []byte(unsignedPayload), rules.UnsignedPayload
	default: // STREAMING-… too: no body has such a hash
		return bodyHash, values[0] == string(bodyHash)
	}
}

// matches computes the signature and compares it.
func (s *Signature) matches(key *[sha256.Size]byte, v variant) bool {
	var room [2048]byte
	canonical := sha256.Sum256(s.appendCanonical(room[:0], v))

	var textRoom [512]byte
	text := append(textRoom[:0], algorithm...)
	text = append(text, '\n')
	text = append(text, s.timestamp...)
	text = append(text, '\n')
	text = append(text, s.Date...)
	text = append(text, '/')
	text = append(text, s.Region...)
	text = append(text, '/')
	text = append(text, s.Service...)
	text = append(text, "/"+terminator+"\n"...)
	text = hex.AppendEncode(text, canonical[:])

	sum := authenticate(key, text)
	var want, got [hexLength]byte
	hex.Encode(want[:], sum[:])
	if len(s.signature) != hexLength {
		return false
	}
	copy(got[:], s.signature)
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// authenticate is HMAC-SHA-256 (RFC 2104) with a key that is shorter than a block.
// It is what crypto/hmac computes, but for small texts it needs no memory of its own.
func authenticate(key *[sha256.Size]byte, text []byte) [sha256.Size]byte {
	var room [1024]byte
	inner := append(room[:0], innerPad[:]...)
	inner = append(inner, text...)
	var outer [sha256.BlockSize + sha256.Size]byte
	copy(outer[:], outerPad[:])
	for i, b := range key {
		inner[i] ^= b
		outer[i] ^= b
	}
	sum := sha256.Sum256(inner)
	copy(outer[sha256.BlockSize:], sum[:])
	return sha256.Sum256(outer[:])
}

var innerPad, outerPad = pad(0x36), pad(0x5c)

func pad(b byte) (p [sha256.BlockSize]byte) {
	for i := range p {
		p[i] = b
	}
	return p
}

// CheckTime reports whether the request is neither stale nor of the future. It
// needs no secret, so it can be asked before one is looked up; Verify asks too.
func (s *Signature) CheckTime(now time.Time, rules Rules) error {
	now = now.UTC().Truncate(time.Second) // as precise as signatures are
	life := MaxSkew
	if s.Presigned && s.Expires > 0 {
		life = max(s.Expires, rules.PresignedAtLeast)
	}
	if oldest := now.Add(-life); s.Time.Before(oldest) {
		return apierror.New(apierror.SignatureDoesNotMatch, "Signature expired: %s is now earlier than %s (%s - %s)",
			s.timestamp, oldest.Format(timeLayout), now.Format(timeLayout), inWords(life))
	}
	if newest := now.Add(MaxSkew); s.Time.After(newest) {
		return apierror.New(apierror.SignatureDoesNotMatch, "Signature not yet current: %s is still later than %s (%s + %s)",
			s.timestamp, newest.Format(timeLayout), now.Format(timeLayout), inWords(MaxSkew))
	}
	return nil
}

// inWords writes a duration as AWS does.
func inWords(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}
