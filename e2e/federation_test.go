package e2e_test

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keyreeve/keyreeve/federation/issuertest"
)

// identityProvider is an identity provider for all scripts.
type identityProvider struct {
	t     testing.TB
	start func() *issuertest.Issuer
}

func newIdentityProvider(t testing.TB) identityProvider {
	return identityProvider{t, sync.OnceValue(func() *issuertest.Issuer { return issuertest.New(t) })}
}

// cmdIssuer sets ISSUER to the provider's URL, PROVIDER to what of it stands in ARNs,
// and THUMBPRINT, and writes the certificate of its authority to issuer.pem.
func (p identityProvider) cmdIssuer(ts *testscript.TestScript, neg bool, args []string) {
	i := p.start()
	ts.Setenv("ISSUER", i.URL)
	ts.Setenv("PROVIDER", strings.TrimPrefix(i.URL, "https://"))
	ts.Setenv("THUMBPRINT", i.Thumbprint())
	ts.Check(os.WriteFile(ts.MkAbs("issuer.pem"), i.RootPEM(), 0o600))
}

// cmdIDToken writes a token for a subject to a file, and sets IDTOKEN to it.
func (p identityProvider) cmdIDToken(ts *testscript.TestScript, neg bool, args []string) {
	token := p.start().Token(p.t, map[string]any{"sub": args[1]})
	ts.Setenv("IDTOKEN", token)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(token), 0o600))
}

// cmdExpand replaces $NAME in files by what the script has set.
func cmdExpand(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}
