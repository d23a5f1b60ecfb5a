package password

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Parameters are what a computation of Argon2id costs.
type Parameters struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

// Default is what new hashes are made with. docs/decisions says why.
var Default = Parameters{Memory: 19 * 1024, Passes: 2, Lanes: 1}

// The sizes of what is random and of what comes out, as RFC 9106, section 4,
// recommends, and the most that a stored hash may ask for.
const (
	saltSize  = 16
	keySize   = 32
	maxMemory = 256 * 1024
	maxPasses = 16
	maxLanes  = 16
)

// Hash is what is kept of a password.
type Hash struct {
	parameters Parameters
	salt, key  []byte
}

// New hashes a password with Default and a salt that is read from random.
func New(password string, random io.Reader) (Hash, error) { return Default.Hash(password, random) }

// Hash hashes a password with a salt that is read from random.
func (p Parameters) Hash(password string, random io.Reader) (Hash, error) {
	if err := p.check(); err != nil {
		return Hash{}, err
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(random, salt); err != nil {
		return Hash{}, fmt.Errorf("salt of a password: %w", err)
	}
	return Hash{parameters: p, salt: salt, key: p.derive(password, salt)}, nil
}

func (p Parameters) derive(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, p.Passes, p.Memory, p.Lanes, keySize)
}

func (p Parameters) check() error {
	switch {
	case p.Passes < 1 || p.Passes > maxPasses, p.Lanes < 1 || p.Lanes > maxLanes:
		return errParameters
	case p.Memory < 8*uint32(p.Lanes) || p.Memory > maxMemory: // RFC 9106, section 3.1
		return errParameters
	}
	return nil
}

// Matches says whether a password is the one that was hashed. The zero Hash
// matches none.
func (h Hash) Matches(password string) bool {
	if len(h.key) != keySize {
		return false
	}
	return subtle.ConstantTimeCompare(h.parameters.derive(password, h.salt), h.key) == 1
}

// Outdated says that a hash was made with other parameters than Default.
func (h Hash) Outdated() bool { return h.parameters != Default }

// Dummy is a hash that no password is known for; it costs what Default costs.
func Dummy() Hash {
	return Hash{parameters: Default, salt: make([]byte, saltSize), key: make([]byte, keySize)}
}

const prefix = "$argon2id$v=19$"

var (
	errFormat     = errors.New("not an Argon2id hash in PHC format")
	errParameters = errors.New("parameters of Argon2id out of bounds")
	base          = base64.RawStdEncoding.Strict()
)

// String is the hash in PHC format.
func (h Hash) String() string {
	p := h.parameters
	return fmt.Sprintf("%sm=%d,t=%d,p=%d$%s$%s", prefix, p.Memory, p.Passes, p.Lanes, base.EncodeToString(h.salt), base.EncodeToString(h.key))
}

// Parse reads what String wrote.
func Parse(text string) (Hash, error) {
	rest, ok := strings.CutPrefix(text, prefix)
	fields := strings.Split(rest, "$")
	if !ok || len(fields) != 3 {
		return Hash{}, errFormat
	}
	p, err := parseParameters(fields[0])
	if err != nil {
		return Hash{}, err
	}
	salt, err := base.DecodeString(fields[1])
	if err != nil || len(salt) != saltSize {
		return Hash{}, errFormat
	}
	key, err := base.DecodeString(fields[2])
	if err != nil || len(key) != keySize {
		return Hash{}, errFormat
	}
	h := Hash{parameters: p, salt: salt, key: key}
	if h.String() != text { // leading zeros, signs, line ends in base64
		return Hash{}, errFormat
	}
	return h, nil
}

func parseParameters(text string) (Parameters, error) {
	fields := strings.Split(text, ",")
	if len(fields) != 3 {
		return Parameters{}, errFormat
	}
	var values [3]uint32
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(fields[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil {
			return Parameters{}, errFormat
		}
		values[i] = uint32(n)
	}
	if values[2] > maxLanes {
		return Parameters{}, errParameters
	}
	p := Parameters{Memory: values[0], Passes: values[1], Lanes: uint8(values[2])}
	return p, p.check()
}
