package awsjson

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/keyreeve/keyreeve/api"
)

// ContentType is the media type of requests and answers.
const ContentType = "application/x-amz-json-1.1"

// AppendResponse appends the answer to a call of op to dst.
func AppendResponse(dst []byte, op *api.Operation, out api.Structure) []byte {
	if op.Output == nil {
		return append(dst, "{}"...)
	}
	return appendObject(dst, out, time.Millisecond)
}

// AppendRequest appends the body of a call to dst. It is what a client sends, and
// Decode reads back.
func AppendRequest(dst []byte, in api.Structure) []byte {
	return appendObject(dst, in, time.Nanosecond)
}

func appendObject(dst []byte, s api.Structure, exact time.Duration) []byte {
	e := &encoder{dst: append(dst, '{'), exact: exact}
	s.Encode(e)
	return append(e.dst, '}')
}

// encoder is the api.Encoder that writes JSON.
type encoder struct {
	dst   []byte
	exact time.Duration // what of times is told
	// bare says of each list, map and structure around the value whether values stand
	// in it without their members' names.
	bare []bool
}

// begin writes what stands before a value: a comma, and its name.
func (e *encoder) begin(m *api.Member) {
	if n := len(e.bare); n > 0 && e.bare[n-1] {
		if e.dst[len(e.dst)-1] != ':' {
			e.comma()
		}
		return
	}
	e.name(m.WireName())
}

func (e *encoder) comma() {
	switch e.dst[len(e.dst)-1] {
	case '{', '[':
	default:
		e.dst = append(e.dst, ',')
	}
}

func (e *encoder) name(n string) {
	e.comma()
	e.dst = append(appendString(e.dst, n), ':')
}

func (e *encoder) open(c byte, bare bool) {
	e.dst = append(e.dst, c)
	e.bare = append(e.bare, bare)
}

func (e *encoder) close(c byte) {
	e.dst = append(e.dst, c)
	e.bare = e.bare[:len(e.bare)-1]
}

func (e *encoder) String(m *api.Member, v string) { e.begin(m); e.dst = appendString(e.dst, v) }
func (e *encoder) Bool(m *api.Member, v bool)     { e.begin(m); e.dst = strconv.AppendBool(e.dst, v) }
func (e *encoder) Integer(m *api.Member, v int64) {
	e.begin(m)
	e.dst = strconv.AppendInt(e.dst, v, 10)
}

func (e *encoder) Float(m *api.Member, v float64) {
	e.begin(m)
	e.dst = strconv.AppendFloat(e.dst, v, 'g', -1, 64)
}

func (e *encoder) Time(m *api.Member, v time.Time) {
	e.begin(m)
	e.dst = appendTime(e.dst, v.Truncate(e.exact))
}

func (e *encoder) Blob(m *api.Member, v []byte) {
	e.begin(m)
	e.dst = append(base64.StdEncoding.AppendEncode(append(e.dst, '"'), v), '"')
}

func (e *encoder) BeginStructure(m *api.Member) { e.begin(m); e.open('{', false) }
func (e *encoder) EndStructure(*api.Member)     { e.close('}') }

func (e *encoder) BeginList(m *api.Member, _ int) { e.begin(m); e.open('[', true) }
func (e *encoder) EndList(*api.Member)            { e.close(']') }

func (e *encoder) BeginMap(m *api.Member, _ int)        { e.begin(m); e.open('{', true) }
func (e *encoder) EndMap(*api.Member)                   { e.close('}') }
func (e *encoder) BeginEntry(_ *api.Member, key string) { e.name(key) }
func (e *encoder) EndEntry(*api.Member)                 {}

// appendTime appends seconds since 1970, with as much of a fraction as there is.
func appendTime(dst []byte, t time.Time) []byte {
	seconds, nanos := t.Unix(), t.Nanosecond()
	if seconds < 0 && nanos > 0 { // -0.5 is half a second before 1970, not half after -1
		seconds, nanos = seconds+1, 1e9-nanos
		if seconds == 0 {
			dst = append(dst, '-')
		}
	}
	dst = strconv.AppendInt(dst, seconds, 10)
	if nanos == 0 {
		return dst
	}
	digits := strconv.Itoa(1e9 + nanos)[1:]
	for digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return append(append(dst, '.'), digits...)
}

// appendString appends a string in quotation marks. What is no UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		switch {
		case c == '"', c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < ' ', c == 0x7F:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}
