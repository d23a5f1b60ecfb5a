package sigv4

import (
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
)

// Rules say how requests are verified. The zero value is right for IAM, STS and
// all services that are not S3.
type Rules struct {
	// RawPath takes the path as it is, not normalized, and encoded once.
	RawPath bool
	// UnsignedPayload accepts X-Amz-Content-Sha256: UNSIGNED-PAYLOAD.
	UnsignedPayload bool
	// PresignedPayload says that presigned requests leave the body unsigned unless
	// X-Amz-Content-Sha256 is there.
	PresignedPayload bool
	// UnsignedSessionToken accepts session tokens that the signature does not
	// cover: some services have clients that add it after signing. It is safe where
	// a token works with one access key id only and the secret depends on the token.
	UnsignedSessionToken bool
	// PresignedAtLeast is how long a presigned request is good at the least,
	// whatever X-Amz-Expires says. STS takes 15 minutes: clients of its presigned
	// GetCallerIdentity (EKS authentication) sign for 60 seconds and rely on it.
	PresignedAtLeast time.Duration
	// Keys remembers derived signing keys. Nil derives them each time.
	Keys *KeyCache
}

// S3 is the rules of S3, for requests that are not chunked.
func S3() Rules { return Rules{RawPath: true, UnsignedPayload: true, PresignedPayload: true} }

// CheckScope refuses a signature that was made for another service, or for a
// region that is none. Some services are signed for under more than one name.
func (s *Signature) CheckScope(validRegion func(string) bool, services ...string) error {
	var text strings.Builder
	if !validRegion(s.Region) {
		text.WriteString("Credential should be scoped to a valid region, not '" + clip(s.Region) + "'. ")
	}
	if !slices.Contains(services, s.Service) {
		text.WriteString("Credential should be scoped to correct service: '" + strings.Join(services, "', '") + "'. ")
	}
	if text.Len() > 0 {
		return apierror.New(apierror.SignatureDoesNotMatch, "%s", text.String())
	}
	return nil
}
