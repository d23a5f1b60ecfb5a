package e2e_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// versityGW is the program of versitygw, an S3 server, built from the module tools; it is
// empty where that cannot be had.
var versityGW = sync.OnceValue(func() string {
	program := filepath.Join(filepath.Dir(binary), "versitygw")
	build := exec.Command("go", "build", "-o", program, "github.com/versity/versitygw/cmd/versitygw")
	build.Dir = "tools"
	if build.Run() != nil {
		return ""
	}
	return program
})

// cmdVersityGW starts an S3 server with the buckets that are named, for the root user
// whose key the script presets, and points S3 clients at it.
func cmdVersityGW(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	address := l.Addr().String()
	l.Close()
	for _, bucket := range args {
		ts.Check(os.MkdirAll(filepath.Join(ts.MkAbs("s3"), bucket), 0o700))
	}
	ts.Check(os.MkdirAll(ts.MkAbs("metadata-of-s3"), 0o700))
	cmd := exec.Command(versityGW(), "--port", address, "--quiet", "posix", "--sidecar", ts.MkAbs("metadata-of-s3"), ts.MkAbs("s3"))
	cmd.Env = append(os.Environ(),
		"ROOT_ACCESS_KEY_ID="+ts.Getenv("KEYREEVE_ROOT_ACCESS_KEY_ID"), "ROOT_SECRET_ACCESS_KEY="+ts.Getenv("KEYREEVE_ROOT_SECRET_ACCESS_KEY"))
	said := new(output)
	cmd.Stdout, cmd.Stderr = said, said
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	ts.Setenv("AWS_ENDPOINT_URL_S3", "http://"+address)
	for deadline := time.Now().Add(15 * time.Second); ; {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		} else if time.Now().After(deadline) {
			ts.Fatalf("versitygw does not answer: %v\n%s", err, said)
		}
	}
}
