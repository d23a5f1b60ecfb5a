package credential

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// KeyPrefix is the first four characters of an access key id.
type KeyPrefix string

// The prefixes of access key ids.
const (
	LongTermKey KeyPrefix = "AKIA" // a user's or the root user's access key
	SessionKey  KeyPrefix = "ASIA" // temporary credentials of STS
)

const (
	accessKeyIDLength = 20
	accountDigits     = 12
	accountLimit      = uint64(1_000_000_000_000) // the first number of 13 digits

	// Places in the first 64 of an id's 80 bits.
	carriesAccount = uint64(1) << 63
	accountShift   = 23
	accountMask    = uint64(1)<<40 - 1 // once shifted down
	randomMask     = uint64(1)<<accountShift - 1
)

// NewAccessKeyID makes an access key id that carries account, a 12-digit number,
// out of 10 bytes from random.
func NewAccessKeyID(prefix KeyPrefix, account string, random io.Reader) (string, error) {
	number, ok := accountNumber(account)
	if !ok {
		return "", fmt.Errorf("account of an access key id is %q, want %d digits", account, accountDigits)
	}
	if len(prefix) != 4 {
		return "", fmt.Errorf("prefix of an access key id is %q, want four characters", prefix)
	}
	var raw [10]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("reading randomness for an access key id: %w", err)
	}
	first := binary.BigEndian.Uint64(raw[:])
	binary.BigEndian.PutUint64(raw[:], carriesAccount|number<<accountShift|first&randomMask)
	id := append(make([]byte, 0, accessKeyIDLength), prefix...)
	return string(base32Text.AppendEncode(id, raw[:])), nil
}

// AccountOf gives the account that an access key id carries. It is false for
// what is no access key id and for ids that carry none; whether such a key
// exists is another question.
func AccountOf(accessKeyID string) (string, bool) {
	if len(accessKeyID) != accessKeyIDLength || !hasKeyPrefix(accessKeyID) {
		return "", false
	}
	var raw [10]byte
	if n, err := base32Text.Decode(raw[:], []byte(accessKeyID[4:])); err != nil || n != len(raw) {
		return "", false // lower case too: an access key id has one spelling
	}
	first := binary.BigEndian.Uint64(raw[:])
	number := first >> accountShift & accountMask
	if first&carriesAccount == 0 || number >= accountLimit {
		return "", false
	}
	var account [accountDigits]byte
	for i := accountDigits - 1; i >= 0; i-- {
		account[i] = byte('0' + number%10)
		number /= 10
	}
	return string(account[:]), true
}

// hasKeyPrefix reports whether an id starts as access key ids do.
func hasKeyPrefix(id string) bool {
	return strings.HasPrefix(id, string(LongTermKey)) || strings.HasPrefix(id, string(SessionKey))
}

// accountNumber reads a 12-digit account id.
func accountNumber(account string) (uint64, bool) {
	if len(account) != accountDigits {
		return 0, false
	}
	var number uint64
	for _, c := range []byte(account) {
		if c < '0' || c > '9' {
			return 0, false
		}
		number = number*10 + uint64(c-'0')
	}
	return number, true
}

// NewSecretAccessKey makes a secret access key: 30 bytes from random, as 40
// characters of base64. AWS documents 40 characters and no more; clients treat
// it as text, so it is never decoded.
func NewSecretAccessKey(random io.Reader) (string, error) {
	var raw [30]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("reading randomness for a secret access key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(raw[:]), nil
}
