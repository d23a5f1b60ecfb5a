package sts

import (
	"errors"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/service"
)

// A call that comes with a code of an MFA device uses it up, which is a change:
// such calls commit, and answer once that is durable. All others only read.

func assumesWithCode(in *stsapi.AssumeRoleInput) bool {
	return in.SerialNumber != nil || in.TokenCode != nil
}

func tokenWithCode(in *stsapi.GetSessionTokenInput) bool {
	return in.SerialNumber != nil || in.TokenCode != nil
}

// checkCode tells whether a call came with a code of the caller's MFA device, and
// refuses one that is not right.
func checkCode(c *service.Call, serial, code *string) (bool, error) {
	if serial == nil && code == nil {
		return false, nil
	}
	return true, withCode(c, serial, code, func(owner string) error {
		return c.Edit().CheckMFACode(owner, *serial, *code)
	})
}

// useCode uses up the code that a call came with, if it came with one.
func useCode(c *service.Call, serial, code *string) error {
	if serial == nil && code == nil {
		return nil
	}
	err := withCode(c, serial, code, func(owner string) error {
		return c.Edit().UseMFACode(owner, *serial, *code)
	})
	if err == nil {
		c.CodeUsed(c.Caller.UniqueID, *serial)
	}
	return err
}

// withCode tries a code in the name of the caller, and words refusals as STS does.
// Devices are users' and root's: whoever calls as a role or a federated user has
// none.
func withCode(c *service.Call, serial, code *string, try func(owner string) error) error {
	if serial == nil || code == nil {
		return apierror.New(apierror.AccessDenied, "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. ")
	}
	if c.Caller.Kind != authn.User && c.Caller.Kind != authn.Root {
		return unknownDevice()
	}
	err := c.TryCode(c.Caller.UniqueID, *serial, func() error { return try(c.Caller.UniqueID) })
	switch {
	case errors.Is(err, service.ErrTooManyCodes):
		return apierror.New(apierror.AccessDenied, "MultiFactorAuthentication failed: %s", apierror.Of(err).Message)
	case errors.Is(err, apierror.InvalidAuthenticationCode):
		return apierror.New(apierror.AccessDenied, "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	case errors.Is(err, apierror.NoSuchEntity):
		return unknownDevice()
	}
	return err
}

// unknownDevice is the answer for a device that there is not and for one that is
// somebody else's: which of the two is not told.
func unknownDevice() error {
	return apierror.New(apierror.AccessDenied, "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
}
