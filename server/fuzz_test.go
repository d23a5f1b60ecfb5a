package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/wire/awsjson"
)

// FuzzServeHTTP sends whatever can be read as an HTTP request. Nothing may be an
// internal failure or end the process; every answer has a request id and is XML
// that can be read.
func FuzzServeHTTP(f *testing.F) {
	w := start(f)
	for _, raw := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /?Action=ListUsers&Version=2010-05-08&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261125%2Fus-east-1%2Fiam%2Faws4_request&X-Amz-Date=20261125T120000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Date: 20261125T120000Z\r\nX-Amz-Security-Token: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261125/us-east-1/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\nContent-Length: 0\r\n\r\n",
		"POST /../metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
		"POST / HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 47\r\n\r\nAction=AssumeRoleWithSAML&Version=2011-06-15&a=",
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
		"PUT http://elsewhere/x?y HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1, ,::\r\n\r\n",
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 2<<20))
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.serveFuzzed(t, r, raw)
	})
}

// FuzzSignedCall has the root user sign any form, or any body with an X-Amz-Target, so
// that it gets past authentication to decoding and to the operations themselves.
func FuzzSignedCall(f *testing.F) {
	w := start(f)
	w.keep(f)
	// Each operation, with the smallest input that is valid.
	for _, op := range modelled() {
		call := minimal(f, op)
		f.Add(call.scope, call.header["X-Amz-Target"], "", []byte(call.body))
		if call.header == nil {
			f.Add(call.scope, "", call.body, []byte{})
		}
	}
	f.Add("iam", "", "Action=ListPolicies&Version=2010-05-08", []byte("MaxItems=1000&Scope=AWS&Marker=x"))
	f.Add("iam", "", "", []byte(formOf("SimulateCustomPolicy", iamVersion, "PolicyInputList.member.1", trustAccount, "ActionNames.member.1", "sts:AssumeRole",
		"ResourcePolicy", trustAccount, "CallerArn", "arn:aws:iam::111122223333:user/kept", "ContextEntries.member.1.ContextKeyName", "aws:SourceIp",
		"ContextEntries.member.1.ContextKeyType", "ip", "ContextEntries.member.1.ContextKeyValues.member.1", "10.0.0.0/8")))
	f.Fuzz(func(t *testing.T, scope, operation, query string, body []byte) {
		r, err := w.resigned(t, scope, operation, query, body)
		if err != nil {
			return // no client can send this
		}
		w.serveFuzzed(t, r, body)
	})
}

// resigned is a request with the signature of root, as the handler gets it.
func (w *world) resigned(t testing.TB, scope, operation, query string, body []byte) (*http.Request, error) {
	target := "/"
	if query != "" {
		target += "?" + query
	}
	if _, err := http.ReadRequest(bufio.NewReader(strings.NewReader("POST " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"))); err != nil {
		return nil, err
	}
	if _, err := http.NewRequest(http.MethodPost, w.URL+target, nil); err != nil {
		return nil, err
	}
	if strings.ContainsFunc(operation, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("no header has this value")
	}
	header := map[string]string{}
	if operation != "" {
		header = map[string]string{"X-Amz-Target": operation, "Content-Type": awsjson.ContentType}
	}
	out := w.request(t, signedCall{creds: w.Root, scope: scope, target: target, body: string(body), header: header})
	in := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	in.URL, in.RequestURI, in.Host, in.Header = out.URL, target, out.URL.Host, out.Header
	in.Header.Set("Content-Length", fmt.Sprint(len(body)))
	return in, nil
}

func (w *world) serveFuzzed(t *testing.T, r *http.Request, raw []byte) {
	r.RemoteAddr = addressFor(raw)
	rec := httptest.NewRecorder()
	w.Server.Server.Handler().ServeHTTP(rec, r)
	checkAnswer(t, rec.Result(), w)
}

// addressFor gives each request an address of its own, so that failures are not
// slowed down.
func addressFor(raw []byte) string {
	h := fnv.New32a()
	h.Write(raw)
	n := h.Sum32()
	return fmt.Sprintf("10.%d.%d.%d:80", n>>16&255, n>>8&255, n&255)
}

func checkAnswer(t *testing.T, resp *http.Response, w *world) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented {
		t.Fatalf("%d %s\n%s", resp.StatusCode, body, w.log)
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), awsjson.ContentType) {
		if !json.Valid(body) || resp.Header.Get("X-Amzn-Requestid") == "" {
			t.Fatalf("the answer is no JSON, or has no request id: %s", body)
		}
		return
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/xml") {
		return // health, metrics, and what the multiplexer answers by itself
	}
	if resp.Header.Get("X-Amzn-Requestid") == "" {
		t.Fatal("no request id")
	}
	for d := xml.NewDecoder(bytes.NewReader(body)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("the answer cannot be read: %v\n%s", err, body)
		}
	}
}

// The calls that are fuzzed reach operations. Else the fuzzing would be of
// refusals only.
func TestFuzzedCallsReachOperations(t *testing.T) {
	w := start(t)
	for _, query := range []string{"", "MaxItems=1"} {
		r, err := w.resigned(t, "iam", "", query, []byte(formOf("ListUsers", iamVersion)))
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		w.Server.Server.Handler().ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	}
}
