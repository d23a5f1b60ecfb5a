package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func sshPublicKeyOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.UploadSSHPublicKey, onNamed("UploadSSHPublicKey", onUser, func(in *iamapi.UploadSSHPublicKeyInput) string { return in.UserName }), uploadSSHPublicKey),
		service.Read(iamapi.GetSSHPublicKey, onNamed("GetSSHPublicKey", onUser, func(in *iamapi.GetSSHPublicKeyInput) string { return in.UserName }), getSSHPublicKey),
		service.Read(iamapi.ListSSHPublicKeys, onCallingUser("ListSSHPublicKeys", func(in *iamapi.ListSSHPublicKeysInput) *string { return in.UserName }), listSSHPublicKeys),
		service.Write(iamapi.UpdateSSHPublicKey, onNamed("UpdateSSHPublicKey", onUser, func(in *iamapi.UpdateSSHPublicKeyInput) string { return in.UserName }), updateSSHPublicKey),
		service.Write(iamapi.DeleteSSHPublicKey, onNamed("DeleteSSHPublicKey", onUser, func(in *iamapi.DeleteSSHPublicKeyInput) string { return in.UserName }), deleteSSHPublicKey),
	}
}

// shownStatus is the status of what can be made inactive.
func shownStatus(active bool) string {
	if active {
		return "Active"
	}
	return "Inactive"
}

// wantedStatus tells whether a credential is to be active. The model knows Expired
// too, which nobody can set.
func wantedStatus(status string) (active bool, err error) {
	if status == "Expired" {
		return false, apierror.New(apierror.InvalidInput, "A credential cannot be set to the status Expired.")
	}
	return status == "Active", nil
}

func sshPublicKeyShape(userName, body string, k *identity.SSHPublicKey) *iamapi.SSHPublicKey {
	return &iamapi.SSHPublicKey{
		UserName: userName, SSHPublicKeyId: k.ID, Fingerprint: k.Fingerprint, SSHPublicKeyBody: body,
		Status: shownStatus(k.Active), UploadDate: &k.UploadDate,
	}
}

func uploadSSHPublicKey(c *service.Call, in *iamapi.UploadSSHPublicKeyInput) (*iamapi.UploadSSHPublicKeyOutput, error) {
	u, err := c.Account().User(in.UserName)
	if err != nil {
		return nil, err
	}
	k, err := c.Edit().UploadSSHPublicKey(u.ID, in.SSHPublicKeyBody)
	if err != nil {
		return nil, err
	}
	return &iamapi.UploadSSHPublicKeyOutput{SSHPublicKey: sshPublicKeyShape(u.Name, k.Body, k)}, nil
}

func getSSHPublicKey(c *service.Call, in *iamapi.GetSSHPublicKeyInput) (*iamapi.GetSSHPublicKeyOutput, error) {
	a := c.Account()
	u, err := a.User(in.UserName)
	if err != nil {
		return nil, err
	}
	k, err := a.SSHPublicKeyOf(u.ID, in.SSHPublicKeyId)
	if err != nil {
		return nil, err
	}
	body, err := k.Encoded(in.Encoding)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetSSHPublicKeyOutput{SSHPublicKey: sshPublicKeyShape(u.Name, body, k)}, nil
}

func listSSHPublicKeys(c *service.Call, in *iamapi.ListSSHPublicKeysInput) (*iamapi.ListSSHPublicKeysOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	page, err := service.PageOf(c, "SSH public keys of "+id, in.Marker, in.MaxItems, c.Account().SSHPublicKeysOf(id),
		func(k *identity.SSHPublicKey) string { return k.UploadDate.UTC().Format(keyOrder) + k.ID })
	if err != nil {
		return nil, err
	}
	return &iamapi.ListSSHPublicKeysOutput{
		SSHPublicKeys: mapped(page.Items, func(k *identity.SSHPublicKey) iamapi.SSHPublicKeyMetadata {
			return iamapi.SSHPublicKeyMetadata{UserName: name, SSHPublicKeyId: k.ID, Status: shownStatus(k.Active), UploadDate: k.UploadDate}
		}),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

func updateSSHPublicKey(c *service.Call, in *iamapi.UpdateSSHPublicKeyInput) (*iamapi.UpdateSSHPublicKeyOutput, error) {
	u, err := c.Account().User(in.UserName)
	if err != nil {
		return nil, err
	}
	active, err := wantedStatus(in.Status)
	if err != nil {
		return nil, err
	}
	return &iamapi.UpdateSSHPublicKeyOutput{}, c.Edit().UpdateSSHPublicKey(u.ID, in.SSHPublicKeyId, active)
}

func deleteSSHPublicKey(c *service.Call, in *iamapi.DeleteSSHPublicKeyInput) (*iamapi.DeleteSSHPublicKeyOutput, error) {
	u, err := c.Account().User(in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteSSHPublicKeyOutput{}, c.Edit().DeleteSSHPublicKey(u.ID, in.SSHPublicKeyId)
}
