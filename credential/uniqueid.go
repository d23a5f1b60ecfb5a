package credential

import (
	"encoding/base32"
	"fmt"
	"io"
)

// Prefix is the first four characters of a unique id; it tells the kind of entity.
type Prefix string

// The prefixes of unique ids, as listed in the IAM user guide.
const (
	GroupID           Prefix = "AGPA"
	UserID            Prefix = "AIDA"
	InstanceProfileID Prefix = "AIPA"
	PolicyID          Prefix = "ANPA"
	PolicyVersionID   Prefix = "ANVA"
	PublicKeyID       Prefix = "APKA"
	RoleID            Prefix = "AROA"
	CertificateID     Prefix = "ASCA"
	// ServiceCredentialID is for credentials of one service only, such as a
	// password for CodeCommit.
	ServiceCredentialID Prefix = "ACCA"
)

// uniqueIDLength is the length of a unique id, prefix included.
const uniqueIDLength = 21

// base32Text is RFC 4648 base32 without padding.
var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewUniqueID makes a unique id of the given kind out of 11 bytes from random.
func NewUniqueID(prefix Prefix, random io.Reader) (string, error) {
	if len(prefix) != 4 {
		return "", fmt.Errorf("prefix of a unique id is %q, want four characters", prefix)
	}
	var raw [11]byte // 17 characters need 85 bits
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("reading randomness for a unique id: %w", err)
	}
	return (string(prefix) + base32Text.EncodeToString(raw[:]))[:uniqueIDLength], nil
}
