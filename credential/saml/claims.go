package saml

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// attributes is what the names of attributes begin with that AWS gives a meaning
// (IAM User Guide, "Configure SAML assertions for the authentication response"). Case
// counts in them.
const attributes = "https://aws.amazon.com/SAML/Attributes/"

// Claims are what the attributes of an assertion mean.
type Claims struct {
	Roles           []RolePair
	RoleSessionName string
	SessionDuration time.Duration // 0 if it does not say
	Tags            []Tag
	// TransitiveTagKeys are the keys of tags that go along when another role is
	// assumed.
	TransitiveTagKeys []string
	SourceIdentity    string
	// Keys are the condition keys of trust policies that come from attributes, by
	// name: saml:mail.
	Keys []Key
}

// RolePair says that the subject may have a role by a provider.
type RolePair struct{ RoleARN, ProviderARN string }

// Tag is a session tag.
type Tag struct{ Key, Value string }

// Key is a condition key. One of type list may have any number of values.
type Key struct {
	Name   string
	Values []string
	List   bool
}

// Patterns of values, as in the API model of STS.
var (
	names     = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	tagKeys   = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$`)
	tagValues = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
)

const maxTags = 50

// Claims gives the attributes their meaning. Its errors are [ClaimError]s.
func (a *Assertion) Claims() (*Claims, error) {
	c := new(Claims)
	seen := map[string]bool{}
	for i := range a.Attributes {
		attribute := &a.Attributes[i]
		name, ok := strings.CutPrefix(attribute.Name, attributes)
		if !ok {
			if err := c.key(attribute); err != nil {
				return nil, err
			}
			continue
		}
		if seen[name] && !lists[name] {
			return nil, claim("The attribute %s is there twice", known(name))
		}
		seen[name] = true
		if attribute.Structured {
			return nil, claim("The attribute %s must be text", known(name))
		}
		if err := c.read(name, attribute.Values); err != nil {
			return nil, err
		}
	}
	if c.RoleSessionName == "" {
		return nil, claim("RoleSessionName is required in AuthnResponse")
	}
	if len(c.Tags) > maxTags {
		return nil, claim("An assertion may have %d PrincipalTag attributes at most", maxTags)
	}
	return c, nil
}

// lists are the attributes that have any number of values. Some providers, such as
// Keycloak, write an attribute for each value.
var lists = map[string]bool{"Role": true, "TransitiveTagKeys": true}

// known is a name for messages: only what stands here.
func known(name string) string {
	for _, n := range []string{"Role", "RoleSessionName", "SessionDuration", "TransitiveTagKeys", "SourceIdentity"} {
		if n == name {
			return n
		}
	}
	return "PrincipalTag"
}

// read gives one of AWS's attributes its meaning. Others than those that are known
// have none.
func (c *Claims) read(name string, values []string) error {
	if key, ok := strings.CutPrefix(name, "PrincipalTag:"); ok {
		return c.tag(key, values)
	}
	switch name {
	case "Role":
		for _, v := range values {
			if pair, ok := rolePair(v); ok {
				c.Roles = append(c.Roles, pair)
			}
		}
	case "TransitiveTagKeys":
		c.TransitiveTagKeys = append(c.TransitiveTagKeys, values...)
	case "RoleSessionName":
		if len(values) != 1 || !names.MatchString(values[0]) {
			return claim("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
		}
		c.RoleSessionName = values[0]
	case "SourceIdentity":
		if len(values) != 1 || !names.MatchString(values[0]) || strings.HasPrefix(strings.ToLower(values[0]), "aws:") {
			return claim(`Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`)
		}
		c.SourceIdentity = values[0]
	case "SessionDuration":
		return c.duration(values)
	}
	return nil
}

func (c *Claims) tag(key string, values []string) error {
	if len(values) != 1 || !tagKeys.MatchString(key) || !tagValues.MatchString(values[0]) {
		return claim("A PrincipalTag attribute must have one value, and key and value that a tag can have")
	}
	c.Tags = append(c.Tags, Tag{Key: key, Value: values[0]})
	return nil
}

// duration reads SessionDuration: 900 to 43,200 seconds.
func (c *Claims) duration(values []string) error {
	if len(values) == 1 {
		if n, err := strconv.Atoi(values[0]); err == nil && 900 <= n && n <= 43200 {
			c.SessionDuration = time.Duration(n) * time.Second
			return nil
		}
	}
	return claim("SessionDuration in AuthnResponse must be a number of seconds from 900 to 43200")
}

// rolePair reads the ARNs of a role and a provider, which stand in either order.
func rolePair(value string) (RolePair, bool) {
	first, second, ok := strings.Cut(value, ",")
	if !ok {
		return RolePair{}, false
	}
	first, second = strings.TrimSpace(first), strings.TrimSpace(second)
	if strings.Contains(first, ":saml-provider/") {
		first, second = second, first
	}
	ok = strings.Contains(first, ":role/") && strings.Contains(second, ":saml-provider/") && !strings.Contains(second, ",")
	return RolePair{RoleARN: first, ProviderARN: second}, ok
}

// Names tells whether the assertion gives a role by a provider.
func (c *Claims) Names(roleARN, providerARN string) bool {
	for _, p := range c.Roles {
		if p.RoleARN == roleARN && p.ProviderARN == providerARN {
			return true
		}
	}
	return false
}

// key notes an attribute that is a condition key. "Include only one claim per context
// key; if there are more, one is mapped" (IAM User Guide): which one nobody says, so
// more than one value where there can be one only is refused.
func (c *Claims) key(a *Attribute) error {
	k, ok := contextKeys[a.Name]
	if !ok || a.Structured || len(a.Values) == 0 {
		return nil
	}
	key := Key{Name: "saml:" + k.name, Values: a.Values, List: k.list}
	if !key.List && len(key.Values) > 1 {
		return claim("More than one value of %s in AuthnResponse", key.Name)
	}
	for _, other := range c.Keys {
		if other.Name == key.Name {
			return claim("More than one attribute for %s in AuthnResponse", key.Name)
		}
	}
	c.Keys = append(c.Keys, key)
	return nil
}

// contextKeys are the attributes that are condition keys (IAM User Guide, "Mapping
// SAML attributes to AWS trust policy context keys"), by name.
var contextKeys = map[string]struct {
	name string
	list bool
}{
	// eduPerson and eduOrg
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.1":  {"edupersonaffiliation", true},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.2":  {"edupersonnickname", true},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.3":  {"edupersonorgdn", false},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.4":  {"edupersonorgunitdn", true},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.5":  {"edupersonprimaryaffiliation", false},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.6":  {"edupersonprincipalname", false},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.7":  {"edupersonentitlement", true},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.8":  {"edupersonprimaryorgunitdn", false},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.9":  {"edupersonscopedaffiliation", true},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.10": {"edupersontargetedid", true},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.11": {"edupersonassurance", true},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.2":  {"eduorghomepageuri", true},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.3":  {"eduorgidentityauthnpolicyuri", true},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.4":  {"eduorglegalname", true},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.5":  {"eduorgsuperioruri", true},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.6":  {"eduorgwhitepagesuri", true},
	"urn:oid:2.5.4.3":                   {"cn", true},
	// Active Directory
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":              {"name", false},
	"http://schemas.xmlsoap.org/claims/CommonName":                            {"commonName", false},
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname":         {"givenName", false},
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname":           {"surname", false},
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress":      {"mail", false},
	"http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": {"uid", false},
	// X.500
	"2.5.4.3":                    {"commonName", false},
	"2.5.4.4":                    {"surname", false},
	"2.4.5.42":                   {"givenName", false},
	"2.5.4.45":                   {"x500UniqueIdentifier", false},
	"0.9.2342.19200300100.1.1":   {"uid", false},
	"0.9.2342.19200300100.1.3":   {"mail", false},
	"0.9.2342.19200300.100.1.45": {"organizationStatus", false},
}
