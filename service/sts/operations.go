package sts

import (
	"strings"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/service"
)

// Operations lists the operations of STS that are built.
func Operations() []service.Operation {
	return []service.Operation{
		service.Read(stsapi.GetCallerIdentity, service.NoPermission[stsapi.GetCallerIdentityInput], getCallerIdentity),
		service.ReadUnless(stsapi.AssumeRole, assumesWithCode, assumeRoleTargets, assumeRole),
		samlOperation(),
		service.ReadUnless(stsapi.GetSessionToken, tokenWithCode, service.NoPermission[stsapi.GetSessionTokenInput], getSessionToken),
		service.Read(stsapi.AssumeRoleWithWebIdentity, webIdentityTargets, assumeRoleWithWebIdentity),
		service.Read(stsapi.GetWebIdentityToken, outboundTargets, getWebIdentityToken),
		service.Read(stsapi.GetFederationToken, federationTargets, getFederationToken),
		service.Read(stsapi.GetDelegatedAccessToken, onEverything[stsapi.GetDelegatedAccessTokenInput]("GetDelegatedAccessToken"), getDelegatedAccessToken),
		service.Read(stsapi.AssumeRoot, assumeRootTargets, assumeRoot),
		service.Read(stsapi.GetAccessKeyInfo, onEverything[stsapi.GetAccessKeyInfoInput]("GetAccessKeyInfo"), getAccessKeyInfo),
		service.Read(stsapi.DecodeAuthorizationMessage, onEverything[stsapi.DecodeAuthorizationMessageInput]("DecodeAuthorizationMessage"), decodeAuthorizationMessage),
	}
}

// onEverything is for actions that have no resource.
func onEverything[In any](action string) service.Targets[In] {
	return func(c *service.Call, _ *In) ([]authz.Target, error) {
		return []authz.Target{{Action: "sts:" + action, Resource: "*", Account: c.Caller.Account}}, nil
	}
}

func getCallerIdentity(c *service.Call, _ *stsapi.GetCallerIdentityInput) (*stsapi.GetCallerIdentityOutput, error) {
	return &stsapi.GetCallerIdentityOutput{UserId: &c.Caller.UserID, Account: &c.Caller.Account, Arn: &c.Caller.ARN}, nil
}

// getAccessKeyInfo tells the account of an access key, of whichever account.
func getAccessKeyInfo(c *service.Call, in *stsapi.GetAccessKeyInfoInput) (*stsapi.GetAccessKeyInfoOutput, error) {
	if owner, ok := c.Deployment().KeyOwner(in.AccessKeyId); ok {
		return &stsapi.GetAccessKeyInfoOutput{Account: &owner}, nil
	}
	account, ok := credential.AccountOf(in.AccessKeyId)
	if !ok {
		return nil, apierror.New(apierror.ValidationError, "The access key ID %s is not valid.", in.AccessKeyId)
	}
	return &stsapi.GetAccessKeyInfoOutput{Account: &account}, nil
}

// AuthorizationMessage is the purpose that encoded authorization messages of an
// account are sealed for.
func AuthorizationMessage(account string) string { return "authorization message " + account }

func decodeAuthorizationMessage(c *service.Call, in *stsapi.DecodeAuthorizationMessageInput) (*stsapi.DecodeAuthorizationMessageOutput, error) {
	text, ok := c.Tools.Sealed.OpenText(strings.TrimSpace(in.EncodedMessage), AuthorizationMessage(c.Caller.Account))
	if !ok {
		return nil, apierror.New(apierror.InvalidAuthorizationMessage, "The encoded message is not valid.")
	}
	return &stsapi.DecodeAuthorizationMessageOutput{DecodedMessage: &text}, nil
}

// longTerm refuses callers with temporary credentials, who may not get further
// ones by an operation.
func longTerm(c *service.Call, operation string) error {
	if c.Caller.Temporary() || c.Caller.Kind != authn.User && c.Caller.Kind != authn.Root {
		return apierror.New(apierror.AccessDenied, "Cannot call %s with session credentials", operation)
	}
	return nil
}
