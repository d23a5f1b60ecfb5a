package bench_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/sigv4"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// BenchmarkVerifyAndDecide is what stands between a request that has arrived and
// the operation: the signature is verified with a signing key that is known, and
// the caller may do what it asks. Its floor is the hash functions alone: of the
// body, of the canonical request, and two of the HMAC, over as many bytes.
func BenchmarkVerifyAndDecide(b *testing.B) {
	f := start(b)
	form := "Action=GetUser&Version=2010-05-08&UserName=" + userName(0)
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(signed(b, f.url, "iam", f.keys[0], form))))
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Fatal(err)
	}
	view := f.host.Store.View()
	account := identity.In(view, f.host.Site, servertest.Account)
	user, err := account.User(userName(0))
	if err != nil {
		b.Fatal(err)
	}
	caller := authn.Caller{
		Kind: authn.User, Account: servertest.Account, ARN: account.UserARN(user), UserID: user.ID, UniqueID: user.ID,
		Name: user.Name, AccessKeyID: f.keys[0].AccessKeyID,
		Origin: authn.Origin{SourceIP: "127.0.0.1", UserAgent: "keyreeve-bench", Region: "us-east-1"},
	}
	target := authz.Target{Action: "iam:GetUser", Resource: caller.ARN, Account: servertest.Account}
	z, keys := authz.New(f.host.Site), sigv4.NewKeyCache(100)
	now := time.Now()

	b.Run("floor", func(b *testing.B) {
		const canonical, signedText = 320, 140 // bytes, about as this request has them
		text, key := make([]byte, canonical), make([]byte, sha256.Size)
		mac := hmac.New(sha256.New, key)
		b.ReportAllocs()
		for b.Loop() {
			sha256.Sum256(body)
			sha256.Sum256(text)
			mac.Reset()
			mac.Write(text[:signedText])
			mac.Sum(key[:0])
		}
	})
	b.Run("keyreeve", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			signature, err := sigv4.Parse(sigv4.FromHTTP(r))
			if err != nil {
				b.Fatal(err)
			}
			if err := signature.Verify(f.keys[0].SecretAccessKey, now, body, sigv4.Rules{Keys: keys}); err != nil {
				b.Fatal(err)
			}
			if d := z.Check(view, &caller, target, now); !d.Allowed() {
				b.Fatal("denied")
			}
		}
	})
}
