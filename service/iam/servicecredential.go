package iam

import (
	"slices"
	"strconv"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func serviceCredentialOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateServiceSpecificCredential, createServiceCredentialTargets, createServiceCredential),
		service.Read(iamapi.ListServiceSpecificCredentials, listServiceCredentialsTargets, listServiceCredentials),
		service.Write(iamapi.UpdateServiceSpecificCredential, onServiceCredential("UpdateServiceSpecificCredential",
			func(in *iamapi.UpdateServiceSpecificCredentialInput) (*string, string) {
				return in.UserName, in.ServiceSpecificCredentialId
			}), updateServiceCredential),
		service.Write(iamapi.ResetServiceSpecificCredential, onServiceCredential("ResetServiceSpecificCredential",
			func(in *iamapi.ResetServiceSpecificCredentialInput) (*string, string) {
				return in.UserName, in.ServiceSpecificCredentialId
			}), resetServiceCredential),
		service.Write(iamapi.DeleteServiceSpecificCredential, onServiceCredential("DeleteServiceSpecificCredential",
			func(in *iamapi.DeleteServiceSpecificCredentialInput) (*string, string) {
				return in.UserName, in.ServiceSpecificCredentialId
			}), deleteServiceCredential),
	}
}

const credentialServiceName = "iam:ServiceSpecificCredentialServiceName"

func createServiceCredentialTargets(c *service.Call, in *iamapi.CreateServiceSpecificCredentialInput) ([]authz.Target, error) {
	keys := []authz.Key{authz.Value(credentialServiceName, in.ServiceName)}
	if in.CredentialAgeDays != nil {
		keys = append(keys, authz.Value("iam:ServiceSpecificCredentialAgeDays", strconv.Itoa(int(*in.CredentialAgeDays))))
	}
	return onUser(c, "CreateServiceSpecificCredential", in.UserName, keys...), nil
}

// onServiceCredential is for operations on one credential. The service that the
// credential is for is a condition key of them; without such a credential it is
// absent.
func onServiceCredential[In any](action string, of func(*In) (userName *string, id string)) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		name, id := of(in)
		targets, err := onCallingUser(action, func(*In) *string { return name })(c, in)
		if err != nil {
			return nil, err
		}
		if s, ok := c.Account().ServiceCredential(id); ok {
			targets[0] = targets[0].With(authz.Value(credentialServiceName, s.Service))
		}
		return targets, nil
	}
}

// listServiceCredentialsTargets asks for the right on all users where all are listed.
func listServiceCredentialsTargets(c *service.Call, in *iamapi.ListServiceSpecificCredentialsInput) ([]authz.Target, error) {
	if service.Or(in.AllUsers, false) {
		return on(c, "ListServiceSpecificCredentials", c.Account().CollectionARN("user")+"*"), nil
	}
	return onCallingUser("ListServiceSpecificCredentials", func(in *iamapi.ListServiceSpecificCredentialsInput) *string { return in.UserName })(c, in)
}

// serviceCredentialShape is a credential with its secret, as it is shown once. Which
// members it has depends on the service.
func serviceCredentialShape(c *service.Call, userName, secret string, s *identity.ServiceCredential) *iamapi.ServiceSpecificCredential {
	shape := &iamapi.ServiceSpecificCredential{
		CreateDate: s.CreateDate, ExpirationDate: s.Expires, ServiceName: s.Service, ServiceSpecificCredentialId: s.ID,
		UserName: userName, Status: s.Status(c.Now),
	}
	if s.APIKey() {
		shape.ServiceCredentialAlias, shape.ServiceCredentialSecret = &s.Name, &secret
	} else {
		shape.ServiceUserName, shape.ServicePassword = &s.Name, &secret
	}
	return shape
}

func listedServiceCredential(c *service.Call, userName string, s *identity.ServiceCredential) iamapi.ServiceSpecificCredentialMetadata {
	shape := iamapi.ServiceSpecificCredentialMetadata{
		CreateDate: s.CreateDate, ExpirationDate: s.Expires, ServiceName: s.Service, ServiceSpecificCredentialId: s.ID,
		UserName: userName, Status: s.Status(c.Now),
	}
	if s.APIKey() {
		shape.ServiceCredentialAlias = &s.Name
	} else {
		shape.ServiceUserName = &s.Name
	}
	return shape
}

func createServiceCredential(c *service.Call, in *iamapi.CreateServiceSpecificCredentialInput) (*iamapi.CreateServiceSpecificCredentialOutput, error) {
	e := c.Edit()
	s, secret, err := e.CreateServiceCredential(in.UserName, in.ServiceName, in.CredentialAgeDays)
	if err != nil {
		return nil, err
	}
	u, _ := e.UserByID(s.UserID)
	return &iamapi.CreateServiceSpecificCredentialOutput{ServiceSpecificCredential: serviceCredentialShape(c, u.Name, secret, s)}, nil
}

// listServiceCredentials says IsTruncated only where there is more: AWS was seen to
// leave it out.
func listServiceCredentials(c *service.Call, in *iamapi.ListServiceSpecificCredentialsInput) (*iamapi.ListServiceSpecificCredentialsOutput, error) {
	list, label, err := wantedServiceCredentials(c, in)
	if err != nil {
		return nil, err
	}
	if in.ServiceName != nil {
		if _, err := identity.ServiceWithCredentials(*in.ServiceName); err != nil {
			return nil, err
		}
		label += " for " + *in.ServiceName
		list = slices.DeleteFunc(list, func(s *identity.ServiceCredential) bool { return s.Service != *in.ServiceName })
	}
	page, err := service.PageOf(c, label, in.Marker, in.MaxItems, list,
		func(s *identity.ServiceCredential) string { return s.CreateDate.UTC().Format(keyOrder) + s.ID })
	if err != nil {
		return nil, err
	}
	a := c.Account()
	out := &iamapi.ListServiceSpecificCredentialsOutput{
		ServiceSpecificCredentials: mapped(page.Items, func(s *identity.ServiceCredential) iamapi.ServiceSpecificCredentialMetadata {
			u, _ := a.UserByID(s.UserID)
			return listedServiceCredential(c, u.Name, s)
		}),
		Marker: page.Marker,
	}
	if page.Truncated {
		out.IsTruncated = &page.Truncated
	}
	return out, nil
}

// wantedServiceCredentials are those of one user or of all, and what the list is
// called.
func wantedServiceCredentials(c *service.Call, in *iamapi.ListServiceSpecificCredentialsInput) ([]*identity.ServiceCredential, string, error) {
	a := c.Account()
	if service.Or(in.AllUsers, false) {
		if in.UserName != nil {
			return nil, "", apierror.New(apierror.ValidationError, "AllUsers cannot be specified together with UserName.")
		}
		return a.ServiceCredentials(), "service-specific credentials", nil
	}
	_, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, "", err
	}
	return a.ServiceCredentialsOf(id), "service-specific credentials of " + id, nil
}

func updateServiceCredential(c *service.Call, in *iamapi.UpdateServiceSpecificCredentialInput) (*iamapi.UpdateServiceSpecificCredentialOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	active, err := wantedStatus(in.Status)
	if err != nil {
		return nil, err
	}
	return &iamapi.UpdateServiceSpecificCredentialOutput{}, c.Edit().UpdateServiceCredential(id, name, in.ServiceSpecificCredentialId, active)
}

func resetServiceCredential(c *service.Call, in *iamapi.ResetServiceSpecificCredentialInput) (*iamapi.ResetServiceSpecificCredentialOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	s, secret, err := c.Edit().ResetServiceCredential(id, name, in.ServiceSpecificCredentialId)
	if err != nil {
		return nil, err
	}
	return &iamapi.ResetServiceSpecificCredentialOutput{ServiceSpecificCredential: serviceCredentialShape(c, name, secret, s)}, nil
}

func deleteServiceCredential(c *service.Call, in *iamapi.DeleteServiceSpecificCredentialInput) (*iamapi.DeleteServiceSpecificCredentialOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteServiceSpecificCredentialOutput{}, c.Edit().DeleteServiceCredential(id, name, in.ServiceSpecificCredentialId)
}
