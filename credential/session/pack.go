package session

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
)

const (
	// PackedLimit is how many bytes the session policies and tags may pack to.
	PackedLimit = 2048

	// unpackedLimit bounds what a packed part may unpack to: policies of at most
	// 2,048 characters (of up to four bytes), ten ARNs, fifty tags of 128 and 256.
	unpackedLimit = 128 << 10
)

// packedPart is the session policies and tags as they stand in a record.
type packedPart struct {
	bytes      []byte
	compressed bool
}

// percent is how much of PackedLimit is used, rounded up.
func (p packedPart) percent() int { return (100*len(p.bytes) + PackedLimit - 1) / PackedLimit }

// pack writes the session policies and tags of a record, compressed if that helps.
func pack(r *Record) (packedPart, error) {
	if !r.hasPacked() {
		return packedPart{}, nil
	}
	var w writer
	w.text(r.InlinePolicy)
	w.texts(r.ManagedPolicies)
	w.texts(r.TransitiveTagKeys)
	var tags []string
	for _, tag := range r.Tags {
		tags = append(tags, tag.Key, tag.Value)
	}
	w.texts(tags)
	if len(w) > unpackedLimit {
		return packedPart{}, fmt.Errorf("session policies and tags have %d bytes, more than their own limits allow", len(w))
	}
	compressed, err := compress(w)
	if err != nil {
		return packedPart{}, err
	}
	if len(compressed) < len(w) {
		return packedPart{bytes: compressed, compressed: true}, nil
	}
	return packedPart{bytes: w}, nil
}

func (w *writer) texts(list []string) {
	w.int(int64(len(list)))
	for _, s := range list {
		w.text(s)
	}
}

// unpack reads into r what pack wrote.
func unpack(p packedPart, r *Record) error {
	if len(p.bytes) == 0 {
		return nil
	}
	plain := p.bytes
	if p.compressed {
		var err error
		if plain, err = decompress(p.bytes); err != nil {
			return err
		}
	}
	in := reader{rest: plain}
	r.InlinePolicy = in.text()
	r.ManagedPolicies = in.texts()
	r.TransitiveTagKeys = in.texts()
	tags := in.texts()
	if in.bad || len(in.rest) > 0 || len(tags)%2 != 0 {
		return errDamaged
	}
	for i := 0; i < len(tags); i += 2 {
		r.Tags = append(r.Tags, Tag{Key: tags[i], Value: tags[i+1]})
	}
	return nil
}

func (r *reader) texts() []string {
	n := r.int()
	if n < 0 || n > int64(len(r.rest)) { // each takes a byte at least
		r.bad = true
		return nil
	}
	var list []string
	for range n {
		list = append(list, r.text())
	}
	return list
}

// dictionary is text that policies have in common; what resembles it compresses
// well, what stands nearer to the end better. It belongs to the token's version.
var dictionary = []byte(`arn:aws:iam::aws:policy/service-role/ReadOnlyAccess"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}` +
	`"StringEquals":{"aws:PrincipalTag/"ForAllValues:StringLike"s3:GetObject","s3:PutObject","s3:ListBucket"` +
	`{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Deny","Action":"*","Resource":["arn:aws:s3:::` +
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["*"],"Resource":"*"}]}`)

func compress(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriterDict(&out, flate.BestCompression, dictionary)
	if err != nil {
		return nil, fmt.Errorf("compressing a session's policies: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("compressing a session's policies: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compressing a session's policies: %w", err)
	}
	return out.Bytes(), nil
}

func decompress(packed []byte) ([]byte, error) {
	r := flate.NewReaderDict(bytes.NewReader(packed), dictionary)
	plain, err := io.ReadAll(io.LimitReader(r, unpackedLimit+1))
	if err != nil || len(plain) > unpackedLimit {
		return nil, errDamaged
	}
	return plain, nil
}
