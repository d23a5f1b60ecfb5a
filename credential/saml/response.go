package saml

import (
	"crypto/rsa"
	"time"

	"github.com/beevik/etree"
)

const (
	maxResponse         = 100_000 // as SAMLAssertion may have, and that is base64
	maxResponseElements = 2_000

	statusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success"
)

// Rules are what a response is held to.
type Rules struct {
	Metadata *Metadata
	// Keys open encrypted assertions. MustEncrypt refuses those that are not.
	Keys        []*rsa.PrivateKey
	MustEncrypt bool
	// Recipient and Audience tell whether a response that was made for somebody was
	// made for us.
	Recipient, Audience func(string) bool
	Now                 time.Time
}

// Verify reads a response of an identity provider (a Response element of SAML 2.0 with
// one assertion) and gives the assertion if all is as the rules say. What it gives
// comes from the bytes that were signed.
func Verify(response []byte, r Rules) (*Assertion, error) {
	if !r.Metadata.ValidUntil.IsZero() && !r.Now.Before(r.Metadata.ValidUntil) {
		return nil, because(ErrExpired, "the metadata")
	}
	if len(response) > maxResponse {
		return nil, because(ErrMalformed, "too long")
	}
	root, err := parse(response, maxResponseElements)
	if err != nil {
		return nil, because(ErrMalformed, "%v", err)
	}
	if !is(root, protocolNS, "Response") {
		return nil, because(ErrMalformed, "no Response")
	}
	if err := uniform(root); err != nil {
		return nil, err
	}
	whole := signed(root)
	if whole {
		if root, err = verified(root, r.Metadata.Certificates); err != nil {
			return nil, err
		}
	}
	if err := r.checkResponse(root); err != nil {
		return nil, err
	}
	el, err := r.assertionIn(root, whole)
	if err != nil {
		return nil, err
	}
	return r.checked(el)
}

// uniform refuses a response that is put together in another way than a provider
// does: several assertions, assertions and signatures elsewhere than in their place,
// one ID twice. Wrapping attacks put what was signed somewhere and something else
// where it is looked for.
func uniform(root *etree.Element) error {
	seen := map[string]bool{}
	assertions, misplaced, twice := 0, false, false
	walk(root, func(el *etree.Element) {
		switch el.Tag {
		case "Response":
			misplaced = misplaced || el != root
		case "Assertion", "EncryptedAssertion":
			assertions++
			misplaced = misplaced || el.Parent() != root || el.NamespaceURI() != assertionNS
		case "Signature":
			p := el.Parent()
			misplaced = misplaced || el.NamespaceURI() != signatureNS || p != root && (p.Parent() != root || !is(p, assertionNS, "Assertion"))
		}
		for _, a := range el.Attr {
			if a.Key == "ID" || a.Key == "Id" || a.Key == "id" {
				twice = twice || seen[a.Value]
				seen[a.Value] = true
			}
		}
	})
	switch {
	case misplaced:
		return because(ErrSignature, "an element out of its place")
	case twice:
		return because(ErrSignature, "an ID twice")
	case assertions > 1:
		return because(ErrSignature, "several assertions")
	}
	return nil
}

// checkResponse looks at what stands around the assertion. Where only the assertion
// is signed anybody may have written it; so it can only lead to a refusal.
func (r *Rules) checkResponse(root *etree.Element) error {
	if attr(root, "Version") != "2.0" {
		return because(ErrMalformed, "another version than 2.0")
	}
	if status := only(root, protocolNS, "Status"); status == nil {
		return because(ErrMalformed, "no Status")
	} else if code := only(status, protocolNS, "StatusCode"); code == nil || attr(code, "Value") != statusSuccess {
		return because(ErrStatus, "the status is not Success")
	}
	if to := attr(root, "Destination"); to != "" && !r.Recipient(to) {
		return because(ErrRecipient, "the Destination")
	}
	if len(children(root, assertionNS, "Issuer")) > 0 {
		return r.checkIssuer(root)
	}
	return nil
}

func (r *Rules) checkIssuer(el *etree.Element) error {
	issuer := only(el, assertionNS, "Issuer")
	if issuer == nil {
		return because(ErrIssuer, "not one Issuer")
	}
	name, ok := text(issuer)
	format := attr(issuer, "Format")
	if !ok || name != r.Metadata.EntityID || format != "" && format != "urn:oasis:names:tc:SAML:2.0:nameid-format:entity" {
		return because(ErrIssuer, "not the entityID of the metadata")
	}
	return nil
}

// assertionIn is the assertion of a response, decrypted, and signed, unless the
// response as a whole was. One that is signed although it need not be must be signed
// rightly.
func (r *Rules) assertionIn(root *etree.Element, whole bool) (*etree.Element, error) {
	el := only(root, assertionNS, "Assertion")
	if sealed := only(root, assertionNS, "EncryptedAssertion"); sealed != nil {
		opened, err := r.decrypt(sealed)
		if err != nil {
			return nil, err
		}
		el = opened
	} else if el == nil {
		return nil, because(ErrMalformed, "no assertion")
	} else if r.MustEncrypt {
		return nil, because(ErrPlain, "the provider requires encryption")
	}
	if whole && !signed(el) {
		return el, nil
	}
	return verified(el, r.Metadata.Certificates)
}

// decrypt opens an encrypted assertion. Each way in which that fails is answered like
// a wrong signature.
func (r *Rules) decrypt(sealed *etree.Element) (*etree.Element, error) {
	failed := because(ErrSignature, "an encrypted assertion that cannot be opened, or is not signed")
	plain, ok := decrypted(sealed, r.Keys)
	if !ok {
		return nil, failed
	}
	el, err := parse(plain, maxResponseElements)
	if err != nil || !is(el, assertionNS, "Assertion") {
		return nil, failed
	}
	inner := etree.NewElement("Response") // so that it is held to the same as one in the open
	inner.AddChild(el)
	if err := uniform(inner); err != nil {
		return nil, failed
	}
	inner.RemoveChild(el)
	return el, nil
}
