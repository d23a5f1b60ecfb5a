package identity_test

import (
	"errors"
	"testing"

	"github.com/keyreeve/keyreeve/credential/totp"
	"github.com/keyreeve/keyreeve/identity"
)

// device makes a device and gives its serial number and codes that are good now.
func device(t *testing.T, e identity.Editor, name string) (serial string, codes [3]string) {
	t.Helper()
	d, seed, err := e.CreateVirtualMFADevice(name, nil, nil)
	must(t, err)
	at := totp.StepAt(now)
	return e.MFASerial(d), [3]string{seed.Code(at - 1), seed.Code(at), seed.Code(at + 1)}
}

func TestMFARefusals(t *testing.T) {
	e := furnished(t)
	ada, err := e.User("ada")
	must(t, err)
	bob, err := e.CreateUser(identity.NewUser{Name: "bob"})
	must(t, err)
	serial, codes := device(t, e, "one")
	must(t, e.EnableMFADevice(ada.ID, serial, codes[0], codes[1]))
	spare, spareCodes := device(t, e, "spare")
	twice := []identity.Tag{{Key: "a"}, {Key: "a"}}
	create := func(name, path string, tags ...identity.Tag) error {
		_, _, err := e.CreateVirtualMFADevice(name, &path, tags)
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"made twice", create("one", "/"), "EntityAlreadyExists: MFADevice entity at the same path and name already exists."},
		{"made in another case", create("ONE", "/"), "EntityAlreadyExists: MFADevice entity at the same path and name already exists."},
		{"another path", create("one", "/team/"), ""},
		{"bad path", create("x", "team"), "ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		{"one tag twice", create("x", "/", twice...), "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{"tags that differ by case", create("y", "/", identity.Tag{Key: "a"}, identity.Tag{Key: "A"}), ""},
		{"enabled twice", e.EnableMFADevice(bob.ID, serial, codes[1], codes[2]), "EntityAlreadyExists: MFA Device is already in use."},
		{"a hardware device", e.EnableMFADevice(bob.ID, "GAHT12345678", "000000", "000001"), "NoSuchEntity: VirtualMFADevice with serial number GAHT12345678 does not exist."},
		{"serial in another case", e.EnableMFADevice(bob.ID, "arn:aws:iam::111122223333:mfa/SPARE", "000000", "000001"), "NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::111122223333:mfa/SPARE does not exist."},
		{"of another account", e.DeleteVirtualMFADevice("arn:aws:iam::444455556666:mfa/spare"), "NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::444455556666:mfa/spare does not exist."},
		{"one code twice", e.EnableMFADevice(bob.ID, spare, spareCodes[1], spareCodes[1]), "InvalidAuthenticationCode: Authentication code for device is not valid."},
		{"codes of another device", e.EnableMFADevice(bob.ID, spare, codes[0], codes[1]), "InvalidAuthenticationCode: Authentication code for device is not valid."},
		{"resync with used codes", e.ResyncMFADevice(ada.ID, serial, codes[0], codes[1]), "InvalidAuthenticationCode: Authentication code for device is not valid."},
		{"resync of nobody's", e.ResyncMFADevice(ada.ID, spare, spareCodes[0], spareCodes[1]), "NoSuchEntity: MFA Device invalid for user."},
		{"deactivated for another", e.DeactivateMFADevice(bob.ID, serial), "NoSuchEntity: MFA Device invalid for user."},
		{"deactivated unassigned", e.DeactivateMFADevice(bob.ID, spare), "NoSuchEntity: MFA Device invalid for user."},
		{"a used code", e.UseMFACode(ada.ID, serial, codes[1]), "InvalidAuthenticationCode: Authentication code for device is not valid."},
		{"for another", e.UseMFACode(bob.ID, serial, codes[2]), "NoSuchEntity: MFA Device invalid for user."},
		{"a check", e.CheckMFACode(ada.ID, serial, codes[2]), ""},
		{"a use after a check", e.UseMFACode(ada.ID, serial, codes[2]), ""},
		{"a check after a use", e.CheckMFACode(ada.ID, serial, codes[2]), "InvalidAuthenticationCode: Authentication code for device is not valid."},
		{"deleted in use", e.DeleteVirtualMFADevice(serial), "DeleteConflict: MFA VirtualDevice in use. Must deactivate first."},
		{"its user deleted", e.DeleteUser("ada"), "DeleteConflict: Cannot delete entity, must delete MFA device first."},
	} {
		if got := refusal(c.err); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestUsedCodesStayUsed when a device is taken away and assigned anew.
func TestUsedCodesStayUsed(t *testing.T) {
	e := furnished(t)
	ada, err := e.User("ada")
	must(t, err)
	serial, codes := device(t, e, "one")
	must(t, e.EnableMFADevice(ada.ID, serial, codes[0], codes[1]))
	must(t, e.DeactivateMFADevice(ada.ID, serial))
	if got := refusal(e.EnableMFADevice(ada.ID, serial, codes[0], codes[1])); got != "InvalidAuthenticationCode: Authentication code for device is not valid." {
		t.Errorf("the same codes: %s", got)
	}
	must(t, e.DeleteVirtualMFADevice(serial))
	must(t, e.DeleteUser("ada"))
}

// TestMFADevicesOfRoot: eight at most, counted for the summary.
func TestMFADevicesOfRoot(t *testing.T) {
	e := furnished(t)
	for i := range 9 {
		serial, codes := device(t, e, string(rune('a'+i)))
		got, want := refusal(e.EnableMFADevice(e.ID, serial, codes[0], codes[1])), ""
		if i == 8 {
			want = "LimitExceeded: Cannot exceed quota for MFADevicesPerUser: 8"
		}
		if got != want {
			t.Errorf("device %d: %s", i+1, got)
		}
	}
	c := e.Counts()
	if c["MFADevices"] != 9 || c["MFADevicesInUse"] != 8 || c["AccountMFAEnabled"] != 1 {
		t.Errorf("counts %v", c)
	}
}

// TestResealMFA: sealed anew, opened by what sealed it, and used codes stay used.
func TestResealMFA(t *testing.T) {
	e := furnished(t)
	ada, err := e.User("ada")
	must(t, err)
	serial, codes := device(t, e, "one")
	must(t, e.EnableMFADevice(ada.ID, serial, codes[0], codes[1]))
	e.Seal = func(secret []byte, belongsTo string) ([]byte, error) {
		return append([]byte(belongsTo), secret...), nil
	}
	must(t, e.Reseal(func(sealed []byte, _ string) ([]byte, error) { return sealed, nil }))
	e.Open = func(sealed []byte, belongsTo string) ([]byte, error) {
		if string(sealed[:len(belongsTo)]) != belongsTo {
			return nil, errors.New("not sealed for this")
		}
		return sealed[len(belongsTo):], nil
	}
	if got := refusal(e.UseMFACode(ada.ID, serial, codes[1])); got != "InvalidAuthenticationCode: Authentication code for device is not valid." {
		t.Errorf("a used code: %s", got)
	}
	must(t, e.UseMFACode(ada.ID, serial, codes[2]))
}
