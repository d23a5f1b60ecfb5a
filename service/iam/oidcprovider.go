package iam

import (
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func oidcProviderOperations() []service.Operation {
	return []service.Operation{
		service.WritePrepared(iamapi.CreateOpenIDConnectProvider, createOIDCProviderTargets, findThumbprint, createOIDCProvider),
		service.Read(iamapi.GetOpenIDConnectProvider, onNamed("GetOpenIDConnectProvider", onOIDCProvider, func(in *iamapi.GetOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), getOIDCProvider),
		service.Read(iamapi.ListOpenIDConnectProviders, onAccount[iamapi.ListOpenIDConnectProvidersInput]("ListOpenIDConnectProviders"), listOIDCProviders),
		service.Write(iamapi.DeleteOpenIDConnectProvider, onNamed("DeleteOpenIDConnectProvider", onOIDCProvider, func(in *iamapi.DeleteOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), deleteOIDCProvider),
		service.Write(iamapi.AddClientIDToOpenIDConnectProvider, onNamed("AddClientIDToOpenIDConnectProvider", onOIDCProvider, func(in *iamapi.AddClientIDToOpenIDConnectProviderInput) string { return in.OpenIDConnectProviderArn }), addClientID),
		service.Write(iamapi.RemoveClientIDFromOpenIDConnectProvider, onNamed("RemoveClientIDFromOpenIDConnectProvider", onOIDCProvider, func(in *iamapi.RemoveClientIDFromOpenIDConnectProviderInput) string {
			return in.OpenIDConnectProviderArn
		}), removeClientID),
		service.Write(iamapi.UpdateOpenIDConnectProviderThumbprint, onNamed("UpdateOpenIDConnectProviderThumbprint", onOIDCProvider, func(in *iamapi.UpdateOpenIDConnectProviderThumbprintInput) string { return in.OpenIDConnectProviderArn }), updateThumbprints),
		tagging(iamapi.TagOpenIDConnectProvider, onOIDCProvider, identity.Editor.TagOIDCProvider, func(in *iamapi.TagOpenIDConnectProviderInput) (string, []iamapi.Tag) {
			return in.OpenIDConnectProviderArn, in.Tags
		}),
		untagging(iamapi.UntagOpenIDConnectProvider, onOIDCProvider, identity.Editor.UntagOIDCProvider, func(in *iamapi.UntagOpenIDConnectProviderInput) (string, []string) {
			return in.OpenIDConnectProviderArn, in.TagKeys
		}),
		service.Read(iamapi.ListOpenIDConnectProviderTags, onNamed("ListOpenIDConnectProviderTags", onOIDCProvider, func(in *iamapi.ListOpenIDConnectProviderTagsInput) string { return in.OpenIDConnectProviderArn }), listOIDCProviderTags),
	}
}

func onOIDCProvider(c *service.Call, action, arn string, keys ...authz.Key) []authz.Target {
	t := on(c, action, arn, keys...)
	if p, err := c.Account().OIDCProvider(arn); err == nil {
		t[0] = t[0].With(authz.ResourceTags(p.Tags, false)...)
	}
	return t
}

func createOIDCProviderTargets(c *service.Call, in *iamapi.CreateOpenIDConnectProviderInput) ([]authz.Target, error) {
	resource := c.Account().NewOIDCProviderARN(in.Url)
	return creation(on(c, "CreateOpenIDConnectProvider", resource), "TagOpenIDConnectProvider", fromTags(in.Tags)), nil
}

// findThumbprint asks the provider for its certificates where the caller names no
// thumbprint: AWS keeps that of the last one which the server shows (IAM API
// reference, CreateOpenIDConnectProvider).
func findThumbprint(c *service.Call, in *iamapi.CreateOpenIDConnectProviderInput) ([]string, error) {
	if len(in.ThumbprintList) > 0 {
		return in.ThumbprintList, nil
	}
	if err := identity.CheckIssuer(in.Url); err != nil {
		return nil, err
	}
	thumbprint, err := c.Tools.Providers.Thumbprint(c.Context, in.Url)
	if err != nil {
		return nil, apierror.New(apierror.OpenIDIDPCommunicationError, "The OpenID Connect provider %s could not be reached for the thumbprint of its certificate.", in.Url).Because(err)
	}
	return []string{thumbprint}, nil
}

func createOIDCProvider(c *service.Call, in *iamapi.CreateOpenIDConnectProviderInput, thumbprints []string) (*iamapi.CreateOpenIDConnectProviderOutput, error) {
	e := c.Edit()
	p, err := e.CreateOIDCProvider(identity.NewOIDCProvider{
		URL: in.Url, ClientIDs: in.ClientIDList, Thumbprints: thumbprints, Tags: fromTags(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: new(e.OIDCProviderARN(p)), Tags: toTags(p.Tags)}, nil
}

func getOIDCProvider(c *service.Call, in *iamapi.GetOpenIDConnectProviderInput) (*iamapi.GetOpenIDConnectProviderOutput, error) {
	p, err := c.Account().OIDCProvider(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetOpenIDConnectProviderOutput{
		Url: shownURL(p), ClientIDList: shown(p.ClientIDs), ThumbprintList: shown(p.Thumbprints), CreateDate: &p.CreateDate, Tags: toTags(p.Tags),
	}, nil
}

// shownURL is a provider's URL as AWS shows it, without its scheme; but of one with a
// port, which there is not in AWS, it is the whole of it. Terraform's provider cannot
// read "host:port" as a URL and would replace the resource in each plan.
func shownURL(p *identity.OIDCProvider) *string {
	if host, _, _ := strings.Cut(p.URL, "/"); strings.Contains(host, ":") {
		return new(p.Issuer())
	}
	return &p.URL
}

// shown is a list that is there in the answer also where it is empty.
func shown(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func listOIDCProviders(c *service.Call, _ *iamapi.ListOpenIDConnectProvidersInput) (*iamapi.ListOpenIDConnectProvidersOutput, error) {
	a, list := c.Account(), []iamapi.OpenIDConnectProviderListEntry{}
	for _, p := range a.OIDCProviders() {
		list = append(list, iamapi.OpenIDConnectProviderListEntry{Arn: new(a.OIDCProviderARN(p))})
	}
	return &iamapi.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: list}, nil
}

func deleteOIDCProvider(c *service.Call, in *iamapi.DeleteOpenIDConnectProviderInput) (*iamapi.DeleteOpenIDConnectProviderOutput, error) {
	return &iamapi.DeleteOpenIDConnectProviderOutput{}, c.Edit().DeleteOIDCProvider(in.OpenIDConnectProviderArn)
}

func addClientID(c *service.Call, in *iamapi.AddClientIDToOpenIDConnectProviderInput) (*iamapi.AddClientIDToOpenIDConnectProviderOutput, error) {
	return &iamapi.AddClientIDToOpenIDConnectProviderOutput{}, c.Edit().AddClientID(in.OpenIDConnectProviderArn, in.ClientID)
}

func removeClientID(c *service.Call, in *iamapi.RemoveClientIDFromOpenIDConnectProviderInput) (*iamapi.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	return &iamapi.RemoveClientIDFromOpenIDConnectProviderOutput{}, c.Edit().RemoveClientID(in.OpenIDConnectProviderArn, in.ClientID)
}

func updateThumbprints(c *service.Call, in *iamapi.UpdateOpenIDConnectProviderThumbprintInput) (*iamapi.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	return &iamapi.UpdateOpenIDConnectProviderThumbprintOutput{}, c.Edit().UpdateThumbprints(in.OpenIDConnectProviderArn, in.ThumbprintList)
}

func listOIDCProviderTags(c *service.Call, in *iamapi.ListOpenIDConnectProviderTagsInput) (*iamapi.ListOpenIDConnectProviderTagsOutput, error) {
	p, err := c.Account().OIDCProvider(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	page, err := pageOfTags(c, "OpenID Connect provider tags "+p.URL, in.Marker, in.MaxItems, p.Tags)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListOpenIDConnectProviderTagsOutput{Tags: allTags(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}
