package e2e_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// jars are the cookies of the scripts' browsers.
var jars sync.Map // *testscript.TestScript -> http.CookieJar

func jarOf(ts *testscript.TestScript) http.CookieJar {
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	kept, _ := jars.LoadOrStore(ts, jar)
	return kept.(http.CookieJar)
}

// hidden are the hidden fields of a form, which a browser sends along.
var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// cmdBrowser opens a page of the server as a browser does, or, with fields, sends its
// form there together with the hidden fields of the page before. It follows redirects
// within the server and prints the page; what leads elsewhere it prints, and sets CODE
// to the code in it.
func cmdBrowser(ts *testscript.TestScript, neg bool, args []string) {
	home := ts.Getenv("AWS_ENDPOINT_URL")
	file := ts.MkAbs("browser.page")
	client := &http.Client{Jar: jarOf(ts), CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), home) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	var resp *http.Response
	var err error
	if len(args) == 1 {
		resp, err = client.Get(home + args[0])
	} else {
		form := url.Values{}
		before, _ := os.ReadFile(file) // there is none before the first page
		for _, field := range hidden.FindAllStringSubmatch(string(before), -1) {
			form.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
		}
		for _, field := range args[1:] {
			name, value, _ := strings.Cut(field, "=")
			form.Set(name, value)
		}
		resp, err = client.PostForm(home+args[0], form)
	}
	ts.Check(err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(file, page, 0o600))
	text := fmt.Sprintf("%d %s\n%s", resp.StatusCode, resp.Header.Get("Location"), page)
	ts.Setenv("LOCATION", resp.Header.Get("Location"))
	if to, err := url.Parse(resp.Header.Get("Location")); err == nil {
		ts.Setenv("CODE", to.Query().Get("code"))
	}
	fmt.Fprint(ts.Stdout(), text)
	if failed := resp.StatusCode >= 400; failed != neg {
		ts.Fatalf("%s", text)
	}
}
