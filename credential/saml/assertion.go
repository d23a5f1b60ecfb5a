package saml

import (
	"slices"
	"time"

	"github.com/beevik/etree"
)

const (
	// MaxAge is how long after it was issued an assertion may be redeemed. AWS answers
	// "Token must be redeemed within 5 minutes of issuance" (seen in
	// Nike-Inc/gimme-aws-creds#251).
	MaxAge = 5 * time.Minute
	// skew is how far the clock of a provider may be ahead. AWS does not say.
	skew = time.Minute

	bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
)

// Assertion is what an identity provider says of somebody.
type Assertion struct {
	ID     string
	Issuer string
	// Subject is the NameID of the subject, and SubjectFormat its format as written.
	Subject, SubjectFormat string
	Recipient              string
	IssueInstant           time.Time
	// NotOnOrAfter is when it can no longer be redeemed.
	NotOnOrAfter time.Time
	// SessionNotOnOrAfter is when the session with the provider ends; zero if it does
	// not say.
	SessionNotOnOrAfter time.Time
	// OneTimeUse asks that it be redeemed once only.
	OneTimeUse bool
	Attributes []Attribute
}

// Attribute is something that a provider says of a subject.
type Attribute struct {
	Name   string
	Values []string
	// Structured says that a value was other than text; it is not among Values.
	Structured bool
}

// checked reads an assertion that is known to be the provider's, and holds it to the
// rules.
func (r *Rules) checked(el *etree.Element) (*Assertion, error) {
	if attr(el, "Version") != "2.0" {
		return nil, because(ErrMalformed, "another version than 2.0")
	}
	if err := r.checkIssuer(el); err != nil {
		return nil, err
	}
	a := &Assertion{ID: attr(el, "ID"), Issuer: r.Metadata.EntityID}
	for _, step := range []func(*Rules, *Assertion, *etree.Element) error{readAge, readSubject, readConditions, readAuthentication, readAttributes} {
		if err := step(r, a, el); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func readAge(r *Rules, a *Assertion, el *etree.Element) error {
	issued, ok := instant(attr(el, "IssueInstant"))
	switch {
	case !ok:
		return because(ErrMalformed, "IssueInstant is no time")
	case issued.After(r.Now.Add(skew)):
		return because(ErrTooEarly, "IssueInstant")
	case r.Now.Sub(issued) > MaxAge:
		return because(ErrTooOld, "IssueInstant")
	}
	a.IssueInstant, a.NotOnOrAfter = issued, issued.Add(MaxAge)
	return nil
}

// until notes a time at which the assertion ends, and refuses one that is over.
func (r *Rules) until(a *Assertion, value, what string) error {
	t, ok := instant(value)
	switch {
	case !ok:
		return because(ErrMalformed, "NotOnOrAfter of %s is no time", what)
	case !r.Now.Before(t):
		return because(ErrExpired, "%s", what)
	}
	if t.Before(a.NotOnOrAfter) {
		a.NotOnOrAfter = t
	}
	return nil
}

// from refuses a time at which the assertion begins if that is not yet.
func (r *Rules) from(value, what string) error {
	t, ok := instant(value)
	switch {
	case !ok:
		return because(ErrMalformed, "NotBefore of %s is no time", what)
	case t.After(r.Now.Add(skew)):
		return because(ErrTooEarly, "%s", what)
	}
	return nil
}

// readSubject reads who it is about. There must be exactly one confirmation, with
// NotOnOrAfter and Recipient (IAM User Guide, "Configure SAML assertions for the
// authentication response").
func readSubject(r *Rules, a *Assertion, el *etree.Element) error {
	subject := only(el, assertionNS, "Subject")
	if subject == nil {
		return because(ErrSubject, "not one Subject")
	}
	name := only(subject, assertionNS, "NameID")
	if name == nil {
		return because(ErrSubject, "not one NameID")
	}
	var ok bool
	if a.Subject, ok = text(name); !ok || a.Subject == "" {
		return because(ErrSubject, "a NameID that is no text")
	}
	a.SubjectFormat = attr(name, "Format")
	confirmation := only(subject, assertionNS, "SubjectConfirmation")
	if confirmation == nil || attr(confirmation, "Method") != bearer {
		return because(ErrSubject, "not one SubjectConfirmation of a bearer")
	}
	data := only(confirmation, assertionNS, "SubjectConfirmationData")
	if data == nil {
		return because(ErrSubject, "not one SubjectConfirmationData")
	}
	if a.Recipient = attr(data, "Recipient"); !r.Recipient(a.Recipient) {
		return because(ErrRecipient, "the Recipient")
	}
	if begin := attr(data, "NotBefore"); begin != "" {
		if err := r.from(begin, "SubjectConfirmationData"); err != nil {
			return err
		}
	}
	return r.until(a, attr(data, "NotOnOrAfter"), "SubjectConfirmationData")
}

// readConditions holds to all conditions. One that is not known makes an assertion
// invalid (SAML core 2.0, section 2.5.1.1).
func readConditions(r *Rules, a *Assertion, el *etree.Element) error {
	conditions := only(el, assertionNS, "Conditions")
	if conditions == nil {
		return because(ErrAudience, "not one Conditions")
	}
	if begin := attr(conditions, "NotBefore"); begin != "" {
		if err := r.from(begin, "Conditions"); err != nil {
			return err
		}
	}
	if end := attr(conditions, "NotOnOrAfter"); end != "" {
		if err := r.until(a, end, "Conditions"); err != nil {
			return err
		}
	}
	restricted := false
	for _, c := range conditions.ChildElements() {
		switch {
		case is(c, assertionNS, "AudienceRestriction"):
			if !slices.ContainsFunc(children(c, assertionNS, "Audience"), func(e *etree.Element) bool {
				name, ok := text(e)
				return ok && r.Audience(name)
			}) {
				return because(ErrAudience, "an AudienceRestriction")
			}
			restricted = true
		case is(c, assertionNS, "OneTimeUse"):
			a.OneTimeUse = true
		case is(c, assertionNS, "ProxyRestriction"): // it binds those who make assertions of it
		default:
			return because(ErrAudience, "an unknown condition")
		}
	}
	if !restricted {
		return because(ErrAudience, "no AudienceRestriction")
	}
	return nil
}

// readAuthentication asks that the subject was authenticated: an assertion without
// AuthnStatement is no answer to the question who somebody is (SAML profiles 2.0,
// section 4.1.4.2).
func readAuthentication(r *Rules, a *Assertion, el *etree.Element) error {
	statements := children(el, assertionNS, "AuthnStatement")
	if len(statements) == 0 {
		return because(ErrSubject, "no AuthnStatement")
	}
	for _, s := range statements {
		value := attr(s, "SessionNotOnOrAfter")
		if value == "" {
			continue
		}
		t, ok := instant(value)
		switch {
		case !ok:
			return because(ErrMalformed, "SessionNotOnOrAfter is no time")
		case !r.Now.Before(t):
			return because(ErrExpired, "SessionNotOnOrAfter")
		}
		if a.SessionNotOnOrAfter.IsZero() || t.Before(a.SessionNotOnOrAfter) {
			a.SessionNotOnOrAfter = t
		}
	}
	return nil
}

func readAttributes(_ *Rules, a *Assertion, el *etree.Element) error {
	for _, statement := range children(el, assertionNS, "AttributeStatement") {
		for _, e := range children(statement, assertionNS, "Attribute") {
			attribute := Attribute{Name: attr(e, "Name")}
			for _, v := range children(e, assertionNS, "AttributeValue") {
				if value, ok := valueOf(v); ok {
					attribute.Values = append(attribute.Values, value)
				} else {
					attribute.Structured = true
				}
			}
			a.Attributes = append(a.Attributes, attribute)
		}
	}
	return nil
}

// valueOf is the text of an AttributeValue, or of the one NameID in it, as
// eduPersonTargetedID has it.
func valueOf(el *etree.Element) (string, bool) {
	if inner := el.ChildElements(); len(inner) == 1 && is(inner[0], assertionNS, "NameID") {
		for _, token := range el.Child {
			if data, ok := token.(*etree.CharData); ok && !data.IsWhitespace() {
				return "", false
			}
		}
		return text(inner[0])
	}
	return text(el)
}
