package identity

import (
	"errors"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/credential/sshkey"
)

// SSHPublicKeysOf lists the SSH public keys of a user, the oldest first.
func (a Account) SSHPublicKeysOf(userID string) []*SSHPublicKey {
	return oldestFirst(sshPublicKeysByUser.At(a.snapshot(), userID),
		func(k *SSHPublicKey) (time.Time, string) { return k.UploadDate, k.ID })
}

// SSHPublicKeyOf finds an SSH public key that belongs to a user.
func (a Account) SSHPublicKeyOf(userID, id string) (*SSHPublicKey, error) {
	k, ok := sshPublicKeys.Get(a.snapshot(), id)
	if !ok || k.UserID != userID {
		// Worded as for access keys; AWS's own words are not known here.
		return nil, apierror.New(apierror.NoSuchEntity, "The SSH Public Key with id %s cannot be found.", id)
	}
	return k, nil
}

// Encoded is the key in the encoding SSH or PEM. As it was uploaded it comes with
// its comment.
func (k *SSHPublicKey) Encoded(encoding string) (string, error) {
	if sshkey.IsSSH(k.Body) == (encoding == "SSH") {
		return k.Body, nil
	}
	key, err := sshkey.Parse(k.Body)
	if err != nil {
		return "", err
	}
	if encoding == "SSH" {
		return key.SSH(), nil
	}
	return key.PEM(), nil
}

// UploadSSHPublicKey gives a user an SSH public key. The texts of the refusals are
// those by which the IAM API reference describes them.
func (e Editor) UploadSSHPublicKey(userID, body string) (*SSHPublicKey, error) {
	key, err := sshkey.Parse(body)
	switch {
	case errors.Is(err, sshkey.ErrEncoding):
		return nil, apierror.New(unrecognizedEncoding, "The public key encoding format is unsupported or unrecognized.")
	case err != nil:
		return nil, apierror.New(invalidPublicKey, "The public key is malformed or otherwise invalid.")
	}
	keys := e.SSHPublicKeysOf(userID)
	for _, k := range keys {
		if other, err := sshkey.Parse(k.Body); err == nil && key.Equal(other) {
			return nil, apierror.New(duplicateSSHPublicKey, "The SSH public key is already associated with the specified IAM user.")
		}
	}
	if err := e.within(len(keys), "SSHPublicKeysPerUserQuota", "SSHPublicKeysPerUser"); err != nil {
		return nil, err
	}
	id, err := e.newID(credential.PublicKeyID)
	if err != nil {
		return nil, err
	}
	k := &SSHPublicKey{
		ID: id, UserID: userID, Active: true, UploadDate: e.Now,
		Fingerprint: key.Fingerprint(), Body: strings.TrimSpace(body),
	}
	sshPublicKeys.Put(e.draft, e.aggregate, id, k)
	return k, nil
}

// UpdateSSHPublicKey makes an SSH public key of a user active or inactive.
func (e Editor) UpdateSSHPublicKey(userID, id string, active bool) error {
	k, err := e.SSHPublicKeyOf(userID, id)
	if err != nil {
		return err
	}
	next := *k
	next.Active = active
	sshPublicKeys.Put(e.draft, e.aggregate, id, &next)
	return nil
}

// DeleteSSHPublicKey takes an SSH public key from a user.
func (e Editor) DeleteSSHPublicKey(userID, id string) error {
	if _, err := e.SSHPublicKeyOf(userID, id); err != nil {
		return err
	}
	sshPublicKeys.Delete(e.draft, e.aggregate, id)
	return nil
}
