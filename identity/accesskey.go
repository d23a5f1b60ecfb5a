package identity

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
)

// AccessKey finds an access key of the account by its id.
func (a Account) AccessKey(id string) (*AccessKey, bool) { return accessKeys.Get(a.snapshot(), id) }

// AccessKeySecret is the sealed secret of an access key.
func (a Account) AccessKeySecret(id string) (*AccessKeySecret, bool) {
	return accessKeySecrets.Get(a.snapshot(), id)
}

// AccessKeysOf lists the access keys of a user, or of root where the id is the
// account's number, the oldest first.
func (a Account) AccessKeysOf(userID string) []*AccessKey {
	var list []*AccessKey
	for _, k := range accessKeysByUser.At(a.snapshot(), userID) {
		list = append(list, k)
	}
	slices.SortFunc(list, func(x, y *AccessKey) int {
		if c := x.CreateDate.Compare(y.CreateDate); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list
}

// CreateAccessKey makes an access key for a user, or for root. The secret is
// given out this once.
func (e Editor) CreateAccessKey(userID string) (*AccessKey, string, error) {
	if err := e.within(len(e.AccessKeysOf(userID)), "AccessKeysPerUserQuota", "AccessKeysPerUser"); err != nil {
		return nil, "", err
	}
	id, err := credential.NewAccessKeyID(credential.LongTermKey, e.ID, e.Random)
	if err != nil {
		return nil, "", err
	}
	secret, err := credential.NewSecretAccessKey(e.Random)
	if err != nil {
		return nil, "", err
	}
	k := &AccessKey{ID: id, UserID: userID, Active: true, CreateDate: e.Now}
	return k, secret, e.AddAccessKey(k, secret)
}

// AddAccessKey puts an access key whose id and secret are given.
func (e Editor) AddAccessKey(k *AccessKey, secret string) error {
	sealed, err := e.Seal([]byte(secret), SecretOf(e.ID, k.ID))
	if err != nil {
		return err
	}
	accessKeys.Put(e.draft, e.aggregate, k.ID, k)
	accessKeySecrets.Put(e.draft, e.aggregate, k.ID, &AccessKeySecret{Sealed: sealed})
	return nil
}

// SecretOf is what the sealed secret of an access key is bound to: in another
// account, or under another id, it cannot be opened.
func SecretOf(account, accessKeyID string) string {
	return "access key " + account + " " + accessKeyID
}

// accessKeyOf finds an access key that belongs to a user.
func (e Editor) accessKeyOf(userID, id string) (*AccessKey, error) {
	k, ok := e.AccessKey(id)
	if !ok || k.UserID != userID {
		return nil, apierror.New(apierror.NoSuchEntity, "The Access Key with id %s cannot be found.", id)
	}
	return k, nil
}

// UpdateAccessKey makes an access key of a user active or inactive.
func (e Editor) UpdateAccessKey(userID, id string, active bool) error {
	k, err := e.accessKeyOf(userID, id)
	if err != nil {
		return err
	}
	next := *k
	next.Active = active
	accessKeys.Put(e.draft, e.aggregate, id, &next)
	return nil
}

// DeleteAccessKey removes an access key of a user with its secret.
func (e Editor) DeleteAccessKey(userID, id string) error {
	if _, err := e.accessKeyOf(userID, id); err != nil {
		return err
	}
	accessKeys.Delete(e.draft, e.aggregate, id)
	accessKeySecrets.Delete(e.draft, e.aggregate, id)
	return nil
}

// Reseal seals all secrets of the account again, after the key that seals was
// replaced. open undoes the sealing.
func (e Editor) Reseal(open func(sealed []byte, belongsTo string) ([]byte, error)) error {
	var ids []string
	for id := range accessKeySecrets.All(e.snapshot()) {
		ids = append(ids, id)
	}
	for _, id := range ids {
		s, _ := e.AccessKeySecret(id)
		secret, err := open(s.Sealed, SecretOf(e.ID, id))
		if err != nil {
			return err
		}
		sealed, err := e.Seal(secret, SecretOf(e.ID, id))
		if err != nil {
			return err
		}
		accessKeySecrets.Put(e.draft, e.aggregate, id, &AccessKeySecret{Sealed: sealed})
	}
	if err := e.resealServerCertificateKeys(open); err != nil {
		return err
	}
	if err := e.resealOutboundKeys(open); err != nil {
		return err
	}
	if err := e.resealSAMLKeys(open); err != nil {
		return err
	}
	return e.resealMFASeeds(open)
}

// EndSessions makes all sessions of the account that were issued so far invalid.
func (e Editor) EndSessions() {
	next := e.facts()
	next.SessionEpoch++
	facts.Put(e.draft, e.aggregate, "", &next)
}

// rootID is the id that root's access keys belong to.
func (a Account) rootID() string { return a.ID }

// ResetRoot replaces root's access keys by one new one.
func (e Editor) ResetRoot() (*AccessKey, string, error) {
	for _, k := range e.AccessKeysOf(e.rootID()) {
		if err := e.DeleteAccessKey(e.rootID(), k.ID); err != nil {
			return nil, "", err
		}
	}
	return e.CreateAccessKey(e.rootID())
}
