package seal

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

const (
	// VerifiesAfterRetirement is how long a retired generation verifies tokens.
	VerifiesAfterRetirement = 36 * time.Hour

	keySize = 32 // bytes, of sealing keys and of what keys are derived from
)

// Keyring is the keys of a deployment. It never changes.
type Keyring struct {
	id          string
	generations []generation // oldest first; the last is the newest and not retired
	sealing     *keyset.Handle
	box         tink.AEAD
}

// generation is one set of keys; its sealing key stands in the keyset under the
// same number.
type generation struct {
	number     uint32
	created    time.Time
	retired    time.Time  // zero while it is the newest
	derivation []byte     // keySize bytes that keys for tokens are derived from
	macs       *sync.Pool // HMACs with it as key
}

// New makes a ring with one generation.
func New(now time.Time, random io.Reader) (*Keyring, error) {
	var id [16]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return nil, fmt.Errorf("reading randomness for a keyring: %w", err)
	}
	empty := &Keyring{id: hex.EncodeToString(id[:])}
	return empty.with(keyset.NewManager(), now, random)
}

// ID names the ring; it stays the same when the ring is rotated.
func (k *Keyring) ID() string { return k.id }

// String is the id, so that no formatting shows a key.
func (k *Keyring) String() string { return "keyring " + k.id }

// GoString is String.
func (k *Keyring) GoString() string { return k.String() }

// Rotate gives a ring with a new generation, which everything new is made with.
// The generation before retires now.
func (k *Keyring) Rotate(now time.Time, random io.Reader) (*Keyring, error) {
	return k.with(keyset.NewManagerFromHandle(k.sealing), now, random)
}

// with gives a ring with one more generation than k; manager holds k's sealing keys.
func (k *Keyring) with(manager *keyset.Manager, now time.Time, random io.Reader) (*Keyring, error) {
	now = now.UTC().Truncate(time.Second) // as the file keeps it
	number, err := k.freeNumber(random)
	if err != nil {
		return nil, err
	}
	keys := make([]byte, 2*keySize)
	if _, err := io.ReadFull(random, keys); err != nil {
		return nil, fmt.Errorf("reading randomness for a keyring: %w", err)
	}
	if err := addSealingKey(manager, number, keys[:keySize]); err != nil {
		return nil, err
	}
	generations := slices.Clone(k.generations)
	if n := len(generations); n > 0 {
		generations[n-1].retired = now
	}
	generations = append(generations, generation{number: number, created: now, derivation: keys[keySize:]})
	sealing, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("assembling a keyring: %w", err)
	}
	return assemble(k.id, generations, sealing)
}

// freeNumber draws the number of a new generation; zero is nobody's.
func (k *Keyring) freeNumber(random io.Reader) (uint32, error) {
	for range 8 { // a number is taken once in a billion draws: more is no randomness
		var raw [4]byte
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			return 0, fmt.Errorf("reading randomness for a keyring: %w", err)
		}
		number := binary.BigEndian.Uint32(raw[:])
		if number != 0 && k.find(number) == nil {
			return number, nil
		}
	}
	return 0, fmt.Errorf("drawing the number of a generation: randomness repeats itself")
}

// addSealingKey puts a key into a keyset as its primary one.
func addSealingKey(manager *keyset.Manager, number uint32, key []byte) error {
	parameters, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: keySize, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink,
	})
	if err != nil {
		return fmt.Errorf("describing a sealing key: %w", err)
	}
	secret := secretdata.NewBytesFromData(key, insecuresecretdataaccess.Token{})
	sealingKey, err := aesgcm.NewKey(secret, number, parameters)
	if err != nil {
		return fmt.Errorf("making a sealing key: %w", err)
	}
	if _, err := manager.AddKey(sealingKey); err != nil {
		return fmt.Errorf("adding a sealing key: %w", err)
	}
	if err := manager.SetPrimary(number); err != nil {
		return fmt.Errorf("setting the primary sealing key: %w", err)
	}
	return nil
}

// assemble puts the parts of a ring together.
func assemble(id string, generations []generation, sealing *keyset.Handle) (*Keyring, error) {
	box, err := aead.New(sealing)
	if err != nil {
		return nil, fmt.Errorf("assembling a keyring: %w", err)
	}
	for i := range generations {
		if g := &generations[i]; g.macs == nil {
			g.macs = newMACs(g.derivation)
		}
	}
	return &Keyring{id: id, generations: generations, sealing: sealing, box: box}, nil
}

// find gives a generation by its number, or nil.
func (k *Keyring) find(number uint32) *generation {
	for i := range k.generations {
		if k.generations[i].number == number {
			return &k.generations[i]
		}
	}
	return nil
}

// newest is the generation that makes everything new.
func (k *Keyring) newest() *generation { return &k.generations[len(k.generations)-1] }

// Prune gives a ring without the generations that nothing needs: retired for 36
// hours, and nothing is left that they sealed. inUse says whether there is.
func (k *Keyring) Prune(now time.Time, inUse func(generation uint32) bool) (*Keyring, error) {
	manager := keyset.NewManagerFromHandle(k.sealing)
	var kept []generation
	for _, g := range k.generations {
		if g.verifies(now) || inUse(g.number) {
			kept = append(kept, g)
			continue
		}
		if err := manager.Delete(g.number); err != nil {
			return nil, fmt.Errorf("pruning generation %d: %w", g.number, err)
		}
	}
	sealing, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("pruning a keyring: %w", err)
	}
	return assemble(k.id, kept, sealing)
}

// verifies reports whether tokens of this generation are good at a time.
func (g *generation) verifies(now time.Time) bool {
	return g.retired.IsZero() || now.Before(g.retired.Add(VerifiesAfterRetirement))
}
