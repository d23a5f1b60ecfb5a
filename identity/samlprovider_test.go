package identity_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/server/samltest"
)

const (
	samlIssuer = "https://idp.example.com/saml"
	samlARN    = "arn:aws:iam::" + account + ":saml-provider/corp"
)

// TestSAMLProviderRefusals holds the rules to AWS's codes and words.
func TestSAMLProviderRefusals(t *testing.T) {
	metadata := samltest.New(t, samlIssuer).Metadata()
	key := samltest.PEM(samltest.Key(t, "decryption", 2048))
	weak := samltest.PEM(samltest.Key(t, "weak", 1024))
	create := func(name string, change func(*identity.NewSAMLProvider)) func(identity.Editor) error {
		return func(e identity.Editor) error {
			in := identity.NewSAMLProvider{Name: name, Metadata: metadata}
			if change != nil {
				change(&in)
			}
			return second(e.CreateSAMLProvider(in))
		}
	}
	update := func(in identity.SAMLProviderUpdate) func(identity.Editor) error {
		return func(e identity.Editor) error { return second(e.UpdateSAMLProvider(samlARN, in)) }
	}
	for _, c := range []struct {
		name string
		do   func(identity.Editor) error
		want string
	}{
		{"another", create("other", nil), ""},
		{"the same", create("corp", nil), "EntityAlreadyExists: Provider with name corp already exists."},
		{"the same in capitals", create("CORP", nil), "EntityAlreadyExists: Provider with name CORP already exists."},
		{"one more than there may be", func(e identity.Editor) error {
			e.Quotas = func(string) int { return 1 }
			return create("other", nil)(e)
		}, "LimitExceeded: Cannot exceed quota for SAMLProvidersPerAccount: 1"},
		{"no metadata", create("other", func(in *identity.NewSAMLProvider) { in.Metadata = "<x/>" }),
			"InvalidInput: Could not parse metadata (unusable metadata: no EntityDescriptor)"},
		{"a reserved tag", create("other", func(in *identity.NewSAMLProvider) { in.Tags = []identity.Tag{{Key: "aws:x"}} }),
			"InvalidInput: Tag keys and values beginning with aws: are reserved for system use."},
		{"encryption without a key", create("other", func(in *identity.NewSAMLProvider) { in.MustEncrypt = true }),
			"InvalidInput: Unable to set assertion encryption mode to Required because no private key is provided."},
		{"encryption with a key", create("other", func(in *identity.NewSAMLProvider) { in.MustEncrypt, in.PrivateKey = true, &key }), ""},
		{"a short key", create("other", func(in *identity.NewSAMLProvider) { in.PrivateKey = &weak }), "InvalidInput: Invalid private key."},
		{"no key", update(identity.SAMLProviderUpdate{AddKey: new("key")}), "InvalidInput: Invalid private key."},
		{"nothing to update", update(identity.SAMLProviderUpdate{}),
			"InvalidInput: Unable to update identity provider. No updates are defined for metadata or encryption assertion."},
		{"a key in and a key out", update(identity.SAMLProviderUpdate{AddKey: &key, RemoveKey: new("SAMLPKX")}),
			"InvalidInput: Unable to add and remove private keys in the same request. Set a value for only one of the two parameters."},
		{"a key out that is not in", update(identity.SAMLProviderUpdate{RemoveKey: new("SAMLPKX")}),
			"InvalidInput: Failed to remove private key because the Key ID does not match a private key."},
		{"a third key", func(e identity.Editor) error {
			return errors.Join(update(identity.SAMLProviderUpdate{AddKey: &key})(e), update(identity.SAMLProviderUpdate{AddKey: &key})(e), update(identity.SAMLProviderUpdate{AddKey: &key})(e))
		}, "LimitExceeded: Private key limit of 2 is reached."},
		{"another case in the ARN", func(e identity.Editor) error {
			return e.DeleteSAMLProvider("arn:aws:iam::" + account + ":saml-provider/Corp")
		}, "NoSuchEntity: Manifest not found for arn arn:aws:iam::" + account + ":saml-provider/Corp"},
		{"another account's", func(e identity.Editor) error {
			return e.TagSAMLProvider("arn:aws:iam::999999999999:saml-provider/corp", nil)
		}, "NoSuchEntity: Manifest not found for arn arn:aws:iam::999999999999:saml-provider/corp"},
		{"its own", func(e identity.Editor) error { return e.DeleteSAMLProvider(samlARN) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := furnished(t)
			must(t, create("corp", nil)(e))
			if got := refusal(c.do(e)); got != c.want {
				t.Errorf("it came to\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestSAMLKeys: private keys are sealed for their account and id, sealed anew when the
// key that seals is replaced, and gone with the provider.
func TestSAMLKeys(t *testing.T) {
	e := furnished(t)
	seal := func(with string) func([]byte, string) ([]byte, error) {
		return func(secret []byte, belongsTo string) ([]byte, error) {
			return append([]byte(with+belongsTo), secret...), nil
		}
	}
	open := func(with string) func([]byte, string) ([]byte, error) {
		return func(sealed []byte, belongsTo string) ([]byte, error) {
			plain, ok := strings.CutPrefix(string(sealed), with+belongsTo)
			if !ok {
				return nil, errors.New("sealed otherwise")
			}
			return []byte(plain), nil
		}
	}
	e.Seal = seal("first")
	key, other := samltest.Key(t, "decryption", 2048), samltest.Key(t, "old", 2048)
	p, err := e.CreateSAMLProvider(identity.NewSAMLProvider{
		Name: "corp", Metadata: samltest.New(t, samlIssuer).Metadata(), PrivateKey: new(samltest.PEM(key)), MustEncrypt: true,
	})
	must(t, err)
	p, err = e.UpdateSAMLProvider(samlARN, identity.SAMLProviderUpdate{AddKey: new(samltest.PEM(other))})
	must(t, err)
	e.Seal = seal("second")
	must(t, e.Reseal(open("first")))
	keys, err := e.SAMLKeys(p, open("second"))
	if err != nil || len(keys) != 2 || !keys[0].Equal(key) || !keys[1].Equal(other) {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	if _, err := e.SAMLKeys(p, open("first")); err == nil {
		t.Error("what was sealed before is still there")
	}
	p, err = e.UpdateSAMLProvider(samlARN, identity.SAMLProviderUpdate{RemoveKey: &p.PrivateKeys[0].ID})
	must(t, err)
	if got := refusal(second(e.UpdateSAMLProvider(samlARN, identity.SAMLProviderUpdate{RemoveKey: &p.PrivateKeys[0].ID}))); got != "InvalidInput: Failed to remove private key." {
		t.Errorf("the last key, where encryption is required: %s", got)
	}
	must(t, e.DeleteSAMLProvider(samlARN))
	opened := 0
	must(t, e.Reseal(func(text []byte, _ string) ([]byte, error) { opened++; return text, nil }))
	if opened != 0 {
		t.Error("the private keys are still there")
	}
}

// TestSAMLRedemptions: once is once, for one provider; what is over is forgotten.
func TestSAMLRedemptions(t *testing.T) {
	e := furnished(t)
	metadata := samltest.New(t, samlIssuer).Metadata()
	p, err := e.CreateSAMLProvider(identity.NewSAMLProvider{Name: "corp", Metadata: metadata})
	must(t, err)
	q, err := e.CreateSAMLProvider(identity.NewSAMLProvider{Name: "other", Metadata: metadata})
	must(t, err)
	until := e.Now.Add(time.Minute)
	must(t, e.RedeemSAML(p, "_a", until))
	must(t, e.RedeemSAML(p, "_b", until))
	must(t, e.RedeemSAML(q, "_a", until))
	e.Now = until.Add(-time.Second)
	if got := refusal(e.RedeemSAML(p, "_a", until)); got != "InvalidIdentityToken: The assertion may be used once only, and was used before." {
		t.Errorf("again: %s", got)
	}
	e.Now = until
	must(t, e.RedeemSAML(p, "_c", until.Add(time.Minute)))
	must(t, e.RedeemSAML(p, "_a", until.Add(time.Minute))) // nobody would get here: the assertion is over
}

// TestSAMLMetadata: what the metadata do not say holds for a hundred years; an update
// is what counts from then on, and a tag changes nothing of it.
func TestSAMLMetadata(t *testing.T) {
	e := furnished(t)
	idp := samltest.New(t, samlIssuer)
	p, err := e.CreateSAMLProvider(identity.NewSAMLProvider{Name: "corp", Metadata: idp.Metadata()})
	must(t, err)
	if !p.ValidUntil.Equal(e.Now.AddDate(100, 0, 0)) || len(p.ID) != 23 {
		t.Errorf("provider %+v", p)
	}
	must(t, second(p.Parsed()))
	limited := strings.Replace(idp.Metadata(samltest.WithKey(t, samlIssuer, samltest.Key(t, "next", 2048))), "entityID", `validUntil="2030-01-01T00:00:00Z" entityID`, 1)
	must(t, second(e.UpdateSAMLProvider(samlARN, identity.SAMLProviderUpdate{Metadata: &limited})))
	must(t, e.TagSAMLProvider(samlARN, []identity.Tag{{Key: "a", Value: "b"}}))
	p, err = e.SAMLProvider(samlARN)
	must(t, err)
	m, err := p.Parsed()
	if err != nil || len(m.Certificates) != 2 || m.ValidUntil.Year() != 2030 || p.ValidUntil.Year() != 2030 || p.Metadata != limited || len(p.Tags) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestSAMLProviderModel: random changes of providers, against a map.
func TestSAMLProviderModel(t *testing.T) {
	metadata := samltest.New(t, samlIssuer).Metadata()
	rapid.Check(t, func(r *rapid.T) {
		e := furnished(t)
		model := map[string]string{} // name in small letters: as written
		arn := func(name string) string { return e.NewSAMLProviderARN(name) }
		names := rapid.SampledFrom([]string{"corp", "Corp", "other", "o.t-h_er"})
		check := func(err error, ok bool, what string) {
			if (err == nil) != ok {
				r.Fatalf("%s: %v, want success %v", what, err, ok)
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"create": func(r *rapid.T) {
				name := names.Draw(r, "name")
				_, there := model[strings.ToLower(name)]
				check(second(e.CreateSAMLProvider(identity.NewSAMLProvider{Name: name, Metadata: metadata})), !there, "create "+name)
				if !there {
					model[strings.ToLower(name)] = name
				}
			},
			"delete": func(r *rapid.T) {
				name := names.Draw(r, "name")
				there := model[strings.ToLower(name)] == name
				check(e.DeleteSAMLProvider(arn(name)), there, "delete "+name)
				if there {
					delete(model, strings.ToLower(name))
				}
			},
			"tag": func(r *rapid.T) {
				name := names.Draw(r, "name")
				check(e.TagSAMLProvider(arn(name), []identity.Tag{{Key: "k", Value: fmt.Sprint(rapid.Int().Draw(r, "value"))}}), model[strings.ToLower(name)] == name, "tag "+name)
			},
			"": func(r *rapid.T) {
				var list []string
				for _, p := range e.SAMLProviders() {
					list = append(list, p.Name)
				}
				want := slices.Collect(maps.Values(model))
				slices.Sort(want)
				slices.Sort(list)
				if diff := cmp.Diff(want, list); diff != "" {
					r.Fatal(diff)
				}
				if e.Counts()["Providers"] < len(want) {
					r.Fatalf("%d providers are counted", e.Counts()["Providers"])
				}
			},
		})
	})
}
