package e2e_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// goRace ends a process at its first data race, and without the second that the
// race detector otherwise waits at each exit.
const goRace = "halt_on_error=1 exitcode=66 atexit_sleep_ms=0"

// binary is the keyreeve that scripts run, built with the race detector.
var binary string

func TestMain(m *testing.M) {
	pastShims()
	dir, err := os.MkdirTemp("", "keyreeve-e2e")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "keyreeve")
	build := exec.Command("go", "build", "-o", binary, "../cmd/keyreeve")
	if raceDetector() {
		build = exec.Command("go", "build", "-race", "-o", binary, "../cmd/keyreeve")
	} else {
		fmt.Fprintln(os.Stderr, "e2e: no C compiler here, so keyreeve is built without the race detector")
	}
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building keyreeve:", err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// pastShims lets the aws CLI be found where it is rather than by pyenv's shim of it, which
// looks for it each time: some hundred calls of bash and pyenv, a fifth of what they cost.
func pastShims() {
	if out, err := exec.Command("pyenv", "which", "aws").Output(); err == nil {
		dir := filepath.Dir(strings.TrimSpace(string(out)))
		os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
}

// raceDetector tells whether the race detector can be used: it needs a C compiler.
func raceDetector() bool {
	out, err := exec.Command("go", "env", "CGO_ENABLED", "CC").Output()
	enabled, compiler, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil || enabled != "1" {
		return false
	}
	_, err = exec.LookPath(compiler)
	return err == nil
}

// Commands of our own must not have the name of one of testscript's, which would
// run instead: its stop ends the script there, and its kill is for commands that
// run in the background.
func TestScripts(t *testing.T) {
	provider := newIdentityProvider(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Setenv("AWS_PAGER", "")
			e.Setenv("GORACE", goRace)
			for _, name := range []string{"PYENV_ROOT", "PYENV_VERSION"} {
				e.Setenv(name, os.Getenv(name))
			}
			return nil
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": cmdStart, "terminate": cmdTerminate, "crash": cmdCrash,
			"key": cmdKey, "root": cmdRoot, "role": cmdRole, "aws": cmdAWS,
			"keep": cmdKeep, "again": cmdAgain, "terraform": cmdTerraform, "readall": cmdReadAll,
			"session": cmdSession, "token": cmdToken, "document": cmdDocument, "python": cmdPython,
			"splice": cmdSplice, "copy": cmdCopy, "output": cmdOutput, "leaks": cmdLeaks, "certificate": cmdCertificate,
			"call": cmdCall, "start-other": cmdStartOther, "presented": cmdPresented, "modes": cmdModes, "writers": cmdWriters,
			"codes": cmdCodes, "seed": cmdSeed, "browser": cmdBrowser,
			"issuer": provider.cmdIssuer, "idtoken": provider.cmdIDToken, "expand": cmdExpand,
			"idp": cmdIDP, "simplesaml": cmdSimpleSAML, "versitygw": cmdVersityGW,
			"directory": cmdDirectory, "dex": cmdDex,
			"login": cmdLogin, "expire": cmdExpire, "newer-aws": cmdNewerAWS,
		},
	})
}

var boto3Here = sync.OnceValue(func() bool { return exec.Command("python3", "-c", "import boto3").Run() == nil })

func condition(name string) (bool, error) {
	switch name {
	case "aws":
		_, err := exec.LookPath(name)
		return err == nil, nil
	case "terraform":
		return missingTerraform() == "", nil
	case "newer-aws":
		return newerAWS() != "", nil
	case "simplesaml":
		return simpleSAMLHere(), nil
	case "versitygw":
		return versityGW() != "", nil
	case "dex":
		return directoryHere() && dex() != "", nil
	case "boto3":
		return boto3Here(), nil
	}
	return false, fmt.Errorf("there is no condition %q", name)
}

// process is a server that a script has started.
type process struct {
	cmd    *exec.Cmd
	data   string
	output *output
	done   chan struct{} // closed when it has ended
	err    error         // then: how
}

// servers are the running servers by script; scripts run in parallel.
var servers sync.Map // *testscript.TestScript -> *process

func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	data := ts.MkAbs("data")
	if len(args) > 1 && args[0] == "-data" {
		data, args = ts.MkAbs(args[1]), args[2:]
	}
	p, err := startServer(data, scriptEnv(ts), args...)
	if neg {
		if err == nil {
			p.end(syscall.SIGTERM)
			ts.Fatalf("the server started")
		}
		fmt.Fprint(ts.Stderr(), err.Error())
		return
	}
	ts.Check(err)
	servers.Store(ts, p)
	ts.Defer(func() {
		if last, ok := servers.LoadAndDelete(ts); ok {
			last.(*process).end(syscall.SIGKILL)
		}
	})
	if roots, _ := filepath.Glob(filepath.Join(data, "root-*.json")); len(roots) == 0 {
		// A restored folder: root's key is gone until reset-root.
		url, err := os.ReadFile(filepath.Join(data, "endpoint"))
		ts.Check(err)
		endpoint, _, _ := strings.Cut(string(url), "\n")
		ts.Setenv("AWS_ENDPOINT_URL", endpoint)
		return
	}
	useRoot(ts, data, "")
}

// startServer starts a server on a port that the system picks and waits until it
// is ready.
func startServer(data string, env []string, args ...string) (*process, error) {
	endpoint := filepath.Join(data, "endpoint")
	os.Remove(endpoint)
	p, err := launch(data, env, args...)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		select {
		case <-p.done:
			return nil, fmt.Errorf("the server ended: %v\n%s", p.err, p.output)
		case <-time.After(5 * time.Millisecond):
		}
		if text, err := os.ReadFile(endpoint); err == nil {
			if url, _, _ := strings.Cut(string(text), "\n"); ready(url) {
				return p, nil
			}
		}
	}
	p.end(syscall.SIGKILL)
	return nil, fmt.Errorf("the server was not ready in time:\n%s", p.output)
}

// launch starts a server and does not wait.
func launch(data string, env []string, args ...string) (*process, error) {
	p := &process{data: data, output: new(output), done: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, args...)...)
	p.cmd.Env, p.cmd.Dir = env, filepath.Dir(data)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.err = p.cmd.Wait(); close(p.done) }()
	return p, nil
}

// output is what a server prints, readable while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// anyCertificate is a client for servers whose certificates nobody has signed.
var anyCertificate = &http.Client{Transport: &http.Transport{
	TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
}}

func ready(url string) bool {
	resp, err := anyCertificate.Get(url + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK
}

// end sends a signal and waits for the server's end.
func (p *process) end(sig syscall.Signal) error {
	p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
		return p.err
	case <-time.After(15 * time.Second):
		p.cmd.Process.Kill()
		return fmt.Errorf("the server did not end within 15 s of %v", sig)
	}
}

func running(ts *testscript.TestScript) *process {
	p, ok := servers.Load(ts)
	if !ok {
		ts.Fatalf("no server is running")
	}
	return p.(*process)
}

func cmdTerminate(ts *testscript.TestScript, neg bool, args []string) {
	p := running(ts)
	servers.Delete(ts)
	if err := p.end(syscall.SIGTERM); err != nil {
		ts.Fatalf("after SIGTERM: %v\n%s", err, p.output)
	}
	fmt.Fprint(ts.Stdout(), p.output)
}

func cmdCrash(ts *testscript.TestScript, neg bool, args []string) {
	p := running(ts)
	servers.Delete(ts)
	p.end(syscall.SIGKILL)
}

func scriptEnv(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "GORACE", "PYENV_ROOT", "PYENV_VERSION", "AWS_EC2_METADATA_DISABLED", "AWS_PAGER",
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION",
		"AWS_DEFAULT_REGION", "KEYREEVE_ROOT_ACCESS_KEY_ID", "KEYREEVE_ROOT_SECRET_ACCESS_KEY", "KEYREEVE_QUOTA",
		"KEYREEVE_DATA", "AWS_CA_BUNDLE",
		"AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_S3", "KEYREEVE_TRAIL_S3_ACCESS_KEY_ID", "KEYREEVE_TRAIL_S3_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "TF_VAR_issuer", "TF_VAR_thumbprint",
	} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// use sets the credentials that the next commands use.
func use(ts *testscript.TestScript, id, secret, token string) {
	ts.Setenv("AWS_ACCESS_KEY_ID", id)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	ts.Setenv("AWS_SESSION_TOKEN", token)
	ts.Setenv("AWS_REGION", "us-east-1")
	ts.Setenv("AWS_DEFAULT_REGION", "us-east-1")
}

func useRoot(ts *testscript.TestScript, data, account string) {
	args := []string{"env", "--data", data}
	if account != "" {
		args = append(args, "--account", account)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = scriptEnv(ts)
	out, err := cmd.Output()
	ts.Check(err)
	vars := map[string]string{}
	for line := range strings.Lines(string(out)) {
		for word := range strings.FieldsSeq(line) {
			if name, value, ok := strings.Cut(word, "="); ok {
				vars[name] = value
			}
		}
	}
	use(ts, vars["AWS_ACCESS_KEY_ID"], vars["AWS_SECRET_ACCESS_KEY"], "")
	ts.Setenv("AWS_ENDPOINT_URL", vars["AWS_ENDPOINT_URL"])
}

func cmdRoot(ts *testscript.TestScript, neg bool, args []string) {
	account := ""
	if len(args) > 0 {
		account = args[0]
	}
	useRoot(ts, running(ts).data, account)
}

// awsJSON runs the aws CLI and reads its answer.
func awsJSON(ts *testscript.TestScript, out any, args ...string) {
	cmd := exec.Command("aws", append(args, "--output", "json")...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = scriptEnv(ts)
	answer, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok {
		ts.Fatalf("aws %v: %s", args, exit.Stderr)
	}
	ts.Check(err)
	ts.Check(json.Unmarshal(answer, out))
}

func cmdKey(ts *testscript.TestScript, neg bool, args []string) {
	var out struct {
		AccessKey struct{ AccessKeyId, SecretAccessKey string }
	}
	awsJSON(ts, &out, "iam", "create-access-key", "--user-name", args[0])
	use(ts, out.AccessKey.AccessKeyId, out.AccessKey.SecretAccessKey, "")
}

func cmdRole(ts *testscript.TestScript, neg bool, args []string) {
	var out struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	}
	awsJSON(ts, &out, append([]string{"sts", "assume-role", "--role-arn", args[0], "--role-session-name", args[1]}, args[2:]...)...)
	use(ts, out.Credentials.AccessKeyId, out.Credentials.SecretAccessKey, out.Credentials.SessionToken)
}

// cmdKeep keeps the credentials in use under a name, and cmdAgain uses them again.
func cmdKeep(ts *testscript.TestScript, neg bool, args []string) {
	for _, v := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		ts.Setenv("KEPT_"+args[0]+"_"+v, ts.Getenv(v))
	}
}

func cmdAgain(ts *testscript.TestScript, neg bool, args []string) {
	kept := func(v string) string { return ts.Getenv("KEPT_" + args[0] + "_" + v) }
	use(ts, kept("AWS_ACCESS_KEY_ID"), kept("AWS_SECRET_ACCESS_KEY"), kept("AWS_SESSION_TOKEN"))
}

func cmdAWS(ts *testscript.TestScript, neg bool, args []string) {
	client(ts, neg, "aws", args...)
}

// client runs a real client and checks that it succeeds, or fails.
func client(ts *testscript.TestScript, neg bool, name string, args ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(scriptEnv(ts), terraformEnv(ts)...)
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	err := cmd.Run()
	switch {
	case err != nil && !neg:
		ts.Fatalf("%s %v: %v", name, args, err)
	case err == nil && neg:
		ts.Fatalf("%s %v succeeded", name, args)
	}
}

func cmdTerraform(ts *testscript.TestScript, neg bool, args []string) {
	client(ts, neg, "terraform", args...)
}

// missingTerraform says what is absent that scripts of Terraform need, "" for nothing.
func missingTerraform() string {
	if _, err := exec.LookPath("terraform"); err != nil {
		return "the command terraform"
	}
	if providers() == "" {
		return "a local mirror of Terraform's AWS provider (TF_PLUGINS, /opt/tf-plugins or /usr/local/share/tf-plugins)"
	}
	return ""
}

// providers is a folder that holds Terraform's AWS provider as a local mirror.
func providers() string {
	for _, dir := range []string{os.Getenv("TF_PLUGINS"), "/opt/tf-plugins", "/usr/local/share/tf-plugins"} {
		if _, err := os.Stat(filepath.Join(dir, "registry.terraform.io/hashicorp/aws")); dir != "" && err == nil {
			return dir
		}
	}
	return ""
}

// mirrorConfig is Terraform's configuration for that mirror.
func mirrorConfig() string {
	return fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", providers())
}

// terraformEnv points Terraform at the local mirror.
func terraformEnv(ts *testscript.TestScript) []string {
	if providers() == "" {
		return nil
	}
	file := ts.MkAbs(".terraformrc")
	ts.Check(os.WriteFile(file, []byte(mirrorConfig()), 0o600))
	// The provider spends a tenth of its time on garbage collection otherwise.
	return []string{"TF_CLI_CONFIG_FILE=" + file, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "GOGC=400"}
}

// cmdReadAll prints every file of a folder, so that a script can grep in all.
func cmdReadAll(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(filepath.Walk(ts.MkAbs(args[0]), func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		ts.Stdout().Write(b)
		return err
	}))
}
