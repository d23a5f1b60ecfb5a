package organization

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

var testSite = identity.Site{Partition: "aws", Library: identity.NewLibrary(catalog.Default())}

var testNow = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func editing(d *state.Draft) Editor {
	return Edit(d, testSite, orgID, Env{Now: testNow, Random: rand.NewChaCha8([32]byte{}), Quotas: deployment.In(d).Quota})
}

func no(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mayS3 tells whether the SCPs in force let an account's administrator read S3, as the
// next decision sees them.
func mayS3(o Organization, account string) bool {
	p := eval.Policies{Identity: []*eval.Policy{managed[FullAccess].compile()}, SCPs: o.Controls(account, ServiceControl)}
	v := eval.Compose(p).Decide(&eval.Request{
		Principal: eval.Principal{Kind: eval.User, ARN: "arn:aws:iam::" + account + ":user/ann", Account: account, ManagementAccount: account == managementID},
		Action:    "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: account,
	}, nil)
	return v.Allowed()
}

// TestControlsFollow: what is done to SCPs counts for the next decision.
func TestControlsFollow(t *testing.T) {
	d := seeded()
	e := editing(d)
	const root, outer, inner = "r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"
	expect := func(step string, first, second, third, management bool) {
		t.Helper()
		for account, want := range map[string]bool{administrator: first, named: second, member: third, managementID: management} {
			if got := mayS3(e.Organization, account); got != want {
				t.Errorf("%s: %s %t, want %t", step, account, got, want)
			}
		}
	}
	expect("no type is enabled", true, true, true, true)
	no(t, e.EnablePolicyType(root, ServiceControl))
	expect("FullAWSAccess is everywhere", true, true, true, true)
	p, err := e.CreatePolicy(NewPolicy{Name: "no S3", Type: ServiceControl, Content: `{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}`})
	no(t, err)
	expect("made, not attached", true, true, true, true)
	no(t, e.AttachPolicy(p.ID, inner))
	expect("on the inner unit", true, true, false, true)
	no(t, e.AttachPolicy(p.ID, outer))
	no(t, e.DetachPolicy(p.ID, inner))
	expect("on the outer unit", true, false, false, true)
	no(t, e.AttachPolicy(p.ID, managementID))
	expect("on the management account", true, false, false, true)
	_, err = e.UpdatePolicy(p.ID, PolicyChange{Content: new(`{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}}`)})
	no(t, err)
	expect("about EC2 now", true, true, true, true)
	_, err = e.UpdatePolicy(p.ID, PolicyChange{Content: new(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}`)})
	no(t, err)
	no(t, e.DetachPolicy(FullAccess, outer))
	expect("only EC2 in the outer unit", true, false, false, true)
	no(t, e.DisablePolicyType(root, ServiceControl))
	expect("disabled", true, true, true, true)
	if n := attachments.Count(d.Snapshot(state.Organization(orgID))); n != 0 {
		t.Errorf("%d attachments are left", n)
	}
	no(t, e.EnablePolicyType(root, ServiceControl))
	expect("enabled again: what was attached is not", true, true, true, true)
}

// TestResourceControlled: RCPs count for the services of which the catalog says so, and
// for all of their actions but one.
func TestResourceControlled(t *testing.T) {
	for s := range catalog.Default().Services() {
		if got := ResourceControlled(s.Prefix() + ":Get"); got != s.RCP() {
			t.Errorf("%s: %t", s.Prefix(), got)
		}
	}
	for action, want := range map[string]bool{"kms:RetireGrant": false, "KMS:retiregrant": false, "kms:CreateGrant": true, "S3:getobject": true, "s3": true, "": false} {
		if ResourceControlled(action) != want {
			t.Errorf("%q: %t", action, !want)
		}
	}
}

// TestAttachments: whatever is attached and detached, where a type that decides is
// enabled each target has one policy of it at least and as many as may be at most, and
// policies are found from both sides.
func TestAttachments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := editing(seeded())
		root, targets := "r-ab12", []string{"r-ab12", "ou-ab12-11111111", member}
		ids := []string{FullAccess, RCPFullAccess}
		for _, p := range []NewPolicy{
			{Name: "scp", Type: ServiceControl, Content: managed[FullAccess].Document},
			{Name: "rcp", Type: ResourceControl, Content: `{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}`},
			{Name: "tag", Type: TagPolicies, Content: `{"tags": {"a": {"tag_key": {"@@assign": "A"}}}}`},
		} {
			made, err := e.CreatePolicy(p)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, made.ID)
		}
		kinds := []string{ServiceControl, ResourceControl, TagPolicies}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			id, target := rapid.SampledFrom(ids).Draw(t, "policy"), rapid.SampledFrom(targets).Draw(t, "target")
			var err error
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				err = e.EnablePolicyType(root, rapid.SampledFrom(kinds).Draw(t, "type"))
			case 1:
				err = e.DisablePolicyType(root, rapid.SampledFrom(kinds).Draw(t, "type"))
			case 2, 3:
				err = e.AttachPolicy(id, target)
			case 4:
				err = e.DetachPolicy(id, target)
			case 5:
				err = e.DeletePolicy(id)
			}
			_ = err // refused steps change nothing, which is what follows
			for _, kind := range policyTypes {
				for _, target := range targets {
					list := e.attached(target, kind.Name)
					switch n := len(list); {
					case !e.Enabled(kind.Name) && n > 0:
						t.Fatalf("%d policies of type %s on %s, which is not enabled", n, kind.Name, target)
					case e.Enabled(kind.Name) && n < kind.minAttached, n > kind.maxAttached:
						t.Fatalf("%d policies of type %s on %s", n, kind.Name, target)
					}
					for _, a := range list {
						at, err := e.PolicyTargets(a.PolicyID)
						if err != nil || !slices.Contains(at, target) {
							t.Fatalf("%s is on %s, and listed on %v (%v)", a.PolicyID, target, at, err)
						}
					}
				}
			}
		}
	})
}

// TestAttachmentOrder: policies of one level are merged in the order in which they were
// attached, and one that was attached anew is the last.
func TestAttachmentOrder(t *testing.T) {
	e := editing(seeded())
	no(t, e.EnablePolicyType("r-ab12", TagPolicies))
	var ids []string
	for _, key := range []string{"OWNER", "owner", "Owner"} {
		p, err := e.CreatePolicy(NewPolicy{Name: "p" + strings.Repeat("x", len(ids)), Type: TagPolicies, Content: `{"tags": {"owner": {"tag_key": {"@@assign": "` + key + `"}}}}`})
		no(t, err)
		no(t, e.AttachPolicy(p.ID, member))
		ids = append(ids, p.ID)
	}
	key := func() string {
		t.Helper()
		got, err := e.EffectivePolicy(member, TagPolicies)
		no(t, err)
		return strings.TrimSuffix(strings.TrimPrefix(got.Content, `{"tags":{"owner":{"tag_key":"`), `"}}}`)
	}
	if got := key(); got != "OWNER" {
		t.Errorf("the first attached: %s", got)
	}
	no(t, e.DetachPolicy(ids[0], member))
	no(t, e.AttachPolicy(ids[0], member))
	if got := key(); got != "owner" {
		t.Errorf("after the first was attached anew: %s", got)
	}
}

// TestMovedAccounts inherit from where they are.
func TestMovedAccounts(t *testing.T) {
	e := editing(seeded())
	no(t, e.EnablePolicyType("r-ab12", TagPolicies))
	p, err := e.CreatePolicy(NewPolicy{Name: "p", Type: TagPolicies, Content: `{"tags": {"owner": {"tag_key": {"@@assign": "Owner"}}}}`})
	no(t, err)
	no(t, e.AttachPolicy(p.ID, "ou-ab12-11111111"))
	if got, err := e.EffectivePolicy(member, TagPolicies); err != nil || got.Content != `{"tags":{"owner":{"tag_key":"Owner"}}}` || !got.Updated.Equal(testNow) {
		t.Errorf("in the unit: %+v (%v)", got, err)
	}
	no(t, e.MoveAccount(member, "ou-ab12-22222222", "r-ab12"))
	if _, err := e.EffectivePolicy(member, TagPolicies); code(err) != effectiveNotFound {
		t.Errorf("out of it: %v", err)
	}
}

// TestResourcePolicies: what can be delegated, and to whom.
func TestResourcePolicies(t *testing.T) {
	one := func(principal, action, resource, more string) string {
		return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": ` + principal + `, ` + action + `, ` + resource + more + `}}`
	}
	const (
		who   = `{"AWS": "arn:aws:iam::444455556666:root"}`
		what  = `"Action": "organizations:ListPolicies"`
		where = `"Resource": "*"`
	)
	for document, want := range map[string]string{
		one(who, what, where, ""): "",
		one(`{"AWS": ["444455556666", "333344445555"]}`, `"Action": ["organizations:List*Polic*", "organizations:tagresource"]`, `"Resource": "arn:aws:organizations::111122223333:policy/o-exampleorgid/tag_policy/*"`, ""): "",
		one(`{"AWS": "arn:aws:iam::444455556666:role/admin"}`, what, where, `, "Condition": {"StringLikeIfExists": {"organizations:PolicyType": ["TAG_POLICY", "*_POLICY"]}}`):                                               "",
		`{`:                         "INVALID_RESOURCE_POLICY_JSON",
		`{"Version": "2012-10-17"}`: "INVALID_RESOURCE_POLICY_JSON",
		one(`{"AWS": "arn:aws:iam::111122223333:root"}`, what, where, ""):                                   "INVALID_PRINCIPAL",
		one(`{"AWS": "123456789012"}`, what, where, ""):                                                     "INVALID_PRINCIPAL",
		one(`{"AWS": "arn:aws:iam::123456789012:user/x"}`, what, where, ""):                                 "INVALID_PRINCIPAL",
		one(`{"AWS": "somebody"}`, what, where, ""):                                                         "INVALID_PRINCIPAL",
		one(`{"Service": "ec2.amazonaws.com"}`, what, where, ""):                                            "INVALID_PRINCIPAL",
		strings.Replace(one(who, what, where, ""), "Principal", "NotPrincipal", 1):                          "INVALID_PRINCIPAL",
		one(who, `"Action": "organizations:*"`, where, ""):                                                  "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
		one(who, `"Action": "organizations:MoveAccount"`, where, ""):                                        "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
		one(who, `"Action": "organizations:PutResourcePolicy"`, where, ""):                                  "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
		one(who, `"Action": "organizations:ListNothing"`, where, ""):                                        "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
		one(who, `"Action": "iam:ListUsers"`, where, ""):                                                    "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
		one(who, `"Action": "*"`, where, ""):                                                                "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
		one(who, `"NotAction": "organizations:MoveAccount"`, where, ""):                                     "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
		one(who, what, `"NotResource": "*"`, ""):                                                            "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY",
		one(who, what, `"Sid": "x"`, ""):                                                                    "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY",
		one(who, what, `"Resource": "arn:aws:s3:::b"`, ""):                                                  "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY",
		one(who, what, where, `, "Condition": {"StringEquals": {"organizations:PolicyType": "MY_POLICY"}}`): "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY",
	} {
		d := seeded()
		_, err := editing(d).PutResourcePolicy(document, nil)
		got := ""
		if e := apierror.Of(err); e != nil {
			got = e.ReasonCode
			if e.Code != InvalidInput {
				t.Errorf("%s: %v", document, err)
			}
		}
		if got != want {
			t.Errorf("%s: %v, want %q", document, err, want)
		}
		if stored := resourcePolicies.Has(d.Snapshot(state.Organization(orgID)), ""); stored != (want == "") {
			t.Errorf("%s: stored %t", document, stored)
		}
	}
}

// TestResourcePolicyKeepsItsID when it is written anew, and takes no tags then.
func TestResourcePolicyKeepsItsID(t *testing.T) {
	e := editing(seeded())
	document := func(action string) string {
		return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "` + action + `", "Resource": "*"}}`
	}
	first, err := e.PutResourcePolicy(document("organizations:ListRoots"), []identity.Tag{{Key: "a", Value: "b"}})
	no(t, err)
	second, err := e.PutResourcePolicy(document("organizations:ListPolicies"), nil)
	no(t, err)
	if second.ID != first.ID || len(e.Tags(first.ID)) != 1 {
		t.Errorf("%s became %s with tags %v", first.ID, second.ID, e.Tags(first.ID))
	}
	if _, err := e.PutResourcePolicy(document("organizations:ListPolicies"), []identity.Tag{{Key: "c"}}); code(err) != InvalidInput {
		t.Errorf("with tags: %v", err)
	}
	no(t, e.DeleteResourcePolicy())
	if e.Tags(first.ID) != nil {
		t.Error("its tags are left")
	}
}

// TestDelegationLimits are those of the services.
func TestDelegationLimits(t *testing.T) {
	e := editing(seeded())
	for _, service := range []string{"guardduty.amazonaws.com", "ssm.amazonaws.com"} {
		no(t, e.EnableService(service))
	}
	no(t, e.RegisterAdministrator(administrator, "guardduty.amazonaws.com"))
	if err := e.RegisterAdministrator(administrator, "guardduty.amazonaws.com"); code(err) != alreadyRegistered {
		t.Errorf("registered twice: %v", err)
	}
	if e := apierror.Of(e.RegisterAdministrator(named, "guardduty.amazonaws.com")); e == nil || e.ReasonCode != "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE" {
		t.Errorf("a second one: %v", e)
	}
	no(t, e.RegisterAdministrator(named, "ssm.amazonaws.com"))
	no(t, e.RegisterAdministrator(administrator, "ssm.amazonaws.com"))
	if list := e.Administrators(""); len(list) != 2 || list[0].Account != administrator {
		t.Errorf("administrators: %+v", list)
	}
	no(t, e.DisableService("ssm.amazonaws.com"))
	if !e.Administers(named) {
		t.Error("a delegated administrator was deregistered")
	}
	no(t, e.EnableService("securityhub.amazonaws.com"))
	no(t, e.EnablePolicyType("r-ab12", SecurityHubPolicies))
	if e := apierror.Of(e.DisableService("securityhub.amazonaws.com")); e == nil || e.ReasonCode != "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE" {
		t.Errorf("a service whose type of policies is enabled: %v", e)
	}
}

// TestBillingOnly: an organization without all features has no policies and delegates
// nothing.
func TestBillingOnly(t *testing.T) {
	d := seeded()
	e := editing(d)
	f := e.Facts()
	f.AllFeatures = false
	facts.Put(d, e.aggregate(), "", &f)
	if err := e.EnablePolicyType("r-ab12", TagPolicies); code(err) != typeNotAvailable {
		t.Errorf("a type: %v", err)
	}
	if _, err := e.CreatePolicy(NewPolicy{Name: "p", Type: ServiceControl, Content: managed[FullAccess].Document}); code(err) != typeNotAvailable {
		t.Errorf("a policy: %v", err)
	}
	for name, err := range map[string]error{
		"service": e.EnableService("ssm.amazonaws.com"), "administrator": e.RegisterAdministrator(member, "ssm.amazonaws.com"),
	} {
		if e := apierror.Of(err); e == nil || e.ReasonCode != "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTags: there is room for fifty, and system tags cannot be touched.
func TestTags(t *testing.T) {
	e := editing(seeded())
	var many []identity.Tag
	for i := range maxTags {
		many = append(many, identity.Tag{Key: strings.Repeat("k", i+1)})
	}
	no(t, e.Tag(member, many))
	no(t, e.Tag(member, many[:1]))
	if e := apierror.Of(e.Tag(member, []identity.Tag{{Key: "more"}})); e == nil || e.ReasonCode != "MAX_TAG_LIMIT_EXCEEDED" {
		t.Errorf("one more: %v", e)
	}
	for name, err := range map[string]error{"put on": e.Tag(named, []identity.Tag{{Key: "aws:x"}}), "taken off": e.Untag(named, []string{"aws:x"})} {
		if e := apierror.Of(err); e == nil || e.ReasonCode != "INVALID_SYSTEM_TAGS_PARAMETER" {
			t.Errorf("a system tag %s: %v", name, err)
		}
	}
	if len(e.Tags(member)) != maxTags {
		t.Errorf("%d tags", len(e.Tags(member)))
	}
}

// TestInvalidAccounts: an account is listed if its own effective policy is invalid,
// whatever it shares with its neighbours.
func TestInvalidAccounts(t *testing.T) {
	e := editing(seeded())
	no(t, e.EnablePolicyType("r-ab12", BackupPolicies))
	incomplete, err := e.CreatePolicy(NewPolicy{Name: "incomplete", Type: BackupPolicies, Content: `{"plans": {"p": {"regions": {"@@assign": ["eu-west-1"]}}}}`})
	no(t, err)
	for _, targets := range [][]string{{"ou-ab12-22222222"}, {"ou-ab12-11111111"}, {administrator}, {"ou-ab12-11111111", administrator}, {"r-ab12"}, nil} {
		for _, target := range targets {
			no(t, e.AttachPolicy(incomplete.ID, target))
		}
		list, err := e.InvalidAccounts(BackupPolicies, testNow)
		no(t, err)
		var got, want []string
		for _, m := range list {
			got = append(got, m.Account)
		}
		for account := range e.Members("", testNow) {
			if p, err := e.EffectivePolicy(account, BackupPolicies); err == nil && len(p.Faults) > 0 {
				want = append(want, account)
			}
		}
		if !slices.Equal(got, want) || len(targets) > 0 && len(want) == 0 {
			t.Errorf("attached to %v: %v, want %v", targets, got, want)
		}
		for _, target := range targets {
			no(t, e.DetachPolicy(incomplete.ID, target))
		}
	}
}
