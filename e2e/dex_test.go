package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// slapd is where Debian puts OpenLDAP.
const slapd = "/usr/sbin/slapd"

func directoryHere() bool {
	_, missing := os.Stat(slapd)
	return missing == nil
}

// cmdDirectory starts OpenLDAP with the entries of a file, and sets DIRECTORY to its
// address:
//
//	directory SUFFIX FILE
func cmdDirectory(ts *testscript.TestScript, neg bool, args []string) {
	home, address := ts.MkAbs("slapd"), freeAddress(ts)
	ts.Check(os.MkdirAll(filepath.Join(home, "db"), 0o700))
	settings := filepath.Join(home, "slapd.conf")
	ts.Check(os.WriteFile(settings, []byte(strings.Join([]string{
		"include /etc/ldap/schema/core.schema", "include /etc/ldap/schema/cosine.schema", "include /etc/ldap/schema/inetorgperson.schema",
		"modulepath /usr/lib/ldap", "moduleload back_mdb", "database mdb", "suffix " + args[0], "directory " + filepath.Join(home, "db"), "",
	}, "\n")), 0o600))
	if out, err := exec.Command(slapd, "-T", "add", "-f", settings, "-l", ts.MkAbs(args[1])).CombinedOutput(); err != nil {
		ts.Fatalf("slapadd: %v: %s", err, out)
	}
	startBeside(ts, address, exec.Command(slapd, "-f", settings, "-h", "ldap://"+address, "-d", "0"))
	ts.Setenv("DIRECTORY", address)
}

// dex is the program that runs Dex, an OpenID Connect provider; it is empty where that
// cannot be had.
var dex = sync.OnceValue(func() string { return buildTool("dex", "./dex") })

// The client of Dex for which people sign in.
const dexClient, dexSecret, dexReturn = "keyreeve", "only-for-this-test", "http://127.0.0.1:5555/callback"

// cmdDex runs Dex, and signs people in at its page as a browser does:
//
//	dex start FILE              with a configuration, in which $DEX is the issuer
//	dex login FILE USER SECRET  writes the ID token that it gives
func cmdDex(ts *testscript.TestScript, neg bool, args []string) {
	switch args[0] {
	case "start":
		address := freeAddress(ts)
		ts.Setenv("DEX_ADDRESS", address)
		ts.Setenv("DEX", address+"/dex")
		cmdExpand(ts, false, args[1:])
		cmd := exec.Command(dex(), ts.MkAbs(args[1]))
		cmd.Dir = "tools" // where its pages are found
		startBeside(ts, address, cmd)
	case "login":
		token, err := dexToken("https://"+ts.Getenv("DEX"), args[2], args[3])
		if neg && !errors.Is(err, errNotLetIn) {
			ts.Fatalf("%s is not refused: %v", args[2], err)
		} else if !neg {
			ts.Check(err)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(token), 0o600))
	default:
		ts.Fatalf("there is no %s", args[0])
	}
}

// errNotLetIn: Dex has shown its page again.
var errNotLetIn = errors.New("user or password is wrong")

// dexToken signs somebody in at the page of an issuer, and trades the code that this
// gives for an ID token.
func dexToken(issuer, user, secret string) (string, error) {
	browser := &http.Client{
		Transport: anyCertificate.Transport,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if strings.HasPrefix(r.URL.String(), dexReturn) {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
	page, err := browser.Get(issuer + "/auth?" + url.Values{
		"client_id": {dexClient}, "response_type": {"code"}, "scope": {"openid email"}, "redirect_uri": {dexReturn}, "state": {"s"},
	}.Encode())
	if err != nil {
		return "", err
	}
	page.Body.Close()
	signedIn, err := browser.PostForm(page.Request.URL.String(), url.Values{"login": {user}, "password": {secret}})
	if err != nil {
		return "", err
	}
	signedIn.Body.Close()
	if signedIn.StatusCode == http.StatusOK {
		return "", errNotLetIn
	}
	done, err := signedIn.Location()
	if err != nil {
		return "", fmt.Errorf("no way on: %s, %w", signedIn.Status, err)
	}
	answer, err := browser.PostForm(issuer+"/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {done.Query().Get("code")}, "redirect_uri": {dexReturn},
		"client_id": {dexClient}, "client_secret": {dexSecret},
	})
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var tokens struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&tokens); err != nil || tokens.IDToken == "" {
		return "", fmt.Errorf("no token: %s, %v", answer.Status, err)
	}
	return tokens.IDToken, nil
}
