package sshkey_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/credential/sshkey"
)

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestParse(t *testing.T) {
	line, block := strings.TrimSpace(read(t, "rsa2048.pub")), read(t, "rsa2048.pem")
	fields := strings.Fields(line)
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"a line with a comment", line, nil},
		{"without a comment", fields[0] + " " + fields[1], nil},
		{"with white space around it", "\n " + line + "\r\n", nil},
		{"PEM", block, nil},

		{"nothing", "", sshkey.ErrEncoding},
		{"the algorithm alone", "ssh-rsa ", sshkey.ErrEncoding},
		{"two lines", line + "\n" + line, sshkey.ErrEncoding},
		{"options before it", `command="sh" ` + line, sshkey.ErrEncoding},
		{"the key alone", fields[1], sshkey.ErrEncoding},
		{"another algorithm", read(t, "ed25519.pub"), sshkey.ErrEncoding},
		{"RFC 4716", read(t, "rfc4716.pub"), sshkey.ErrEncoding},
		{"text before PEM", "x\n" + block, sshkey.ErrEncoding},
		{"text after PEM", block + "x", sshkey.ErrEncoding},
		{"two blocks", block + block, sshkey.ErrEncoding},
		{"another block", strings.ReplaceAll(block, "PUBLIC KEY", "PRIVATE KEY"), sshkey.ErrEncoding},

		{"a short key", read(t, "rsa1024.pub"), sshkey.ErrKey},
		{"another algorithm inside", "ssh-rsa " + strings.Fields(read(t, "ed25519.pub"))[1], sshkey.ErrKey},
		{"no base64", "ssh-rsa AAAA*", sshkey.ErrKey},
		{"cut off", "ssh-rsa " + fields[1][:len(fields[1])-8], sshkey.ErrKey},
		{"more behind it", "ssh-rsa " + fields[1] + "AAAA", sshkey.ErrKey},
		{"PEM of something else", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", sshkey.ErrKey},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := sshkey.Parse(c.text); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// TestEncodings compares with what ssh-keygen and openssl write.
func TestEncodings(t *testing.T) {
	line, block := strings.TrimSpace(read(t, "rsa2048.pub")), strings.TrimSpace(read(t, "rsa2048.pem"))
	bare := line[:strings.LastIndexByte(line, ' ')]
	for _, text := range []string{line, block} {
		k, err := sshkey.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if k.SSH() != bare || k.PEM() != block {
			t.Errorf("it is written as\n%s\n%s", k.SSH(), k.PEM())
		}
		if sshkey.IsSSH(text) != (text == line) {
			t.Errorf("IsSSH(%q)", text)
		}
	}
}

// FuzzParse: what is taken is the same key in both encodings.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"rsa2048.pub", "rsa2048.pem", "rsa1024.pub", "ed25519.pub", "rfc4716.pub"} {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := sshkey.Parse(text)
		if err != nil {
			if !errors.Is(err, sshkey.ErrKey) && !errors.Is(err, sshkey.ErrEncoding) {
				t.Fatal(err)
			}
			return
		}
		for _, again := range []string{k.SSH(), k.PEM()} {
			other, err := sshkey.Parse(again)
			if err != nil || !k.Equal(other) || k.Fingerprint() != other.Fingerprint() {
				t.Fatalf("%q became another key (%v)", again, err)
			}
		}
	})
}
