package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/credential/jwt"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func outboundOperations() []service.Operation {
	return []service.Operation{
		service.WritePrepared(iamapi.EnableOutboundWebIdentityFederation, onAccount[iamapi.EnableOutboundWebIdentityFederationInput]("EnableOutboundWebIdentityFederation"), makeOutboundKeys, enableOutbound),
		service.Write(iamapi.DisableOutboundWebIdentityFederation, onAccount[iamapi.DisableOutboundWebIdentityFederationInput]("DisableOutboundWebIdentityFederation"), disableOutbound),
		service.Read(iamapi.GetOutboundWebIdentityFederationInfo, onAccount[iamapi.GetOutboundWebIdentityFederationInfoInput]("GetOutboundWebIdentityFederationInfo"), getOutbound),
	}
}

// makeOutboundKeys makes a key for each algorithm, which takes a while, before
// anything is locked.
func makeOutboundKeys(c *service.Call, _ *iamapi.EnableOutboundWebIdentityFederationInput) ([]identity.NewOutboundKey, error) {
	if c.Account().OutboundEnabled() {
		return nil, identity.FeatureEnabled()
	}
	var keys []identity.NewOutboundKey
	for _, algorithm := range jwt.SigningAlgorithms {
		k, err := jwt.NewSigningKey(algorithm, c.Random)
		if err != nil {
			return nil, err
		}
		n := identity.NewOutboundKey{ID: k.ID, Algorithm: algorithm}
		if n.Public, err = k.Public(); err != nil {
			return nil, err
		}
		if n.Private, err = k.Private(); err != nil {
			return nil, err
		}
		keys = append(keys, n)
	}
	return keys, nil
}

func enableOutbound(c *service.Call, _ *iamapi.EnableOutboundWebIdentityFederationInput, keys []identity.NewOutboundKey) (*iamapi.EnableOutboundWebIdentityFederationOutput, error) {
	if err := c.Edit().EnableOutbound(keys); err != nil {
		return nil, err
	}
	return &iamapi.EnableOutboundWebIdentityFederationOutput{IssuerIdentifier: new(c.Tools.IssuerOf(c.Caller.Account))}, nil
}

func disableOutbound(c *service.Call, _ *iamapi.DisableOutboundWebIdentityFederationInput) (*iamapi.DisableOutboundWebIdentityFederationOutput, error) {
	return &iamapi.DisableOutboundWebIdentityFederationOutput{}, c.Edit().DisableOutbound()
}

func getOutbound(c *service.Call, _ *iamapi.GetOutboundWebIdentityFederationInfoInput) (*iamapi.GetOutboundWebIdentityFederationInfoOutput, error) {
	if !c.Account().OutboundEnabled() {
		return nil, identity.FeatureDisabled()
	}
	return &iamapi.GetOutboundWebIdentityFederationInfoOutput{
		IssuerIdentifier: new(c.Tools.IssuerOf(c.Caller.Account)), JwtVendingEnabled: new(true),
	}, nil
}
