package e2e_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// simpleSAML is where Debian puts SimpleSAMLphp.
const simpleSAML = "/usr/share/simplesamlphp/www"

func simpleSAMLHere() bool {
	_, missing := os.Stat(simpleSAML)
	return missing == nil && exec.Command("php", "-r", `exit(extension_loaded("dom") && extension_loaded("mbstring") ? 0 : 1);`).Run() == nil
}

// cmdSimpleSAML runs SimpleSAMLphp, an identity provider that others use, by PHP's own
// server, and signs in as a browser does:
//
//	simplesaml start [NAME=VALUE...]   with the configuration in the folder simplesaml
//	simplesaml metadata FILE           what it says of itself
//	simplesaml login FILE USER SECRET  the response that it gives, in base64
func cmdSimpleSAML(ts *testscript.TestScript, neg bool, args []string) {
	switch args[0] {
	case "start":
		startSimpleSAML(ts, args[1:])
	case "metadata":
		resp, err := http.Get(ts.Getenv("SIMPLESAML") + "saml2/idp/metadata.php")
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(bodyOf(ts, resp)), 0o600))
	case "login":
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(signIn(ts, args[2], args[3])), 0o600))
	default:
		ts.Fatalf("there is no %s", args[0])
	}
}

func startSimpleSAML(ts *testscript.TestScript, env []string) {
	home, address := ts.MkAbs("simplesaml"), freeAddress(ts)
	for _, folder := range []string{"cert", "log", "data", "tmp", "sessions"} {
		ts.Check(os.MkdirAll(filepath.Join(home, folder), 0o700))
	}
	for _, name := range []string{"server", "decrypt"} {
		out, err := exec.Command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN="+name,
			"-keyout", filepath.Join(home, "cert", name+".pem"), "-out", filepath.Join(home, "cert", name+".crt")).CombinedOutput()
		if err != nil {
			ts.Fatalf("openssl: %v: %s", err, out)
		}
	}
	url := "http://" + address + "/"
	cmd := exec.Command("php", "-S", address, "-t", simpleSAML)
	cmd.Env = append(append(os.Environ(), "SIMPLESAMLPHP_CONFIG_DIR="+filepath.Join(home, "config"), "SSP_HOME="+home+"/", "SSP_URL="+url), env...)
	startBeside(ts, address, cmd)
	ts.Setenv("SIMPLESAML", url)
}

// hiddenInput is a hidden field as SimpleSAMLphp writes it; see hidden for our own.
var hiddenInput = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]*)"[^>]*value="([^"]*)"`)

// form is the hidden fields of a page.
func form(page string) url.Values {
	v := url.Values{}
	for _, m := range hiddenInput.FindAllStringSubmatch(page, -1) {
		v.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return v
}

// signIn follows the provider's pages and gives the SAMLResponse that a browser would
// post on.
func signIn(ts *testscript.TestScript, user, secret string) string {
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	browser := &http.Client{Jar: jar}
	resp, err := browser.Get(ts.Getenv("SIMPLESAML") + "saml2/idp/SSOService.php?spentityid=urn:amazon:webservices")
	ts.Check(err)
	fields := form(bodyOf(ts, resp))
	fields.Set("username", user)
	fields.Set("password", secret)
	resp, err = browser.PostForm(resp.Request.URL.String(), fields)
	ts.Check(err)
	page := bodyOf(ts, resp)
	response := form(page).Get("SAMLResponse")
	if response == "" {
		ts.Fatalf("no response for %s: %s", user, strings.Join(strings.Fields(page), " "))
	}
	return response
}

func bodyOf(ts *testscript.TestScript, resp *http.Response) string {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s: %s", resp.Request.URL, fmt.Sprint(resp.Status, " ", string(body)))
	}
	return string(body)
}
