package sts_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
)

const denied = "AccessDenied: User: arn:aws:iam::" + home + ":user/ada is not authorized to perform: "

// TestAssumeRoleRefusals holds AssumeRole to AWS's codes and words, and to the
// documented limits.
func TestAssumeRoleRefusals(t *testing.T) {
	tag := func(keys ...string) []stsapi.Tag {
		var tags []stsapi.Tag
		for _, k := range keys {
			tags = append(tags, stsapi.Tag{Key: k, Value: "v"})
		}
		return tags
	}
	const app = "arn:aws:iam::" + home + ":role/app"
	for _, c := range []struct {
		name string
		in   stsapi.AssumeRoleInput
		want string
	}{
		{"nothing special", stsapi.AssumeRoleInput{RoleArn: app}, ""},
		{"no ARN", stsapi.AssumeRoleInput{RoleArn: "app"}, "ValidationError: app is invalid"},
		{"no partition", stsapi.AssumeRoleInput{RoleArn: "arn::iam::" + home + ":role/app"}, "ValidationError: arn::iam::" + home + ":role/app is invalid"},
		{"no service", stsapi.AssumeRoleInput{RoleArn: "arn:aws:::" + home + ":role/app"}, "ValidationError: arn:aws:::" + home + ":role/app is invalid"},
		{"too few colons", stsapi.AssumeRoleInput{RoleArn: "arn:aws:iam:" + home}, "ValidationError: arn:aws:iam:" + home + " is invalid"},
		{"no resource", stsapi.AssumeRoleInput{RoleArn: "arn:aws:iam::" + home + ":"}, "ValidationError: arn:aws:iam::" + home + ": is invalid"},
		{"no such role", stsapi.AssumeRoleInput{RoleArn: "arn:aws:iam::" + home + ":role/none"},
			denied + "sts:AssumeRole on resource: arn:aws:iam::" + home + ":role/none"},
		{"role in another case", stsapi.AssumeRoleInput{RoleArn: "arn:aws:iam::" + home + ":role/App"},
			denied + "sts:AssumeRole on resource: arn:aws:iam::" + home + ":role/App"},
		{"role of an unknown account", stsapi.AssumeRoleInput{RoleArn: "arn:aws:iam::999999999999:role/app"},
			denied + "sts:AssumeRole on resource: arn:aws:iam::999999999999:role/app"},
		{"a user", stsapi.AssumeRoleInput{RoleArn: "arn:aws:iam::" + home + ":user/ada"},
			denied + "sts:AssumeRole on resource: arn:aws:iam::" + home + ":user/ada"},
		{"transitive key of no tag", stsapi.AssumeRoleInput{RoleArn: app, Tags: tag("a"), TransitiveTagKeys: []string{"b"}},
			"InvalidParameterValue: The specified transitive tag key must be included in the requested tags."},
		{"transitive key in another case", stsapi.AssumeRoleInput{RoleArn: app, Tags: tag("a"), TransitiveTagKeys: []string{"A"}}, ""},
		{"one key twice", stsapi.AssumeRoleInput{RoleArn: app, Tags: tag("a", "A")},
			"InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{"reserved key", stsapi.AssumeRoleInput{RoleArn: app, Tags: tag("aws:a")},
			"InvalidParameterValue: Tag keys and values beginning with aws: are reserved for system use."},
		{"longer than the role allows", stsapi.AssumeRoleInput{RoleArn: app, DurationSeconds: new(int32(7201))},
			"ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		{"as long as the role allows", stsapi.AssumeRoleInput{RoleArn: app, DurationSeconds: new(int32(7200))}, ""},
		{"a code of no device", stsapi.AssumeRoleInput{RoleArn: app, SerialNumber: new("123456789"), TokenCode: new("123456")},
			"AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."},
		{"a provided context", stsapi.AssumeRoleInput{RoleArn: app, ProvidedContexts: []stsapi.ProvidedContext{{}}},
			"ValidationError: ProvidedContexts are not supported: there is no context provider."},
		{"a session policy that is none", stsapi.AssumeRoleInput{RoleArn: app, Policy: new(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}`)},
			"MalformedPolicyDocument: Policy statement must contain resources."},
		{"an unknown managed session policy", stsapi.AssumeRoleInput{RoleArn: app, PolicyArns: []stsapi.PolicyDescriptorType{{Arn: new("arn:aws:iam::" + home + ":policy/none")}}},
			"MalformedPolicyDocument: PolicyArn arn:aws:iam::" + home + ":policy/none does not exist or is not attachable."},
		{"a managed session policy without ARN", stsapi.AssumeRoleInput{RoleArn: app, PolicyArns: []stsapi.PolicyDescriptorType{{}}},
			"ValidationError: A policy of PolicyArns has no ARN."},
		{"eleven managed session policies", stsapi.AssumeRoleInput{RoleArn: app, PolicyArns: slices.Repeat([]stsapi.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/ReadOnlyAccess")}}, 11)},
			"ValidationError: The number of policy ARNs exceeds the limit of 10."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			ada := w.user("ada", allow("sts:*"))
			w.role(home, "app", trusts(home, "", everyAction...), 7200)
			out, err := w.assume(ada, c.in)
			if got := refusal(err); got != c.want {
				t.Fatalf("it came to\n%s\nwant\n%s", got, c.want)
			}
			if c.want != "" && w.issued.Kind != 0 {
				t.Error("refused, and a session was issued")
			}
			if c.want == "" && out.Credentials == nil {
				t.Error("no credentials")
			}
		})
	}
}

func TestLongSessionPolicies(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", allow("sts:*"))
	app := w.role(home, "app", trusts(home, "", everyAction...), 3600)
	policy := allow("s3:Get" + strings.Repeat("x", 2048))
	_, err := w.assume(ada, stsapi.AssumeRoleInput{RoleArn: app, Policy: &policy})
	if got := refusal(err); !strings.HasPrefix(got, "ValidationError: ") || !strings.HasSuffix(got, "at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048") {
		t.Error(got)
	}
	policy = allow("s3:Get\u00e4" + strings.Repeat("x", 2048-len(allow("s3:Getx"))))
	_, err = w.assume(ada, stsapi.AssumeRoleInput{RoleArn: app, Policy: &policy})
	if got := refusal(err); strings.Contains(got, "length less than") {
		t.Errorf("2,048 characters: %s", got)
	}
}

// TestConditionsOfTrust: what a call says about itself is what trust policies
// ask for.
func TestConditionsOfTrust(t *testing.T) {
	for _, c := range []struct {
		condition string
		in        stsapi.AssumeRoleInput
		allowed   bool
	}{
		{`"StringEquals":{"sts:ExternalId":"x1"}`, stsapi.AssumeRoleInput{ExternalId: new("x1")}, true},
		{`"StringEquals":{"sts:ExternalId":"x1"}`, stsapi.AssumeRoleInput{ExternalId: new("X1")}, false},
		{`"StringEquals":{"sts:ExternalId":"x1"}`, stsapi.AssumeRoleInput{}, false},
		{`"StringEquals":{"sts:RoleSessionName":"${aws:username}"}`, stsapi.AssumeRoleInput{RoleSessionName: "ada"}, true},
		{`"StringEquals":{"sts:RoleSessionName":"${aws:username}"}`, stsapi.AssumeRoleInput{RoleSessionName: "bob"}, false},
		{`"StringEquals":{"sts:SourceIdentity":"ada"}`, stsapi.AssumeRoleInput{SourceIdentity: new("ada")}, true},
		{`"StringEquals":{"sts:SourceIdentity":"ada"}`, stsapi.AssumeRoleInput{}, false},
		{`"StringEquals":{"aws:RequestTag/team":"red"}`, stsapi.AssumeRoleInput{Tags: []stsapi.Tag{{Key: "Team", Value: "red"}}}, true},
		{`"StringEquals":{"aws:RequestTag/team":"red"}`, stsapi.AssumeRoleInput{Tags: []stsapi.Tag{{Key: "team", Value: "blue"}}}, false},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}`, stsapi.AssumeRoleInput{Tags: []stsapi.Tag{{Key: "cost", Value: "1"}}}, false},
		{`"ForAllValues:StringEquals":{"sts:TransitiveTagKeys":["team"]}`, stsapi.AssumeRoleInput{Tags: []stsapi.Tag{{Key: "a", Value: "1"}}, TransitiveTagKeys: []string{"a"}}, false},
		{`"StringEquals":{"iam:ResourceTag/stage":"test"}`, stsapi.AssumeRoleInput{}, true},
		{`"StringEquals":{"aws:ResourceTag/stage":"live"}`, stsapi.AssumeRoleInput{}, false},
		{`"NumericLessThan":{"sts:DurationSeconds":"7000"}`, stsapi.AssumeRoleInput{DurationSeconds: new(int32(3600))}, false},
		{`"Bool":{"aws:MultiFactorAuthPresent":"true"}`, stsapi.AssumeRoleInput{}, false},
	} {
		w := newWorld(t)
		ada := w.user("ada", allow("sts:*"))
		c.in.RoleArn = w.role(home, "app", trusts(home, c.condition, everyAction...), 3600, identity.Tag{Key: "stage", Value: "test"})
		_, err := w.assume(ada, c.in)
		if (err == nil) != c.allowed || err != nil && !strings.HasPrefix(refusal(err), "AccessDenied: ") {
			t.Errorf("%s for %+v: %s", c.condition, c.in, refusal(err))
		}
	}
}

// TestTagsAndSourceIdentityAreAskedFor: each needs an action of its own.
func TestTagsAndSourceIdentityAreAskedFor(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", allow("sts:*"))
	app := w.role(home, "app", trusts(home, "", "sts:AssumeRole"), 3600)
	_, err := w.assume(ada, stsapi.AssumeRoleInput{RoleArn: app})
	w.must(err)
	_, err = w.assume(ada, stsapi.AssumeRoleInput{RoleArn: app, Tags: []stsapi.Tag{{Key: "a"}}})
	if got := refusal(err); !strings.HasPrefix(got, denied+"sts:TagSession on resource: "+app) {
		t.Errorf("tags: %s", got)
	}
	_, err = w.assume(ada, stsapi.AssumeRoleInput{RoleArn: app, SourceIdentity: new("ada")})
	if got := refusal(err); !strings.HasPrefix(got, denied+"sts:SetSourceIdentity on resource: "+app) {
		t.Errorf("source identity: %s", got)
	}
}

// TestChain follows the worked case of the IAM User Guide ("Chaining roles with
// session tags"): Star and Heart are transitive, Sun is a tag of the second role.
func TestChain(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", allow("sts:*"))
	one := w.role(home, "Role1", trusts(home, "", everyAction...), 43200)
	two := w.role(elsewhere, "Role2", trusts(home, "", everyAction...), 43200, identity.Tag{Key: "Sun", Value: "2"})
	three := w.role(elsewhere, "Role3", trusts(elsewhere, "", everyAction...), 43200)
	plain := w.role(elsewhere, "Plain", trusts(elsewhere, "", "sts:AssumeRole", "sts:SetSourceIdentity"), 43200)
	untraced := w.role(elsewhere, "Untraced", trusts(elsewhere, "", "sts:AssumeRole", "sts:TagSession"), 43200)

	out, err := w.assume(ada, stsapi.AssumeRoleInput{
		RoleArn: one, DurationSeconds: new(int32(43200)), SourceIdentity: new("ada"),
		Tags:              []stsapi.Tag{{Key: "Star", Value: "1"}, {Key: "Heart", Value: "1"}, {Key: "Once", Value: "1"}},
		TransitiveTagKeys: []string{"Star", "heart"},
	})
	w.must(err)
	if w.issued.Chained || *out.SourceIdentity != "ada" || w.issued.ExpiresAt != now.Add(12*time.Hour) || w.issued.IssuedTo != ada.ARN {
		t.Errorf("first session %+v", w.issued)
	}
	out, err = w.assume(w.session(), stsapi.AssumeRoleInput{RoleArn: two})
	w.must(err)
	want := session.Record{
		Kind: session.Role, Account: elsewhere, PrincipalARN: "arn:aws:sts::" + elsewhere + ":assumed-role/Role2/one",
		UniqueID: w.issued.UniqueID, RoleARN: two, SessionName: "one", IssuedTo: "arn:aws:sts::" + home + ":assumed-role/Role1/one",
		Tags:              []session.Tag{{Key: "Star", Value: "1"}, {Key: "Heart", Value: "1"}},
		TransitiveTagKeys: []string{"Star", "Heart"}, SourceIdentity: "ada", Chained: true,
		IssuedAt: now, ExpiresAt: now.Add(time.Hour),
	}
	if diff := cmp.Diff(want, w.issued); diff != "" {
		t.Errorf("second session (-want +got):\n%s", diff)
	}
	if *out.SourceIdentity != "ada" || out.AssumedRoleUser.AssumedRoleId != w.issued.UniqueID+":one" || out.AssumedRoleUser.Arn != want.PrincipalARN {
		t.Errorf("answer %+v", out)
	}
	second := w.session()
	for _, c := range []struct {
		name string
		in   stsapi.AssumeRoleInput
		want string
	}{
		{"an inherited tag anew", stsapi.AssumeRoleInput{RoleArn: three, Tags: []stsapi.Tag{{Key: "heart", Value: "3"}}},
			"InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."},
		{"a tag that was not transitive anew", stsapi.AssumeRoleInput{RoleArn: three, Tags: []stsapi.Tag{{Key: "Once", Value: "3"}}}, ""},
		{"more than an hour", stsapi.AssumeRoleInput{RoleArn: three, DurationSeconds: new(int32(3601))},
			"ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"},
		{"an hour", stsapi.AssumeRoleInput{RoleArn: three, DurationSeconds: new(int32(3600))}, ""},
		{"another source identity", stsapi.AssumeRoleInput{RoleArn: three, SourceIdentity: new("bob")},
			"AccessDenied: The source identity of a session cannot be changed by role chaining."},
		{"the same source identity", stsapi.AssumeRoleInput{RoleArn: three, SourceIdentity: new("ada")}, ""},
		{"a role that takes no tags", stsapi.AssumeRoleInput{RoleArn: plain},
			"AccessDenied: User: arn:aws:sts::" + elsewhere + ":assumed-role/Role2/one is not authorized to perform: sts:TagSession on resource: " + plain + " because no role trust policy allows the sts:TagSession action"},
		{"a role that takes no source identity", stsapi.AssumeRoleInput{RoleArn: untraced},
			"AccessDenied: User: arn:aws:sts::" + elsewhere + ":assumed-role/Role2/one is not authorized to perform: sts:SetSourceIdentity on resource: " + untraced + " because no role trust policy allows the sts:SetSourceIdentity action"},
	} {
		if _, err := w.assume(second, c.in); refusal(err) != c.want {
			t.Errorf("%s: it came to\n%s\nwant\n%s", c.name, refusal(err), c.want)
		}
	}
}

// TestAcrossAccounts: both sides must allow, and refusals give no reason.
func TestAcrossAccounts(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.user("ada", ""), w.user("bob", allow("sts:AssumeRole"))
	app := w.role(elsewhere, "app", trusts(home, "", "sts:AssumeRole"), 3600)
	shut := w.role(elsewhere, "shut", trusts(elsewhere, "", "sts:AssumeRole"), 3600)
	if _, err := w.assume(ada, stsapi.AssumeRoleInput{RoleArn: app}); refusal(err) != denied+"sts:AssumeRole on resource: "+app {
		t.Error(refusal(err))
	}
	if _, err := w.assume(bob, stsapi.AssumeRoleInput{RoleArn: shut}); refusal(err) != strings.Replace(denied, "ada", "bob", 1)+"sts:AssumeRole on resource: "+shut {
		t.Error(refusal(err))
	}
	if _, err := w.assume(bob, stsapi.AssumeRoleInput{RoleArn: app}); err != nil || w.issued.Account != elsewhere {
		t.Errorf("%v, session %+v", err, w.issued)
	}
}

// TestRootAssumesNoRole, and neither do its sessions.
func TestRootAssumesNoRole(t *testing.T) {
	w := newWorld(t)
	app := w.role(home, "app", trusts(home, "", everyAction...), 3600)
	_, err := do[*stsapi.GetSessionTokenOutput](w, root(), "GetSessionToken", &stsapi.GetSessionTokenInput{})
	w.must(err)
	for _, caller := range []authn.Caller{root(), w.session()} {
		if _, err := w.assume(caller, stsapi.AssumeRoleInput{RoleArn: app}); refusal(err) != "AccessDenied: Roles may not be assumed by root accounts." {
			t.Error(refusal(err))
		}
	}
}

// TestSessionPolicies go into the session, and PackedPolicySize is told only
// where there is something to pack.
func TestSessionPolicies(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", allow("sts:*"))
	app := w.role(home, "app", trusts(home, "", everyAction...), 3600)
	out, err := w.assume(ada, stsapi.AssumeRoleInput{RoleArn: app})
	w.must(err)
	if out.PackedPolicySize != nil || out.SourceIdentity != nil {
		t.Errorf("answer %+v", out)
	}
	inline, managed := allow("s3:*"), "arn:aws:iam::aws:policy/ReadOnlyAccess"
	out, err = w.assume(ada, stsapi.AssumeRoleInput{RoleArn: app, Policy: &inline, PolicyArns: []stsapi.PolicyDescriptorType{{Arn: &managed}}})
	w.must(err)
	if w.issued.InlinePolicy != inline || !slices.Equal(w.issued.ManagedPolicies, []string{managed}) || *out.PackedPolicySize != 7 {
		t.Errorf("session %+v, answer %+v", w.issued, out)
	}
}
