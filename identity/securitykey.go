package identity

import (
	"io"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/webauthn"
	"github.com/keyreeve/keyreeve/state"
)

// securityKeys are the credentials of security keys and passkeys, by the keys of their
// devices. They are kept out of history, as each use counts.
var securityKeys = state.Define[webauthn.Key](state.AccountAggregate, "security-key", 1).Secret()

// serialLetters is how many characters of a security key's serial number are drawn.
const serialLetters = 26

// serialAlphabet has the characters of those.
const serialAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// AddSecurityKey registers a security key or passkey of a user or of root under a label
// of theirs, and gives its device. It is in use from then on: whoever has registered it
// has shown that it is at hand.
func (e Editor) AddSecurityKey(ownerID, label string, key webauthn.Key) (*MFADevice, error) {
	if !validLabel(label) {
		return nil, apierror.New(apierror.ValidationError, "The name of a security key must have 1 to 64 letters, digits or characters of +=,.@_- and begin with no dot.")
	}
	if err := e.roomForMFADeviceOf(ownerID); err != nil {
		return nil, err
	}
	if err := e.roomForMFADevice(); err != nil {
		return nil, err
	}
	for _, k := range e.SecurityKeys(ownerID) {
		if slices.Equal(k.ID, key.ID) {
			return nil, apierror.New(apierror.EntityAlreadyExists, "MFA Device is already in use.")
		}
	}
	serial, err := e.securityKeySerial(ownerID, label)
	if err != nil {
		return nil, err
	}
	d := &MFADevice{Serial: serial, FIDO: true, CreateDate: e.Now, OwnerID: ownerID, EnableDate: e.Now}
	e.putMFADevice(d)
	securityKeys.Put(e.draft, e.aggregate, d.key(), &key)
	return d, nil
}

func validLabel(label string) bool {
	if label == "" || len(label) > 64 || label[0] == '.' {
		return false
	}
	for _, c := range label {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("+=,.@_-", c) {
			return false
		}
	}
	return true
}

// securityKeySerial draws a serial number of the form that the IAM User Guide shows,
// u2f/user/NAME/LABEL-LETTERS. It stays what it is when the user is renamed.
func (e Editor) securityKeySerial(ownerID, label string) (string, error) {
	whose := "/root-account/"
	if u, ok := e.UserByID(ownerID); ok {
		whose = "/user/" + u.Name + "/"
	}
	var drawn [serialLetters]byte
	if _, err := io.ReadFull(e.Random, drawn[:]); err != nil {
		return "", err
	}
	for i, b := range drawn {
		drawn[i] = serialAlphabet[int(b)%len(serialAlphabet)]
	}
	return e.arn("u2f", whose, label+"-"+string(drawn[:])), nil
}

// SecurityKeys are the keys of a user, or of root, by the serial numbers of their
// devices.
func (a Account) SecurityKeys(ownerID string) map[string]webauthn.Key {
	keys := map[string]webauthn.Key{}
	for _, d := range a.MFADevicesOf(ownerID) {
		if k, ok := securityKeys.Get(a.snapshot(), d.key()); ok && d.FIDO {
			keys[d.Serial] = *k
		}
	}
	return keys
}

// UseSecurityKey notes a proof by a key: its count has grown. The count of a proof that
// was used before is refused.
func (e Editor) UseSecurityKey(ownerID string, key webauthn.Key) error {
	for serial, k := range e.SecurityKeys(ownerID) {
		if !slices.Equal(k.ID, key.ID) {
			continue
		}
		if key.Count <= k.Count && (key.Count != 0 || k.Count != 0) {
			return InvalidMFADevice()
		}
		k.Count = key.Count
		securityKeys.Put(e.draft, e.aggregate, hardwareKey(serial), &k)
		return nil
	}
	return InvalidMFADevice()
}
