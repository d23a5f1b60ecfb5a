package sshkey

import (
	"bytes"
	"crypto/md5" // for fingerprints, as IAM shows them; nothing relies on it
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Why a key is refused.
var (
	// ErrEncoding says that a text is in neither of the encodings.
	ErrEncoding = errors.New("neither an ssh-rsa line nor one PEM block with a public key")
	// ErrKey says that the encoding is right, and what it holds is no key that IAM
	// takes.
	ErrKey = errors.New("not an RSA key of 2048 to 16384 bits")
)

// The sizes that IAM takes, in bits (IAM User Guide, "Use SSH keys and SSH with
// CodeCommit"; IAM API reference, UploadSSHPublicKey).
const (
	minBits = 2048
	maxBits = 16384
)

const (
	sshPrefix = ssh.KeyAlgoRSA + " "
	pemType   = "PUBLIC KEY"
	pemBegin  = "-----BEGIN " + pemType + "-----"
)

// Key is an RSA public key.
type Key struct {
	key *rsa.PublicKey
	der []byte // SubjectPublicKeyInfo
}

// Parse reads a key in either encoding. White space around it does not count.
func Parse(text string) (Key, error) {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, sshPrefix):
		return parseSSH(text)
	case strings.HasPrefix(text, pemBegin):
		return parsePEM(text)
	}
	return Key{}, ErrEncoding
}

func parseSSH(text string) (Key, error) {
	if strings.ContainsAny(text, "\r\n") {
		return Key{}, ErrEncoding // more than one line
	}
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return Key{}, ErrEncoding
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil {
		return Key{}, ErrKey
	}
	public, err := ssh.ParsePublicKey(raw)
	// One key has one form: what comes out otherwise than it went in hides something.
	if err != nil || public.Type() != ssh.KeyAlgoRSA || !bytes.Equal(public.Marshal(), raw) {
		return Key{}, ErrKey
	}
	wrapped, ok := public.(ssh.CryptoPublicKey)
	if !ok {
		return Key{}, ErrKey
	}
	return keyOf(wrapped.CryptoPublicKey())
}

func parsePEM(text string) (Key, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != pemType || len(block.Headers) > 0 || len(rest) > 0 || strings.Count(text, "-----BEGIN") != 1 {
		return Key{}, ErrEncoding
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, ErrKey
	}
	return keyOf(public)
}

func keyOf(public any) (Key, error) {
	key, ok := public.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < minBits || key.N.BitLen() > maxBits {
		return Key{}, ErrKey
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return Key{}, ErrKey
	}
	return Key{key, der}, nil
}

// Equal reports whether two keys are the same, in whatever encoding they came.
func (k Key) Equal(other Key) bool { return bytes.Equal(k.der, other.der) }

// SSH writes the key as a line of ssh-keygen without a comment.
func (k Key) SSH() string {
	public, err := ssh.NewPublicKey(k.key)
	if err != nil {
		return "" // only for keys of other types
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public)))
}

// PEM writes the key as a PEM block.
func (k Key) PEM() string {
	return strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: k.der})))
}

// Fingerprint is the MD5 digest of the key's DER form, in pairs of digits between
// colons.
func (k Key) Fingerprint() string {
	sum := md5.Sum(k.der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = hex.EncodeToString([]byte{b})
	}
	return strings.Join(pairs, ":")
}

// IsSSH reports whether a text that was parsed is in the encoding SSH.
func IsSSH(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), sshPrefix) }
