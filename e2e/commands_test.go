package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/rogpeppe/go-internal/testscript"
)

// sdk is a client of aws-sdk-go-v2 that works as the script does at the moment.
func sdk(ts *testscript.TestScript) *iam.Client {
	return iamClient(ts.Getenv("AWS_ENDPOINT_URL"), ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY"), ts.Getenv("AWS_SESSION_TOKEN"))
}

func iamClient(endpoint, id, secret, token string) *iam.Client {
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(id, secret, token),
		Retryer: aws.NopRetryer{},
	})
}

// cmdSession calls an operation of STS and uses the credentials that it gives.
func cmdSession(ts *testscript.TestScript, neg bool, args []string) {
	var out struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	}
	awsJSON(ts, &out, append([]string{"sts"}, args...)...)
	use(ts, out.Credentials.AccessKeyId, out.Credentials.SecretAccessKey, out.Credentials.SessionToken)
}

// cmdToken sets TOKEN to the token with which the list of the command before goes
// on: the last string of its output.
func cmdToken(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile("stdout")
	var page []any
	ts.Check(json.Unmarshal([]byte(text), &page))
	token, ok := page[len(page)-1].(string)
	if !ok {
		ts.Fatalf("the output does not end with a token: %s", text)
	}
	ts.Setenv("TOKEN", token)
}

// cmdDocument writes the document of a policy's version to the file document, as
// it came over the wire; the aws CLI would show it formatted anew.
func cmdDocument(ts *testscript.TestScript, neg bool, args []string) {
	out, err := sdk(ts).GetPolicyVersion(context.Background(), &iam.GetPolicyVersionInput{PolicyArn: &args[0], VersionId: &args[1]})
	ts.Check(err)
	text, err := url.QueryUnescape(aws.ToString(out.PolicyVersion.Document))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("document"), []byte(text), 0o600))
}

// cmdSplice changes a file: splice FILE OFFSET TEXT writes TEXT at OFFSET, and
// splice FILE OFFSET cuts it off there. A negative OFFSET counts from the end.
func cmdSplice(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	var offset int64
	_, err = fmt.Sscan(args[1], &offset)
	ts.Check(err)
	if offset < 0 {
		offset += info.Size()
	}
	if len(args) == 2 {
		ts.Check(os.Truncate(path, offset))
		return
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	ts.Check(err)
	defer f.Close()
	_, err = f.WriteAt([]byte(args[2]), offset)
	ts.Check(err)
}

// cmdCopy copies a folder with all that is in it but sockets.
func cmdCopy(ts *testscript.TestScript, neg bool, args []string) {
	from, to := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	ts.Check(filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		case !d.Type().IsRegular():
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), b, 0o600)
	}))
}

// cmdOutput prints what the running server has printed so far.
func cmdOutput(ts *testscript.TestScript, neg bool, args []string) {
	fmt.Fprint(ts.Stdout(), running(ts).output)
}

// cmdLeaks looks for texts in all files of folders, and in the output of the
// running server, and fails where it finds one. Files that may hold them are
// named with a leading minus: leaks -root-*.json data $SECRET.
func cmdLeaks(ts *testscript.TestScript, neg bool, args []string) {
	var except string
	if name, ok := strings.CutPrefix(args[0], "-"); ok {
		except, args = name, args[1:]
	}
	folder, secrets := ts.MkAbs(args[0]), args[1:]
	found, looked := 0, 0
	look := func(place string, text []byte) {
		looked++
		for _, secret := range secrets {
			if secret == "" {
				ts.Fatalf("an empty text is everywhere")
			}
			if bytes.Contains(text, []byte(secret)) {
				found++
				fmt.Fprintf(ts.Stdout(), "%s holds %.6s...\n", place, secret)
			}
		}
	}
	ts.Check(filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if match, err := filepath.Match(except, d.Name()); match || err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		look(path, text)
		return err
	}))
	if p, ok := servers.Load(ts); ok {
		look("the output of the server", []byte(p.(*process).output.String()))
	}
	switch {
	case looked == 0:
		ts.Fatalf("there is nothing to look through in %s", folder)
	case found > 0 && !neg:
		ts.Fatalf("%d leaks", found)
	case found == 0 && neg:
		ts.Fatalf("none of these texts is in %s", folder)
	}
}

// cmdPython runs a script with python3.
func cmdPython(ts *testscript.TestScript, neg bool, args []string) {
	client(ts, neg, "python3", args...)
}

// certificate makes a self-signed certificate for this machine with openssl.
func cmdCertificate(ts *testscript.TestScript, neg bool, args []string) {
	cert, key := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	cmd := exec.Command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
		"-subj", "/CN="+args[2], "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key+".new", "-out", cert+".new")
	if out, err := cmd.CombinedOutput(); err != nil {
		ts.Fatalf("openssl: %v\n%s", err, out)
	}
	ts.Check(os.Rename(key+".new", key))
	ts.Check(os.Rename(cert+".new", cert))
}
