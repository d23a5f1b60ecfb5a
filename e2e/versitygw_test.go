package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// versityGW is the program of versitygw, an S3 server; it is empty where that cannot be
// had.
var versityGW = sync.OnceValue(func() string { return buildTool("versitygw", "github.com/versity/versitygw/cmd/versitygw") })

// cmdVersityGW starts an S3 server with the buckets that are named, for the root user
// whose key the script presets, and points S3 clients at it.
func cmdVersityGW(ts *testscript.TestScript, neg bool, args []string) {
	address := freeAddress(ts)
	for _, bucket := range args {
		ts.Check(os.MkdirAll(filepath.Join(ts.MkAbs("s3"), bucket), 0o700))
	}
	ts.Check(os.MkdirAll(ts.MkAbs("metadata-of-s3"), 0o700))
	cmd := exec.Command(versityGW(), "--port", address, "--quiet", "posix", "--sidecar", ts.MkAbs("metadata-of-s3"), ts.MkAbs("s3"))
	cmd.Env = append(os.Environ(),
		"ROOT_ACCESS_KEY_ID="+ts.Getenv("KEYREEVE_ROOT_ACCESS_KEY_ID"), "ROOT_SECRET_ACCESS_KEY="+ts.Getenv("KEYREEVE_ROOT_SECRET_ACCESS_KEY"))
	startBeside(ts, address, cmd)
	ts.Setenv("AWS_ENDPOINT_URL_S3", "http://"+address)
}
