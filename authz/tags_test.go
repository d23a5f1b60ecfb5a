package authz_test

import (
	"testing"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/state"
)

// A federated user bears the tags of the user who issued the session, and those
// of the session over them.
func TestTagsOfFederatedUsers(t *testing.T) {
	h, c := alice(t)
	h.now = h.change(t, func(e identity.Editor, _ *state.Draft) error {
		if err := e.TagUser("alice", []identity.Tag{{Key: "team", Value: "red"}, {Key: "stage", Value: "test"}}); err != nil {
			return err
		}
		return e.PutInline("user", "alice", "tagged", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*",
			"Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue","aws:PrincipalTag/stage":"test"}}}]}`)
	})
	put := authz.Target{Action: "s3:PutObject", Resource: "arn:aws:s3:::photos/1.jpg", Account: account}
	z := authz.New(site)
	if d := z.Decide(h.view(), &c, put, noon); d.Allowed() {
		t.Error("alice is of the red team, and was allowed what the blue team may")
	}
	c.Kind, c.ARN = authn.FederatedUser, "arn:aws:sts::111122223333:federated-user/bob"
	c.Session = &session.Record{
		Kind: session.FederatedUser, UniqueID: c.UniqueID, SessionName: "bob", IssuedAt: noon,
		Tags:         []session.Tag{{Key: "Team", Value: "blue"}},
		InlinePolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`,
	}
	if d := z.Decide(h.view(), &c, put, noon); !d.Allowed() {
		t.Errorf("the session's team is blue and its issuer's stage is test: %v", d.Outcome)
	}
}
