package policy

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a document. The grammar needs six levels.
const maxDepth = 16

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// node is a JSON value with its place in the text.
type node struct {
	kind kind
	Span
	text    string // of a string; of a number or boolean as written
	items   []node // of a list
	members []member
}

type member struct {
	name  string
	Span  // of the name
	value node
}

// scanner reads JSON as RFC 8259 has it. It is written here because
// encoding/json tells neither positions nor duplicated members, which are an
// error in policies, and takes member names in any case, which are none.
type scanner struct {
	text  string
	pos   int
	depth int
	dup   *member // first duplicated member: the text is JSON, but no policy
}

// scanError is a place where the text is not JSON.
type scanError struct {
	offset int
	detail string
}

func (e *scanError) Error() string { return e.detail }

// scan reads the one value that text must consist of. A duplicated member is
// not reported by err, as the text is JSON nonetheless.
func scan(text string) (root node, dup *member, err *scanError) {
	s := &scanner{text: text}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *scanError:
			err = r
		default:
			panic(r)
		}
	}()
	root = s.value()
	s.space()
	if s.pos < len(text) {
		s.fail("something follows the end of the document")
	}
	return root, s.dup, nil
}

func (s *scanner) fail(format string, args ...any) {
	panic(&scanError{offset: s.pos, detail: fmt.Sprintf(format, args...)})
}

func (s *scanner) space() {
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

// peek is the next byte that is not white space; 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos == len(s.text) {
		return 0
	}
	return s.text[s.pos]
}

func (s *scanner) expect(c byte) {
	if s.peek() != c {
		s.fail("expected %q", c)
	}
	s.pos++
}

func (s *scanner) value() node {
	c := s.peek()
	n := node{Span: Span{Start: s.pos}}
	switch {
	case c == '{':
		n.kind = kindObject
		s.nested(func() { n.members = s.object() })
	case c == '[':
		n.kind = kindArray
		s.nested(func() { n.items = s.array() })
	case c == '"':
		n.kind, n.text = kindString, s.string()
	case c == '-' || isDigit(c):
		n.kind, n.text = kindNumber, s.number()
	default:
		n.kind, n.text = s.word()
	}
	n.End = s.pos
	return n
}

func (s *scanner) nested(read func()) {
	if s.depth++; s.depth > maxDepth {
		s.fail("nested too deeply")
	}
	s.pos++
	read()
	s.depth--
}

func (s *scanner) object() []member {
	var ms []member
	if s.peek() == '}' {
		s.pos++
		return ms
	}
	seen := map[string]bool{}
	for {
		if s.peek() != '"' {
			s.fail("expected the name of a member, in double quotes")
		}
		m := member{Span: Span{Start: s.pos}}
		m.name = s.string()
		m.End = s.pos
		s.expect(':')
		m.value = s.value()
		if seen[m.name] && s.dup == nil {
			d := m
			s.dup = &d
		}
		seen[m.name] = true
		ms = append(ms, m)
		if s.peek() == ',' {
			s.pos++
			continue
		}
		s.expect('}')
		return ms
	}
}

func (s *scanner) array() []node {
	var items []node
	if s.peek() == ']' {
		s.pos++
		return items
	}
	for {
		items = append(items, s.value())
		if s.peek() == ',' {
			s.pos++
			continue
		}
		s.expect(']')
		return items
	}
}

func (s *scanner) word() (kind, string) {
	for _, w := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(s.text[s.pos:], w) {
			s.pos += len(w)
			if w == "null" {
				return kindNull, w
			}
			return kindBool, w
		}
	}
	if s.pos == len(s.text) {
		s.fail("the document ends too early")
	}
	s.fail("expected a value")
	return kindNull, ""
}

func (s *scanner) number() string {
	start := s.pos
	if s.text[s.pos] == '-' {
		s.pos++
	}
	if first := s.pos; s.digits() > 1 && s.text[first] == '0' {
		s.pos = first
		s.fail("a number begins with a superfluous zero")
	}
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		s.digits()
	}
	if s.pos < len(s.text) && (s.text[s.pos] == 'e' || s.text[s.pos] == 'E') {
		s.pos++
		if s.pos < len(s.text) && (s.text[s.pos] == '+' || s.text[s.pos] == '-') {
			s.pos++
		}
		s.digits()
	}
	return s.text[start:s.pos]
}

func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		s.pos++
	}
	if s.pos == start {
		s.fail("expected a digit")
	}
	return s.pos - start
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// string reads a string literal and gives its value.
func (s *scanner) string() string {
	s.pos++
	start := s.pos
	var b strings.Builder
	for {
		if s.pos == len(s.text) {
			s.fail("a string is not closed")
		}
		switch c := s.text[s.pos]; {
		case c == '"':
			value := s.text[start:s.pos]
			s.pos++
			if b.Len() == 0 {
				return value
			}
			return b.String() + value
		case c == '\\':
			b.WriteString(s.text[start:s.pos])
			b.WriteString(s.escape())
			start = s.pos
		case c < ' ':
			s.fail("a control character stands in a string")
		default:
			r, n := utf8.DecodeRuneInString(s.text[s.pos:])
			if r == utf8.RuneError && n == 1 {
				s.fail("a string is not UTF-8")
			}
			s.pos += n
		}
	}
}

var escapes = map[byte]string{'"': `"`, '\\': `\`, '/': "/", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t"}

func (s *scanner) escape() string {
	if s.pos+1 == len(s.text) {
		s.fail("a string is not closed")
	}
	c := s.text[s.pos+1]
	if e, ok := escapes[c]; ok {
		s.pos += 2
		return e
	}
	if c != 'u' {
		s.fail("unknown escape in a string")
	}
	r := s.hex()
	if utf16.IsSurrogate(r) {
		if !strings.HasPrefix(s.text[s.pos:], `\u`) {
			s.fail("half a surrogate pair in a string")
		}
		if r = utf16.DecodeRune(r, s.hex()); r == utf8.RuneError {
			s.fail("half a surrogate pair in a string")
		}
	}
	return string(r)
}

// hex reads \uXXXX.
func (s *scanner) hex() rune {
	var r rune
	if s.pos+6 > len(s.text) {
		s.fail("an escape is cut off")
	}
	for _, c := range []byte(s.text[s.pos+2 : s.pos+6]) {
		i := strings.IndexByte("0123456789abcdef", c|0x20)
		if i < 0 || c < '0' {
			s.fail("an escape needs four hexadecimal digits")
		}
		r = r<<4 | rune(i)
	}
	s.pos += 6
	return r
}
