package server_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/keyreeve/keyreeve/server/servertest"
)

// Bodies over a mebibyte are refused and neither kept nor read to the end; the
// server goes on to serve, also on other connections of the same client.
func TestAttackLargeBodies(t *testing.T) {
	w := start(t)
	large := formOf("ListUsers", iamVersion, "PathPrefix", "/"+strings.Repeat("x", 1<<20))
	a := w.send(t, w.request(t, signedCall{creds: w.Root, scope: "iam", body: large})).want(t, "too large", "RequestEntityTooLarge")
	if a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", a.status)
	}
	// Without a length, the end cannot be known before.
	r := w.request(t, signedCall{creds: w.Root, scope: "iam", body: large})
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(strings.NewReader(large)), -1, nil
	w.send(t, r).want(t, "too large and in chunks", "RequestEntityTooLarge")
	// One that never ends.
	r = w.request(t, signedCall{creds: w.Root, scope: "iam", body: large})
	endless := &zeros{}
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(endless), -1, nil
	if resp, err := testClient.Do(r); err == nil {
		if a := read(t, resp); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("without an end: %+v", a)
		}
	}
	if n := endless.n.Load(); n > 32<<20 {
		t.Errorf("%d bytes of an endless body were taken", n)
	}
	exact := formOf("ListUsers", iamVersion, "PathPrefix", "/")
	exact += strings.Repeat("&", 1<<20-len(exact))
	w.send(t, w.request(t, signedCall{creds: w.Root, scope: "iam", body: exact})).want(t, "just a mebibyte", "MalformedQueryString")
	w.iam(t, w.Root, "ListUsers").want(t, "afterwards", "")
}

// zeros are bytes without end.
type zeros struct{ n atomic.Int64 }

func (z *zeros) Read(p []byte) (int, error) {
	z.n.Add(int64(len(p)))
	return len(p), nil
}

// raw sends bytes as they are and gives what comes back first.
func (w *world) raw(t testing.TB, request string, closeWrite bool) answer {
	t.Helper()
	u, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if closeWrite {
		conn.(*net.TCPConn).CloseWrite()
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return answer{message: err.Error()}
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, body: string(body), header: resp.Header}
}

// signedHead is the head of a signed request as text, without its length.
func (w *world) signedHead(t testing.TB, body string) string {
	t.Helper()
	r := w.request(t, signedCall{creds: w.Root, scope: "iam", body: body, header: map[string]string{"Content-Type": formType}})
	var head bytes.Buffer
	fmt.Fprintf(&head, "POST / HTTP/1.1\r\nHost: %s\r\n", r.URL.Host)
	for name, values := range r.Header {
		for _, v := range values {
			fmt.Fprintf(&head, "%s: %s\r\n", name, v)
		}
	}
	return head.String()
}

// A client says one length and sends another, or says two, so that a proxy and
// the server would see different requests on one connection.
func TestAttackLengths(t *testing.T) {
	w := start(t)
	// The signature of the SDK covers Content-Length; these have it signed rightly.
	body := formOf("CreateUser", iamVersion, "UserName", "smuggled")
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	honest := formOf("ListUsers", iamVersion)
	w.raw(t, w.signedHead(t, honest)+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(honest))+honest, true).want(t, "an honest length", "")
	before := w.revision(servertest.Account)
	for what, c := range map[string]string{
		"less than said":           w.signedHead(t, body) + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)+9) + body,
		"cut off":                  w.signedHead(t, body) + length + "\r\n" + body[:10],
		"more than said":           w.signedHead(t, body) + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)-3) + body,
		"two lengths":              w.signedHead(t, body) + length + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)+1) + body,
		"a negative length":        w.signedHead(t, body) + "Content-Length: -1\r\n\r\n" + body,
		"a length in hexadecimal":  w.signedHead(t, body) + fmt.Sprintf("Content-Length: 0x%x\r\n\r\n", len(body)) + body,
		"an unknown encoding":      w.signedHead(t, body) + "Transfer-Encoding: gzip, chunked\r\n\r\n" + body,
		"chunks that are none":     w.signedHead(t, body) + "Transfer-Encoding: chunked\r\n\r\n" + body,
		"chunks without an end":    w.signedHead(t, body) + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(body), body),
		"a line end in the header": strings.Replace(w.signedHead(t, body), "Content-Type:", "X-Note: a\nContent-Type:", 1) + "\r\n",
	} {
		if a := w.raw(t, c, true); a.status == http.StatusOK || a.status >= 500 && a.status != http.StatusNotImplemented {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	if now := w.revision(servertest.Account); now != before {
		t.Error("one of these calls was done")
	}
	w.iam(t, w.Root, "GetUser", "UserName", "smuggled").want(t, "afterwards", "NoSuchEntity")

	// In chunks is no lie: the body is what it is, and the signature covers it.
	for _, sent := range []struct{ body, want string }{{honest, ""}, {honest + "&MaxItems=1", "SignatureDoesNotMatch"}} {
		r, err := http.NewRequest(http.MethodPost, w.URL, io.NopCloser(strings.NewReader(sent.body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", formType)
		if err := v4.NewSigner().SignHTTP(context.Background(), w.Root, r, hashOf(honest), "iam", "us-east-1", w.clock.now()); err != nil {
			t.Fatal(err)
		}
		w.send(t, r).want(t, "in chunks", sent.want)
	}
}
