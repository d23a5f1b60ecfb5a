package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/klauspost/compress/s2"
)

// Events lie in their segment in blocks: up to blockEvents of one write, in order, and
// packed, for the records of one minute repeat each other. A block keeps what it holds in
// three parts, so that one is read without the others:
//
//	heads    of each event its time, id, account, and how long its other parts are
//	asked    what was asked, of all one after the other, compressed
//	records  the records, likewise
//
// Each part ends with its checksum (CRC-32C): what does not decompress to what was
// written is an error, not another record.
//
// A block is narrow, of events of one second, or wide, of events of one minute: when
// there are many, those of a second are together, and when there are few, blocks are
// still not small. Who looks for a time looks at the narrow ones of its second and the
// wide ones of its minute.
type block struct {
	wide        bool
	first, last int64 // times
	heads       []byte
	asked       []byte
	records     []byte
}

const (
	blockEvents = 64       // at most
	blockBytes  = 64 << 10 // of records, from which on a block is full
	narrowFrom  = blockEvents / 2
	longestPart = 64 << 20 // far more than there can be; what damage claims is not allocated
)

func second(nanos int64) int64 { return nanos / int64(time.Second) }
func minute(nanos int64) int64 { return nanos / int64(time.Minute) }

// inBlocks packs events, which are in order.
func inBlocks(events []Event) []block {
	var p packer
	for rest := events; len(rest) > 0; {
		var few []Event // of the seconds of this minute that have no block of their own
		end := until(rest, minute)
		for of := rest[:end]; len(of) > 0; {
			n := until(of, second)
			if n < narrowFrom {
				few = append(few, of[:n]...)
			} else {
				p.pack(of[:n], false)
			}
			of = of[n:]
		}
		p.pack(few, true)
		rest = rest[end:]
	}
	return p.blocks
}

// until is how many of the first events are in one second or minute.
func until(events []Event, unit func(int64) int64) int {
	at := unit(events[0].Time.UnixNano())
	n := slices.IndexFunc(events, func(e Event) bool { return unit(e.Time.UnixNano()) != at })
	if n < 0 {
		return len(events)
	}
	return n
}

// packer makes blocks, one after the other in the same room.
type packer struct {
	blocks                []block
	heads, asked, records []byte // of the block that is made
	small                 []byte // a part of it, compressed
}

// pack adds blocks of events.
func (p *packer) pack(events []Event, wide bool) {
	for len(events) > 0 {
		n, size := 0, 0
		for n < len(events) && n < blockEvents && size < blockBytes {
			size += len(events[n].Record)
			n++
		}
		p.blocks = append(p.blocks, p.block(events[:n], wide))
		events = events[n:]
	}
}

func (p *packer) block(events []Event, wide bool) block {
	b := block{wide: wide, first: events[0].Time.UnixNano(), last: events[len(events)-1].Time.UnixNano()}
	heads, asked, records := p.heads[:0], p.asked[:0], p.records[:0]
	var accounts []string
	at := b.first
	for i := range events {
		e := &events[i]
		heads = binary.AppendUvarint(heads, uint64(e.Time.UnixNano()-at))
		at = e.Time.UnixNano()
		heads = appendID(heads, e.ID)
		k := slices.Index(accounts, e.Account) + 1
		heads = binary.AppendUvarint(heads, uint64(k))
		if k == 0 {
			heads = appendText(heads, e.Account)
			accounts = append(accounts, e.Account)
		}
		present := uint64(0)
		if e.Asked != nil {
			present = uint64(len(e.Asked)) + 1
		}
		heads = binary.AppendUvarint(binary.AppendUvarint(heads, present), uint64(len(e.Record)))
		asked, records = append(asked, e.Asked...), append(records, e.Record...)
	}
	b.heads, b.asked, b.records = summed(heads), p.compressed(asked), p.compressed(records)
	p.heads, p.asked, p.records = heads, asked, records
	return b
}

func (p *packer) compressed(part []byte) []byte {
	p.small = slices.Grow(p.small[:0], s2.MaxEncodedLen(len(part)))
	return summed(s2.Encode(p.small[:cap(p.small)], part))
}

// summed is a copy with a checksum, unsummed takes it off.
func summed(part []byte) []byte {
	whole := append(make([]byte, 0, len(part)+4), part...)
	return binary.LittleEndian.AppendUint32(whole, crc32.Checksum(part, castagnoli))
}

func unsummed(part []byte) ([]byte, error) {
	n := len(part) - 4
	if n < 0 || crc32.Checksum(part[:n], castagnoli) != binary.LittleEndian.Uint32(part[n:]) {
		return nil, damagedBlock()
	}
	return part[:n], nil
}

// parts says which parts of a block are wanted beside its heads.
type parts uint8

const (
	withAsked parts = 1 << iota
	withRecords
)

// events unpacks a block. What they share they share: one that is kept for long, or
// changed, is to be cloned.
func (b *block) events(want parts) ([]Event, error) {
	heads, err := unsummed(b.heads)
	if err != nil {
		return nil, err
	}
	events, lengths, err := headsOf(heads, b.first)
	if err != nil {
		return nil, err
	}
	if want&withAsked != 0 {
		rest, err := expanded(b.asked, lengths, func(l length) uint64 { return max(l.asked, 1) - 1 })
		if err != nil {
			return nil, err
		}
		for i, l := range lengths {
			if l.asked > 0 {
				events[i].Asked, rest = cut(rest, l.asked-1)
			}
		}
	}
	if want&withRecords != 0 {
		rest, err := expanded(b.records, lengths, func(l length) uint64 { return l.record })
		if err != nil {
			return nil, err
		}
		for i, l := range lengths {
			events[i].Record, rest = cut(rest, l.record)
		}
	}
	return events, nil
}

// length is how long the parts of an event are; that of asked one more, for it may be nil.
type length struct{ asked, record uint64 }

func headsOf(heads []byte, at int64) (events []Event, lengths []length, err error) {
	r := reader{rest: heads}
	events, lengths = make([]Event, 0, blockEvents), make([]length, 0, blockEvents)
	var accounts []string
	for len(r.rest) > 0 {
		at += int64(r.number())
		e := Event{Time: time.Unix(0, at).UTC(), ID: r.id()}
		switch k := r.number(); {
		case k == 0:
			e.Account = string(r.bytes())
			accounts = append(accounts, e.Account)
		case k <= uint64(len(accounts)):
			e.Account = accounts[k-1]
		default:
			r.broken = true
		}
		events, lengths = append(events, e), append(lengths, length{r.number(), r.number()})
		if r.broken {
			return nil, nil, damagedBlock()
		}
	}
	return events, lengths, nil
}

func damagedBlock() error { return fmt.Errorf("%w: a block of events", ErrDamaged) }

// expanded decompresses a part, which has to be as long as what its events have of it.
func expanded(part []byte, lengths []length, of func(length) uint64) ([]byte, error) {
	part, err := unsummed(part)
	if err != nil {
		return nil, err
	}
	size, err := s2.DecodedLen(part)
	if err != nil || size > longestPart {
		return nil, damagedBlock()
	}
	rest := uint64(size)
	for _, l := range lengths {
		if of(l) > rest {
			return nil, damagedBlock()
		}
		rest -= of(l)
	}
	if rest > 0 {
		return nil, damagedBlock()
	}
	whole, err := s2.Decode(make([]byte, size), part)
	if err != nil {
		return nil, damagedBlock()
	}
	return whole, nil
}

// cut takes the first bytes of a part.
func cut(part []byte, n uint64) (first, rest []byte) { return part[:n:n], part[n:] }

// clone is an event that shares nothing with its block.
func (e Event) clone() Event {
	e.Record, e.Asked = bytes.Clone(e.Record), bytes.Clone(e.Asked)
	return e
}

// An id is most often a UUID, which takes 16 bytes and not 36: after a length of 0.
func appendID(to []byte, id string) []byte {
	if raw, ok := parseUUID(id); ok {
		return append(append(to, 0), raw[:]...)
	}
	return appendText(to, id)
}

func parseUUID(id string) (raw [16]byte, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return raw, false
	}
	var digits [32]byte
	n := copy(digits[:], id[:8])
	for _, from := range []int{9, 14, 19} {
		n += copy(digits[n:], id[from:from+4])
	}
	copy(digits[n:], id[24:])
	if bytes.ContainsAny(digits[:], "ABCDEF") {
		return raw, false // would come back in lower case
	}
	_, err := hex.Decode(raw[:], digits[:])
	return raw, err == nil
}

func formatUUID(raw []byte) string {
	var text [36]byte
	at := 0
	for i, n := range []int{4, 2, 2, 2, 6} {
		if i > 0 {
			text[at] = '-'
			at++
		}
		at += hex.Encode(text[at:], raw[:n])
		raw = raw[n:]
	}
	return string(text[:])
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// reader takes apart what was packed; when that cannot be right it is broken.
type reader struct {
	rest   []byte
	broken bool
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.broken = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes() []byte { return r.take(r.number()) }

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.broken = true
		return nil
	}
	first, rest := cut(r.rest, n)
	r.rest = rest
	return first
}

func (r *reader) id() (id string) {
	if len(r.rest) == 0 || r.rest[0] != 0 {
		return string(r.bytes())
	}
	r.rest = r.rest[1:]
	if raw := r.take(16); !r.broken {
		id = formatUUID(raw)
	}
	return id
}
