package identity_test

import (
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/credential/webauthn"
	"github.com/keyreeve/keyreeve/identity"
)

// A security key is its owner's from registration to deactivation, and gone then. It
// shows no codes, cannot be handed on, and counts on.
func TestSecurityKeys(t *testing.T) {
	e := furnished(t)
	ada, err := e.User("ada")
	must(t, err)
	bob, err := e.CreateUser(identity.NewUser{Name: "bob"})
	must(t, err)
	key := webauthn.Key{ID: []byte("one"), Public: []byte("public"), Count: 3}
	d, err := e.AddSecurityKey(ada.ID, "yubi.1", key)
	must(t, err)
	serial := e.MFASerial(d)
	if !strings.HasPrefix(serial, "arn:aws:iam::111122223333:u2f/user/ada/yubi.1-") {
		t.Errorf("serial number %s", serial)
	}
	if found, err := e.MFADevice(serial); err != nil || found.OwnerID != ada.ID || found.EnableDate.IsZero() {
		t.Errorf("%+v, %v", found, err)
	}
	add := func(owner, label string, k webauthn.Key) error {
		_, err := e.AddSecurityKey(owner, label, k)
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"registered twice", add(ada.ID, "again", key), "EntityAlreadyExists: MFA Device is already in use."},
		{"a label with a slash", add(ada.ID, "a/b", webauthn.Key{ID: []byte("two")}), "ValidationError: The name of a security key must have 1 to 64 letters, digits or characters of +=,.@_- and begin with no dot."},
		{"no label", add(ada.ID, "", webauthn.Key{ID: []byte("two")}), "ValidationError: The name of a security key must have 1 to 64 letters, digits or characters of +=,.@_- and begin with no dot."},
		{"a code of it", e.CheckMFACode(ada.ID, serial, "000000"), "InvalidAuthenticationCode: Authentication code for device is not valid."},
		{"synchronized", e.ResyncMFADevice(ada.ID, serial, "000000", "000001"), "InvalidAuthenticationCode: Authentication code for device is not valid."},
		{"assigned to another", e.EnableMFADevice(bob.ID, serial, "000000", "000001"), "EntityAlreadyExists: MFA Device is already in use."},
		{"deleted as a virtual one", e.DeleteVirtualMFADevice(serial), "NoSuchEntity: VirtualMFADevice with serial number " + serial + " does not exist."},
		{"removed as a token", e.RemoveMFADevice(serial), "NoSuchEntity: There is no hardware token " + serial + "."},
		{"tagged", e.TagMFADevice(serial, []identity.Tag{{Key: "a"}}), "NoSuchEntity: VirtualMFADevice with serial number " + serial + " does not exist."},
		{"used with a lower count", e.UseSecurityKey(ada.ID, webauthn.Key{ID: []byte("one"), Count: 2}), "NoSuchEntity: MFA Device invalid for user."},
		{"used", e.UseSecurityKey(ada.ID, webauthn.Key{ID: []byte("one"), Count: 4}), ""},
		{"used again with the same count", e.UseSecurityKey(ada.ID, webauthn.Key{ID: []byte("one"), Count: 4}), "NoSuchEntity: MFA Device invalid for user."},
		{"used by another", e.UseSecurityKey(bob.ID, webauthn.Key{ID: []byte("one"), Count: 5}), "NoSuchEntity: MFA Device invalid for user."},
		{"deactivated for another", e.DeactivateMFADevice(bob.ID, serial), "NoSuchEntity: MFA Device invalid for user."},
		{"its owner deleted", e.DeleteUser("ada"), "DeleteConflict: Cannot delete entity, must delete MFA device first."},
		{"deactivated", e.DeactivateMFADevice(ada.ID, serial), ""},
		{"found after that", func() error { _, err := e.MFADevice(serial); return err }(), "NoSuchEntity: VirtualMFADevice with serial number " + serial + " does not exist."},
	} {
		got := ""
		if c.err != nil {
			got = c.err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if keys := e.SecurityKeys(ada.ID); len(keys) != 0 {
		t.Errorf("keys are left: %v", keys)
	}

	for i := range 8 {
		must(t, add(e.ID, "root", webauthn.Key{ID: []byte{byte(i)}}))
	}
	if err := add(e.ID, "root", webauthn.Key{ID: []byte("nine")}); err == nil || !strings.HasPrefix(err.Error(), "LimitExceeded") {
		t.Errorf("a ninth: %v", err)
	}
	for serial := range e.SecurityKeys(e.ID) {
		if !strings.HasPrefix(serial, "arn:aws:iam::111122223333:u2f/root-account/root-") {
			t.Errorf("root's serial number %s", serial)
		}
	}
}
