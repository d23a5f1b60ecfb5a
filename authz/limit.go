package authz

import (
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
)

// HardLimit refuses operations of IAM and STS to sessions that may not call them
// whatever policies say (STS API reference, "Compare AWS STS credentials"): of a
// federated user all but GetCallerIdentity; of a GetSessionToken session without
// MFA all of IAM, and of STS all but AssumeRole and GetCallerIdentity; of an AssumeRoot
// session the latter only. AWS answers
// as if the token were not valid. A session of a sign-in is no GetSessionToken session,
// and may do what its user may.
func HardLimit(c *authn.Caller, service, operation string) error {
	if service != "iam" && service != "sts" || operation == "GetCallerIdentity" {
		return nil
	}
	switch {
	case c.Kind == authn.FederatedUser:
	case c.Delegated(), c.AssumedRoot() && service == "iam":
		// Its policy says what it may.
		return nil
	case c.Temporary() && (c.Kind == authn.User || c.Kind == authn.Root) && !c.MFA() && !c.Session.SignedIn:
		// Of STS the other operations refuse sessions by themselves, in words of
		// their own.
		if service == "sts" && (operation == "AssumeRole" || operation == "GetSessionToken" || operation == "GetFederationToken") {
			return nil
		}
	default:
		return nil
	}
	if service == "sts" {
		return apierror.New(apierror.AccessDenied, "Cannot call %s with session credentials", operation)
	}
	return apierror.New(apierror.InvalidClientTokenId, "The security token included in the request is invalid.")
}
