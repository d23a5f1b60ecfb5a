package iam_test

import (
	"testing"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/server/samltest"
	"github.com/keyreeve/keyreeve/service/iam"
)

const samlIssuer = "https://idp.example.com/saml"

// furnishSAML makes a SAML provider.
func furnishSAML(w *world, tags []identity.Tag) {
	w.t.Helper()
	_, err := w.edit().CreateSAMLProvider(identity.NewSAMLProvider{Name: "corp", Metadata: samltest.New(w.t, samlIssuer).Metadata(), Tags: tags})
	w.must(err)
}

// fillSAML are the members of inputs that name SAML providers.
func fillSAML(values map[string]any, there bool) {
	values["SAMLProviderArn"], values["Name"] = "arn:aws:iam::"+account+":saml-provider/corp", "made"
	if !there {
		values["SAMLProviderArn"] = "arn:aws:iam::" + account + ":saml-provider/none"
	}
}

// TestSAMLTargets: to create a provider with tags is two rights on what it will be, and
// the tags that a provider has are in the context of what is done to it.
func TestSAMLTargets(t *testing.T) {
	w := furnished(t)
	for _, op := range iam.Operations() {
		switch op.API.Name {
		case "CreateSAMLProvider":
			targets, err := op.Targets(w.call(), filled(w, op.API, true))
			w.must(err)
			if len(targets) != 2 || targets[1].Action != "iam:TagSAMLProvider" || targets[0].Resource != "arn:aws:iam::"+account+":saml-provider/made" || targets[1].Resource != targets[0].Resource {
				t.Errorf("targets %+v", targets)
			}
		case "DeleteSAMLProvider":
			targets, err := op.Targets(w.call(), filled(w, op.API, true))
			w.must(err)
			if len(targets) != 1 || len(targets[0].Keys) != 1 || targets[0].Keys[0].Name != "aws:ResourceTag/team" {
				t.Errorf("targets %+v", targets)
			}
		}
	}
}
