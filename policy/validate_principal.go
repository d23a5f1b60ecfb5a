package policy

import (
	"regexp"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
)

func (c *checker) principalForbidden() {
	for _, s := range c.doc.Statements {
		if s.Principal != nil && c.kind.identityBased() {
			c.fail(s.Principal.Span, "Policy document should not specify a principal.", "")
		}
	}
}

// trustFields are elements that a trust policy has not: the role is its
// resource, and everybody but somebody is nobody to trust.
func (c *checker) trustFields() {
	if c.kind != Trust {
		return
	}
	for _, s := range c.doc.Statements {
		if s.Resource != nil {
			name := "Resource"
			if s.Resource.Not {
				name = "NotResource"
			}
			c.fail(s.Resource.Span, "Has prohibited field "+name, "")
		}
		if s.Principal != nil && s.Principal.Not {
			c.fail(s.Principal.Span, "Has prohibited field NotPrincipal", "")
		}
	}
}

// trustActionNames are the actions that a trust policy is about.
var trustActionNames = []string{
	"assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity", "setcontext",
}

func (c *checker) trustActions() {
	if c.kind != Trust {
		return
	}
	c.eachAction(func(v Text) {
		if !isTrustAction(strings.ToLower(v.Value)) {
			c.fail(v.Span, "AssumeRole policy may only specify STS AssumeRole actions.", "")
		}
	})
}

func isTrustAction(action string) bool {
	name, ok := strings.CutPrefix(action, "sts:")
	for _, n := range trustActionNames {
		if ok && arn.Match(name, n) {
			return true
		}
	}
	return false
}

func (c *checker) principalRequired() {
	if c.kind.identityBased() {
		return
	}
	for _, s := range c.doc.Statements {
		if s.Principal == nil {
			c.fail(s.Span, "Missing required field Principal", "")
		}
	}
}

func (c *checker) principalForms() {
	for _, p := range c.doc.Principals() {
		if !validPrincipal(p) {
			c.fail(p.Span, InvalidPrincipal(p), "")
		}
	}
}

// InvalidPrincipal is AWS's message for a principal that is malformed, or that
// does not exist.
func InvalidPrincipal(p PrincipalValue) string {
	t := strings.ToUpper(string(p.Type))
	return `Invalid principal in policy: "` + t + `":"` + p.Value + `"`
}

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	uniqueID  = regexp.MustCompile(`^(AIDA|AROA)[0-9A-Z]{12,124}$`)
	hostName  = regexp.MustCompile(`^[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)+(:[0-9]+)?(/[0-9A-Za-z_./~-]*)?$`)
	canonical = regexp.MustCompile(`^[0-9A-Za-z]+$`)
)

// validPrincipal checks the form only; whether an account, user or role exists
// is not known here. Wildcards are not allowed, except for the one that stands
// for everybody.
func validPrincipal(p PrincipalValue) bool {
	switch p.Type {
	case AWS:
		return p.Value == "*" || accountID.MatchString(p.Value) || uniqueID.MatchString(p.Value) || principalARN(p.Value)
	case Service:
		return hostName.MatchString(p.Value) && !strings.ContainsAny(p.Value, ":/")
	case Federated:
		return hostName.MatchString(p.Value) || providerARN(p.Value)
	case CanonicalUser:
		return canonical.MatchString(p.Value)
	}
	return false
}

func principalARN(s string) bool {
	a, err := arn.Parse(s)
	if err != nil || !accountID.MatchString(a.Account) || a.Region != "" || strings.ContainsAny(s, "*? \t\r\n") {
		return false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + " " + kind {
	case "iam root":
		return name == "" && a.Resource == "root"
	case "iam user", "iam role":
		return name != "" && !strings.HasSuffix(name, "/")
	case "sts federated-user":
		return name != ""
	case "sts assumed-role":
		role, session, _ := strings.Cut(name, "/")
		return role != "" && session != "" && !strings.Contains(session, "/")
	}
	return false
}

func providerARN(s string) bool {
	a, err := arn.Parse(s)
	if err != nil || a.Service != "iam" || !accountID.MatchString(a.Account) || strings.ContainsAny(s, "*?") {
		return false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	return name != "" && (kind == "saml-provider" || kind == "oidc-provider")
}
