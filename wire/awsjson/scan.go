package awsjson

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON as RFC 8259 has it. encoding/json tells no duplicated names, takes
// names in any case, and mends text that is no UTF-8.
type scanner struct {
	text  []byte
	pos   int
	depth int
	left  int // how many values may still come
}

// kind is what a value begins like.
type kind uint8

const (
	none kind = iota // no value begins here
	object
	array
	text
	number
	boolean
	null
)

// next skips white space and tells what comes.
func (s *scanner) next() kind {
	s.space()
	if s.pos == len(s.text) {
		return none
	}
	switch c := s.text[s.pos]; {
	case c == '{':
		return object
	case c == '[':
		return array
	case c == '"':
		return text
	case c == '-', '0' <= c && c <= '9':
		return number
	case c == 't', c == 'f':
		return boolean
	case c == 'n':
		return null
	}
	return none
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// take goes past c, if it comes after white space.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.pos == len(s.text) || s.text[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

// each calls element for every element of the array or object that comes; element
// reads all of it.
func (s *scanner) each(open, close byte, element func() error) error {
	if s.depth++; s.depth > MaxDepth {
		return malformed("The body is nested too deeply.")
	}
	s.take(open)
	if !s.take(close) {
		for {
			if s.left--; s.left < 0 {
				return malformed("The body has too many values.")
			}
			if err := element(); err != nil {
				return err
			}
			if s.take(close) {
				break
			}
			if !s.take(',') {
				return s.notJSON()
			}
		}
	}
	s.depth--
	return nil
}

// members calls member for every member of the object that comes, after its name.
func (s *scanner) members(member func(name string) error) error {
	return s.each('{', '}', func() error {
		if s.next() != text {
			return s.notJSON()
		}
		name, err := s.string()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return s.notJSON()
		}
		return member(name)
	})
}

// skip goes past the value that comes, which must be well-formed.
func (s *scanner) skip() error {
	switch s.next() {
	case object:
		return s.members(func(string) error { return s.skip() })
	case array:
		return s.each('[', ']', s.skip)
	case text:
		_, err := s.string()
		return err
	case number:
		_, err := s.number()
		return err
	case boolean:
		_, err := s.boolean()
		return err
	case null:
		return s.null()
	}
	return s.notJSON()
}

func (s *scanner) null() error {
	if !s.word("null") {
		return s.notJSON()
	}
	return nil
}

func (s *scanner) boolean() (bool, error) {
	if s.word("true") {
		return true, nil
	}
	if s.word("false") {
		return false, nil
	}
	return false, s.notJSON()
}

func (s *scanner) word(w string) bool {
	if len(s.text)-s.pos < len(w) || string(s.text[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

// number gives a number as it is written.
func (s *scanner) number() (string, error) {
	start := s.pos
	s.one('-')
	if !s.one('0') && !s.digits() {
		return "", s.notJSON()
	}
	if s.one('.') && !s.digits() {
		return "", s.notJSON()
	}
	if s.one('e') || s.one('E') {
		_ = s.one('+') || s.one('-')
		if !s.digits() {
			return "", s.notJSON()
		}
	}
	return string(s.text[start:s.pos]), nil
}

func (s *scanner) one(c byte) bool {
	if s.pos == len(s.text) || s.text[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && '0' <= s.text[s.pos] && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// string reads the string that comes.
func (s *scanner) string() (string, error) {
	s.pos++ // the quotation mark
	start := s.pos
	for s.pos < len(s.text) { // most strings are as they are written
		switch c := s.text[s.pos]; {
		case c == '"':
			return s.whole(s.text[start:s.pos])
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return "", s.notJSON()
		}
		s.pos++
	}
	return "", s.notJSON()
}

// whole gives a string that ends here.
func (s *scanner) whole(b []byte) (string, error) {
	s.pos++ // the quotation mark
	if !utf8.Valid(b) {
		return "", malformed("The body is not valid UTF-8.")
	}
	return string(b), nil
}

// escaped reads a string that began at start from its first escape on.
func (s *scanner) escaped(start int) (string, error) {
	b := append(make([]byte, 0, 2*(s.pos-start)+16), s.text[start:s.pos]...)
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		switch {
		case c == '"':
			return s.whole(b)
		case c < ' ':
			return "", s.notJSON()
		case c != '\\':
			b = append(b, c)
			s.pos++
			continue
		}
		s.pos++
		r, err := s.escape()
		if err != nil {
			return "", err
		}
		b = utf8.AppendRune(b, r)
	}
	return "", s.notJSON()
}

// escape reads what stands after a backslash.
func (s *scanner) escape() (rune, error) {
	if s.pos == len(s.text) {
		return 0, s.notJSON()
	}
	c := s.text[s.pos]
	s.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return s.unicode()
	}
	return 0, s.notJSON()
}

// unicode reads the digits of \uXXXX, and the other half of a surrogate pair. NUL and
// half a pair are no text that could be stored and sent again.
func (s *scanner) unicode() (rune, error) {
	r, ok := s.hex()
	if utf16.IsSurrogate(r) && s.word(`\u`) {
		var low rune
		low, ok = s.hex()
		r = utf16.DecodeRune(r, low)
		if r == utf8.RuneError {
			ok = false
		}
	}
	if !ok || r == 0 || utf16.IsSurrogate(r) {
		return 0, malformed("The body has a character that is not valid.")
	}
	return r, nil
}

func (s *scanner) hex() (rune, bool) {
	if len(s.text)-s.pos < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.text[s.pos:s.pos+4]), 16, 16)
	s.pos += 4
	return rune(n), err == nil
}

func (s *scanner) notJSON() error {
	if s.pos >= len(s.text) {
		return malformed("The body ends where JSON does not.")
	}
	return malformed("The body is not valid JSON.")
}
