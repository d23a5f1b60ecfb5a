// Package sts is the STS API, a table of operations.
//
// Sessions are stateless: what a session may do and who it is stands sealed in
// its token, and issuing one writes nothing but an audit event. Therefore the
// operations here only read.
//
// AssumeRole asks for sts:AssumeRole on the role, and for sts:TagSession and
// sts:SetSourceIdentity where tags or a source identity are passed or stick from
// the calling session. The role's trust policy has to allow it, and where that
// names the account, so have the caller's own policies. What may be asked of a
// session (duration, policies, tags) is checked after that.
//
// AssumeRoot gives a session of the root user of another account, for one task. The
// caller's own policies have to allow sts:AssumeRoot, and the organization has to admit
// it: that is asked anew whenever the session is used, by authn.
package sts
