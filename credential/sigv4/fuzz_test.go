package sigv4_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/credential/sigv4"
)

// FuzzAuthorization: what parses can be written again, and parses the same.
func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host;x-amz-date, Signature=0")
	f.Add("AWS4-HMAC-SHA256 Signature=b,,Credential==a , SignedHeaders=")
	f.Add("Basic eDp5")
	f.Fuzz(func(t *testing.T, authorization string) {
		credential, headers, signature, err := sigv4.ParseAuthorization(authorization)
		if err != nil {
			return
		}
		again := "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=" + headers + ", Signature=" + signature
		c, h, s, err := sigv4.ParseAuthorization(again)
		if err != nil || c != credential || h != headers || s != signature {
			t.Errorf("%q is written as %q and read as %q %q %q, %v", authorization, again, c, h, s, err)
		}
	})
}

// FuzzRequest signs a request and checks that it verifies; then flips one bit
// somewhere and checks that it does not verify, or else means the same.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/a/../b//c%20d/", "b=2&a=1&a=0&c", "example.com", "X-Extra", "a  b", []byte("body"), uint8(0), uint16(1))
	f.Add("POST", "/", "a=%2F+x&=&&", "h", "X-Amz-Target", "S.Op", []byte(nil), uint8(2), uint16(9))
	f.Add("POST", "/.", "", "h", "Date", "", []byte("x"), uint8(6), uint16(3))
	f.Fuzz(func(t *testing.T, method, path, query, host, name, value string, body []byte, part uint8, bit uint16) {
		r := sigv4.Request{Method: method, Path: path, RawQuery: query, Host: host, Header: http.Header{}}
		list := []string{"host", "x-amz-date", strings.ToLower(name)}
		slices.Sort(list)
		names := strings.Join(slices.Compact(list), ";")
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		r.Header.Add(name, value)
		sign := func(signature string) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/iam/aws4_request, SignedHeaders="+names+", Signature="+signature)
		}
		sign(strings.Repeat("0", 64))
		s, err := sigv4.Parse(r)
		if err != nil {
			return
		}
		if s.Verify(secret, suiteNoon, body, sigv4.Rules{}) == nil {
			t.Fatal("a signature of zeros verifies")
		}
		sign(sigv4.SignatureFor(s, secret, body))
		err = verifyRaw(r, body)
		if sum := r.Header["X-Amz-Content-Sha256"]; sum != nil && (sum[0] != hashOf(string(body)) || len(sum) > 1) {
			if err == nil {
				t.Fatal("another payload hash verifies")
			}
			return
		}
		if err != nil {
			t.Fatalf("what is signed does not verify: %v", err)
		}
		before := meaning(r, name, body)
		flip(&r, name, &body, part, bit)
		if verifyRaw(r, body) == nil && !reflect.DeepEqual(before, meaning(r, name, body)) {
			t.Fatalf("verifies with another meaning:\n%q\n%q", before, meaning(r, name, body))
		}
	})
}

// flip changes one bit of one part of a request.
func flip(r *sigv4.Request, name string, body *[]byte, part uint8, bit uint16) {
	flipped := func(text string) string {
		if text == "" {
			return "x"
		}
		b := []byte(text)
		b[int(bit/8)%len(b)] ^= 1 << (bit % 8)
		return string(b)
	}
	switch part % 7 {
	case 0:
		r.Method = flipped(r.Method)
	case 1:
		r.Path = flipped(r.Path)
	case 2:
		r.RawQuery = flipped(r.RawQuery)
	case 3:
		r.Host = flipped(r.Host)
	case 4:
		r.Header.Set(name, flipped(r.Header.Get(name)))
	case 5:
		*body = []byte(flipped(string(*body)))
	case 6:
		r.Header.Set("Authorization", flipped(r.Header.Get("Authorization")))
	}
}

// meaning is what a server reads in a request, but for the access key id, which a
// signature does not cover: with another id goes another secret.
func meaning(r sigv4.Request, name string, body []byte) []any {
	query := url.Values{}
	for pair := range strings.SplitSeq(r.RawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		key, _ = url.QueryUnescape(key)
		value, _ = url.QueryUnescape(value)
		if pair != "" {
			query.Add(key, value)
		}
	}
	s, err := sigv4.Parse(r)
	if err != nil {
		return []any{err.Error()}
	}
	path := strings.Split(string(sigv4.Canonical(s, nil, sigv4.Rules{})), "\n")[1]
	header := strings.Join(strings.FieldsFunc(r.Header.Get(name), func(c rune) bool { return c == ' ' || c == '\t' }), " ")
	return []any{r.Method, path, query, r.Host, header, string(body), s.Region, s.Service, s.Date}
}
