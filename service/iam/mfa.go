package iam

import (
	"iter"
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/totp"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func mfaOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateVirtualMFADevice, createVirtualMFADeviceTargets, createVirtualMFADevice),
		service.Write(iamapi.DeleteVirtualMFADevice, onNamed("DeleteVirtualMFADevice", onMFADevice, func(in *iamapi.DeleteVirtualMFADeviceInput) string { return in.SerialNumber }), deleteVirtualMFADevice),
		service.Write(iamapi.EnableMFADevice, onMFAUser("EnableMFADevice", func(in *iamapi.EnableMFADeviceInput) *string { return &in.UserName }), enableMFADevice),
		service.Write(iamapi.DeactivateMFADevice, onMFAUser("DeactivateMFADevice", func(in *iamapi.DeactivateMFADeviceInput) *string { return in.UserName }), deactivateMFADevice),
		service.Write(iamapi.ResyncMFADevice, onMFAUser("ResyncMFADevice", func(in *iamapi.ResyncMFADeviceInput) *string { return &in.UserName }), resyncMFADevice),
		service.Read(iamapi.ListMFADevices, onMFAUser("ListMFADevices", func(in *iamapi.ListMFADevicesInput) *string { return in.UserName }), listMFADevices),
		service.Read(iamapi.ListVirtualMFADevices, onAccount[iamapi.ListVirtualMFADevicesInput]("ListVirtualMFADevices"), listVirtualMFADevices),
		service.Read(iamapi.GetMFADevice, onMFAUser("GetMFADevice", func(in *iamapi.GetMFADeviceInput) *string { return in.UserName }), getMFADevice),
		tagging(iamapi.TagMFADevice, onMFADevice, identity.Editor.TagMFADevice, func(in *iamapi.TagMFADeviceInput) (string, []iamapi.Tag) { return in.SerialNumber, in.Tags }),
		untagging(iamapi.UntagMFADevice, onMFADevice, identity.Editor.UntagMFADevice, func(in *iamapi.UntagMFADeviceInput) (string, []string) { return in.SerialNumber, in.TagKeys }),
		service.Read(iamapi.ListMFADeviceTags, onNamed("ListMFADeviceTags", onMFADevice, func(in *iamapi.ListMFADeviceTagsInput) string { return in.SerialNumber }), listMFADeviceTags),
	}
}

// onMFADevice is for operations on a device itself, which are on virtual ones. A
// serial number that is no ARN is asked on the devices of the account, so that only
// who may hears that there is none.
func onMFADevice(c *service.Call, action, serial string, keys ...authz.Key) []authz.Target {
	a := c.Account()
	if d, err := a.VirtualMFADevice(serial); err == nil {
		t := on(c, action, serial, keys...)
		t[0] = t[0].With(authz.ResourceTags(d.Tags, false)...)
		return t
	}
	if !strings.HasPrefix(serial, a.CollectionARN("mfa")) {
		serial = a.CollectionARN("mfa") + "*"
	}
	return on(c, action, serial, keys...)
}

// mfaUser is the user whose devices an operation means, "" for root. Root names
// itself by the account's number where a name is required, unless a user has that
// name; AWS does not say how root enables a device by the API.
func mfaUser(c *service.Call, name *string) (string, error) {
	if name != nil && c.Caller.Kind == authn.Root && *name == c.Caller.Account {
		if _, err := c.Account().User(*name); err != nil {
			return "", nil
		}
	}
	return callingUser(c, name)
}

// onMFAUser is for operations on the devices of a user or of root.
func onMFAUser[In any](action string, name func(*In) *string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		user, err := mfaUser(c, name(in))
		if err != nil {
			return nil, err
		}
		if user == "" {
			return on(c, action, c.Account().RootARN()), nil
		}
		return onUser(c, action, user), nil
	}
}

// mfaOwner is the user whose devices an operation means, as it is shown and by its
// id.
func mfaOwner(c *service.Call, name *string) (shown, id string, err error) {
	user, err := mfaUser(c, name)
	if err != nil {
		return "", "", err
	}
	if user == "" {
		return "", c.Account().ID, nil
	}
	u, err := c.Account().User(user)
	if err != nil {
		return "", "", err
	}
	return u.Name, u.ID, nil
}

func createVirtualMFADeviceTargets(c *service.Call, in *iamapi.CreateVirtualMFADeviceInput) ([]authz.Target, error) {
	resource := c.Account().NewMFASerial(in.Path, in.VirtualMFADeviceName)
	return creation(on(c, "CreateVirtualMFADevice", resource), "TagMFADevice", fromTags(in.Tags)), nil
}

func createVirtualMFADevice(c *service.Call, in *iamapi.CreateVirtualMFADeviceInput) (*iamapi.CreateVirtualMFADeviceOutput, error) {
	e := c.Edit()
	d, seed, err := e.CreateVirtualMFADevice(in.VirtualMFADeviceName, in.Path, fromTags(in.Tags))
	if err != nil {
		return nil, err
	}
	picture, err := totp.QRCode(seed.URL(d.Name, e.ID))
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateVirtualMFADeviceOutput{VirtualMFADevice: iamapi.VirtualMFADevice{
		SerialNumber: e.MFASerial(d), Base32StringSeed: []byte(seed.Base32()), QRCodePNG: picture, Tags: toTags(d.Tags),
	}}, nil
}

func deleteVirtualMFADevice(c *service.Call, in *iamapi.DeleteVirtualMFADeviceInput) (*iamapi.DeleteVirtualMFADeviceOutput, error) {
	return &iamapi.DeleteVirtualMFADeviceOutput{}, c.Edit().DeleteVirtualMFADevice(in.SerialNumber)
}

func enableMFADevice(c *service.Call, in *iamapi.EnableMFADeviceInput) (*iamapi.EnableMFADeviceOutput, error) {
	return &iamapi.EnableMFADeviceOutput{}, withCodes(c, in.UserName, in.SerialNumber, func(owner string) error {
		return c.Edit().EnableMFADevice(owner, in.SerialNumber, in.AuthenticationCode1, in.AuthenticationCode2)
	})
}

func resyncMFADevice(c *service.Call, in *iamapi.ResyncMFADeviceInput) (*iamapi.ResyncMFADeviceOutput, error) {
	return &iamapi.ResyncMFADeviceOutput{}, withCodes(c, in.UserName, in.SerialNumber, func(owner string) error {
		return c.Edit().ResyncMFADevice(owner, in.SerialNumber, in.AuthenticationCode1, in.AuthenticationCode2)
	})
}

// withCodes carries out what takes two codes of a device.
func withCodes(c *service.Call, user, serial string, try func(owner string) error) error {
	_, owner, err := mfaOwner(c, &user)
	if err != nil {
		return err
	}
	if err := c.TryCode(owner, serial, func() error { return try(owner) }); err != nil {
		return err
	}
	c.CodeUsed(owner, serial)
	return nil
}

func deactivateMFADevice(c *service.Call, in *iamapi.DeactivateMFADeviceInput) (*iamapi.DeactivateMFADeviceOutput, error) {
	_, owner, err := mfaOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeactivateMFADeviceOutput{}, c.Edit().DeactivateMFADevice(owner, in.SerialNumber)
}

func listMFADevices(c *service.Call, in *iamapi.ListMFADevicesInput) (*iamapi.ListMFADevicesOutput, error) {
	a := c.Account()
	name, owner, err := mfaOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	page, err := service.PageOf(c, "MFA devices of "+owner, in.Marker, in.MaxItems, a.MFADevicesOf(owner), a.MFASerial)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListMFADevicesOutput{
		MFADevices: mapped(page.Items, func(d *identity.MFADevice) iamapi.MFADevice {
			return iamapi.MFADevice{UserName: name, SerialNumber: a.MFASerial(d), EnableDate: d.EnableDate}
		}),
		IsTruncated: &page.Truncated, Marker: page.Marker,
	}, nil
}

func listVirtualMFADevices(c *service.Call, in *iamapi.ListVirtualMFADevicesInput) (*iamapi.ListVirtualMFADevicesOutput, error) {
	status := service.Or(in.AssignmentStatus, iamapi.AssignmentStatusTypeAny)
	page, err := service.PageBy(c, "virtual MFA devices "+status, in.Marker, in.MaxItems, func(from string) iter.Seq2[string, *identity.MFADevice] {
		return func(yield func(string, *identity.MFADevice) bool) {
			for key, d := range c.Account().VirtualMFADevices(from) {
				wanted := status == iamapi.AssignmentStatusTypeAny || (status == iamapi.AssignmentStatusTypeAssigned) == (d.OwnerID != "")
				if wanted && !yield(key, d) {
					return
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return &iamapi.ListVirtualMFADevicesOutput{
		VirtualMFADevices: mapped(page.Items, func(d *identity.MFADevice) iamapi.VirtualMFADevice { return listedMFADevice(c, d) }),
		IsTruncated:       &page.Truncated, Marker: page.Marker,
	}, nil
}

// listedMFADevice is a device in a list: neither seed nor tags are shown.
func listedMFADevice(c *service.Call, d *identity.MFADevice) iamapi.VirtualMFADevice {
	a := c.Account()
	s := iamapi.VirtualMFADevice{SerialNumber: a.MFASerial(d)}
	if d.OwnerID == "" {
		return s
	}
	s.EnableDate = &d.EnableDate
	if u, ok := a.UserByID(d.OwnerID); ok {
		s.User = new(listedUser(a, u))
	} else if d.OwnerID == a.ID {
		s.User = new(rootShape(c, a))
	}
	return s
}

func getMFADevice(c *service.Call, in *iamapi.GetMFADeviceInput) (*iamapi.GetMFADeviceOutput, error) {
	a := c.Account()
	name, owner, err := mfaOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	d, err := a.MFADevice(in.SerialNumber)
	if err != nil {
		return nil, err
	}
	if d.OwnerID != owner {
		return nil, identity.InvalidMFADevice()
	}
	out := &iamapi.GetMFADeviceOutput{SerialNumber: in.SerialNumber, EnableDate: &d.EnableDate}
	if name != "" {
		out.UserName = &name
	}
	return out, nil
}

func listMFADeviceTags(c *service.Call, in *iamapi.ListMFADeviceTagsInput) (*iamapi.ListMFADeviceTagsOutput, error) {
	d, err := c.Account().VirtualMFADevice(in.SerialNumber)
	if err != nil {
		return nil, err
	}
	page, err := pageOfTags(c, "MFA device tags "+in.SerialNumber, in.Marker, in.MaxItems, d.Tags)
	if err != nil {
		return nil, err
	}
	return &iamapi.ListMFADeviceTagsOutput{Tags: allTags(page.Items), IsTruncated: &page.Truncated, Marker: page.Marker}, nil
}
