package sigv4_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/sigv4"
)

// vectorsFile is the signing test suite that AWS publishes; it is not part of
// this repository.
const vectorsFile = "../../../shared/vectors/sigv4.tar.gz"

type vectorContext struct {
	Credentials struct {
		AccessKeyID     string `json:"access_key_id"`
		SecretAccessKey string `json:"secret_access_key"`
		Token           string `json:"token"`
	} `json:"credentials"`
	Expiration       int       `json:"expiration_in_seconds"`
	Normalize        bool      `json:"normalize"`
	Region           string    `json:"region"`
	Service          string    `json:"service"`
	Timestamp        time.Time `json:"timestamp"`
	OmitSessionToken bool      `json:"omit_session_token"`
}

// vectors reads the suite: file contents by case and file name.
func vectors(t testing.TB) map[string]map[string]string {
	t.Helper()
	f, err := os.Open(vectorsFile)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the signing test suite is not there: " + vectorsFile)
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]map[string]string{}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return cases
		} else if err != nil {
			t.Fatal(err)
		}
		path := strings.Split(header.Name, "/")
		if header.Typeflag != tar.TypeReg || len(path) < 2 {
			continue
		}
		name, file := path[len(path)-2], path[len(path)-1]
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if cases[name] == nil {
			cases[name] = map[string]string{}
		}
		cases[name][file] = string(content)
	}
}

func TestPublishedVectors(t *testing.T) {
	cases := vectors(t)
	if len(cases) < 35 {
		t.Fatalf("only %d cases in the suite", len(cases))
	}
	for name, files := range cases {
		for _, form := range []string{"header", "query"} {
			t.Run(name+"/"+form, func(t *testing.T) { checkVector(t, files, form) })
		}
	}
}

func checkVector(t *testing.T, files map[string]string, form string) {
	var c vectorContext
	if err := json.Unmarshal([]byte(files["context.json"]), &c); err != nil {
		t.Fatal(err)
	}
	r, body := rawRequest(t, files[form+"-signed-request.txt"])
	rules := sigv4.Rules{RawPath: !c.Normalize, UnsignedSessionToken: c.OmitSessionToken}
	s, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if canonical := string(sigv4.Canonical(s, body, rules)); canonical != files[form+"-canonical-request.txt"] {
		t.Errorf("canonical request:\n%s\nwant:\n%s", canonical, files[form+"-canonical-request.txt"])
	}
	if err := s.Verify(c.Credentials.SecretAccessKey, c.Timestamp, body, rules); err != nil {
		t.Error(err)
	}
	if err := s.Verify(c.Credentials.SecretAccessKey+"x", c.Timestamp, body, rules); err == nil {
		t.Error("another secret verifies")
	}
	if err := s.Verify(c.Credentials.SecretAccessKey, c.Timestamp, append(body, 'x'), rules); err == nil {
		t.Error("another body verifies")
	}
	if s.AccessKeyID != c.Credentials.AccessKeyID || s.Region != c.Region || s.Service != c.Service ||
		s.SessionToken != c.Credentials.Token || !s.Time.Equal(c.Timestamp) || s.Presigned != (form == "query") {
		t.Errorf("signature is %+v", s)
	}
	if s.Presigned && s.Expires != time.Duration(c.Expiration)*time.Second {
		t.Errorf("expires after %v", s.Expires)
	}
	if err := s.Verify(c.Credentials.SecretAccessKey, c.Timestamp, body, sigv4.Rules{}); c.OmitSessionToken && err == nil {
		t.Error("an unsigned session token is accepted without the rule for it")
	}
}

// rawRequest reads a request as the suite writes it, which is not always HTTP.
func rawRequest(t testing.TB, text string) (sigv4.Request, []byte) {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	method, rest, _ := strings.Cut(lines[0], " ")
	target := strings.TrimSuffix(rest, " HTTP/1.1")
	r := sigv4.Request{Method: method, Header: http.Header{}}
	r.Path, r.RawQuery, _ = strings.Cut(target, "?")
	last := ""
	for _, line := range lines[1:] {
		if line == "" {
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		switch {
		case strings.HasPrefix(line, " "): // a folded line belongs to the one before
			values := r.Header[last]
			values[len(values)-1] += " " + strings.TrimSpace(line)
		case strings.EqualFold(name, "host"):
			r.Host = value
		default:
			r.Header.Add(name, value)
			last = http.CanonicalHeaderKey(name)
		}
	}
	return r, []byte(body)
}
