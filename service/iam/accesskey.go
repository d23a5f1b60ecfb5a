package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func accessKeyOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateAccessKey, onCallingUser("CreateAccessKey", func(in *iamapi.CreateAccessKeyInput) *string { return in.UserName }), createAccessKey),
		service.Write(iamapi.UpdateAccessKey, onCallingUser("UpdateAccessKey", func(in *iamapi.UpdateAccessKeyInput) *string { return in.UserName }), updateAccessKey),
		service.Write(iamapi.DeleteAccessKey, onCallingUser("DeleteAccessKey", func(in *iamapi.DeleteAccessKeyInput) *string { return in.UserName }), deleteAccessKey),
		service.Read(iamapi.ListAccessKeys, onCallingUser("ListAccessKeys", func(in *iamapi.ListAccessKeysInput) *string { return in.UserName }), listAccessKeys),
		service.Read(iamapi.GetAccessKeyLastUsed, accessKeyLastUsedTargets, getAccessKeyLastUsed),
	}
}

// keyOwner is the user whose access keys an operation means: a name that is to
// be shown and the id that keys belong to.
func keyOwner(c *service.Call, name *string) (shown, id string, err error) {
	a := c.Account()
	user, err := callingUser(c, name)
	if err != nil {
		return "", "", err
	}
	if user == "" {
		return "", a.ID, nil
	}
	u, err := a.User(user)
	if err != nil {
		return "", "", err
	}
	return u.Name, u.ID, nil
}

func statusOf(k *identity.AccessKey) string {
	if k.Active {
		return "Active"
	}
	return "Inactive"
}

func createAccessKey(c *service.Call, in *iamapi.CreateAccessKeyInput) (*iamapi.CreateAccessKeyOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	k, secret, err := c.Edit().CreateAccessKey(id)
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateAccessKeyOutput{AccessKey: iamapi.AccessKey{
		UserName: name, AccessKeyId: k.ID, Status: statusOf(k), SecretAccessKey: secret, CreateDate: &k.CreateDate,
	}}, nil
}

func updateAccessKey(c *service.Call, in *iamapi.UpdateAccessKeyInput) (*iamapi.UpdateAccessKeyOutput, error) {
	_, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if in.Status == "Expired" {
		return nil, apierror.New(apierror.InvalidInput, "An access key cannot be set to the status Expired.")
	}
	return &iamapi.UpdateAccessKeyOutput{}, c.Edit().UpdateAccessKey(id, in.AccessKeyId, in.Status == "Active")
}

func deleteAccessKey(c *service.Call, in *iamapi.DeleteAccessKeyInput) (*iamapi.DeleteAccessKeyOutput, error) {
	_, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteAccessKeyOutput{}, c.Edit().DeleteAccessKey(id, in.AccessKeyId)
}

// keyOrder writes times so that their texts are in order of time: unlike
// time.RFC3339Nano it keeps zeros at the end.
const keyOrder = "2006-01-02T15:04:05.000000000Z"

func listAccessKeys(c *service.Call, in *iamapi.ListAccessKeysInput) (*iamapi.ListAccessKeysOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	page, err := service.PageOf(c, "access keys of "+id, in.Marker, in.MaxItems, c.Account().AccessKeysOf(id),
		func(k *identity.AccessKey) string { return k.CreateDate.UTC().Format(keyOrder) + k.ID })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListAccessKeysOutput{
		AccessKeyMetadata: mapped(page.Items, func(k *identity.AccessKey) iamapi.AccessKeyMetadata {
			m := iamapi.AccessKeyMetadata{AccessKeyId: &k.ID, Status: new(statusOf(k)), CreateDate: &k.CreateDate}
			if name != "" {
				m.UserName = &name
			}
			return m
		}),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

// accessKeyLastUsedTargets authorizes on the user that the key belongs to.
func accessKeyLastUsedTargets(c *service.Call, in *iamapi.GetAccessKeyLastUsedInput) ([]authz.Target, error) {
	a := c.Account()
	k, ok := a.AccessKey(in.AccessKeyId)
	if !ok {
		return on(c, "GetAccessKeyLastUsed", a.CollectionARN("user")+"*"), nil
	}
	if u, ok := a.UserByID(k.UserID); ok {
		return onUser(c, "GetAccessKeyLastUsed", u.Name), nil
	}
	return on(c, "GetAccessKeyLastUsed", a.RootARN()), nil
}

func getAccessKeyLastUsed(c *service.Call, in *iamapi.GetAccessKeyLastUsedInput) (*iamapi.GetAccessKeyLastUsedOutput, error) {
	a := c.Account()
	k, ok := a.AccessKey(in.AccessKeyId)
	if !ok {
		// AWS answers AccessDenied for a key that it does not find.
		return nil, apierror.New(apierror.AccessDenied, "User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s", c.Caller.ARN, in.AccessKeyId)
	}
	out := &iamapi.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: &iamapi.AccessKeyLastUsed{ServiceName: "N/A", Region: "N/A"}}
	if u, ok := a.UserByID(k.UserID); ok {
		out.UserName = &u.Name
	}
	if use, ok := c.Tools.LastUsed(a.ID, "access-key", k.ID); ok {
		out.AccessKeyLastUsed = &iamapi.AccessKeyLastUsed{LastUsedDate: &use.Time, ServiceName: use.Service, Region: use.Region}
	}
	return out, nil
}
