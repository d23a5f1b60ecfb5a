package identity

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/totp"
	"github.com/keyreeve/keyreeve/state"
)

// MFADevice is an MFA device: something of a user, or of root, that shows codes made
// from a seed, or that signs. A virtual one is made by the account, and its seed given
// out; a hardware token comes with its seed, which the operator imports; a security key
// or passkey is registered by whom it belongs to, and has no seed but a public key.
type MFADevice struct {
	Name       string    `json:"name,omitempty"` // of a virtual device
	Path       string    `json:"path,omitempty"`
	Serial     string    `json:"serial,omitempty"` // of a hardware token, as printed on it, or of a security key
	FIDO       bool      `json:"fido,omitempty"`   // it is a security key or a passkey
	CreateDate time.Time `json:"created"`
	Tags       []Tag     `json:"tags,omitempty"`

	// OwnerID is the unique id of the user that the device is assigned to, or the
	// account's number for root; it is empty for a device that is unassigned.
	OwnerID    string    `json:"owner,omitempty"`
	EnableDate time.Time `json:"enabled,omitzero"`
}

// MFASeed is the seed of a device, sealed, and what is remembered of its codes. It
// is an entity apart so that it stays out of history, where each use of a code
// would otherwise stand. It stays with the device when that is deactivated, so
// that no code is used twice by enabling it anew.
type MFASeed struct {
	Sealed []byte     `json:"sealed"`
	State  totp.State `json:"state"`
}

// The key of both is the folded path and name of a virtual device, which begins with a
// slash, and "hardware " with the folded serial number of the others, which does not.
var (
	mfaDevices = state.Define[MFADevice](state.AccountAggregate, "mfa-device", 1)
	mfaSeeds   = state.Define[MFASeed](state.AccountAggregate, "mfa-seed", 1).Secret()

	mfaDevicesByOwner = mfaDevices.Index(func(_ string, d *MFADevice) []string { return some(d.OwnerID) })
)

// maxMFADevices is how many devices a user or root may have (IAM User Guide, "IAM
// and AWS STS quotas").
const maxMFADevices = 8

func (d *MFADevice) key() string {
	if !d.Virtual() {
		return hardwareKey(d.Serial)
	}
	return state.Fold(d.Path + d.Name)
}

func hardwareKey(serial string) string { return "hardware " + state.Fold(serial) }

// Virtual tells a virtual device from what is made elsewhere.
func (d *MFADevice) Virtual() bool { return d.Serial == "" }

// MFASerial is the serial number of a device: the ARN of a virtual one.
func (a Account) MFASerial(d *MFADevice) string {
	if !d.Virtual() {
		return d.Serial
	}
	return a.arn("mfa", d.Path, d.Name)
}

// NewMFASerial is the serial number that a device of a path and a name would have.
func (a Account) NewMFASerial(path *string, name string) string {
	return a.arn("mfa", pathOr(path), name)
}

// MFADevice finds a device by its serial number. As in all ARNs case counts.
func (a Account) MFADevice(serial string) (*MFADevice, error) {
	if path, ok := strings.CutPrefix(serial, a.arn("mfa", "", "")); ok {
		if d, ok := mfaDevices.Get(a.snapshot(), state.Fold(path)); ok && a.MFASerial(d) == serial {
			return d, nil
		}
	} else if d, ok := mfaDevices.Get(a.snapshot(), hardwareKey(serial)); ok && d.Serial == serial {
		return d, nil
	}
	return nil, noMFADevice(serial)
}

func noMFADevice(serial string) error {
	return apierror.New(apierror.NoSuchEntity, "VirtualMFADevice with serial number %s does not exist.", serial)
}

// VirtualMFADevice is MFADevice for operations that know no others.
func (a Account) VirtualMFADevice(serial string) (*MFADevice, error) {
	d, err := a.MFADevice(serial)
	if err == nil && !d.Virtual() {
		return nil, noMFADevice(serial)
	}
	return d, err
}

// VirtualMFADevices ranges over the virtual devices in order of keys, from the one with
// key from on.
func (a Account) VirtualMFADevices(from string) iter.Seq2[string, *MFADevice] {
	return func(yield func(string, *MFADevice) bool) {
		for key, d := range mfaDevices.From(a.snapshot(), from) {
			if d.Virtual() && !yield(key, d) {
				return
			}
		}
	}
}

// MFADevicesOf lists the devices of a user, or of root where the id is the
// account's number, in order of serial numbers.
func (a Account) MFADevicesOf(ownerID string) []*MFADevice {
	var list []*MFADevice
	for _, d := range mfaDevicesByOwner.At(a.snapshot(), ownerID) {
		list = append(list, d)
	}
	slices.SortFunc(list, func(x, y *MFADevice) int { return strings.Compare(a.MFASerial(x), a.MFASerial(y)) })
	return list
}

// mfaCounts are the numbers of GetAccountSummary.
func (a Account) mfaCounts() (all, inUse, root int) {
	for _, d := range mfaDevices.All(a.snapshot()) {
		all++
		if d.OwnerID != "" {
			inUse++
		}
		if d.OwnerID == a.rootID() {
			root = 1
		}
	}
	return all, inUse, root
}

// CreateVirtualMFADevice makes a device that is nobody's yet. The seed is given
// out this once.
func (e Editor) CreateVirtualMFADevice(name string, path *string, tags []Tag) (*MFADevice, totp.Seed, error) {
	d := &MFADevice{Name: name, Path: pathOr(path), CreateDate: e.Now, Tags: tags}
	if err := checkPath(d.Path); err != nil {
		return nil, nil, err
	}
	if err := checkTags(tags, asWritten); err != nil {
		return nil, nil, err
	}
	if mfaDevices.Has(e.snapshot(), d.key()) {
		return nil, nil, apierror.New(apierror.EntityAlreadyExists, "MFADevice entity at the same path and name already exists.")
	}
	if err := e.roomForMFADevice(); err != nil {
		return nil, nil, err
	}
	seed, err := totp.NewSeed(e.Random)
	if err != nil {
		return nil, nil, err
	}
	e.putMFADevice(d)
	return d, seed, e.putMFASeed(d, seed, totp.State{})
}

// ImportMFADevice takes a hardware token with its seed into the account, as nobody's
// yet: whoever is given it assigns it by EnableMFADevice.
func (e Editor) ImportMFADevice(serial string, seed totp.Seed) error {
	if strings.HasPrefix(serial, "arn:") {
		return apierror.New(apierror.ValidationError, "The serial number of a hardware token is no ARN: %s.", serial)
	}
	d := &MFADevice{Serial: serial, CreateDate: e.Now}
	if mfaDevices.Has(e.snapshot(), d.key()) {
		return apierror.New(apierror.EntityAlreadyExists, "MFADevice with serial number %s already exists.", serial)
	}
	if err := e.roomForMFADevice(); err != nil {
		return err
	}
	e.putMFADevice(d)
	return e.putMFASeed(d, seed, totp.State{})
}

// RemoveMFADevice removes a hardware token, also one that is assigned: it was lost,
// or has gone back to who gave it out.
func (e Editor) RemoveMFADevice(serial string) error {
	d, err := e.MFADevice(serial)
	if err != nil || d.Virtual() || d.FIDO {
		return apierror.New(apierror.NoSuchEntity, "There is no hardware token %s.", serial)
	}
	e.dropMFADevice(d)
	return nil
}

func (e Editor) dropMFADevice(d *MFADevice) {
	mfaDevices.Delete(e.draft, e.aggregate, d.key())
	mfaSeeds.Delete(e.draft, e.aggregate, d.key())
	securityKeys.Delete(e.draft, e.aggregate, d.key())
}

// roomForMFADevice refuses a device more than the users of the account and root
// could ever be assigned: AWS's limit has no name in GetAccountSummary.
func (e Editor) roomForMFADevice() error {
	limit := maxMFADevices * (e.Quotas("UsersQuota") + 1)
	if mfaDevices.Count(e.snapshot()) >= limit {
		return apierror.New(apierror.LimitExceeded, "Cannot exceed quota for VirtualMFADevicesPerAccount: %d", limit)
	}
	return nil
}

func (e Editor) putMFADevice(d *MFADevice) { mfaDevices.Put(e.draft, e.aggregate, d.key(), d) }

func (e Editor) putMFASeed(d *MFADevice, seed totp.Seed, s totp.State) error {
	sealed, err := e.Seal(seed, e.mfaSeedOf(d.key()))
	if err != nil {
		return err
	}
	mfaSeeds.Put(e.draft, e.aggregate, d.key(), &MFASeed{Sealed: sealed, State: s})
	return nil
}

// mfaSeedOf is what the sealed seed of a device is bound to.
func (a Account) mfaSeedOf(key string) string { return "mfa device " + a.ID + " " + key }

// DeleteVirtualMFADevice removes a device that is nobody's any more.
func (e Editor) DeleteVirtualMFADevice(serial string) error {
	d, err := e.VirtualMFADevice(serial)
	if err != nil {
		return err
	}
	if d.OwnerID != "" {
		return apierror.New(apierror.DeleteConflict, "MFA VirtualDevice in use. Must deactivate first.")
	}
	e.dropMFADevice(d)
	return nil
}

// EnableMFADevice assigns a device to a user or root, who shows by two successive
// codes that it is at hand.
func (e Editor) EnableMFADevice(ownerID, serial, first, second string) error {
	d, err := e.MFADevice(serial)
	if err != nil {
		return err
	}
	if d.OwnerID != "" {
		return apierror.New(apierror.EntityAlreadyExists, "MFA Device is already in use.")
	}
	if err := e.roomForMFADeviceOf(ownerID); err != nil {
		return err
	}
	if err := e.synchronize(d, first, second); err != nil {
		return err
	}
	next := *d
	next.OwnerID, next.EnableDate = ownerID, e.Now
	e.putMFADevice(&next)
	return nil
}

func (e Editor) roomForMFADeviceOf(ownerID string) error {
	if len(e.MFADevicesOf(ownerID)) >= maxMFADevices {
		return apierror.New(apierror.LimitExceeded, "Cannot exceed quota for MFADevicesPerUser: %d", maxMFADevices)
	}
	return nil
}

// mfaDeviceOf finds a device that is assigned to a user or root.
func (e Editor) mfaDeviceOf(ownerID, serial string) (*MFADevice, error) {
	d, err := e.MFADevice(serial)
	if err == nil && d.OwnerID != ownerID {
		err = InvalidMFADevice()
	}
	return d, err
}

// InvalidMFADevice is the error for a device that is not the user's.
func InvalidMFADevice() error {
	return apierror.New(apierror.NoSuchEntity, "MFA Device invalid for user.")
}

// DeactivateMFADevice takes a device away from its user or root.
func (e Editor) DeactivateMFADevice(ownerID, serial string) error {
	d, err := e.mfaDeviceOf(ownerID, serial)
	if err != nil {
		return err
	}
	if d.FIDO { // nobody else can have it
		e.dropMFADevice(d)
		return nil
	}
	next := *d
	next.OwnerID, next.EnableDate = "", time.Time{}
	e.putMFADevice(&next)
	return nil
}

// ResyncMFADevice learns the drift of a device's clock from two successive codes.
func (e Editor) ResyncMFADevice(ownerID, serial, first, second string) error {
	d, err := e.mfaDeviceOf(ownerID, serial)
	if err != nil {
		return err
	}
	return e.synchronize(d, first, second)
}

// TagMFADevice puts tags on a device.
func (e Editor) TagMFADevice(serial string, tags []Tag) error {
	return e.editMFADevice(serial, func(d *MFADevice) (err error) {
		d.Tags, err = withTags(d.Tags, tags, asWritten)
		return err
	})
}

// UntagMFADevice takes tags off a device.
func (e Editor) UntagMFADevice(serial string, keys []string) error {
	return e.editMFADevice(serial, func(d *MFADevice) error {
		d.Tags = withoutTags(d.Tags, keys, asWritten)
		return nil
	})
}

func (e Editor) editMFADevice(serial string, change func(*MFADevice) error) error {
	d, err := e.VirtualMFADevice(serial)
	if err != nil {
		return err
	}
	next := *d
	if err := change(&next); err != nil {
		return err
	}
	e.putMFADevice(&next)
	return nil
}
