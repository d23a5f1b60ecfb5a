package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/credential/seal"
)

const (
	// TokenLimit is the most characters that a session token has.
	TokenLimit = 4096
	// MaxDuration is the longest life of a session: GetSessionToken's and
	// GetFederationToken's DurationSeconds go to 129,600.
	MaxDuration = 36 * time.Hour

	version      = 1
	idLength     = 16
	headerLength = 1 + 4 + idLength
)

// Credentials are what STS gives out.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time
}

// Issuer issues sessions, and opens those that were issued with the same keyring.
type Issuer struct{ keys *seal.Keyring }

// NewIssuer gives an issuer. After a rotation of the keyring it is time for another.
func NewIssuer(keys *seal.Keyring) *Issuer { return &Issuer{keys: keys} }

// tokenText refuses what is not exactly as an encoder writes it, so that a token
// has one spelling.
var tokenText = base64.RawURLEncoding.Strict()

// Issue makes the credentials of a session. The record's AccessKeyID is drawn
// anew; its times are cut to whole seconds. The number is PackedPolicySize, a
// percentage. When policies and tags are too large the error is
// PackedPolicyTooLarge, and the number says how large.
func (i *Issuer) Issue(r Record, random io.Reader) (Credentials, int, error) {
	if err := r.check(); err != nil {
		return Credentials{}, 0, err
	}
	packed, err := pack(&r)
	if err != nil {
		return Credentials{}, 0, err
	}
	if percent := packed.percent(); percent > 100 {
		return Credentials{}, percent, tooLarge(&r, percent)
	}
	r.AccessKeyID, err = credential.NewAccessKeyID(credential.SessionKey, r.Account, random)
	if err != nil {
		return Credentials{}, 0, err
	}
	var id [idLength]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return Credentials{}, 0, fmt.Errorf("reading randomness for a session: %w", err)
	}
	token, err := i.sealRecord(&r, packed, id[:])
	if err != nil {
		return Credentials{}, 0, err
	}
	if len(token) > TokenLimit {
		return Credentials{}, packed.percent(), apierror.New(apierror.PackedPolicyTooLarge, "Serialized token too large for session")
	}
	secret := i.keys.Derive(seal.SessionSecrets, id[:])
	return Credentials{r.AccessKeyID, secretText(secret), token, r.ExpiresAt.UTC().Truncate(time.Second)}, packed.percent(), nil
}

// check refuses records that nobody should ask for: their cause is a bug.
func (r *Record) check() error {
	life := r.ExpiresAt.Sub(r.IssuedAt)
	switch {
	case r.Kind < Role || r.Kind > Root:
		return errors.New("issuing a session: of no kind")
	case life <= 0 || life > MaxDuration:
		// A retired generation of keys verifies no longer than that.
		return fmt.Errorf("issuing a session: a life of %v", life)
	case r.PrincipalARN == "":
		return errors.New("issuing a session: of no principal")
	}
	return nil
}

// tooLarge is the error for packed parts above the limit, in AWS's words.
func tooLarge(r *Record, percent int) error {
	if r.HasSessionPolicy() {
		return apierror.New(apierror.PackedPolicyTooLarge,
			"Packed policy consumes %d%% of allotted space, please use smaller policy.", percent)
	}
	return apierror.New(apierror.PackedPolicyTooLarge, "Packed size of session tags consumes %d%% of allotted space.", percent)
}

// sealRecord makes a token of a record, which is sealed where it is written.
func (i *Issuer) sealRecord(r *Record, packed packedPart, id []byte) (string, error) {
	key := i.keys.Derive(seal.SessionTokens, id)
	box, err := newBox(key)
	if err != nil {
		return "", err
	}
	room := rooms.Get().(*[]byte)
	defer rooms.Put(room)
	token := append((*room)[:0], version)
	token = binary.BigEndian.AppendUint32(token, key.Generation)
	token = append(token, id...)
	token = appendRecord(token, r, packed)
	header, record := token[:headerLength], token[headerLength:]
	token = box.Seal(header, zeroNonce[:], record, header) // over the record: nothing of it is left
	*room = tokenText.AppendEncode(token, token)
	return string((*room)[len(token):]), nil
}

// rooms are where tokens are made, and written as text behind that.
var rooms = sync.Pool{New: func() any { return new(make([]byte, 0, usualRoom)) }}

// zeroNonce is right because each key seals one record only; see the package doc.
var zeroNonce [12]byte

func newBox(key seal.Derived) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key.Key[:])
	if err != nil {
		return nil, fmt.Errorf("preparing the key of a session token: %w", err)
	}
	return cipher.NewGCM(block)
}

// Open reads a token that was sent with an access key id. It gives the record and
// the secret access key, with which the caller then checks the signature.
func (i *Issuer) Open(token, accessKeyID string, now time.Time) (Record, string, error) {
	if len(token) > TokenLimit {
		return Record{}, "", Invalid()
	}
	raw, err := tokenText.DecodeString(token)
	if err != nil || strings.ContainsAny(token, "\r\n") || len(raw) < headerLength || raw[0] != version {
		return Record{}, "", Invalid()
	}
	generation, id := binary.BigEndian.Uint32(raw[1:5]), raw[5:headerLength]
	plain, err := i.openRecord(raw, generation, id, now)
	if err != nil {
		return Record{}, "", Invalid()
	}
	r, err := decode(plain)
	if err != nil {
		return Record{}, "", Invalid().Because(err)
	}
	if subtle.ConstantTimeCompare([]byte(r.AccessKeyID), []byte(accessKeyID)) != 1 {
		return Record{}, "", Invalid()
	}
	if !now.Before(r.ExpiresAt) {
		return Record{}, "", Expired()
	}
	secret, ok := i.keys.DeriveAgain(generation, seal.SessionSecrets, id, now)
	if !ok {
		return Record{}, "", Invalid()
	}
	return r, secretText(secret), nil
}

// openRecord decrypts the record in a token.
func (i *Issuer) openRecord(raw []byte, generation uint32, id []byte, now time.Time) ([]byte, error) {
	key, ok := i.keys.DeriveAgain(generation, seal.SessionTokens, id, now)
	if !ok {
		return nil, errors.New("no such generation of keys")
	}
	box, err := newBox(key)
	if err != nil {
		return nil, err
	}
	return box.Open(nil, zeroNonce[:], raw[headerLength:], raw[:headerLength])
}

// secretText writes a derived key as a secret access key: 40 characters.
func secretText(key seal.Derived) string {
	var text [40]byte
	base64.StdEncoding.Encode(text[:], key.Key[:30])
	return string(text[:])
}

// Invalid is the error for a token or key id that is nobody's.
func Invalid() *apierror.Error {
	return apierror.New(apierror.InvalidClientTokenId, "The security token included in the request is invalid.")
}

// Expired is the error for a session that is over.
func Expired() *apierror.Error {
	return apierror.New(apierror.ExpiredToken, "The security token included in the request is expired")
}
