package authz

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/condition"
)

// askings are requests of all kinds of callers.
func askings() map[string]*asking {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.FixedZone("", 3600))
	origin := authn.Origin{SourceIP: "192.0.2.1", UserAgent: "test", Region: "eu-west-1", Referer: "r", SecureTransport: true}
	record := func(k session.Kind) *session.Record {
		return &session.Record{
			Kind: k, IssuedAt: at.Add(-time.Hour), MFAPresent: true, MFATime: at.Add(-time.Minute), SourceIdentity: "si", FederatedProvider: "p",
			RoleARN: "arn:aws:iam::111122223333:role/r", Tags: []session.Tag{{Key: "TEAM", Value: "blue"}, {Key: "Other", Value: "x"}},
		}
	}
	callers := map[string]authn.Caller{
		"anonymous":       {Kind: authn.Anonymous, Origin: origin},
		"root":            {Kind: authn.Root, ARN: "arn:aws:iam::111122223333:root", UserID: "111122223333"},
		"root session":    {Kind: authn.Root, ARN: "arn:aws:iam::111122223333:root", Session: record(session.Root), Origin: origin},
		"user":            {Kind: authn.User, ARN: "arn:aws:iam::111122223333:user/u", UserID: "AIDA", Name: "u", Origin: origin},
		"user session":    {Kind: authn.User, ARN: "arn:aws:iam::111122223333:user/u", Name: "u", Session: record(session.User)},
		"role session":    {Kind: authn.RoleSession, ARN: "arn:aws:sts::111122223333:assumed-role/r/s", Session: record(session.Role), Origin: origin},
		"federated user":  {Kind: authn.FederatedUser, ARN: "arn:aws:sts::111122223333:federated-user/f", Session: record(session.FederatedUser)},
		"no session says": {Kind: authn.RoleSession, ARN: "arn:aws:sts::111122223333:assumed-role/r/s", Session: &session.Record{Kind: session.Role}},
	}
	keys := []Key{
		Value("aws:RequestTag/Team", "red"), {Name: "aws:TagKeys", Values: []string{"a", "b"}, Multivalued: true},
		// No request may say such things.
		Value("aws:PrincipalArn", "arn:aws:iam::111122223333:user/admin"), Value("aws:PrincipalTag/team", "admins"), Value("AWS:UserName", "admin"),
		Value("aws:MultiFactorAuthPresent", "true"), Value("aws:PrincipalTag/nobody", "x"),
	}
	all := map[string]*asking{}
	for name, c := range callers {
		if c.Kind != authn.Anonymous {
			c.Account = "111122223333"
		}
		o := &owner{guard: &guard{organization: "o-aaaaaaaaaa", path: "o-aaaaaaaaaa/r-aaaa/"}, tags: []identity.Tag{{Key: "team", Value: "green"}, {Key: "Cost Center", Value: "1"}}}
		for suffix, t := range map[string]*Target{
			"":      {Action: "iam:GetUser", Resource: "*", Account: "111122223333"},
			" code": {Action: "sts:AssumeRole", Resource: "*", Account: "111122223333", MFA: true},
			" keys": {Action: "s3:GetObject", Resource: "*", Keys: keys},
		} {
			all[name+suffix] = &asking{caller: &c, owner: o, target: t, its: &guard{organization: "o-bbbbbbbbbb", path: "o-bbbbbbbbbb/r-bbbb/ou-bbbb-11111111/"}, now: at, clock: new(clock)}
		}
	}
	return all
}

// What a policy asks for is what somebody sees who looks at all.
func TestAskedForIsFilledIn(t *testing.T) {
	for name, a := range askings() {
		var all condition.Context
		a.fill(&all)
		names := []string{"aws:PrincipalTag/absent", "aws:nothing", "aws:username", "aws:MultiFactorAuthAge", "aws:TokenIssueTime", "aws:principaltag/"}
		for k := range all.Keys() {
			names = append(names, k.String(), strings.ToUpper(k.String()))
		}
		if len(names) < 16 {
			t.Fatalf("%s has the keys %v", name, names)
		}
		for _, key := range names {
			var asked condition.Context
			a.ask(&asked)
			for range 2 {
				if diff := cmp.Diff(all.Values(key), asked.Values(key)); diff != "" {
					t.Errorf("%s: %s: %s", name, key, diff)
				}
			}
			if all.Has(key) != asked.Has(key) {
				t.Errorf("%s: %s is there %t, and asked for %t", name, key, all.Has(key), asked.Has(key))
			}
		}
	}
}

// A request cannot say what credentials say.
func TestRequestsCannotSetWhatCredentialsSay(t *testing.T) {
	for name, a := range askings() {
		if !strings.HasSuffix(name, " keys") || a.anonymous() {
			continue
		}
		var ctx condition.Context
		a.ask(&ctx)
		if got := ctx.Values("aws:PrincipalArn"); !slices.Equal(got, []string{arnOf(a.caller)}) {
			t.Errorf("%s: aws:PrincipalArn is %v", name, got)
		}
		if got := ctx.Values("aws:PrincipalTag/Team"); slices.Contains(got, "admins") {
			t.Errorf("%s: aws:PrincipalTag/Team is %v", name, got)
		}
	}
}

// A code that came with a request counts over what the session says of MFA, and for
// callers whose session says nothing. Without one long-term keys and sessions of
// roles and federated users have neither key.
func TestCodeCounts(t *testing.T) {
	for name, a := range askings() {
		present, _, _ := a.Value(condition.NewKey("aws:multifactorauthpresent"))
		age, _, _ := a.Value(condition.NewKey("aws:multifactorauthage"))
		want := [2]string{}
		switch {
		case strings.HasSuffix(name, " code"):
			want = [2]string{"true", "0"}
		case strings.HasPrefix(name, "user session"), strings.HasPrefix(name, "root session"):
			want = [2]string{"true", "60"}
		}
		if got := [2]string{present, age}; got != want {
			t.Errorf("%s: present and age %q, want %q", name, got, want)
		}
	}
}
