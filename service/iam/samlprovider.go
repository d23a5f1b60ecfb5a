package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func samlProviderOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateSAMLProvider, createSAMLProviderTargets, createSAMLProvider),
		service.Read(iamapi.GetSAMLProvider, onNamed("GetSAMLProvider", onSAMLProvider, func(in *iamapi.GetSAMLProviderInput) string { return in.SAMLProviderArn }), getSAMLProvider),
		service.Read(iamapi.ListSAMLProviders, onAccount[iamapi.ListSAMLProvidersInput]("ListSAMLProviders"), listSAMLProviders),
		service.Write(iamapi.UpdateSAMLProvider, onNamed("UpdateSAMLProvider", onSAMLProvider, func(in *iamapi.UpdateSAMLProviderInput) string { return in.SAMLProviderArn }), updateSAMLProvider),
		service.Write(iamapi.DeleteSAMLProvider, onNamed("DeleteSAMLProvider", onSAMLProvider, func(in *iamapi.DeleteSAMLProviderInput) string { return in.SAMLProviderArn }), deleteSAMLProvider),
		tagging(iamapi.TagSAMLProvider, onSAMLProvider, identity.Editor.TagSAMLProvider, func(in *iamapi.TagSAMLProviderInput) (string, []iamapi.Tag) { return in.SAMLProviderArn, in.Tags }),
		untagging(iamapi.UntagSAMLProvider, onSAMLProvider, identity.Editor.UntagSAMLProvider, func(in *iamapi.UntagSAMLProviderInput) (string, []string) { return in.SAMLProviderArn, in.TagKeys }),
		service.Read(iamapi.ListSAMLProviderTags, onNamed("ListSAMLProviderTags", onSAMLProvider, func(in *iamapi.ListSAMLProviderTagsInput) string { return in.SAMLProviderArn }), listSAMLProviderTags),
	}
}

func onSAMLProvider(c *service.Call, action, arn string, keys ...authz.Key) []authz.Target {
	t := on(c, action, arn, keys...)
	if p, err := c.Account().SAMLProvider(arn); err == nil {
		t[0] = t[0].With(authz.ResourceTags(p.Tags, false)...)
	}
	return t
}

// Values of AssertionEncryptionMode.
const (
	encryptionRequired = "Required"
	encryptionAllowed  = "Allowed"
)

func createSAMLProviderTargets(c *service.Call, in *iamapi.CreateSAMLProviderInput) ([]authz.Target, error) {
	return creation(on(c, "CreateSAMLProvider", c.Account().NewSAMLProviderARN(in.Name)), "TagSAMLProvider", fromTags(in.Tags)), nil
}

func createSAMLProvider(c *service.Call, in *iamapi.CreateSAMLProviderInput) (*iamapi.CreateSAMLProviderOutput, error) {
	e := c.Edit()
	p, err := e.CreateSAMLProvider(identity.NewSAMLProvider{
		Name: in.Name, Metadata: in.SAMLMetadataDocument, MustEncrypt: service.Or(in.AssertionEncryptionMode, "") == encryptionRequired,
		PrivateKey: in.AddPrivateKey, Tags: fromTags(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateSAMLProviderOutput{SAMLProviderArn: new(e.SAMLProviderARN(p)), Tags: toTags(p.Tags)}, nil
}

func getSAMLProvider(c *service.Call, in *iamapi.GetSAMLProviderInput) (*iamapi.GetSAMLProviderOutput, error) {
	p, err := c.Account().SAMLProvider(in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	out := &iamapi.GetSAMLProviderOutput{
		SAMLProviderUUID: &p.ID, SAMLMetadataDocument: &p.Metadata, CreateDate: &p.CreateDate, ValidUntil: &p.ValidUntil,
		Tags: allTags(p.Tags), AssertionEncryptionMode: new(encryptionAllowed), PrivateKeyList: []iamapi.SAMLPrivateKey{},
	}
	if p.MustEncrypt {
		out.AssertionEncryptionMode = new(encryptionRequired)
	}
	for _, k := range p.PrivateKeys {
		out.PrivateKeyList = append(out.PrivateKeyList, iamapi.SAMLPrivateKey{KeyId: &k.ID, Timestamp: &k.AddDate})
	}
	return out, nil
}

// listSAMLProviders lists all: the operation has no pages.
func listSAMLProviders(c *service.Call, _ *iamapi.ListSAMLProvidersInput) (*iamapi.ListSAMLProvidersOutput, error) {
	a, out := c.Account(), &iamapi.ListSAMLProvidersOutput{SAMLProviderList: []iamapi.SAMLProviderListEntry{}}
	for _, p := range a.SAMLProviders() {
		out.SAMLProviderList = append(out.SAMLProviderList, iamapi.SAMLProviderListEntry{
			Arn: new(a.SAMLProviderARN(p)), ValidUntil: &p.ValidUntil, CreateDate: &p.CreateDate,
		})
	}
	return out, nil
}

func updateSAMLProvider(c *service.Call, in *iamapi.UpdateSAMLProviderInput) (*iamapi.UpdateSAMLProviderOutput, error) {
	e := c.Edit()
	update := identity.SAMLProviderUpdate{Metadata: in.SAMLMetadataDocument, AddKey: in.AddPrivateKey, RemoveKey: in.RemovePrivateKey}
	if in.AssertionEncryptionMode != nil {
		update.MustEncrypt = new(*in.AssertionEncryptionMode == encryptionRequired)
	}
	p, err := e.UpdateSAMLProvider(in.SAMLProviderArn, update)
	if err != nil {
		return nil, err
	}
	return &iamapi.UpdateSAMLProviderOutput{SAMLProviderArn: new(e.SAMLProviderARN(p))}, nil
}

func deleteSAMLProvider(c *service.Call, in *iamapi.DeleteSAMLProviderInput) (*iamapi.DeleteSAMLProviderOutput, error) {
	return &iamapi.DeleteSAMLProviderOutput{}, c.Edit().DeleteSAMLProvider(in.SAMLProviderArn)
}

func listSAMLProviderTags(c *service.Call, in *iamapi.ListSAMLProviderTagsInput) (*iamapi.ListSAMLProviderTagsOutput, error) {
	p, err := c.Account().SAMLProvider(in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	page, err := pageOfTags(c, "SAML provider tags "+p.ID, in.Marker, in.MaxItems, p.Tags)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListSAMLProviderTagsOutput{Tags: allTags(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}
