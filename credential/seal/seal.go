package seal

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrSealed is given for what does not open: it is damaged, was sealed with other
// associated data, or by keys that this ring does not have.
var ErrSealed = errors.New("sealed value does not open with this keyring and context")

// Seal encrypts a secret with the newest generation. Context is authenticated and
// not stored; the same is needed to open. See [Context].
func (k *Keyring) Seal(plaintext, context []byte) ([]byte, error) {
	sealed, err := k.box.Encrypt(plaintext, context)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made. The error is [ErrSealed], whatever the reason.
func (k *Keyring) Open(sealed, context []byte) ([]byte, error) {
	plaintext, err := k.box.Decrypt(sealed, context)
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

// Generation gives the number of the generation that sealed a value, as far as
// one can see without opening it.
func Generation(sealed []byte) (number uint32, ok bool) {
	// Tink puts a one and the key id before the ciphertext.
	if len(sealed) < 5 || sealed[0] != 1 {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:5]), true
}

// IsCurrent reports whether a value was sealed by the newest generation. What was
// not is sealed anew when it is next written, or by who wants to prune.
func (k *Keyring) IsCurrent(sealed []byte) bool {
	number, ok := Generation(sealed)
	return ok && number == k.newest().number
}

// Context makes associated data of strings, so that no two lists of strings give
// the same bytes. For a secret access key: what it is, the account, the key's id.
func Context(parts ...string) []byte {
	size := 0
	for _, part := range parts {
		size += binary.MaxVarintLen32 + len(part)
	}
	return appendContext(make([]byte, 0, size), parts...)
}

func appendContext(out []byte, parts ...string) []byte {
	for _, part := range parts {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}
