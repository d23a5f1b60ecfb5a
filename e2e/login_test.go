package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// newerAWS is the aws CLI that scripts/newer-aws has put beside the system's; "" if there is
// none.
func newerAWS() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	path := filepath.Join(cache, "keyreeve", "newer-aws.sh")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// cmdNewerAWS runs the newer aws CLI.
func cmdNewerAWS(ts *testscript.TestScript, neg bool, args []string) {
	client(ts, neg, newerAWS(), args...)
}

// authorizePage is what the aws CLI asks its user to open.
var authorizePage = regexp.MustCompile(`https?://[^\s']+/v1/authorize\?[^\s']+`)

// shownCode is the code on the page, for a CLI that runs elsewhere.
var shownCode = regexp.MustCompile(`<code id="code">([^<]+)</code>`)

// cmdLogin runs `aws login`, and is its user: the page that it opens is opened, in the
// browser of the script, and agreed to. With --remote the code is copied from the page.
func cmdLogin(ts *testscript.TestScript, neg bool, args []string) {
	opened := ts.MkAbs("opened")
	os.Remove(opened)
	browser := ts.MkAbs("browser.sh")
	ts.Check(os.WriteFile(browser, []byte("#!/bin/sh\nprintf %s \"$1\" >'"+opened+".new' && mv '"+opened+".new' '"+opened+"'\n"), 0o700))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, newerAWS(), append([]string{"login"}, args...)...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(scriptEnv(ts), "BROWSER="+browser)
	stdin, err := cmd.StdinPipe()
	ts.Check(err)
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	var said strings.Builder
	cmd.Stderr = &said
	ts.Check(cmd.Start())
	remote := strings.Contains(strings.Join(args, " "), "--remote")
	page := openedPage(stdout, opened, remote)
	if page != "" {
		code := agree(ts, strings.TrimPrefix(page, ts.Getenv("AWS_ENDPOINT_URL")))
		if remote {
			fmt.Fprintln(stdin, code)
		}
	}
	rest, _ := io.ReadAll(stdout)
	err = cmd.Wait()
	fmt.Fprintf(ts.Stdout(), "%s", rest)
	fmt.Fprint(ts.Stderr(), said.String())
	if failed := err != nil; failed != neg || page == "" {
		ts.Fatalf("aws login %v: %v, having opened %q\n%s%s", args, err, page, rest, said.String())
	}
}

// cmdExpire makes the credentials that the aws CLI keeps of logins look as if they had run
// out, and prints their ids.
func cmdExpire(ts *testscript.TestScript, neg bool, args []string) {
	kept, err := filepath.Glob(ts.MkAbs(".aws/login/cache/*.json"))
	ts.Check(err)
	if len(kept) == 0 {
		ts.Fatalf("there are no credentials")
	}
	for _, file := range kept {
		text, err := os.ReadFile(file)
		ts.Check(err)
		var login map[string]any
		ts.Check(json.Unmarshal(text, &login))
		token := login["accessToken"].(map[string]any)
		token["expiresAt"] = "2026-01-01T00:00:00Z"
		text, err = json.Marshal(login)
		ts.Check(err)
		ts.Check(os.WriteFile(file, text, 0o600))
		fmt.Fprintln(ts.Stdout(), token["accessKeyId"])
	}
}

// openedPage waits for the page that the CLI wants opened, or shows.
func openedPage(stdout io.Reader, opened string, shown bool) string {
	if shown {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if page := authorizePage.FindString(lines.Text()); page != "" {
				return page
			}
		}
		return ""
	}
	for range 300 {
		if page, err := os.ReadFile(opened); err == nil {
			return string(page)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return ""
}

// agree lets a program have credentials, at the page where it asks for that, and goes where
// that leads: back to the program, or to the page that shows the code.
func agree(ts *testscript.TestScript, page string) (code string) {
	cmdBrowser(ts, false, []string{page})
	cmdBrowser(ts, false, []string{"/v1/authorize", "x=y"})
	text, err := os.ReadFile(ts.MkAbs("browser.page"))
	ts.Check(err)
	if found := shownCode.FindSubmatch(text); found != nil {
		return html.UnescapeString(string(found[1]))
	}
	to, err := url.Parse(ts.Getenv("LOCATION"))
	ts.Check(err)
	if to.Hostname() != "127.0.0.1" {
		ts.Fatalf("the page leads to %s", to)
	}
	resp, err := http.Get(to.String())
	ts.Check(err)
	resp.Body.Close()
	return ""
}
