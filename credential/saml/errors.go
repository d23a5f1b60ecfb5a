package saml

import (
	"errors"
	"fmt"
)

// What may be wrong with a response. Errors of this package are one of these, with
// a reason that never contains anything of what was read.
var (
	// ErrMalformed: it is no SAML response that can be read.
	ErrMalformed = errors.New("malformed SAML response")
	// ErrSignature: nobody who is trusted has signed it, it does not have the form
	// that a signed response has, or it cannot be decrypted. These are one, so that
	// nobody learns from the answer how a decryption has failed.
	ErrSignature = errors.New("invalid signature")
	// ErrStatus: the identity provider says that it did not authenticate anybody.
	ErrStatus = errors.New("the identity provider reports a failure")
	// ErrIssuer: another identity provider made it than the metadata is of.
	ErrIssuer = errors.New("another issuer")
	// ErrSubject: it does not say whom it is about in the way that it must.
	ErrSubject = errors.New("no subject")
	// ErrRecipient and ErrAudience: it was made for somebody else.
	ErrRecipient = errors.New("another recipient")
	ErrAudience  = errors.New("another audience")
	// ErrExpired: its time, or that of the metadata, is over.
	ErrExpired = errors.New("expired")
	// ErrTooOld: it was issued longer than [MaxAge] ago.
	ErrTooOld = errors.New("issued too long ago")
	// ErrTooEarly: its time has not begun.
	ErrTooEarly = errors.New("not valid yet")
	// ErrPlain: it is not encrypted and has to be.
	ErrPlain = errors.New("not encrypted")
)

// because is one of the errors above with a reason.
func because(kind error, reason string, args ...any) error {
	return fmt.Errorf("%w: %s", kind, fmt.Sprintf(reason, args...))
}

// ErrMetadata says that a text is no metadata document that can be used.
var ErrMetadata = errors.New("unusable metadata")

// A ClaimError says what is wrong with an attribute of an assertion, in AWS's words
// where those are known (IAM User Guide, "Troubleshoot SAML federation").
type ClaimError struct{ Text string }

func (e *ClaimError) Error() string { return e.Text }

func claim(format string, args ...any) error { return &ClaimError{fmt.Sprintf(format, args...)} }
