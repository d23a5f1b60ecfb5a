package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func signingCertificateOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.UploadSigningCertificate, onCallingUser("UploadSigningCertificate", func(in *iamapi.UploadSigningCertificateInput) *string { return in.UserName }), uploadSigningCertificate),
		service.Read(iamapi.ListSigningCertificates, onCallingUser("ListSigningCertificates", func(in *iamapi.ListSigningCertificatesInput) *string { return in.UserName }), listSigningCertificates),
		service.Write(iamapi.UpdateSigningCertificate, onCallingUser("UpdateSigningCertificate", func(in *iamapi.UpdateSigningCertificateInput) *string { return in.UserName }), updateSigningCertificate),
		service.Write(iamapi.DeleteSigningCertificate, onCallingUser("DeleteSigningCertificate", func(in *iamapi.DeleteSigningCertificateInput) *string { return in.UserName }), deleteSigningCertificate),
	}
}

func signingCertificateShape(userName string, s *identity.SigningCertificate) iamapi.SigningCertificate {
	return iamapi.SigningCertificate{
		UserName: userName, CertificateId: s.ID, CertificateBody: s.Body, Status: shownStatus(s.Active), UploadDate: &s.UploadDate,
	}
}

func uploadSigningCertificate(c *service.Call, in *iamapi.UploadSigningCertificateInput) (*iamapi.UploadSigningCertificateOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	s, err := c.Edit().UploadSigningCertificate(id, in.CertificateBody)
	if err != nil {
		return nil, err
	}
	return &iamapi.UploadSigningCertificateOutput{Certificate: signingCertificateShape(name, s)}, nil
}

func listSigningCertificates(c *service.Call, in *iamapi.ListSigningCertificatesInput) (*iamapi.ListSigningCertificatesOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	page, err := service.PageOf(c, "signing certificates of "+id, in.Marker, in.MaxItems, c.Account().SigningCertificatesOf(id),
		func(s *identity.SigningCertificate) string { return s.UploadDate.UTC().Format(keyOrder) + s.ID })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListSigningCertificatesOutput{
		Certificates: mapped(page.Items, func(s *identity.SigningCertificate) iamapi.SigningCertificate {
			return signingCertificateShape(name, s)
		}),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

func updateSigningCertificate(c *service.Call, in *iamapi.UpdateSigningCertificateInput) (*iamapi.UpdateSigningCertificateOutput, error) {
	_, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	active, err := wantedStatus(in.Status)
	if err != nil {
		return nil, err
	}
	return &iamapi.UpdateSigningCertificateOutput{}, c.Edit().UpdateSigningCertificate(id, in.CertificateId, active)
}

func deleteSigningCertificate(c *service.Call, in *iamapi.DeleteSigningCertificateInput) (*iamapi.DeleteSigningCertificateOutput, error) {
	_, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteSigningCertificateOutput{}, c.Edit().DeleteSigningCertificate(id, in.CertificateId)
}
