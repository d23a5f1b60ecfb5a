package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// fileFormat is the format that Marshal writes and Parse reads.
const fileFormat = 1

// file is a key file's content.
type file struct {
	Format      int              `json:"format"`
	ID          string           `json:"id"`
	Generations []fileGeneration `json:"generations"`
	Sealing     json.RawMessage  `json:"sealing"`
}

type fileGeneration struct {
	Number     uint32     `json:"number"`
	Created    time.Time  `json:"created"`
	Retired    *time.Time `json:"retired,omitempty"`
	Derivation []byte     `json:"derivation"`
}

// Marshal gives the ring as the content of a key file: every key, in clear text.
func (k *Keyring) Marshal() ([]byte, error) {
	var sealing bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.sealing, keyset.NewJSONWriter(&sealing)); err != nil {
		return nil, fmt.Errorf("writing the sealing keys: %w", err)
	}
	content := file{Format: fileFormat, ID: k.id, Sealing: sealing.Bytes()}
	for _, g := range k.generations {
		entry := fileGeneration{Number: g.number, Created: g.created, Derivation: g.derivation}
		if !g.retired.IsZero() {
			entry.Retired = &g.retired
		}
		content.Generations = append(content.Generations, entry)
	}
	out, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing a keyring: %w", err)
	}
	return append(out, '\n'), nil
}

// Parse reads a key file's content. What is not complete and consistent is an
// error: a ring that works in part would lose data later. Errors quote nothing of
// the content.
func Parse(content []byte) (*Keyring, error) {
	var f file
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, errors.New("key file: not the JSON of a keyring")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("key file: something follows the keyring")
	}
	if f.Format != fileFormat {
		return nil, fmt.Errorf("key file: format %d, this program reads format %d", f.Format, fileFormat)
	}
	if len(f.ID) != 32 {
		return nil, errors.New("key file: the id is missing or damaged")
	}
	sealing, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Sealing)))
	if err != nil {
		return nil, errors.New("key file: the sealing keys are damaged")
	}
	generations, err := f.generations(sealing)
	if err != nil {
		return nil, err
	}
	return assemble(f.ID, generations, sealing)
}

// generations checks the generations of a file against its sealing keys.
func (f *file) generations(sealing *keyset.Handle) ([]generation, error) {
	if len(f.Generations) == 0 || len(f.Generations) != sealing.Len() {
		return nil, errors.New("key file: generations and sealing keys differ in number")
	}
	var generations []generation
	for i, entry := range f.Generations {
		key, err := sealing.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("key file: sealing key %d: %w", i, err)
		}
		last := i == len(f.Generations)-1
		switch {
		case key.KeyID() != entry.Number || key.KeyStatus() != keyset.Enabled:
			return nil, fmt.Errorf("key file: generation %d has no sealing key", entry.Number)
		case !isSealingKey(key):
			return nil, fmt.Errorf("key file: the sealing key of generation %d is not of AES-256-GCM", entry.Number)
		case last != key.IsPrimary() || last != (entry.Retired == nil):
			return nil, fmt.Errorf("key file: generation %d: the last one, and only it, is to be primary and not retired", entry.Number)
		case len(entry.Derivation) != keySize || entry.Created.IsZero():
			return nil, fmt.Errorf("key file: generation %d is incomplete", entry.Number)
		}
		g := generation{number: entry.Number, created: entry.Created, derivation: entry.Derivation}
		if entry.Retired != nil {
			g.retired = *entry.Retired
		}
		generations = append(generations, g)
	}
	return generations, nil
}

// isSealingKey reports whether an entry is what addSealingKey makes: a key that
// writes its id before the ciphertext.
func isSealingKey(entry *keyset.Entry) bool {
	key, ok := entry.Key().(*aesgcm.Key)
	if !ok {
		return false
	}
	parameters, ok := key.Parameters().(*aesgcm.Parameters)
	return ok && parameters.KeySizeInBytes() == keySize && parameters.Variant() == aesgcm.VariantTink
}
