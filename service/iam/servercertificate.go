package iam

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func serverCertificateOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.UploadServerCertificate, uploadServerCertificateTargets, uploadServerCertificate),
		service.Read(iamapi.GetServerCertificate, onNamed("GetServerCertificate", onServerCertificate, func(in *iamapi.GetServerCertificateInput) string { return in.ServerCertificateName }), getServerCertificate),
		service.Read(iamapi.ListServerCertificates, listServerCertificatesTargets, listServerCertificates),
		service.Write(iamapi.UpdateServerCertificate, updateServerCertificateTargets, updateServerCertificate),
		service.Write(iamapi.DeleteServerCertificate, onNamed("DeleteServerCertificate", onServerCertificate, func(in *iamapi.DeleteServerCertificateInput) string { return in.ServerCertificateName }), deleteServerCertificate),
		tagging(iamapi.TagServerCertificate, onServerCertificate, identity.Editor.TagServerCertificate, func(in *iamapi.TagServerCertificateInput) (string, []iamapi.Tag) {
			return in.ServerCertificateName, in.Tags
		}),
		untagging(iamapi.UntagServerCertificate, onServerCertificate, identity.Editor.UntagServerCertificate, func(in *iamapi.UntagServerCertificateInput) (string, []string) {
			return in.ServerCertificateName, in.TagKeys
		}),
		service.Read(iamapi.ListServerCertificateTags, onNamed("ListServerCertificateTags", onServerCertificate, func(in *iamapi.ListServerCertificateTagsInput) string { return in.ServerCertificateName }), listServerCertificateTags),
	}
}

func onServerCertificate(c *service.Call, action, name string, keys ...authz.Key) []authz.Target {
	a := c.Account()
	t := on(c, action, a.ServerCertificateARNNamed(name), keys...)
	if s, err := a.ServerCertificate(name); err == nil {
		t[0] = t[0].With(authz.ResourceTags(s.Tags, false)...)
	}
	return t
}

func serverCertificateShape(a identity.Account, s *identity.ServerCertificate) iamapi.ServerCertificateMetadata {
	return iamapi.ServerCertificateMetadata{
		Path: s.Path, ServerCertificateName: s.Name, ServerCertificateId: s.ID, Arn: a.ServerCertificateARN(s),
		UploadDate: &s.UploadDate, Expiration: &s.Expiration,
	}
}

func uploadServerCertificateTargets(c *service.Call, in *iamapi.UploadServerCertificateInput) ([]authz.Target, error) {
	resource := c.Account().NewServerCertificateARN(in.Path, in.ServerCertificateName)
	return creation(on(c, "UploadServerCertificate", resource), "TagServerCertificate", fromTags(in.Tags)), nil
}

func uploadServerCertificate(c *service.Call, in *iamapi.UploadServerCertificateInput) (*iamapi.UploadServerCertificateOutput, error) {
	e := c.Edit()
	s, err := e.UploadServerCertificate(identity.NewServerCertificate{
		Name: in.ServerCertificateName, Path: in.Path, Body: in.CertificateBody, PrivateKey: in.PrivateKey,
		Chain: in.CertificateChain, Tags: fromTags(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.UploadServerCertificateOutput{
		ServerCertificateMetadata: new(serverCertificateShape(e.Account, s)), Tags: toTags(s.Tags),
	}, nil
}

func getServerCertificate(c *service.Call, in *iamapi.GetServerCertificateInput) (*iamapi.GetServerCertificateOutput, error) {
	a := c.Account()
	s, err := a.ServerCertificate(in.ServerCertificateName)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetServerCertificateOutput{ServerCertificate: iamapi.ServerCertificate{
		ServerCertificateMetadata: serverCertificateShape(a, s), CertificateBody: s.Body, CertificateChain: s.Chain, Tags: toTags(s.Tags),
	}}, nil
}

// listServerCertificatesTargets is the collection, or the part of it under a path:
// so AWS names it in refusals (dlapiduz/certbot-s3front#52).
func listServerCertificatesTargets(c *service.Call, in *iamapi.ListServerCertificatesInput) ([]authz.Target, error) {
	return on(c, "ListServerCertificates", c.Account().NewServerCertificateARN(in.PathPrefix, "")), nil
}

func listServerCertificates(c *service.Call, in *iamapi.ListServerCertificatesInput) (*iamapi.ListServerCertificatesOutput, error) {
	a, prefix := c.Account(), service.Or(in.PathPrefix, "")
	page, err := service.PageBy(c, "server certificates "+prefix, in.Marker, in.MaxItems,
		func(from string) iter.Seq2[string, *identity.ServerCertificate] {
			return a.ServerCertificates(prefix, from)
		})
	if err != nil {
		return nil, err
	}
	return &iamapi.ListServerCertificatesOutput{
		ServerCertificateMetadataList: mapped(page.Items, func(s *identity.ServerCertificate) iamapi.ServerCertificateMetadata {
			return serverCertificateShape(a, s)
		}),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

// updateServerCertificateTargets asks for the right on the certificate as it is and
// as it will be, as the IAM API reference says.
func updateServerCertificateTargets(c *service.Call, in *iamapi.UpdateServerCertificateInput) ([]authz.Target, error) {
	t := onServerCertificate(c, "UpdateServerCertificate", in.ServerCertificateName)
	a := c.Account()
	path, name := "/", in.ServerCertificateName
	if s, err := a.ServerCertificate(name); err == nil {
		path, name = s.Path, s.Name
	}
	if next := a.NewServerCertificateARN(new(service.Or(in.NewPath, path)), service.Or(in.NewServerCertificateName, name)); next != t[0].Resource {
		t = append(t, authz.Target{Action: "iam:UpdateServerCertificate", Resource: next, Account: a.ID, Keys: t[0].Keys})
	}
	return t, nil
}

func updateServerCertificate(c *service.Call, in *iamapi.UpdateServerCertificateInput) (*iamapi.UpdateServerCertificateOutput, error) {
	return &iamapi.UpdateServerCertificateOutput{}, c.Edit().UpdateServerCertificate(in.ServerCertificateName, in.NewServerCertificateName, in.NewPath)
}

func deleteServerCertificate(c *service.Call, in *iamapi.DeleteServerCertificateInput) (*iamapi.DeleteServerCertificateOutput, error) {
	return &iamapi.DeleteServerCertificateOutput{}, c.Edit().DeleteServerCertificate(in.ServerCertificateName)
}

func listServerCertificateTags(c *service.Call, in *iamapi.ListServerCertificateTagsInput) (*iamapi.ListServerCertificateTagsOutput, error) {
	s, err := c.Account().ServerCertificate(in.ServerCertificateName)
	if err != nil {
		return nil, err
	}
	page, err := pageOfTags(c, "server certificate tags "+s.ID, in.Marker, in.MaxItems, s.Tags)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListServerCertificateTagsOutput{Tags: allTags(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}
