package sigv4

import (
	"bytes"
	"slices"
	"strings"
)

// variant is how a canonical request is written.
type variant struct {
	rawPath      bool   // see Rules
	withoutToken bool   // leaves the session token out of a presigned query
	payload      []byte // the last line
}

// appendCanonical appends the canonical request.
func (s *Signature) appendCanonical(b []byte, v variant) []byte {
	r := &s.request
	b = append(b, r.Method...)
	b = append(b, '\n')
	if v.rawPath {
		b = appendRawPath(b, r.Path)
	} else {
		b = appendPath(b, r.Path)
	}
	b = append(b, '\n')
	b = appendQuery(b, r.RawQuery, v.withoutToken)
	b = append(b, '\n')
	n := 0
	for name := range strings.SplitSeq(s.signedHeaders, ";") {
		b = append(b, name...)
		b = append(b, ':')
		if name == "host" {
			b = appendValue(b, r.Host)
		} else {
			var values []string
			if n < len(s.signed) {
				values = s.signed[n]
				n++
			} else {
				values = r.values(name)
			}
			for i, value := range values {
				if i > 0 {
					b = append(b, ',')
				}
				b = appendValue(b, value)
			}
		}
		b = append(b, '\n')
	}
	b = append(b, '\n')
	b = append(b, s.signedHeaders...)
	b = append(b, '\n')
	return append(b, v.payload...)
}

// appendValue appends a header's value without spaces around it, runs of spaces
// within it made one.
func appendValue(b []byte, value string) []byte {
	for value != "" && blank(value[0]) {
		value = value[1:]
	}
	for value != "" && blank(value[len(value)-1]) {
		value = value[:len(value)-1]
	}
	if !strings.Contains(value, "  ") {
		return append(b, value...)
	}
	for i := range len(value) {
		if value[i] == ' ' && value[i-1] == ' ' { // the first is none
			continue
		}
		b = append(b, value[i])
	}
	return b
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// appendPath appends a path normalized as in RFC 3986, section 5.2.4, with
// double slashes made one, and then encoded.
func appendPath(b []byte, path string) []byte {
	start := len(b)
	for path != "" {
		path = strings.TrimLeft(path, "/")
		var segment string
		end := strings.IndexByte(path, '/')
		last := end < 0
		if last {
			segment, path = path, ""
		} else {
			segment, path = path[:end], path[end:]
		}
		switch segment {
		case ".", "":
		case "..":
			b = b[:start+max(0, bytes.LastIndexByte(b[start:], '/'))]
		default:
			b = append(b, '/')
			b = appendEncoded(b, segment)
			if last {
				return b
			}
		}
	}
	return append(b, '/') // it ended in a slash or in dots
}

// appendRawPath appends a path as it is, each byte encoded once.
func appendRawPath(b []byte, path string) []byte {
	for i := 0; i < len(path); i++ {
		c, size := decoded(path, i, false)
		switch {
		case size == 0: // no escape: a percent sign
			b = appendByte(b, '%')
			continue
		case c == '/' && size == 1:
			b = append(b, c)
		default:
			b = appendByte(b, c)
		}
		i += size - 1
	}
	return b
}

// span is where a parameter stands in a buffer: name, "=", value.
type span struct{ start, equals, end int }

// appendQuery appends the query, sorted, without the signature.
func appendQuery(b []byte, query string, withoutToken bool) []byte {
	if query == "" {
		return b
	}
	var textRoom [1024]byte
	var spanRoom [24]span
	text, spans := textRoom[:0], spanRoom[:0]
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		p := span{start: len(text)}
		text = appendReencoded(text, name)
		if key := text[p.start:]; string(key) == paramSignature || withoutToken && string(key) == paramToken {
			text = text[:p.start]
			continue
		}
		p.equals = len(text)
		text = append(text, '=')
		text = appendReencoded(text, value)
		p.end = len(text)
		spans = append(spans, p)
	}
	slices.SortFunc(spans, func(x, y span) int {
		if c := bytes.Compare(text[x.start:x.equals], text[y.start:y.equals]); c != 0 {
			return c
		}
		return bytes.Compare(text[x.equals:x.end], text[y.equals:y.end])
	})
	for i, p := range spans {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(b, text[p.start:p.end]...)
	}
	return b
}

// appendReencoded decodes a name or value of a query and encodes it as AWS does.
// Escapes have been checked by scanQuery.
func appendReencoded(b []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		c, size := decoded(text, i, true)
		b = appendByte(b, c)
		i += max(size, 1) - 1
	}
	return b
}

// appendEncoded encodes each byte of a path segment.
func appendEncoded(b []byte, text string) []byte {
	for i := range len(text) {
		b = appendByte(b, text[i])
	}
	return b
}

const upperHex = "0123456789ABCDEF"

// appendByte appends a byte, escaped unless it is unreserved (RFC 3986, section
// 2.3).
func appendByte(b []byte, c byte) []byte {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
		return append(b, c)
	default:
		return append(b, '%', upperHex[c>>4], upperHex[c&15])
	}
}
