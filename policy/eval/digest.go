package eval

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/keyreeve/keyreeve/policy"
)

// digest hashes texts, each with its kind and length, so that no two lists of them are taken
// for one another.
type digest struct{ hash.Hash }

func newDigest(variables bool) digest {
	d := digest{sha256.New()}
	d.note('v', strconv.FormatBool(variables))
	return d
}

func (d digest) note(kind byte, text string) {
	var head [9]byte
	head[0] = kind
	binary.LittleEndian.PutUint64(head[1:], uint64(len(text)))
	d.Write(head[:])
	io.WriteString(d, text)
}

func (d digest) sum() string { return string(d.Sum(nil)) }

// conditionDigest tells conditions apart: those with the same digest have the same operators,
// keys and values in the same order, and so hold for the same requests.
func conditionDigest(blocks []policy.Block, variables bool) string {
	if len(blocks) == 0 {
		return ""
	}
	d := newDigest(variables)
	for _, b := range blocks {
		d.note('o', b.Operator.Value)
		for _, kv := range b.Keys {
			d.note('k', strings.ToLower(kv.Key.Value))
			for _, v := range kv.Values {
				d.note('=', v.Value)
			}
		}
	}
	return d.sum()
}

// digest tells Deny statements apart: those with the same digest, in policies of one kind,
// apply to the same requests.
func (s *statement) digest(variables bool) string {
	d := newDigest(variables)
	if p := s.ast.Principal; p != nil {
		d.note('p', strconv.FormatBool(p.Not))
		for _, v := range p.Values {
			d.note('t', string(v.Type))
			d.note('=', v.Value)
		}
	}
	d.list('a', s.ast.Action)
	d.list('r', s.ast.Resource)
	d.note('c', s.condition)
	return d.sum()
}

func (d digest) list(kind byte, l *policy.List) {
	if l == nil {
		return
	}
	d.note(kind, strconv.FormatBool(l.Not))
	for _, v := range l.Values {
		d.note('=', v.Value)
	}
}
