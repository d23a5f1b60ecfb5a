package sts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/service/sts"
)

// TestDurations: what is asked for, the default where nothing is, and an hour at
// most for root, however much it asks for (STS API reference, GetSessionToken and
// GetFederationToken).
func TestDurations(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", allow("sts:*"))
	for _, c := range []struct {
		caller authn.Caller
		asked  *int32
		want   time.Duration
	}{
		{ada, nil, 12 * time.Hour}, {ada, new(int32(900)), 15 * time.Minute}, {ada, new(int32(129600)), 36 * time.Hour},
		{root(), nil, time.Hour}, {root(), new(int32(900)), 15 * time.Minute}, {root(), new(int32(43200)), time.Hour},
	} {
		out, err := do[*stsapi.GetSessionTokenOutput](w, c.caller, "GetSessionToken", &stsapi.GetSessionTokenInput{DurationSeconds: c.asked})
		w.must(err)
		if got := out.Credentials.Expiration.Sub(now); got != c.want {
			t.Errorf("session token of %s lasts %v, want %v", c.caller.ARN, got, c.want)
		}
		_, err = do[*stsapi.GetFederationTokenOutput](w, c.caller, "GetFederationToken", &stsapi.GetFederationTokenInput{Name: "bob", DurationSeconds: c.asked})
		w.must(err)
		if got := w.issued.ExpiresAt.Sub(now); got != c.want {
			t.Errorf("federation token of %s lasts %v, want %v", c.caller.ARN, got, c.want)
		}
	}
}

// TestSessionsAreOfTheirUser: a session token makes nobody else, a federation
// token is a federated user's.
func TestSessionsAreOfTheirUser(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", allow("sts:*"))
	_, err := do[*stsapi.GetSessionTokenOutput](w, ada, "GetSessionToken", &stsapi.GetSessionTokenInput{})
	w.must(err)
	if r := w.issued; r.Kind != session.User || r.PrincipalARN != ada.ARN || r.UniqueID != ada.UniqueID || r.MFAPresent || r.HasSessionPolicy() {
		t.Errorf("session %+v", r)
	}
	policy := allow("s3:*")
	out, err := do[*stsapi.GetFederationTokenOutput](w, ada, "GetFederationToken", &stsapi.GetFederationTokenInput{
		Name: "bob", Policy: &policy, Tags: []stsapi.Tag{{Key: "team", Value: "red"}},
	})
	w.must(err)
	if u := out.FederatedUser; u.Arn != "arn:aws:sts::"+home+":federated-user/bob" || u.FederatedUserId != home+":bob" || *out.PackedPolicySize != 7 {
		t.Errorf("answer %+v", out)
	}
	if r := w.issued; r.Kind != session.FederatedUser || r.UniqueID != ada.UniqueID || r.InlinePolicy != policy || len(r.Tags) != 1 || len(r.TransitiveTagKeys) != 0 {
		t.Errorf("session %+v", r)
	}
}

// TestSessionsGetNoTokens: with session credentials of any kind neither operation
// may be called.
func TestSessionsGetNoTokens(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", allow("sts:*"))
	_, err := w.assume(ada, stsapi.AssumeRoleInput{RoleArn: w.role(home, "app", trusts(home, "", everyAction...), 3600)})
	w.must(err)
	callers := []authn.Caller{w.session()}
	_, err = do[*stsapi.GetSessionTokenOutput](w, ada, "GetSessionToken", &stsapi.GetSessionTokenInput{})
	w.must(err)
	callers = append(callers, w.session())
	_, err = do[*stsapi.GetFederationTokenOutput](w, ada, "GetFederationToken", &stsapi.GetFederationTokenInput{Name: "bob"})
	w.must(err)
	callers = append(callers, w.session())
	for _, caller := range callers {
		_, err := do[*stsapi.GetSessionTokenOutput](w, caller, "GetSessionToken", &stsapi.GetSessionTokenInput{})
		if refusal(err) != "AccessDenied: Cannot call GetSessionToken with session credentials" {
			t.Errorf("%s: %s", caller.ARN, refusal(err))
		}
		_, err = do[*stsapi.GetFederationTokenOutput](w, caller, "GetFederationToken", &stsapi.GetFederationTokenInput{Name: "bob"})
		if refusal(err) != "AccessDenied: Cannot call GetFederationToken with session credentials" {
			t.Errorf("%s: %s", caller.ARN, refusal(err))
		}
	}
}

// TestWhatNeedsPermission: GetSessionToken and GetCallerIdentity need none, not
// even one that is denied; the others do.
func TestWhatNeedsPermission(t *testing.T) {
	w := newWorld(t)
	eve := w.user("eve", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	_, err := do[*stsapi.GetSessionTokenOutput](w, eve, "GetSessionToken", &stsapi.GetSessionTokenInput{})
	w.must(err)
	who, err := do[*stsapi.GetCallerIdentityOutput](w, eve, "GetCallerIdentity", &stsapi.GetCallerIdentityInput{})
	w.must(err)
	if *who.Arn != eve.ARN || *who.UserId != eve.UniqueID || *who.Account != home {
		t.Errorf("she is %+v", who)
	}
	_, err = do[*stsapi.GetFederationTokenOutput](w, eve, "GetFederationToken", &stsapi.GetFederationTokenInput{Name: "bob"})
	if got := refusal(err); !strings.HasSuffix(got, "with an explicit deny in an identity-based policy") {
		t.Error(got)
	}
	ada := w.user("ada", allow("sts:GetFederationToken"))
	_, err = do[*stsapi.GetFederationTokenOutput](w, ada, "GetFederationToken", &stsapi.GetFederationTokenInput{Name: "bob", Tags: []stsapi.Tag{{Key: "a"}}})
	if got := refusal(err); !strings.HasPrefix(got, denied+"sts:TagSession on resource: arn:aws:sts::"+home+":federated-user/bob") {
		t.Error(got)
	}
}

// TestTargetsAreOfTheServiceReference: the actions that are asked for exist, and
// so do their condition keys. Those of AssumeRole are in the context of the
// actions that go with it too, for they are one request.
func TestTargetsAreOfTheServiceReference(t *testing.T) {
	w := newWorld(t)
	ada := w.user("ada", allow("sts:*"))
	app := w.role(home, "app", trusts(home, "", everyAction...), 3600)
	tags := []stsapi.Tag{{Key: "team", Value: "red"}}
	inputs := map[string]api.Structure{
		"AssumeRole": &stsapi.AssumeRoleInput{
			RoleArn: app, RoleSessionName: "one", ExternalId: new("x1"), SourceIdentity: new("ada"), DurationSeconds: new(int32(900)),
			Tags: tags, TransitiveTagKeys: []string{"team"},
		},
		"GetFederationToken": &stsapi.GetFederationTokenInput{Name: "bob", Tags: tags},
		"AssumeRoot": &stsapi.AssumeRootInput{
			TargetPrincipal: "444455556666", TaskPolicyArn: stsapi.PolicyDescriptorType{Arn: new("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")},
		},
		"AssumeRoleWithWebIdentity": &stsapi.AssumeRoleWithWebIdentityInput{
			RoleArn: webRole(w), RoleSessionName: "one", WebIdentityToken: idToken(t, map[string]any{
				"azp": client, "amr": []string{"pwd"}, "https://aws.amazon.com/source_identity": "alice",
				"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"red"}}, "transitive_tag_keys": []string{"team"}},
			}),
		},
	}
	// The keys that a provider's tokens give are named after it.
	ofProvider := []string{"issuer.example:aud", "issuer.example:sub", "issuer.example:azp", "issuer.example:amr", "issuer.example:oaud"}
	assumeRole, _ := catalog.Default().Action("sts:AssumeRole")
	withWebIdentity, _ := catalog.Default().Action("sts:AssumeRoleWithWebIdentity")
	for _, op := range sts.Operations() {
		if op.API.Name == "AssumeRoleWithSAML" {
			continue // see TestSAMLTargets
		}
		in := op.API.NewInput()
		if given, ok := inputs[op.API.Name]; ok {
			in = given
		}
		targets, err := op.Targets(w.call(ada), in)
		w.must(err)
		for i, target := range targets {
			action, ok := catalog.Default().Action(target.Action)
			if !ok || action.String() != target.Action || i == 0 && action.Name != op.API.Name {
				t.Errorf("%s asks for %s", op.API.Name, target.Action)
			}
			known := append(append([]string{}, action.ConditionKeys...), "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}")
			switch op.API.Name {
			case "AssumeRole":
				known = append(known, assumeRole.ConditionKeys...)
			case "AssumeRoleWithWebIdentity":
				known = append(append(known, withWebIdentity.ConditionKeys...), ofProvider...)
			}
			for _, key := range target.Keys {
				if !knownKey(known, key.Name) {
					t.Errorf("%s carries %s; the service reference has %v", target.Action, key.Name, known)
				}
			}
			if len(action.Resources) == 0 != (target.Resource == "*") {
				t.Errorf("%s is asked on %s; its resource types are %v", target.Action, target.Resource, action.Resources)
			}
		}
	}
}

func knownKey(known []string, name string) bool {
	for _, k := range known {
		prefix, _, isTemplate := strings.Cut(k, "${")
		if k == name || isTemplate && strings.HasPrefix(name, prefix) && len(name) > len(prefix) {
			return true
		}
	}
	return false
}
