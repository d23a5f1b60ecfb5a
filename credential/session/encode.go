package session

import (
	"encoding/binary"
	"errors"
	"time"
)

// Bits of the flags in a record.
const (
	flagChained = 1 << iota
	flagMFA
	flagMFATime
	flagCompressed // of the packed part
	flagSignedIn
	flagContext
	flagDelegate
	flagAssumedRoot
	flagsKnown = 1<<iota - 1
)

// usualRoom is the room that a token and its text are given; longer ones take more.
const usualRoom = 2048

// appendRecord writes a record, whose packed part is given as pack made it.
func appendRecord(to []byte, r *Record, packed packedPart) []byte {
	var flags byte
	for _, f := range [...]struct {
		flag byte
		set  bool
	}{
		{flagChained, r.Chained}, {flagMFA, r.MFAPresent}, {flagMFATime, !r.MFATime.IsZero()}, {flagCompressed, packed.compressed}, {flagSignedIn, r.SignedIn},
		{flagContext, len(r.Context) > 0}, {flagDelegate, r.Delegate != ""}, {flagAssumedRoot, r.AssumedRoot},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	w := append(writer(to), byte(r.Kind), flags)
	w.int(r.IssuedAt.Unix())
	w.int(r.ExpiresAt.Unix() - r.IssuedAt.Unix())
	if !r.MFATime.IsZero() {
		w.int(r.MFATime.Unix())
	}
	w.int(int64(r.Epoch))
	for _, text := range r.texts() {
		w.text(*text)
	}
	if len(r.Context) > 0 {
		w.int(int64(len(r.Context)))
		for _, k := range r.Context {
			w.text(k.Key)
			w.text(k.Value)
		}
	}
	if r.Delegate != "" {
		w.text(r.Delegate)
	}
	return append(w, packed.bytes...)
}

// decode reads what appendRecord wrote.
func decode(data []byte) (Record, error) {
	if len(data) < 2 {
		return Record{}, errDamaged
	}
	var r Record
	flags := data[1]
	r.Kind = Kind(data[0])
	r.Chained = flags&flagChained != 0
	r.MFAPresent = flags&flagMFA != 0
	r.SignedIn = flags&flagSignedIn != 0
	r.AssumedRoot = flags&flagAssumedRoot != 0
	in := reader{rest: data[2:]}
	issued := in.int()
	r.IssuedAt = time.Unix(issued, 0).UTC()
	r.ExpiresAt = time.Unix(issued+in.int(), 0).UTC()
	if flags&flagMFATime != 0 {
		r.MFATime = time.Unix(in.int(), 0).UTC()
	}
	r.Epoch = int(in.int())
	for _, text := range r.texts() {
		*text = in.text()
	}
	if flags&flagContext != 0 {
		r.Context = in.context()
	}
	if flags&flagDelegate != 0 {
		r.Delegate = in.text()
	}
	if in.bad || flags&^flagsKnown != 0 || r.Kind < Role || r.Kind > Root {
		return Record{}, errDamaged
	}
	if err := unpack(packedPart{bytes: in.rest, compressed: flags&flagCompressed != 0}, &r); err != nil {
		return Record{}, err
	}
	return r, nil
}

// texts lists the strings of a record outside of the packed part. Their order is
// the token's layout: what is new goes to the end, and raises the version.
func (r *Record) texts() []*string {
	return []*string{
		&r.AccessKeyID, &r.Account, &r.PrincipalARN, &r.UniqueID, &r.RoleARN, &r.SessionName, &r.IssuedTo,
		&r.SourceIdentity, &r.FederatedProvider, &r.Incarnation,
	}
}

// errDamaged cannot happen to what the keys have verified, unless a program of
// another version wrote it.
var errDamaged = errors.New("record of a session is damaged")

// writer appends varints and strings.
type writer []byte

func (w *writer) int(n int64) { *w = binary.AppendVarint(*w, n) }

func (w *writer) text(s string) {
	*w = binary.AppendUvarint(*w, uint64(len(s)))
	*w = append(*w, s...)
}

// reader takes them off again. It is bad once anything was missing.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.rest)
	return n * r.took(size)
}

// count reads the length of a list or string: as many bytes must be left.
func (r *reader) count() int {
	n, size := binary.Uvarint(r.rest)
	if r.took(size) == 0 || n > uint64(len(r.rest)) {
		r.bad = true
		return 0
	}
	return int(n)
}

// context reads condition keys with their values.
func (r *reader) context() []Tag {
	n := r.int()
	if n < 1 || n > int64(len(r.rest)) { // each takes a byte at least
		r.bad = true
		return nil
	}
	var list []Tag
	for range n {
		list = append(list, Tag{Key: r.text(), Value: r.text()})
	}
	return list
}

// took drops what was read, and is zero if there was nothing to read.
func (r *reader) took(size int) int64 {
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return 1
}

func (r *reader) text() string {
	n := r.count()
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}
