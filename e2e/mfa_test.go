package e2e_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	bin "encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdCodes sets CODE1, CODE2 ... to the next codes of the virtual MFA device whose
// base32 seed is in a file, as an authenticator app shows them (RFC 6238; written
// apart from credential/totp, to find its mistakes). Nobody waits for thirty seconds:
// the device's clock begins seven minutes behind and goes on with each code.
func cmdCodes(ts *testscript.TestScript, neg bool, args []string) {
	seed, err := base32.StdEncoding.DecodeString(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	clock := ts.MkAbs(args[0] + ".clock")
	counter := uint64(time.Now().Unix()/30) - 14
	switch text, err := os.ReadFile(clock); {
	case err == nil:
		counter, err = strconv.ParseUint(string(text), 10, 64)
		ts.Check(err)
	case !errors.Is(err, fs.ErrNotExist):
		ts.Check(err)
	}
	for i := range n {
		mac := hmac.New(sha1.New, seed)
		ts.Check(bin.Write(mac, bin.BigEndian, counter))
		sum := mac.Sum(nil)
		code := bin.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff % 1_000_000
		ts.Setenv(fmt.Sprint("CODE", i+1), fmt.Sprintf("%06d", code))
		counter++
	}
	ts.Check(os.WriteFile(clock, strconv.AppendUint(nil, counter, 10), 0o600))
}

// cmdSeed makes a virtual MFA device and sets SEED to its base32 seed, and SEED64 to
// how that stands in the answer.
func cmdSeed(ts *testscript.TestScript, neg bool, args []string) {
	var out struct{} // the CLI writes the seed to a file and leaves it out of its output
	awsJSON(ts, &out, "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", args[0], "--outfile", "unused", "--bootstrap-method", "Base32StringSeed")
	text := ts.ReadFile("unused")
	ts.Setenv("SEED", text)
	ts.Setenv("SEED64", base64.StdEncoding.EncodeToString([]byte(text)))
}
