package trails

import (
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// Key is a public key that digest files are verified with. Each region has its own
// (CloudTrail API reference, "ListPublicKeys"); they are the deployment's.
type Key struct {
	Fingerprint string    `json:"fingerprint"`
	Region      string    `json:"region"`
	Public      []byte    `json:"public"` // PKCS #1, DER
	From        time.Time `json:"from"`
	// Until is when the key has signed its last digest file; zero for one that signs.
	Until time.Time `json:"until,omitzero"`
}

// KeySecret is the private key, PKCS #1 and sealed. It is an entity apart so that it
// stays out of history.
type KeySecret struct {
	Sealed []byte `json:"sealed"`
}

var (
	keys       = state.Define[Key](state.DeploymentAggregate, "trail-key", 1) // region, fingerprint
	keySecrets = state.Define[KeySecret](state.DeploymentAggregate, "trail-key-secret", 1).Secret()
)

// keyLife is how long a key signs; then there is another one.
const keyLife = 365 * 24 * time.Hour

// keyMargin is for how long before its first and after its last signature a key is
// listed: clocks differ, and clients ask for times.
const keyMargin = 24 * time.Hour

// KeyOf is what a sealed private key is bound to.
func KeyOf(region, fingerprint string) string { return "trail key " + region + " " + fingerprint }

// PublicKeys lists the keys of a region that signed at some time between two.
func PublicKeys(w state.World, region string, from, to time.Time) []*Key {
	var list []*Key
	for _, k := range keys.Below(w.Snapshot(state.Deployment), region) {
		if !k.From.After(to) && (k.Until.IsZero() || !k.Until.Before(from)) {
			list = append(list, k)
		}
	}
	return list
}

// SigningKey is the key that signs in a region now, and its sealed private part; none if
// another one is to be made.
func SigningKey(w state.World, region string, now time.Time) (*Key, []byte, bool) {
	s := w.Snapshot(state.Deployment)
	for id, k := range keys.Below(s, region) {
		if secret, ok := keySecrets.Get(s, id); ok && k.Until.IsZero() && now.Sub(k.From) < keyLife {
			return k, secret.Sealed, true
		}
	}
	return nil, nil, false
}

// AddKey makes a key the one that signs in its region. The private keys of those before
// it are deleted; what they signed can still be verified.
func AddKey(d *state.Draft, k *Key, sealed []byte, now time.Time) {
	old := map[string]*Key{}
	for id, o := range keys.Below(d.Snapshot(state.Deployment), k.Region) {
		if o.Until.IsZero() {
			old[id] = o
		}
	}
	for id, o := range old {
		ended := *o
		ended.Until = now.Add(keyMargin)
		keys.Put(d, state.Deployment, id, &ended)
		keySecrets.Delete(d, state.Deployment, id)
	}
	k.From = now.Add(-keyMargin)
	id := state.Key(k.Region, k.Fingerprint)
	keys.Put(d, state.Deployment, id, k)
	keySecrets.Put(d, state.Deployment, id, &KeySecret{Sealed: sealed})
}

// ResealKeys seals the private keys again, with the key that is in use.
func ResealKeys(d *state.Draft, open, seal func(text []byte, belongsTo string) ([]byte, error)) error {
	again := map[string][]byte{}
	for id, secret := range keySecrets.All(d.Snapshot(state.Deployment)) {
		parts := state.KeyParts(id)
		owner := KeyOf(parts[0], parts[1])
		private, err := open(secret.Sealed, owner)
		if err != nil {
			return err
		}
		if again[id], err = seal(private, owner); err != nil {
			return err
		}
	}
	for id, sealed := range again {
		keySecrets.Put(d, state.Deployment, id, &KeySecret{Sealed: sealed})
	}
	return nil
}
