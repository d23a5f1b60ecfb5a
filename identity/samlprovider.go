package identity

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/credential/certificate"
	"github.com/keyreeve/keyreeve/credential/saml"
	"github.com/keyreeve/keyreeve/state"
)

const (
	// maxSAMLKeys is how many private keys a provider may have: two, so that they can
	// be exchanged (IAM User Guide, "Troubleshoot SAML federation").
	maxSAMLKeys = 2
	// minSAMLKeyBits is how long such a key must be.
	minSAMLKeyBits = 2048
	// samlForever is for how long metadata are valid that do not say it: a hundred
	// years, as AWS was seen to answer (hashicorp/terraform-provider-aws#45699).
	samlForever = 100

	// The prefixes of ids; AWS's begin so too.
	samlProviderID = "SAMLSP"
	samlKeyID      = "SAMLPK"
)

// SAMLProvider finds a provider by its ARN. As in all ARNs case counts.
func (a Account) SAMLProvider(arn string) (*SAMLProvider, error) {
	if name, ok := strings.CutPrefix(arn, a.arn("saml-provider", "/", "")); ok {
		if p, ok := samlProviders.Get(a.snapshot(), state.Fold(name)); ok && p.Name == name {
			return p, nil
		}
	}
	// AWS's words, as clients' code has them (lyft/cartography and others).
	return nil, apierror.New(apierror.NoSuchEntity, "Manifest not found for arn %s", arn)
}

// SAMLProviders ranges over the providers in order of names.
func (a Account) SAMLProviders() iter.Seq2[string, *SAMLProvider] {
	return samlProviders.All(a.snapshot())
}

// SAMLProviderARN is a provider's ARN.
func (a Account) SAMLProviderARN(p *SAMLProvider) string { return a.NewSAMLProviderARN(p.Name) }

// NewSAMLProviderARN is the ARN that a provider of a name would have.
func (a Account) NewSAMLProviderARN(name string) string { return a.arn("saml-provider", "/", name) }

// Parsed is what the provider's metadata say.
func (p *SAMLProvider) Parsed() (*saml.Metadata, error) {
	if m := p.parsed.Load(); m != nil {
		return m, nil
	}
	m, err := saml.ParseMetadata(p.Metadata)
	if err != nil {
		return nil, err
	}
	if m.ValidUntil.IsZero() {
		m.ValidUntil = p.ValidUntil
	}
	p.parsed.Store(m)
	return m, nil
}

// SAMLKeys are the private keys of a provider.
func (a Account) SAMLKeys(p *SAMLProvider, open func(sealed []byte, belongsTo string) ([]byte, error)) ([]*rsa.PrivateKey, error) {
	var keys []*rsa.PrivateKey
	for _, k := range p.PrivateKeys {
		sealed, ok := samlPrivateKeys.Get(a.snapshot(), k.ID)
		if !ok {
			continue
		}
		text, err := open(sealed.Sealed, samlKeyOf(a.ID, k.ID))
		if err != nil {
			return nil, err
		}
		key, err := parseSAMLKey(string(text))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// samlKeyOf is what a sealed private key is bound to.
func samlKeyOf(account, keyID string) string { return "saml private key " + account + " " + keyID }

// NewSAMLProvider is what a provider is made of.
type NewSAMLProvider struct {
	Name, Metadata string
	MustEncrypt    bool
	PrivateKey     *string
	Tags           []Tag
}

// CreateSAMLProvider makes a provider.
func (e Editor) CreateSAMLProvider(in NewSAMLProvider) (*SAMLProvider, error) {
	if err := checkTags(in.Tags, asWritten); err != nil {
		return nil, err
	}
	if samlProviders.Has(e.snapshot(), state.Fold(in.Name)) {
		// Seen in org-formation/aws-resource-providers#59.
		return nil, apierror.New(apierror.EntityAlreadyExists, "Provider with name %s already exists.", in.Name)
	}
	if err := e.within(samlProviders.Count(e.snapshot()), "SAMLProvidersQuota", "SAMLProvidersPerAccount"); err != nil {
		return nil, err
	}
	id, err := e.newSAMLID(samlProviderID)
	if err != nil {
		return nil, err
	}
	p := &SAMLProvider{Name: in.Name, ID: id, CreateDate: e.Now, Tags: in.Tags}
	if err := e.setSAMLMetadata(p, in.Metadata); err != nil {
		return nil, err
	}
	if in.PrivateKey != nil {
		if err := e.addSAMLKey(p, *in.PrivateKey); err != nil {
			return nil, err
		}
	}
	if err := setSAMLEncryption(p, in.MustEncrypt); err != nil {
		return nil, err
	}
	e.putSAMLProvider(p)
	return p, nil
}

// newSAMLID is a new id of letters and digits, 22 at least as the API model says.
func (e Editor) newSAMLID(prefix string) (string, error) {
	id, err := e.newID(credential.Prefix("SAML"))
	if err != nil {
		return "", err
	}
	return prefix + id[len("SAML"):], nil
}

func (e Editor) setSAMLMetadata(p *SAMLProvider, document string) error {
	m, err := saml.ParseMetadata(document)
	if err != nil {
		// AWS's words (IAM User Guide, "Troubleshoot SAML federation"), and which rule
		// it is against.
		return apierror.New(apierror.InvalidInput, "Could not parse metadata (%s)", err)
	}
	p.Metadata, p.ValidUntil = document, m.ValidUntil
	if m.ValidUntil.IsZero() {
		p.ValidUntil = e.Now.AddDate(samlForever, 0, 0)
	}
	return nil
}

func parseSAMLKey(text string) (*rsa.PrivateKey, error) {
	signer, err := certificate.ParseKey(text)
	key, ok := signer.(*rsa.PrivateKey)
	if err != nil || !ok || key.N.BitLen() < minSAMLKeyBits {
		return nil, apierror.New(apierror.InvalidInput, "Invalid private key.")
	}
	return key, nil
}

func (e Editor) addSAMLKey(p *SAMLProvider, text string) error {
	if _, err := parseSAMLKey(text); err != nil {
		return err
	}
	if len(p.PrivateKeys) >= maxSAMLKeys {
		return apierror.New(apierror.LimitExceeded, "Private key limit of %d is reached.", maxSAMLKeys)
	}
	id, err := e.newSAMLID(samlKeyID)
	if err != nil {
		return err
	}
	p.PrivateKeys = append(slices.Clone(p.PrivateKeys), SAMLKey{ID: id, AddDate: e.Now})
	return e.sealSAMLKey(id, []byte(text))
}

func (e Editor) sealSAMLKey(id string, key []byte) error {
	sealed, err := e.Seal(key, samlKeyOf(e.ID, id))
	if err != nil {
		return err
	}
	samlPrivateKeys.Put(e.draft, e.aggregate, id, &SAMLPrivateKey{Sealed: sealed})
	return nil
}

// resealSAMLKeys seals the private keys again; see Reseal.
func (e Editor) resealSAMLKeys(open func(sealed []byte, belongsTo string) ([]byte, error)) error {
	keys := map[string][]byte{}
	for id, k := range samlPrivateKeys.All(e.snapshot()) {
		key, err := open(k.Sealed, samlKeyOf(e.ID, id))
		if err != nil {
			return err
		}
		keys[id] = key
	}
	for id, key := range keys {
		if err := e.sealSAMLKey(id, key); err != nil {
			return err
		}
	}
	return nil
}

func setSAMLEncryption(p *SAMLProvider, must bool) error {
	if must && len(p.PrivateKeys) == 0 {
		return apierror.New(apierror.InvalidInput, "Unable to set assertion encryption mode to Required because no private key is provided.")
	}
	p.MustEncrypt = must
	return nil
}

func (e Editor) putSAMLProvider(p *SAMLProvider) {
	samlProviders.Put(e.draft, e.aggregate, state.Fold(p.Name), p)
}

// SAMLProviderUpdate is what is to become of a provider; what is nil stays.
type SAMLProviderUpdate struct {
	Metadata, AddKey, RemoveKey *string
	MustEncrypt                 *bool
}

// UpdateSAMLProvider changes metadata, encryption or private keys of a provider. The
// texts of refusals are those of the IAM User Guide, "Troubleshoot SAML federation".
func (e Editor) UpdateSAMLProvider(arn string, in SAMLProviderUpdate) (*SAMLProvider, error) {
	old, err := e.SAMLProvider(arn)
	if err != nil {
		return nil, err
	}
	switch {
	case in == SAMLProviderUpdate{}:
		return nil, apierror.New(apierror.InvalidInput, "Unable to update identity provider. No updates are defined for metadata or encryption assertion.")
	case in.AddKey != nil && in.RemoveKey != nil:
		return nil, apierror.New(apierror.InvalidInput, "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.")
	}
	p := old.copied()
	if in.Metadata != nil {
		if err := e.setSAMLMetadata(p, *in.Metadata); err != nil {
			return nil, err
		}
	}
	if in.AddKey != nil {
		if err := e.addSAMLKey(p, *in.AddKey); err != nil {
			return nil, err
		}
	}
	must := p.MustEncrypt
	if in.MustEncrypt != nil {
		must = *in.MustEncrypt
	}
	if in.RemoveKey != nil {
		if err := e.removeSAMLKey(p, *in.RemoveKey, must); err != nil {
			return nil, err
		}
	}
	if err := setSAMLEncryption(p, must); err != nil {
		return nil, err
	}
	e.putSAMLProvider(p)
	return p, nil
}

func (e Editor) removeSAMLKey(p *SAMLProvider, id string, must bool) error {
	i := slices.IndexFunc(p.PrivateKeys, func(k SAMLKey) bool { return k.ID == id })
	switch {
	case i < 0:
		return apierror.New(apierror.InvalidInput, "Failed to remove private key because the Key ID does not match a private key.")
	case must && len(p.PrivateKeys) == 1:
		return apierror.New(apierror.InvalidInput, "Failed to remove private key.")
	}
	p.PrivateKeys = slices.Delete(slices.Clone(p.PrivateKeys), i, i+1)
	samlPrivateKeys.Delete(e.draft, e.aggregate, id)
	return nil
}

// copied is a provider that may be changed: all but what was parsed.
func (p *SAMLProvider) copied() *SAMLProvider {
	return &SAMLProvider{
		Name: p.Name, ID: p.ID, Metadata: p.Metadata, CreateDate: p.CreateDate, ValidUntil: p.ValidUntil, Tags: p.Tags,
		MustEncrypt: p.MustEncrypt, PrivateKeys: p.PrivateKeys,
	}
}

// DeleteSAMLProvider removes a provider with its private keys. Trust policies that
// name it stay as they are, and allow nobody any more (IAM API reference).
func (e Editor) DeleteSAMLProvider(arn string) error {
	p, err := e.SAMLProvider(arn)
	if err != nil {
		return err
	}
	for _, k := range p.PrivateKeys {
		samlPrivateKeys.Delete(e.draft, e.aggregate, k.ID)
	}
	samlProviders.Delete(e.draft, e.aggregate, state.Fold(p.Name))
	return nil
}

// TagSAMLProvider puts tags on a provider.
func (e Editor) TagSAMLProvider(arn string, tags []Tag) error {
	return e.retagSAMLProvider(arn, func(old []Tag) ([]Tag, error) { return withTags(old, tags, asWritten) })
}

// UntagSAMLProvider takes tags off a provider.
func (e Editor) UntagSAMLProvider(arn string, keys []string) error {
	return e.retagSAMLProvider(arn, func(old []Tag) ([]Tag, error) { return withoutTags(old, keys, asWritten), nil })
}

func (e Editor) retagSAMLProvider(arn string, change func([]Tag) ([]Tag, error)) error {
	old, err := e.SAMLProvider(arn)
	if err != nil {
		return err
	}
	p := old.copied()
	if p.Tags, err = change(old.Tags); err != nil {
		return err
	}
	e.putSAMLProvider(p)
	return nil
}

// lookedAt is how many redemptions are looked at for those that are over, each time
// that one is added: those that follow it in the order of digests, which is none.
// So about one in sixteen of those that are kept is over.
const lookedAt = 16

// RedeemSAML notes that an assertion of a provider is used which may be used once.
func (e Editor) RedeemSAML(p *SAMLProvider, assertionID string, until time.Time) error {
	digest := sha256.Sum256([]byte(p.ID + " " + assertionID))
	key := base64.RawURLEncoding.EncodeToString(digest[:])
	if r, ok := samlRedemptions.Get(e.snapshot(), key); ok && e.Now.Before(r.Until) {
		return apierror.New(apierror.InvalidIdentityToken, "The assertion may be used once only, and was used before.")
	}
	var over []string
	n := 0
	for k, r := range samlRedemptions.From(e.snapshot(), key) {
		if !e.Now.Before(r.Until) {
			over = append(over, k)
		}
		if n++; n == lookedAt {
			break
		}
	}
	for _, k := range over {
		samlRedemptions.Delete(e.draft, e.aggregate, k)
	}
	samlRedemptions.Put(e.draft, e.aggregate, key, &SAMLRedemption{Until: until})
	return nil
}

// samlProviderCount is how many SAML providers there are, for GetAccountSummary.
func (a Account) samlProviderCount() int { return samlProviders.Count(a.snapshot()) }
