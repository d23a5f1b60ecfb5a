package signin

import (
	"net/url"
	"strings"
	"testing"
)

const query = "response_type=code&client_id=arn:aws:signin:::devtools/same-device&state=s&code_challenge_method=SHA-256" +
	"&redirect_uri=http%3A%2F%2F127.0.0.1%3A80%2Foauth%2Fcallback&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

// FuzzAuthorization: where a code would be sent is a loopback address, whatever a
// program writes; and what is asked for twice is the same both times.
func FuzzAuthorization(f *testing.F) {
	f.Add(query)
	f.Add(strings.ReplaceAll(query, "127.0.0.1", "[::1]"))
	f.Add(strings.ReplaceAll(query, "127.0.0.1%3A80", "127.0.0.1:80@evil.example"))
	f.Add(strings.ReplaceAll(query, "same-device", "cross-device"))
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parseRequest(text)
		if err != nil {
			return
		}
		again, err := parseRequest(text)
		if err != nil || q != again {
			t.Errorf("%q is %+v, then %+v (%v)", text, q, again, err)
		}
		if q.remote() {
			return // nothing is sent
		}
		to, err := url.Parse(q.redirect + "?code=x")
		if err != nil {
			t.Fatalf("%q leads to %q, which is no address: %v", text, q.redirect, err)
		}
		if host := to.Hostname(); to.Scheme != "http" || host != "127.0.0.1" && host != "::1" && host != "localhost" || to.User != nil || to.Query().Get("code") != "x" {
			t.Errorf("%q leads to %q", text, to)
		}
	})
}

// FuzzToken: no body is taken that is longer than what the API allows, and none makes
// a panic.
func FuzzToken(f *testing.F) {
	f.Add([]byte(`{"clientId":"arn:aws:signin:::devtools/same-device","grantType":"refresh_token","refreshToken":"x"}`))
	f.Add([]byte(`{"clientId":1}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := parseToken(body)
		if err != nil && in != (tokenRequest{}) {
			t.Errorf("%q was refused with %+v", body, in)
		}
		if len(in.Code) > 512 || len(in.RefreshToken) > 2048 || len(in.CodeVerifier) > 128 {
			t.Errorf("%q was taken", body)
		}
	})
}

// TestVerifies: the example of RFC 7636, appendix B.
func TestVerifies(t *testing.T) {
	q, err := parseRequest(query)
	if err != nil {
		t.Fatal(err)
	}
	if !q.verifies("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") {
		t.Error("the verifier of the RFC is not taken")
	}
	for _, verifier := range []string{"", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"} {
		if q.verifies(verifier) {
			t.Errorf("%q is taken", verifier)
		}
	}
}
