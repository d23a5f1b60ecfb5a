package sigv4_test

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/sigv4"
)

func TestTimeOfPresignedRequests(t *testing.T) {
	atLeast := sigv4.Rules{PresignedAtLeast: 15 * time.Minute}
	for _, test := range []struct {
		name, expires string
		rules         sigv4.Rules
		after         time.Duration
		want          bool
	}{
		{"within its time", "60", sigv4.Rules{}, time.Minute, true},
		{"after it", "60", sigv4.Rules{}, time.Minute + time.Second, false},
		{"after it, where 15 minutes are the least", "60", atLeast, 15 * time.Minute, true},
		{"after those", "60", atLeast, 15*time.Minute + time.Second, false},
		{"a week", "604800", atLeast, 7 * 24 * time.Hour, true},
		{"after a week", "604800", atLeast, 7*24*time.Hour + time.Second, false},
		{"without a time of its own", "", sigv4.Rules{}, 15 * time.Minute, true},
		{"without, after 15 minutes", "", sigv4.Rules{}, 15*time.Minute + time.Second, false},
		{"of the near future", "60", sigv4.Rules{}, -15 * time.Minute, true},
		{"of the far future", "60", sigv4.Rules{}, -15*time.Minute - time.Second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := presigned(t, "GET", "/?Action=GetCallerIdentity", "", "", test.expires)
			if err := verify(r, "", noon.Add(test.after), test.rules); (err == nil) != test.want {
				t.Errorf("error is %v", err)
			} else if err != nil && !errors.Is(err, apierror.SignatureDoesNotMatch) {
				t.Errorf("error is %v, want SignatureDoesNotMatch", err)
			}
		})
	}
}

func TestDateHeader(t *testing.T) {
	for name, date := range map[string]string{"HTTP date": "Sun, 30 Aug 2015 12:36:00 GMT", "basic format": "20150830T123600Z"} {
		t.Run(name, func(t *testing.T) {
			r := sigv4.Request{Method: "GET", Path: "/", Host: "h", Header: http.Header{"Date": {date}}}
			sign := func(signature string) {
				r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/iam/aws4_request, SignedHeaders=date;host, Signature="+signature)
			}
			sign("0")
			s, err := sigv4.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			sign(sigv4.SignatureFor(s, secret, nil))
			if err := verifyRaw(r, nil); err != nil {
				t.Error(err)
			}
			r.Header.Add("Date", date)
			if err := verifyRaw(r, nil); err == nil {
				t.Error("two dates verify")
			}
		})
	}
}

// TestHiddenHeaders are headers that one reader would see and another would not.
func TestHiddenHeaders(t *testing.T) {
	for _, name := range []string{"x-amz-target", "X-AMZ-TARGET", "X-Amz-Target ", "Host", ""} {
		r := signed(t, "POST", "/", "", "", nil)
		r.Header[name] = []string{"Service.Delete"}
		if err := verify(r, "", noon, sigv4.Rules{}); !errors.Is(err, apierror.SignatureDoesNotMatch) {
			t.Errorf("header %q: %v", name, err)
		}
	}
}

func TestAnEmptySecretNeverVerifies(t *testing.T) {
	r := sigv4.Request{Method: "GET", Path: "/", Host: "h", Header: http.Header{"X-Amz-Date": {"20150830T123600Z"}}}
	sign := func(signature string) {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature="+signature)
	}
	sign("0")
	s, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	sign(sigv4.SignatureFor(s, "", nil))
	if s, err = sigv4.Parse(r); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify("", suiteNoon, nil, sigv4.Rules{}); err == nil {
		t.Error("no secret verifies")
	}
}

// TestOnlyProvenKeysAreRemembered: a caller without the secret cannot fill the cache.
func TestOnlyProvenKeysAreRemembered(t *testing.T) {
	rules := sigv4.Rules{Keys: sigv4.NewKeyCache(10)}
	r := signed(t, "GET", "/", "", "", nil)
	s, err := sigv4.Parse(sigv4.FromHTTP(r))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify("another secret", noon, nil, rules); err == nil || rules.Keys.Len() != 0 {
		t.Errorf("after a failure (%v) there are %d keys", err, rules.Keys.Len())
	}
	for range 2 {
		if err := s.Verify(secret, noon, nil, rules); err != nil || rules.Keys.Len() != 1 {
			t.Errorf("after a success (%v) there are %d keys", err, rules.Keys.Len())
		}
	}
	if err := s.Verify("another secret", noon, nil, rules); err == nil {
		t.Error("another secret verifies by the remembered key")
	}
}

func TestScope(t *testing.T) {
	s, err := sigv4.Parse(sigv4.FromHTTP(signed(t, "GET", "/", "", "", nil)))
	if err != nil {
		t.Fatal(err)
	}
	region := func(want string) func(string) bool { return func(got string) bool { return got == want } }
	for _, test := range []struct {
		region, service, want string
	}{
		{"us-east-1", "iam", ""},
		{"eu-west-1", "iam", "SignatureDoesNotMatch: Credential should be scoped to a valid region, not 'us-east-1'. "},
		{"us-east-1", "sts", "SignatureDoesNotMatch: Credential should be scoped to correct service: 'sts'. "},
	} {
		got := ""
		if err := s.CheckScope(region(test.region), test.service); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s, %s: %q, want %q", test.region, test.service, got, test.want)
		}
	}
}

func TestSigns(t *testing.T) {
	s, err := sigv4.Parse(sigv4.FromHTTP(signed(t, "GET", "/", "", "", nil)))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Signs("Host") || !s.Signs("x-amz-date") || s.Signs("Accept") {
		t.Error("Signs does not tell what is signed")
	}
}

func BenchmarkVerify(b *testing.B) {
	body := "Action=ListUsers&Version=2010-05-08"
	for _, bench := range []struct {
		name string
		r    *http.Request
	}{
		{"header", signed(b, "POST", "/", body, "token", nil)},
		{"presigned", presigned(b, "POST", "/?Action=GetCallerIdentity&Version=2011-06-15", body, "token", "60")},
	} {
		asReceived(bench.r)
		request, hash := sigv4.FromHTTP(bench.r), sha256.Sum256([]byte(body))
		rules := sigv4.Rules{Keys: sigv4.NewKeyCache(100)}
		b.Run(bench.name+"/parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sigv4.Parse(request); err != nil {
					b.Fatal(err)
				}
			}
		})
		s, err := sigv4.Parse(request)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bench.name+"/verify", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.VerifyHash(secret, noon, hash, rules); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
