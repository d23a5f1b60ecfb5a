package main

import (
	"fmt"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// readPrincipal tells what kind of principal a text names.
func readPrincipal(text, action string, p *eval.Principal) error {
	if text == "anonymous" {
		return nil
	}
	a, err := arn.Parse(text)
	switch {
	case err == nil:
		return readPrincipalARN(text, a, p)
	case strings.HasPrefix(text, "arn:") || !strings.Contains(text, "."):
		return fmt.Errorf("principal: %q is neither an ARN, a host name nor anonymous", text)
	}
	p.Name, p.Kind = text, eval.Service
	if federated(text, action) {
		p.Kind = eval.FederatedIdentity
	}
	return nil
}

// federated tells identity providers from services, which are both host names:
// only a provider's identities call STS without a signature. A service assumes a
// role plainly, as which its host may be anybody's; the actions that accompany
// either call go by the host.
func federated(host, action string) bool {
	switch action {
	case "sts:assumerolewithsaml", "sts:assumerolewithwebidentity":
		return true
	case "sts:assumerole":
		return false
	}
	if !strings.HasPrefix(action, "sts:") {
		return false
	}
	return host == "cognito-identity.amazonaws.com" || !strings.HasSuffix(host, ".amazonaws.com") && !strings.HasSuffix(host, ".amazonaws.com.cn")
}

func readPrincipalARN(text string, a arn.ARN, p *eval.Principal) error {
	kind, name, _ := strings.Cut(a.Resource, "/")
	p.ARN, p.Account = text, a.Account
	switch {
	case a.Service == "iam" && a.Resource == "root":
		p.Kind = eval.Root
	case name == "":
		return fmt.Errorf("principal: %q is no principal", text)
	case a.Service == "iam" && kind == "user":
		p.Kind = eval.User
	case a.Service == "iam" && kind == "role", a.Service == "sts" && kind == "assumed-role":
		p.Kind = eval.RoleSession
	case a.Service == "sts" && kind == "federated-user":
		p.Kind = eval.FederatedUser
	case a.Service == "iam" && (kind == "saml-provider" || kind == "oidc-provider"):
		*p = eval.Principal{Kind: eval.FederatedIdentity, Name: text}
	default:
		return fmt.Errorf("principal: %q is no principal", text)
	}
	return nil
}
