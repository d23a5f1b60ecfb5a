package sigv4_test

import (
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/credential/sigv4"
	"github.com/rogpeppe/go-internal/txtar"
)

// suiteNoon is when the requests of the signing test suite are current.
var suiteNoon = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

func TestCases(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/cases.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		t.Run(file.Name, func(t *testing.T) {
			text, want, found := strings.Cut(string(file.Data), "\n=> ")
			if !found {
				t.Fatal("the case has no answer")
			}
			r, _ := rawRequest(t, text)
			got := "ok"
			if err := verifyRaw(r, nil); err != nil {
				got = err.Error()
			}
			if got != strings.TrimSuffix(want, "\n") {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func verifyRaw(r sigv4.Request, body []byte) error {
	s, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	return s.Verify(secret, suiteNoon, body, sigv4.Rules{})
}
