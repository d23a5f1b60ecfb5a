package identity

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// OutboundFederation says whether the account's principals may get tokens for
// services elsewhere.
type OutboundFederation struct {
	Enabled bool `json:"enabled"`
}

// OutboundKey is a public key that such tokens are verified with.
type OutboundKey struct {
	ID         string          `json:"id"`
	Algorithm  string          `json:"algorithm"` // RS256 or ES384
	Public     json.RawMessage `json:"public"`    // as it stands in a key set
	CreateDate time.Time       `json:"created"`
	// Retired is when the key has signed its last token; nil for one that signs.
	Retired *time.Time `json:"retired,omitempty"`
}

// OutboundKeySecret is the private key, sealed. It is an entity apart so that it stays
// out of history.
type OutboundKeySecret struct {
	Sealed []byte `json:"sealed"`
}

var (
	outboundFederations = state.Define[OutboundFederation](state.AccountAggregate, "outbound-federation", 1) // ""
	outboundKeys        = state.Define[OutboundKey](state.AccountAggregate, "outbound-key", 1)               // id
	outboundKeySecrets  = state.Define[OutboundKeySecret](state.AccountAggregate, "outbound-key-secret", 1).Secret()
)

// publishedAfter is how long a key is published after its last token, which ends after
// an hour; those who verify tokens may keep keys for a while.
const publishedAfter = 24 * time.Hour

// OutboundEnabled tells whether tokens for services elsewhere are given out.
func (a Account) OutboundEnabled() bool {
	f, ok := outboundFederations.Get(a.snapshot(), "")
	return ok && f.Enabled
}

// OutboundKeys lists the keys that tokens of the account are verified with.
func (a Account) OutboundKeys() []*OutboundKey {
	var list []*OutboundKey
	for _, k := range outboundKeys.All(a.snapshot()) {
		list = append(list, k)
	}
	return list
}

// OutboundKey is the key that signs with an algorithm, and its sealed private part.
func (a Account) OutboundKey(algorithm string) (*OutboundKey, []byte, bool) {
	for id, k := range outboundKeys.All(a.snapshot()) {
		if k.Algorithm != algorithm || k.Retired != nil {
			continue
		}
		secret, ok := outboundKeySecrets.Get(a.snapshot(), id)
		if !ok {
			return nil, nil, false
		}
		return k, secret.Sealed, true
	}
	return nil, nil, false
}

// OutboundKeyOf is what a sealed private key is bound to: in another account, or under
// another id, it cannot be opened.
func OutboundKeyOf(account, keyID string) string { return "outbound key " + account + " " + keyID }

// NewOutboundKey is a key that was made outside of the rules, because to make one
// takes long and comes out otherwise each time.
type NewOutboundKey struct {
	ID, Algorithm   string
	Public, Private []byte
}

// FeatureEnabled is the error for enabling what is enabled.
func FeatureEnabled() error {
	return apierror.New(apierror.FeatureEnabled, "Outbound web identity federation is already enabled for this account.")
}

// FeatureDisabled is the error for what needs that it is enabled.
func FeatureDisabled() error {
	return apierror.New(apierror.FeatureDisabled, "Outbound web identity federation is disabled for this account.")
}

// EnableOutbound lets the account's principals get tokens, which the keys sign from now
// on. Older keys are published for another day.
func (e Editor) EnableOutbound(keys []NewOutboundKey) error {
	if e.OutboundEnabled() {
		return FeatureEnabled()
	}
	for _, k := range e.OutboundKeys() {
		switch {
		case k.Retired == nil:
			next := *k
			next.Retired = &e.Now
			outboundKeys.Put(e.draft, e.aggregate, k.ID, &next)
			outboundKeySecrets.Delete(e.draft, e.aggregate, k.ID)
		case e.Now.Sub(*k.Retired) > publishedAfter:
			outboundKeys.Delete(e.draft, e.aggregate, k.ID)
		}
	}
	for _, k := range keys {
		if err := e.sealOutboundKey(k.ID, k.Private); err != nil {
			return err
		}
		outboundKeys.Put(e.draft, e.aggregate, k.ID, &OutboundKey{ID: k.ID, Algorithm: k.Algorithm, Public: k.Public, CreateDate: e.Now})
	}
	outboundFederations.Put(e.draft, e.aggregate, "", &OutboundFederation{Enabled: true})
	return nil
}

// DisableOutbound ends that tokens are given out. Those that were stay valid until
// they end, so the keys stay published (IAM API reference,
// DisableOutboundWebIdentityFederation).
func (e Editor) DisableOutbound() error {
	if !e.OutboundEnabled() {
		return FeatureDisabled()
	}
	outboundFederations.Put(e.draft, e.aggregate, "", &OutboundFederation{})
	return nil
}

func (e Editor) sealOutboundKey(id string, private []byte) error {
	sealed, err := e.Seal(private, OutboundKeyOf(e.ID, id))
	if err != nil {
		return err
	}
	outboundKeySecrets.Put(e.draft, e.aggregate, id, &OutboundKeySecret{Sealed: sealed})
	return nil
}

// resealOutboundKeys seals the private keys again; see Reseal.
func (e Editor) resealOutboundKeys(open func(sealed []byte, belongsTo string) ([]byte, error)) error {
	keys := map[string][]byte{}
	for id, k := range outboundKeySecrets.All(e.snapshot()) {
		private, err := open(k.Sealed, OutboundKeyOf(e.ID, id))
		if err != nil {
			return err
		}
		keys[id] = private
	}
	for id, private := range keys {
		if err := e.sealOutboundKey(id, private); err != nil {
			return err
		}
	}
	return nil
}

// PrincipalTags are the tags of a user or role, over which those of a session go. The
// id is the unique id of the user or role.
func (a Account) PrincipalTags(id string, session []Tag) []Tag {
	var tags []Tag
	if u, ok := a.UserByID(id); ok {
		tags = u.Tags
	} else if r, ok := a.RoleByID(id); ok {
		tags = r.Tags
	}
	all := TagsOver(tags, session)
	slices.SortFunc(all, func(x, y Tag) int { return strings.Compare(x.Key, y.Key) })
	return all
}
