package sigv4_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/keyreeve/keyreeve/credential/sigv4"
	"pgregory.net/rapid"
)

const (
	keyID  = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hashOf is a body's SHA-256 as signers write it.
func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// fatal is what testing.T and rapid.T have in common here.
type fatal interface{ Fatal(...any) }

// signed gives a request signed by the signer of AWS's SDK, as a server sees it.
func signed(t fatal, method, target, body, token string, change func(*http.Request)) *http.Request {
	r := request(t, method, target, body)
	if change != nil {
		change(r)
	}
	credentials := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: token}
	err := v4.NewSigner().SignHTTP(context.Background(), credentials, r, hashOf(body), "iam", "us-east-1", noon)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// presigned gives a request presigned by the signer of AWS's SDK.
func presigned(t fatal, method, target, body, token string, expires string) *http.Request {
	r := request(t, method, target, body)
	if expires != "" {
		query := r.URL.Query()
		query.Set("X-Amz-Expires", expires)
		r.URL.RawQuery = query.Encode()
	}
	credentials := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: token}
	uri, _, err := v4.NewSigner().PresignHTTP(context.Background(), credentials, r, hashOf(body), "sts", "us-east-1", noon)
	if err != nil {
		t.Fatal(err)
	}
	return request(t, method, uri, body)
}

func request(t fatal, method, target, body string) *http.Request {
	if !strings.HasPrefix(target, "http") {
		target = "http://iam.example.com" + target
	}
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// asReceived adds the header that a client sends without having set it.
func asReceived(r *http.Request) {
	if r.ContentLength > 0 {
		r.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
}

// verify parses and verifies, as a server does.
func verify(r *http.Request, body string, now time.Time, rules sigv4.Rules) error {
	asReceived(r)
	s, err := sigv4.Parse(sigv4.FromHTTP(r))
	if err != nil {
		return err
	}
	return s.Verify(secret, now, []byte(body), rules)
}

// TestWhatTheSDKSignsVerifies compares with an independent signer: any path, query,
// header and body.
func TestWhatTheSDKSignsVerifies(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9 /+%&=;:.,~_!*'()"<>-]{0,12}`), rapid.StringN(0, 8, -1))
	segment := rapid.StringMatching(`[a-zA-Z0-9 +%~_!*'()é-]{1,6}`)
	rapid.Check(t, func(t *rapid.T) {
		u := url.URL{Scheme: "http", Host: "iam.example.com"}
		u.Path = "/" + strings.Join(rapid.SliceOfN(segment, 0, 3).Draw(t, "path"), "/")
		query := url.Values{}
		for range rapid.IntRange(0, 4).Draw(t, "parameters") {
			query.Add(text.Draw(t, "name"), text.Draw(t, "value"))
		}
		u.RawQuery = query.Encode()
		body, token := text.Draw(t, "body"), rapid.SampledFrom([]string{"", "session/token+=="}).Draw(t, "token")
		var r *http.Request
		if rapid.Bool().Draw(t, "presigned") {
			r = presigned(t, "POST", u.String(), body, token, "60")
		} else {
			r = signed(t, "POST", u.String(), body, token, func(r *http.Request) {
				r.Header.Set("X-Amz-Meta", rapid.StringMatching(`[a-z ]{0,9}`).Draw(t, "header"))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			})
		}
		if err := verify(r, body, noon, sigv4.Rules{}); err != nil {
			t.Fatalf("%s\n%v: %v", r.URL, r.Header, err)
		}
		if err := verify(r, body+"x", noon, sigv4.Rules{}); err == nil {
			t.Fatal("another body verifies")
		}
	})
}

// TestThroughAServer sends what the SDK signs through real HTTP, which adds and
// moves headers.
func TestThroughAServer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s, err := sigv4.Parse(sigv4.FromHTTP(r))
		if err == nil {
			err = s.Verify(secret, noon, body, sigv4.Rules{})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}))
	defer server.Close()
	for name, r := range map[string]*http.Request{
		"POST":      signed(t, "POST", server.URL+"/", "Action=ListUsers&Version=2010-05-08", "", nil),
		"GET":       signed(t, "GET", server.URL+"/a%20b/c?Action=ListUsers&x=%2F+y", "", "token", nil),
		"presigned": presigned(t, "GET", server.URL+"/?Action=GetCallerIdentity&Version=2011-06-15", "", "token", "60"),
	} {
		t.Run(name, func(t *testing.T) {
			r.RequestURI = ""
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", answer.Status, bytes.TrimSpace(text))
			}
		})
	}
}

func TestS3(t *testing.T) {
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	credentials := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	for _, test := range []struct {
		name, path, hash string
		presigned        bool
	}{
		{"hashed", "/bucket/a%20b//c/../d", hashOf("body"), false},
		{"unsigned payload", "/bucket/a%2Bb", "UNSIGNED-PAYLOAD", false},
		{"presigned", "/bucket/%C3%A9", "UNSIGNED-PAYLOAD", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request(t, "PUT", "http://s3.example.com"+test.path, "body")
			if test.presigned {
				uri, _, err := signer.PresignHTTP(context.Background(), credentials, r, test.hash, "s3", "us-east-1", noon)
				if err != nil {
					t.Fatal(err)
				}
				r = request(t, "PUT", uri, "body")
			} else {
				r.Header.Set("X-Amz-Content-Sha256", test.hash)
				if err := signer.SignHTTP(context.Background(), credentials, r, test.hash, "s3", "us-east-1", noon); err != nil {
					t.Fatal(err)
				}
			}
			if err := verify(r, "body", noon, sigv4.S3()); err != nil {
				t.Error(err)
			}
			if err := verify(r, "another", noon, sigv4.S3()); (err == nil) != (test.hash == "UNSIGNED-PAYLOAD") {
				t.Errorf("another body: %v", err)
			}
			if err := verify(r, "body", noon, sigv4.Rules{RawPath: true}); (err == nil) == (test.hash == "UNSIGNED-PAYLOAD") {
				t.Errorf("without leave to leave the payload unsigned: %v", err)
			}
		})
	}
}
