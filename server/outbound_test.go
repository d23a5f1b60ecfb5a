package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// TestOutboundKeysLast: tokens are signed and verified through a rotation of the keys
// that seal, a restart, and a rotation of the keys that sign.
func TestOutboundKeysLast(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := servertest.StartOn(t, dir)
	c := s.As(s.Root).IAM
	must[*iam.EnableOutboundWebIdentityFederationOutput](t)(c.EnableOutboundWebIdentityFederation(ctx, &iam.EnableOutboundWebIdentityFederationInput{}))
	ada := s.User(t, "ada", allow("sts:GetWebIdentityToken"))
	token := func() (issuer, text string) {
		t.Helper()
		info := must[*iam.GetOutboundWebIdentityFederationInfoOutput](t)(s.As(s.Root).IAM.GetOutboundWebIdentityFederationInfo(ctx, &iam.GetOutboundWebIdentityFederationInfoInput{}))
		out := must[*sts.GetWebIdentityTokenOutput](t)(s.As(ada.Credentials).STS.GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{Audience: []string{"x"}, SigningAlgorithm: new("ES384")}))
		return *info.IssuerIdentifier, *out.WebIdentityToken
	}
	if _, err := s.Host.RotateKey(); err != nil {
		t.Fatal(err)
	}
	verifyOutbound(t, s.URL+"/issuer/"+servertest.Account, second(token()))
	s.Stop()
	s = servertest.StartOn(t, dir)
	issuer, old := token()
	verifyOutbound(t, issuer, old)

	c = s.As(s.Root).IAM
	must[*iam.DisableOutboundWebIdentityFederationOutput](t)(c.DisableOutboundWebIdentityFederation(ctx, &iam.DisableOutboundWebIdentityFederationInput{}))
	verifyOutbound(t, issuer, old)
	must[*iam.EnableOutboundWebIdentityFederationOutput](t)(c.EnableOutboundWebIdentityFederation(ctx, &iam.EnableOutboundWebIdentityFederationInput{}))
	verifyOutbound(t, issuer, old)
	verifyOutbound(t, issuer, second(token()))
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(published(t, issuer+"/.well-known/jwks.json"), &set); err != nil || len(set.Keys) != 4 {
		t.Errorf("%d keys are published, %v", len(set.Keys), err)
	}
	for _, k := range set.Keys {
		if _, private := k["d"]; private || k["use"] != "sig" {
			t.Errorf("key %v", k)
		}
	}
}

func second(_, text string) string { return text }

// TestNothingIsPublished of an account that gives out no tokens, or does not exist.
func TestNothingIsPublished(t *testing.T) {
	s := servertest.Start(t)
	for _, account := range []string{servertest.Account, "999999999999", "x", "..%2f"} {
		for _, document := range []string{"openid-configuration", "jwks.json"} {
			resp := must[*http.Response](t)(http.Get(s.URL + "/issuer/" + account + "/.well-known/" + document))
			resp.Body.Close()
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s of %s: %d", document, account, resp.StatusCode)
			}
		}
	}
}
