package sts_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/server/samltest"
	"github.com/keyreeve/keyreeve/service/sts"
)

const (
	samlIssuer   = "https://idp.example.com/saml"
	samlProvider = "arn:aws:iam::" + home + ":saml-provider/corp"
	people       = "arn:aws:iam::" + home + ":role/people"
	refusedSAML  = "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML"
)

var samlActions = []string{"sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"}

// trustsProvider is a trust policy for those of whom a provider says who they are.
func trustsProvider(condition string, actions ...string) string {
	return strings.Replace(trusts(home, condition, actions...), `"AWS":"`+home+`"`, `"Federated":"`+samlProvider+`"`, 1)
}

// company is a world with a provider, and with the role people that trusts it.
func company(t *testing.T, trust string) (*world, *samltest.IdP) {
	t.Helper()
	w, p := newWorld(t), samltest.New(t, samlIssuer)
	_, err := w.account(home).CreateSAMLProvider(identity.NewSAMLProvider{Name: "corp", Metadata: p.Metadata()})
	w.must(err)
	w.role(home, "people", trust, 7200, identity.Tag{Key: "kind", Value: "people"})
	return w, p
}

func samlLogin() samltest.Login {
	return samltest.Login{Issued: now}.For(people, samlProvider, "alice")
}

func (w *world) assumeWithSAML(response *etree.Element, change ...func(*stsapi.AssumeRoleWithSAMLInput)) (*stsapi.AssumeRoleWithSAMLOutput, error) {
	w.t.Helper()
	in := &stsapi.AssumeRoleWithSAMLInput{RoleArn: people, PrincipalArn: samlProvider, SAMLAssertion: samltest.Encode(response)}
	for _, c := range change {
		c(in)
	}
	w.issued = session.Record{}
	return do[*stsapi.AssumeRoleWithSAMLOutput](w, authn.Caller{}, "AssumeRoleWithSAML", in)
}

// TestSAMLRefusals holds AssumeRoleWithSAML to AWS's codes and words. Each case begins
// with what works.
func TestSAMLRefusals(t *testing.T) {
	type in = stsapi.AssumeRoleWithSAMLInput
	const invalid = "InvalidIdentityToken: "
	for _, c := range []struct {
		name  string
		login func(samltest.Login) samltest.Login
		in    func(*in)
		want  string
	}{
		{"nothing special", nil, nil, ""},
		{"another role", nil, func(i *in) { i.RoleArn = people + "2" }, refusedSAML},
		{"the role in another case", nil, func(i *in) { i.RoleArn = "arn:aws:iam::" + home + ":role/People" }, refusedSAML},
		{"a role that the assertion gives and there is not", func(l samltest.Login) samltest.Login { return l.With("Role", people+"2,"+samlProvider) },
			func(i *in) { i.RoleArn = people + "2" }, refusedSAML},
		{"a role of another account", func(l samltest.Login) samltest.Login {
			return l.With("Role", "arn:aws:iam::"+elsewhere+":role/people,"+samlProvider)
		}, func(i *in) { i.RoleArn = "arn:aws:iam::" + elsewhere + ":role/people" }, refusedSAML},
		{"the pair in the other order", func(l samltest.Login) samltest.Login { return l.With("Role", samlProvider+","+people) }, nil, ""},
		{"the role by another provider", func(l samltest.Login) samltest.Login { return l.With("Role", people+","+samlProvider+"2") }, nil, refusedSAML},
		{"no such provider", nil, func(i *in) { i.PrincipalArn = samlProvider + "2" }, invalid + "Specified provider doesn't exist"},
		{"the provider in another case", nil, func(i *in) { i.PrincipalArn = "arn:aws:iam::" + home + ":saml-provider/Corp" }, invalid + "Specified provider doesn't exist"},
		{"a provider of no account", nil, func(i *in) { i.PrincipalArn = "arn:aws:iam::999999999999:saml-provider/corp" }, invalid + "Specified provider doesn't exist"},
		{"no provider's ARN", nil, func(i *in) { i.PrincipalArn = "corp-provider-in-our-company" }, "ValidationError: corp-provider-in-our-company is invalid"},
		{"no role's ARN", nil, func(i *in) { i.RoleArn = "people-of-our-company" }, "ValidationError: people-of-our-company is invalid"},
		{"no base64", nil, func(i *in) { i.SAMLAssertion = "%%%%" }, invalid + "Invalid base64 SAMLResponse"},
		{"no response", nil, func(i *in) { i.SAMLAssertion = "bm9uZQ==" }, invalid + "Response could not be parsed"},
		{"five minutes and a second old", func(l samltest.Login) samltest.Login {
			l.Issued, l.Lasts = now.Add(-5*time.Minute-time.Second), time.Hour
			return l
		}, nil, "ExpiredTokenException: Token must be redeemed within 5 minutes of issuance"},
		{"over", func(l samltest.Login) samltest.Login {
			l.Issued, l.Lasts = now.Add(-time.Minute), time.Second
			return l
		}, nil, "ExpiredTokenException: Response has expired"},
		{"of tomorrow", func(l samltest.Login) samltest.Login { l.Issued = now.AddDate(0, 0, 1); return l }, nil, invalid + "Response is not valid yet"},
		{"a failure", func(l samltest.Login) samltest.Login {
			l.Status = "urn:oasis:names:tc:SAML:2.0:status:Responder"
			return l
		}, nil, "IDPRejectedClaim: The identity provider reports that authentication failed"},
		{"another audience", func(l samltest.Login) samltest.Login { l.Audience = "urn:other"; return l }, nil, invalid + "Response does not contain the required audience."},
		{"another recipient", func(l samltest.Login) samltest.Login {
			l.Recipient = "https://signin.aws.amazon.com.evil.example/saml"
			return l
		}, nil, invalid + "Response does not contain the required recipient"},
		{"the recipient of a region", func(l samltest.Login) samltest.Login {
			l.Recipient = "https://eu-central-1.signin.aws.amazon.com/saml"
			return l
		}, nil, ""},
		{"the old recipient", func(l samltest.Login) samltest.Login {
			l.Recipient = "https://signin.aws.amazon.com/static/saml"
			return l
		}, nil, ""},
		{"our own address", func(l samltest.Login) samltest.Login {
			l.Recipient, l.Audience = "https://login.example.com/saml", "https://login.example.com/saml"
			return l
		}, nil, ""},
		{"the address of another provider", func(l samltest.Login) samltest.Login {
			l.Recipient = "https://signin.aws.amazon.com/saml/acs/SAMLSPOTHER"
			return l
		}, nil, invalid + "Response does not contain the required recipient"},
		{"no NameID", func(l samltest.Login) samltest.Login { l.WithoutNameID = true; return l }, nil, refusedSAML},
		{"a long NameID", func(l samltest.Login) samltest.Login { l.Subject = strings.Repeat("x", 900); return l }, nil, ""},
		{"a longer one", func(l samltest.Login) samltest.Login { l.Subject = strings.Repeat("x", 1000); return l }, nil,
			invalid + "The NameID and its format have more than 1024 bytes"},
		{"no session name", func(l samltest.Login) samltest.Login {
			return samltest.Login{Issued: now}.With("Role", people+","+samlProvider)
		}, nil, invalid + "RoleSessionName is required in AuthnResponse"},
		{"a session name with a space", func(l samltest.Login) samltest.Login { return l.With("RoleSessionName", "John Doe") }, nil,
			invalid + "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
		{"one tag twice", func(l samltest.Login) samltest.Login {
			return l.With("PrincipalTag:a", "1").With("PrincipalTag:A", "2")
		}, nil,
			"InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{"longer than the role allows", nil, func(i *in) { i.DurationSeconds = new(int32(7201)) },
			"ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		{"as long as the role allows", nil, func(i *in) { i.DurationSeconds = new(int32(7200)) }, ""},
		{"a session policy that is none", nil, func(i *in) { i.Policy = new(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}`) },
			"MalformedPolicyDocument: Policy statement must contain resources."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, p := company(t, trustsProvider("", samlActions...))
			w.tools.SAMLAddresses = []string{"https://login.example.com/saml"}
			l := samlLogin()
			if c.login != nil {
				l = c.login(l)
			}
			out, err := w.assumeWithSAML(p.Response(l), func(i *in) {
				if c.in != nil {
					c.in(i)
				}
			})
			if got := refusal(err); got != c.want {
				t.Fatalf("it came to\n%s\nwant\n%s", got, c.want)
			}
			if (c.want == "") != (w.issued.Kind == session.Role) || c.want == "" && out.Credentials == nil {
				t.Errorf("issued %+v", w.issued)
			}
		})
	}
}

// TestSAMLSignatures: only the provider itself vouches, not another one of the same
// account, nor one of the same name in another account.
func TestSAMLSignatures(t *testing.T) {
	w, p := company(t, trustsProvider("", samlActions...))
	eve := samltest.WithKey(t, samlIssuer, samltest.Key(t, "eve", 2048))
	for account, name := range map[string]string{home: "eves", elsewhere: "corp"} {
		_, err := w.account(account).CreateSAMLProvider(identity.NewSAMLProvider{Name: name, Metadata: eve.Metadata()})
		w.must(err)
	}
	const invalid = "InvalidIdentityToken: Response signature invalid"
	_, err := w.assumeWithSAML(eve.Response(samlLogin()))
	if got := refusal(err); got != invalid {
		t.Errorf("signed by eve: %s", got)
	}
	for _, arn := range []string{"arn:aws:iam::" + home + ":saml-provider/eves", "arn:aws:iam::" + elsewhere + ":saml-provider/corp"} {
		l := samlLogin().For(people, arn, "alice")
		_, err := w.assumeWithSAML(eve.Response(l), func(in *stsapi.AssumeRoleWithSAMLInput) { in.PrincipalArn = arn })
		if got := refusal(err); got != refusedSAML {
			t.Errorf("by %s: %s", arn, got)
		}
	}
	other := samltest.WithKey(t, "https://other.example.com", p.Key)
	_, err = w.assumeWithSAML(other.Response(samlLogin()))
	if got := refusal(err); got != "InvalidIdentityToken: Issuer not present in specified provider" {
		t.Errorf("of another issuer: %s", got)
	}
	_, err = w.assumeWithSAML(p.Response(samlLogin()))
	w.must(err)
	w.must(w.account(home).DeleteSAMLProvider(samlProvider))
	_, err = w.assumeWithSAML(p.Response(samlLogin()))
	if got := refusal(err); got != "InvalidIdentityToken: Specified provider doesn't exist" {
		t.Errorf("after the provider was deleted: %s", got)
	}
}

// TestSAMLTrust: the trust policy decides, by what the assertion says.
func TestSAMLTrust(t *testing.T) {
	full := func(l samltest.Login) samltest.Login {
		return l.With("PrincipalTag:team", "red").With("TransitiveTagKeys", "team").With("SourceIdentity", "alice").
			With("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "staff", "member").With("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "a@example.com")
	}
	equals := func(key, value string) string { return `"StringEquals":{"` + key + `":"` + value + `"}` }
	for _, c := range []struct {
		name, trust string
		login       func(samltest.Login) samltest.Login
		allowed     bool
	}{
		{"the provider", trustsProvider("", samlActions...), full, true},
		{"without sts:TagSession", trustsProvider("", "sts:AssumeRoleWithSAML", "sts:SetSourceIdentity"), full, false},
		{"without sts:SetSourceIdentity", trustsProvider("", "sts:AssumeRoleWithSAML", "sts:TagSession"), full, false},
		{"with neither, and neither is asked for", trustsProvider("", "sts:AssumeRoleWithSAML"), nil, true},
		{"sts:AssumeRole only", trustsProvider("", "sts:AssumeRole"), nil, false},
		{"the account, not the provider", trusts(home, "", samlActions...), nil, false},
		{"everybody", strings.Replace(trusts(home, "", samlActions...), `{"AWS":"`+home+`"}`, `"*"`, 1), nil, true},
		{"saml:aud", trustsProvider(equals("saml:aud", samltest.Recipient), samlActions...), nil, true},
		{"another saml:aud", trustsProvider(equals("saml:aud", samltest.Audience), samlActions...), nil, false},
		{"saml:iss", trustsProvider(equals("saml:iss", samlIssuer), samlActions...), nil, true},
		{"saml:sub", trustsProvider(equals("saml:sub", "alice@example.com"), samlActions...), nil, true},
		{"another saml:sub", trustsProvider(equals("saml:sub", "bob@example.com"), samlActions...), nil, false},
		{"saml:sub_type", trustsProvider(equals("saml:sub_type", "persistent"), samlActions...), nil, true},
		{"saml:doc", trustsProvider(equals("saml:doc", home+"/corp"), samlActions...), nil, true},
		{"saml:mail", trustsProvider(equals("saml:mail", "a@example.com"), samlActions...), full, true},
		{"saml:mail, which is not there", trustsProvider(equals("saml:mail", "a@example.com"), samlActions...), nil, false},
		{"one of several affiliations", trustsProvider(`"ForAnyValue:StringEquals":{"saml:edupersonaffiliation":"staff"}`, samlActions...), full, true},
		{"another affiliation", trustsProvider(`"ForAnyValue:StringEquals":{"saml:edupersonaffiliation":"faculty"}`, samlActions...), full, false},
		{"a tag", trustsProvider(equals("aws:RequestTag/team", "red"), samlActions...), full, true},
		{"another tag", trustsProvider(equals("aws:RequestTag/team", "blue"), samlActions...), full, false},
		{"a tag that goes along", trustsProvider(`"ForAllValues:StringEquals":{"sts:TransitiveTagKeys":"team"}`, samlActions...), full, true},
		{"sts:SourceIdentity", trustsProvider(equals("sts:SourceIdentity", "alice"), samlActions...), full, true},
		{"sts:RoleSessionName", trustsProvider(equals("sts:RoleSessionName", "bob"), samlActions...), nil, false},
		{"a tag of the role", trustsProvider(equals("aws:ResourceTag/kind", "people"), samlActions...), nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, p := company(t, c.trust)
			l := samlLogin()
			if c.login != nil {
				l = c.login(l)
			}
			_, err := w.assumeWithSAML(p.Response(l))
			if got := refusal(err); c.allowed && got != "" || !c.allowed && !strings.HasPrefix(got, "AccessDenied: Not authorized to perform sts:") {
				t.Error(got)
			}
		})
	}
}

// TestSAMLSession: what the session is, and how long it lasts: no longer than asked
// for, than SessionDuration and than SessionNotOnOrAfter.
func TestSAMLSession(t *testing.T) {
	w, p := company(t, trustsProvider("", samlActions...))
	l := samlLogin().With("PrincipalTag:team", "red").With("TransitiveTagKeys", "team").With("SourceIdentity", "alice")
	out, err := w.assumeWithSAML(p.Response(l), func(in *stsapi.AssumeRoleWithSAMLInput) { in.Policy = new(allow("s3:*")) })
	w.must(err)
	r := w.issued
	if r.PrincipalARN != "arn:aws:sts::"+home+":assumed-role/people/alice" || r.FederatedProvider != samlProvider || r.SourceIdentity != "alice" || r.Chained ||
		len(r.Tags) != 1 || !slices.Equal(r.TransitiveTagKeys, []string{"team"}) || r.InlinePolicy != allow("s3:*") || r.MFAPresent {
		t.Errorf("session %+v", r)
	}
	keys := map[string]string{}
	for _, k := range r.Context {
		keys[k.Key] = k.Value
	}
	if len(keys) != 3 || keys["saml:sub"] != "alice@example.com" || keys["saml:sub_type"] != "persistent" || keys["saml:namequalifier"] != *out.NameQualifier {
		t.Errorf("condition keys %v", keys)
	}
	if *out.SubjectType != "persistent" || *out.PackedPolicySize != 7 || *out.SourceIdentity != "alice" || out.AssumedRoleUser.Arn != r.PrincipalARN {
		t.Errorf("answer %+v", out)
	}
	for _, c := range []struct {
		asked   *int32
		says    string
		ends    time.Duration
		seconds int
	}{
		{nil, "", 0, 3600}, {new(int32(900)), "", 0, 900}, {new(int32(7200)), "", 0, 7200},
		{nil, "900", 0, 900}, {nil, "43200", 0, 3600}, {new(int32(7200)), "1800", 0, 1800}, {new(int32(900)), "1800", 0, 900},
		{nil, "", 20 * time.Minute, 1200}, {nil, "900", 20 * time.Minute, 900}, {nil, "1800", 20 * time.Minute, 1200}, {nil, "", 10 * time.Second, 10},
	} {
		l := samlLogin()
		if c.says != "" {
			l = l.With("SessionDuration", c.says)
		}
		if c.ends != 0 {
			l.SessionEnds = now.Add(c.ends)
		}
		_, err := w.assumeWithSAML(p.Response(l), func(in *stsapi.AssumeRoleWithSAMLInput) { in.DurationSeconds = c.asked })
		w.must(err)
		if got := int(w.issued.ExpiresAt.Sub(now).Seconds()); got != c.seconds {
			t.Errorf("%+v: %d seconds, want %d", c, got, c.seconds)
		}
	}
}

// TestSAMLOnce: an assertion that may be used once is not taken again; one that does
// not say so is, as long as it is fresh, as clients do that go through several roles.
func TestSAMLOnce(t *testing.T) {
	w, p := company(t, trustsProvider("", samlActions...))
	l := samlLogin()
	again := p.Response(l)
	l.OneTimeUse = true
	once, other := p.Response(l), p.Response(l)
	for range 2 {
		_, err := w.assumeWithSAML(again)
		w.must(err)
	}
	for _, response := range []*etree.Element{once, other} {
		_, err := w.assumeWithSAML(response)
		w.must(err)
		_, err = w.assumeWithSAML(response)
		if got := refusal(err); got != "InvalidIdentityToken: The assertion may be used once only, and was used before." {
			t.Errorf("a second time: %s", got)
		}
	}
}

// TestSAMLTargets: actions and condition keys are those of the service reference.
func TestSAMLTargets(t *testing.T) {
	w, p := company(t, trustsProvider("", samlActions...))
	l := samlLogin().With("PrincipalTag:team", "red").With("TransitiveTagKeys", "team").With("SourceIdentity", "alice").
		With("urn:oid:2.5.4.3", "alice").With("2.5.4.4", "smith").With("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "alice")
	known, _ := catalog.Default().Action("sts:AssumeRoleWithSAML")
	keys := append(append([]string{}, known.ConditionKeys...), "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}")
	for _, op := range sts.Operations() {
		if op.API.Name != "AssumeRoleWithSAML" {
			continue
		}
		targets, err := op.Targets(w.call(authn.Caller{}), &stsapi.AssumeRoleWithSAMLInput{
			RoleArn: people, PrincipalArn: samlProvider, SAMLAssertion: samltest.Encode(p.Response(l)),
		})
		w.must(err)
		if len(targets) != 3 {
			t.Fatalf("%d targets", len(targets))
		}
		for i, target := range targets {
			if target.Action != samlActions[i] || target.Resource != people || !target.Role || target.Trust == nil {
				t.Errorf("target %+v", target)
			}
			for _, k := range target.Keys {
				if !knownKey(keys, k.Name) {
					t.Errorf("it carries %s", k.Name)
				}
			}
		}
		return
	}
	t.Fatal("there is no AssumeRoleWithSAML")
}
