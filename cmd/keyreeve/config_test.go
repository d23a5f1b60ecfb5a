package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// TestConfigPrecedence gives a setting in up to three places: a flag counts
// before a variable, a variable before the file, the file before the default.
func TestConfigPrecedence(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  map[string]string
		file string
		want string // address, memory, quotas
	}{
		{"defaults", nil, nil, "", "127.0.0.1:8787 1024 []"},
		{"file", nil, nil, "listen = 127.0.0.1:1\nmemory=7", "127.0.0.1:1 7 []"},
		{"variable before file", nil, map[string]string{"KEYREEVE_LISTEN": "127.0.0.1:2"}, "listen = 127.0.0.1:1\nmemory = 7", "127.0.0.1:2 7 []"},
		{"flag before both", []string{"--listen", "127.0.0.1:3"}, map[string]string{"KEYREEVE_LISTEN": "127.0.0.1:2"}, "listen = 127.0.0.1:1", "127.0.0.1:3 1024 []"},
		{"flag that repeats the default", []string{"--memory", "1024"}, map[string]string{"KEYREEVE_MEMORY": "9"}, "memory = 7", "127.0.0.1:8787 1024 []"},
		{"a list in the file", nil, nil, "quota = UsersQuota=1\nquota = GroupsQuota=2", "127.0.0.1:8787 1024 [UsersQuota=1 GroupsQuota=2]"},
		{"a list is replaced, not added to", []string{"--quota", "UsersQuota=3"}, nil, "quota = GroupsQuota=2", "127.0.0.1:8787 1024 [UsersQuota=3]"},
		{"comments and blanks", nil, nil, "# memory = 1\n\n  memory = 8  \n", "127.0.0.1:8787 8 []"},
		{"a value with an equals sign", nil, nil, "quota = UsersQuota=5", "127.0.0.1:8787 1024 [UsersQuota=5]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := configOf(t, test.args, test.env, test.file)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join([]string{c.Listen, strconv.Itoa(c.Memory), "[" + strings.Join(c.Quotas, " ") + "]"}, " ")
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// configOf completes a configuration from a command line, variables and a file.
func configOf(t *testing.T, args []string, env map[string]string, file string) (*config, error) {
	t.Helper()
	cmd := &cobra.Command{Use: "test"}
	complete := configured(cmd, environmentOf(env))
	if file != "" {
		path := filepath.Join(t.TempDir(), "keyreeve.conf")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return complete()
}

func environmentOf(vars map[string]string) environment {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

// TestConfigRefused runs keyreeve config check on what cannot work. All that is
// wrong is named at once, and the exit code is that of a usage error.
func TestConfigRefused(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  map[string]string
		file string
		want []string
	}{
		{"unknown key", nil, nil, "# first\nlisten = 127.0.0.1:1\nlisten-on = x", []string{`conf:3: there is no setting "listen-on"`}},
		{"no equals sign", nil, nil, "listen", []string{"conf:1: want name = value"}},
		{"config in config", nil, nil, "config = other", []string{`conf:1: there is no setting "config"`}},
		{"help is no setting", nil, nil, "help = true", []string{`conf:1: there is no setting "help"`}},
		{"no number in the file", nil, nil, "memory = much", []string{"conf:1: memory: "}},
		{"no number in a variable", nil, map[string]string{"KEYREEVE_MEMORY": "much"}, "", []string{"KEYREEVE_MEMORY: "}},
		{"two at once", nil, nil, "a = 1\nb = 2", []string{"conf:1", "conf:2"}},
		{"plain HTTP for all", []string{"--listen", ":8787"}, nil, "", []string{"listen: plain HTTP on :8787"}},
		{"plain HTTP by name", []string{"--listen", "example.com:80"}, nil, "", []string{"listen: plain HTTP"}},
		{"no port", []string{"--listen", "127.0.0.1"}, nil, "", []string{"listen: "}},
		{"half of TLS", []string{"--tls-key", "k"}, nil, "", []string{"together or not at all"}},
		{"no certificate", []string{"--tls-key", "k", "--tls-certificate", "no.pem"}, nil, "", []string{"tls-certificate: open no.pem"}},
		{"account", []string{"--account-id", "1"}, nil, "", []string{`account-id: "1" has not 12 digits`}},
		{"partition", []string{"--partition", "moon"}, nil, "", []string{`"moon" is no partition`}},
		{"SAML addresses", []string{"--saml-address", "http://login.example.com/saml"}, nil, "", []string{"saml-address: "}},
		{"proxies", []string{"--trusted-proxies", "10.0.0.0/40"}, nil, "", []string{"trusted-proxies: "}},
		{"quota", []string{"--quota", "Nothing=1"}, nil, "", []string{"There is no quota named Nothing"}},
		{"quota without a number", []string{"--quota", "UsersQuota=x"}, nil, "", []string{"NAME=VALUE"}},
		{"log", []string{"--log-format", "xml", "--log-level", "loud"}, nil, "", []string{`log-format: "xml"`, `log-level: "loud"`}},
		{"no CA file", []string{"--federation-ca", "no.pem"}, nil, "", []string{"federation-ca: open no.pem"}},
		{"a CA file without certificates", []string{"--federation-ca", "config_test.go"}, nil, "", []string{"federation-ca: config_test.go has no certificate"}},
		{"plain HTTP for tokens", []string{"--issuer-url", "http://keyreeve.example.com"}, nil, "", []string{"issuer-url: "}},
		{"a slash at the end", []string{"--issuer-url", "https://keyreeve.example.com/"}, nil, "", []string{"issuer-url: "}},
		{"unknown flag", []string{"--listn", "x"}, nil, "", []string{"unknown flag: --listn"}},
		{"no file", []string{"--config", "none.conf"}, nil, "", []string{"none.conf"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"config", "check"}, test.args...)
			if test.file != "" {
				path := filepath.Join(t.TempDir(), "conf")
				if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
					t.Fatal(err)
				}
				args = append(args, "--config", path)
			}
			var out, errs bytes.Buffer
			code := run(context.Background(), args, environmentOf(test.env), strings.NewReader(""), &out, &errs)
			if code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			for _, want := range test.want {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("the errors do not say %q:\n%s", want, errs.String())
				}
			}
			if out.Len() > 0 {
				t.Errorf("output: %s", out.String())
			}
		})
	}
}

func TestConfigVariableNames(t *testing.T) {
	got := []string{variable("listen"), variable("trusted-proxies")}
	if diff := cmp.Diff([]string{"KEYREEVE_LISTEN", "KEYREEVE_TRUSTED_PROXIES"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestLoopback lists what may be listened on without TLS.
func TestLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:0": true, "127.9.9.9:1": true, "[::1]:1": true, "localhost:1": true, "[::ffff:127.0.0.1]:1": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false, "localhost.example.com:1": false, "127.0.0.1": false, "": false,
	} {
		if got := loopback(addr); got != want {
			t.Errorf("loopback(%q) = %t", addr, got)
		}
	}
}
