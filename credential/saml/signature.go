package saml

import (
	"crypto/x509"
	"errors"
	"regexp"
	"slices"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"
)

const (
	enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

// signatureMethods and digestMethods are what a signature may be made with. SHA-1
// and MD5 are not among them: who can make two documents with one digest has the
// provider sign the one and shows the other.
var (
	signatureMethods = []string{dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod}
	digestMethods    = []string{
		"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512",
	}
)

// ids have the form of a name, so that a reference to one is nothing else.
var ids = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// signed tells whether an element carries a signature of its own.
func signed(el *etree.Element) bool { return len(children(el, signatureNS, "Signature")) > 0 }

// verified checks the signature of an element by the keys of certificates, and gives
// the element that was signed: read again from the very bytes whose digest the
// signature is over. What stood in the document is of no interest any more.
//
// The signature must be that of the element as a whole: a direct child of it, with
// one reference, to the element's own ID. Which key it names does not count; each of
// those that are trusted is tried.
func verified(el *etree.Element, certificates []*x509.Certificate) (*etree.Element, error) {
	id := attr(el, "ID")
	if !ids.MatchString(id) {
		return nil, because(ErrSignature, "the signed element has no ID")
	}
	if err := shaped(el, id); err != nil {
		return nil, because(ErrSignature, "%v", err)
	}
	alone, err := detached(el)
	if err != nil {
		return nil, because(ErrSignature, "namespaces")
	}
	sig := only(alone, signatureNS, "Signature")
	if sig == nil {
		return nil, because(ErrSignature, "not one signature")
	}
	for _, info := range children(sig, signatureNS, "KeyInfo") {
		sig.RemoveChild(info)
	}
	for _, c := range certificates {
		if got := validated(alone, c); got != nil && got.Tag == el.Tag && got.NamespaceURI() == el.NamespaceURI() && attr(got, "ID") == id && !signed(got) {
			return got, nil
		}
	}
	return nil, because(ErrSignature, "it is not by a key of the metadata")
}

// validated is the element that was signed, if it was signed with the key of a
// certificate. The certificate's own time is not asked; see [Metadata].
func validated(el *etree.Element, c *x509.Certificate) *etree.Element {
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{c}})
	ctx.Clock = dsig.NewFakeClockAt(c.NotBefore)
	got, err := ctx.Validate(el)
	if err != nil {
		return nil
	}
	return got
}

// detached is an element on its own, with the namespaces that were declared around
// it.
func detached(el *etree.Element) (*etree.Element, error) {
	ctx, err := etreeutils.NSBuildParentContext(el)
	if err != nil {
		return nil, err
	}
	return etreeutils.NSDetatch(ctx, el)
}

// shaped refuses a signature that is not exactly of the form that SAML gives it
// (SAML core 2.0, section 5.4): then nothing depends on which of several parts a
// library takes.
func shaped(el *etree.Element, id string) error {
	sig := only(el, signatureNS, "Signature")
	if sig == nil {
		return errors.New("not one signature")
	}
	plain := true
	walk(sig, func(e *etree.Element) {
		for _, token := range e.Child {
			switch token.(type) {
			case *etree.Element, *etree.CharData:
			default:
				plain = false // a comment within a digest makes two values of it
			}
		}
	})
	if !plain {
		return errors.New("a comment in a signature")
	}
	info, err := parts(sig, "SignedInfo", "SignatureValue", "KeyInfo?")
	if err != nil {
		return err
	}
	of, err := parts(info[0], "CanonicalizationMethod", "SignatureMethod", "Reference")
	if err != nil {
		return err
	}
	if attr(of[0], "Algorithm") != exclusive || !slices.Contains(signatureMethods, attr(of[1], "Algorithm")) {
		return errors.New("an algorithm that is not taken")
	}
	return refers(of[2], id)
}

// refers refuses a reference that is not to the element with an ID.
func refers(reference *etree.Element, id string) error {
	if attr(reference, "URI") != "#"+id {
		return errors.New("a reference to something else")
	}
	of, err := parts(reference, "Transforms", "DigestMethod", "DigestValue")
	if err != nil {
		return err
	}
	if !slices.Contains(digestMethods, attr(of[1], "Algorithm")) {
		return errors.New("a digest that is not taken")
	}
	transforms, err := parts(of[0], "Transform", "Transform")
	if err != nil {
		return err
	}
	if attr(transforms[0], "Algorithm") != enveloped || attr(transforms[1], "Algorithm") != exclusive {
		return errors.New("transforms that are not taken")
	}
	return nil
}

// parts are the elements in an element, which must be those of some names and no
// others, in this order. The last may be missing if its name ends with a question
// mark.
func parts(el *etree.Element, names ...string) ([]*etree.Element, error) {
	got := el.ChildElements()
	if last := names[len(names)-1]; last[len(last)-1] == '?' {
		names[len(names)-1] = last[:len(last)-1]
		if len(got) == len(names)-1 {
			names = names[:len(names)-1]
		}
	}
	if len(got) != len(names) {
		return nil, errors.New("more or fewer parts than a signature has")
	}
	for i, name := range names {
		if !is(got[i], signatureNS, name) {
			return nil, errors.New("other parts than a signature has")
		}
	}
	return got, nil
}
