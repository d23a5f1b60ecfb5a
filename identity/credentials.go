package identity

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
)

// Codes that only these rules answer.
const (
	duplicateCertificate  apierror.Code = "DuplicateCertificate"
	duplicateSSHPublicKey apierror.Code = "DuplicateSSHPublicKey"
	invalidCertificate    apierror.Code = "InvalidCertificate"
	invalidPublicKey      apierror.Code = "InvalidPublicKey"
	keyPairMismatch       apierror.Code = "KeyPairMismatch"
	malformedCertificate  apierror.Code = "MalformedCertificate"
	unrecognizedEncoding  apierror.Code = "UnrecognizedPublicKeyEncoding"
)

// oldestFirst lists credentials by the time at which they were made.
func oldestFirst[V any](all iter.Seq2[string, *V], made func(*V) (time.Time, string)) []*V {
	var list []*V
	for _, v := range all {
		list = append(list, v)
	}
	slices.SortFunc(list, func(x, y *V) int {
		at, id := made(x)
		otherAt, otherID := made(y)
		return cmp.Or(at.Compare(otherAt), cmp.Compare(id, otherID))
	})
	return list
}

// withoutCredentials refuses where a user still has one of these credentials. AWS
// words it so for certificates (rebuy-de/aws-nuke#671) and, for SSH keys
// (rebuy-de/aws-nuke#470) and service-specific credentials, alike.
func (e Editor) withoutCredentials(userID string) error {
	for range signingCertificatesByUser.At(e.snapshot(), userID) {
		return deleteConflict("delete certificates")
	}
	for range sshPublicKeysByUser.At(e.snapshot(), userID) {
		return deleteConflict("remove referenced objects")
	}
	for range serviceCredentialsByUser.At(e.snapshot(), userID) {
		return deleteConflict("remove referenced objects")
	}
	return nil
}
