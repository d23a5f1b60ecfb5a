package credential_test

import (
	"bytes"
	"encoding/base32"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/credential"
	"pgregory.net/rapid"
)

var keyPattern = regexp.MustCompile(`^A[KS]IA[A-Z2-7]{16}$`)

func TestAccessKeyIDCarriesItsAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account := fmt.Sprintf("%012d", rapid.Uint64Range(0, 999_999_999_999).Draw(t, "account"))
		raw := rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(t, "random")
		prefix := rapid.SampledFrom([]credential.KeyPrefix{credential.LongTermKey, credential.SessionKey}).Draw(t, "prefix")
		id, err := credential.NewAccessKeyID(prefix, account, bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if !keyPattern.MatchString(id) || !strings.HasPrefix(id, string(prefix)) {
			t.Fatalf("id is %q", id)
		}
		if got, ok := credential.AccountOf(id); !ok || got != account {
			t.Fatalf("AccountOf(%s) = %q, %v; want %s", id, got, ok, account)
		}
		if got := accountByMask(t, id); got != account {
			t.Fatalf("by AWS's mask, the account of %s is %s; want %s", id, got, account)
		}
	})
}

// accountByMask reads the account as the many tools do that do it for AWS's own ids.
func accountByMask(t *rapid.T, id string) string {
	raw, err := base32.StdEncoding.DecodeString(id[4:])
	if err != nil {
		t.Fatal(err)
	}
	var first uint64
	for _, b := range raw[:6] {
		first = first<<8 | uint64(b)
	}
	return fmt.Sprintf("%012d", first&0x7fffffffff80>>7)
}

func TestRandomBitsAreAllUsed(t *testing.T) {
	zero, err := credential.NewAccessKeyID(credential.LongTermKey, "111122223333", bytes.NewReader(make([]byte, 10)))
	if err != nil {
		t.Fatal(err)
	}
	different := 0
	for bit := range 80 {
		raw := make([]byte, 10)
		raw[bit/8] = 0x80 >> (bit % 8)
		id, err := credential.NewAccessKeyID(credential.LongTermKey, "111122223333", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if id != zero {
			different++
		}
	}
	if different != 39 {
		t.Errorf("%d bits of randomness reach the id, want 39", different)
	}
}

func TestAccountOf(t *testing.T) {
	for _, test := range []struct {
		name, id, account string
	}{
		{"a published example of such an id", "ASIAY34FZKBOKMUTVV7A", "609629065308"},
		{"an old id carries none", "AKIAIOSFODNN7EXAMPLE", ""},
		{"empty", "", ""},
		{"a unique id", "AIDACKCEVSQ6C2EXAMPLE", ""},
		{"another prefix", "AROAY34FZKBOKMUTVV7A", ""},
		{"lower case", "ASIAy34fzkbokmutvv7a", ""},
		{"no base32", "ASIAY34FZKBOKMUTVV71", ""},
		{"a line break within", "ASIAY34FZKBOKM\nTVV7A", ""},
		{"too short", "ASIAY34FZKBOKMUTVV7", ""},
		{"too long", "ASIAY34FZKBOKMUTVV7AA", ""},
		{"a number of 13 digits", "AKIA7777777777777777", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := credential.AccountOf(test.id); got != test.account || ok != (test.account != "") {
				t.Errorf("AccountOf(%q) = %q, %v; want %q", test.id, got, ok, test.account)
			}
		})
	}
}

func TestUniqueIDs(t *testing.T) {
	for _, prefix := range []credential.Prefix{
		credential.UserID, credential.RoleID, credential.GroupID, credential.PolicyID, credential.InstanceProfileID,
		credential.PolicyVersionID, credential.CertificateID, credential.PublicKeyID, credential.ServiceCredentialID,
	} {
		id, err := credential.NewUniqueID(prefix, bytes.NewReader([]byte("0123456789a")))
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^[A-Z2-7]{21}$`).MatchString(id) || !strings.HasPrefix(id, string(prefix)) {
			t.Errorf("unique id with prefix %s is %q", prefix, id)
		}
	}
}

func TestShortRandomnessIsAnError(t *testing.T) {
	short := func() io.Reader { return bytes.NewReader([]byte{1, 2, 3}) }
	if id, err := credential.NewUniqueID(credential.UserID, short()); err == nil {
		t.Errorf("a unique id %s of three bytes", id)
	}
	if id, err := credential.NewAccessKeyID(credential.LongTermKey, "111122223333", short()); err == nil {
		t.Errorf("an access key id %s of three bytes", id)
	}
	if _, err := credential.NewSecretAccessKey(short()); err == nil {
		t.Error("a secret of three bytes")
	}
}

func TestAccountMustBeTwelveDigits(t *testing.T) {
	for _, account := range []string{"", "1", "11112222333", "1111222233334", "11112222333x", "-11122223333"} {
		if id, err := credential.NewAccessKeyID(credential.LongTermKey, account, bytes.NewReader(make([]byte, 10))); err == nil {
			t.Errorf("account %q gives %s", account, id)
		}
	}
}

// FuzzAccountOf: what carries an account is an access key id.
func FuzzAccountOf(f *testing.F) {
	f.Add("ASIAY34FZKBOKMUTVV7A")
	f.Add("AKIAIOSFODNN7EXAMPLE")
	f.Fuzz(func(t *testing.T, id string) {
		account, ok := credential.AccountOf(id)
		if ok && (!keyPattern.MatchString(id) || len(account) != 12) {
			t.Errorf("AccountOf(%q) = %q", id, account)
		}
		if !ok && account != "" {
			t.Errorf("AccountOf(%q) = %q, false", id, account)
		}
	})
}
