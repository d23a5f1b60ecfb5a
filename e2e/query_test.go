package e2e_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdCall calls an operation of IAM without any client, so that scripts that need
// few calls run everywhere: call CreateUser UserName=alice.
func cmdCall(ts *testscript.TestScript, neg bool, args []string) {
	form := url.Values{"Action": {args[0]}, "Version": {"2010-05-08"}}
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		form.Set(name, value)
	}
	status, answer, err := query(ts.Getenv("AWS_ENDPOINT_URL"), ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY"), form)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s\n", status, answer)
	if failed := status != http.StatusOK; failed != neg {
		ts.Fatalf("%v is answered %d: %s", args, status, answer)
	}
}

// query sends one signed call in the Query protocol.
func query(endpoint, id, secret string, form url.Values) (status int, answer string, err error) {
	body := form.Encode()
	req, err := http.NewRequest(http.MethodPost, endpoint+"/", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(body))
	err = v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, req,
		hex.EncodeToString(sum[:]), "iam", "us-east-1", time.Now())
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// cmdStartOther tries a second server on a folder that one runs on.
func cmdStartOther(ts *testscript.TestScript, neg bool, args []string) {
	p, err := launch(ts.MkAbs(args[0]), scriptEnv(ts))
	ts.Check(err)
	select {
	case <-p.done:
		fmt.Fprint(ts.Stderr(), p.output)
		if failed := p.err != nil; failed != neg {
			ts.Fatalf("the other server ended with %v\n%s", p.err, p.output)
		}
	case <-time.After(60 * time.Second):
		p.end(syscall.SIGKILL)
		ts.Fatalf("the other server goes on running")
	}
}

// cmdPresented checks the common name of the certificate that the server shows
// to new connections. It looks at its files once a second.
func cmdPresented(ts *testscript.TestScript, neg bool, args []string) {
	addr := strings.TrimPrefix(ts.Getenv("AWS_ENDPOINT_URL"), "https://")
	var name string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
		ts.Check(err)
		name = c.ConnectionState().PeerCertificates[0].Subject.CommonName
		c.Close()
		if name == args[0] {
			return
		}
	}
	ts.Fatalf("the server shows the certificate %q, want %q", name, args[0])
}

// cmdModes checks that nobody but the owner may do anything with a folder and
// with what is in it.
func cmdModes(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			err = fmt.Errorf("%s may be used by others: %v", path, info.Mode())
		}
		return err
	}))
}

// crowd makes users, as fast as it can, in the background.
type crowd struct {
	cancel  context.CancelFunc
	group   sync.WaitGroup
	mu      sync.Mutex
	early   []string // made before the script's next command began
	current []string
	failed  error
}

var crowds sync.Map // *testscript.TestScript -> *crowd

// cmdWriters runs writers in the background: writers begin N starts N of them and
// waits until each has made some users; writers end ends them; writers check
// checks that the users that were made before "begin" came back are there, and
// that each user that is there is whole.
func cmdWriters(ts *testscript.TestScript, neg bool, args []string) {
	switch args[0] {
	case "begin":
		n := 0
		fmt.Sscan(args[1], &n)
		c := new(crowd)
		ctx, cancel := context.WithCancel(context.Background())
		c.cancel = cancel
		client := sdk(ts)
		var started sync.WaitGroup
		for i := range n {
			started.Add(1)
			c.group.Go(func() { c.write(ctx, client, i, sync.OnceFunc(started.Done)) })
		}
		started.Wait()
		c.mu.Lock()
		c.early = append(c.early, c.current...)
		c.mu.Unlock()
		crowds.Store(ts, c)
		ts.Defer(func() { cancel(); c.group.Wait() })
	case "end":
		c := crowdOf(ts)
		c.cancel()
		c.group.Wait()
		ts.Check(c.failed)
		fmt.Fprintf(ts.Stdout(), "%d users, %d of them before\n", len(c.current), len(c.early))
	case "check":
		ts.Check(crowdOf(ts).check(reader(ts.Getenv("AWS_ENDPOINT_URL"), ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY"))))
	}
}

func crowdOf(ts *testscript.TestScript) *crowd {
	c, ok := crowds.Load(ts)
	if !ok {
		ts.Fatalf("there are no writers")
	}
	return c.(*crowd)
}

func (c *crowd) write(ctx context.Context, client *iam.Client, writer int, started func()) {
	defer started()
	for n := 0; ctx.Err() == nil && n < 400; n++ {
		name := fmt.Sprintf("writer-%d-%d", writer, n)
		_, err := client.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name})
		c.mu.Lock()
		if err != nil {
			c.failed = err
		}
		c.current = append(c.current, name)
		c.mu.Unlock()
		if n == 5 {
			started()
		}
	}
}

func (c *crowd) check(client *iam.Client) error {
	there := map[string]bool{}
	pages := iam.NewListUsersPaginator(client, &iam.ListUsersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			return err
		}
		for _, u := range page.Users {
			there[*u.UserName] = true
		}
	}
	for _, name := range c.early {
		if !there[name] {
			return fmt.Errorf("%s was made before the backup and is not in it", name)
		}
	}
	return nil
}
