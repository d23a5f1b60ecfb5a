package e2e_test

import (
	"net"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// buildTool builds a program of the module tools, and gives its file; nothing if the
// program cannot be had here.
func buildTool(name, pkg string) string {
	program := filepath.Join(filepath.Dir(binary), name)
	build := exec.Command("go", "build", "-o", program, pkg)
	build.Dir = "tools"
	if build.Run() != nil {
		return ""
	}
	return program
}

// freeAddress is an address that nobody listens at.
func freeAddress(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	return l.Addr().String()
}

// startBeside starts somebody else's server for the rest of a script, and waits until
// it answers at an address.
func startBeside(ts *testscript.TestScript, address string, cmd *exec.Cmd) {
	said := new(output)
	cmd.Stdout, cmd.Stderr = said, said
	ts.Check(cmd.Start())
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	ts.Defer(func() {
		cmd.Process.Kill()
		<-ended
	})
	for deadline := time.After(30 * time.Second); ; {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		select {
		case <-ended:
			ts.Fatalf("%s has ended: %s", filepath.Base(cmd.Path), said)
		case <-deadline:
			ts.Fatalf("%s does not answer: %s", filepath.Base(cmd.Path), said)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
