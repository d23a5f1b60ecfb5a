package trail

import (
	"strings"
	"unicode/utf8"
)

// appendText appends a JSON string, as encoding/json writes one with "<", ">" and
// "&" as they are: what is no UTF-8 becomes U+FFFD, and the two line separators
// that JavaScript knows beside "\n" are escaped.
func appendText(out []byte, text string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	from := 0
	for i := plain(text); i < len(text); {
		c := text[i]
		if ' ' <= c && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			out = append(out, text[from:i]...)
			if short := shortEscape(c); short != 0 {
				out = append(out, '\\', short)
			} else {
				out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
			}
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(append(out, text[from:i]...), `\ufffd`...)
			from = i + size
		case r == '\u2028' || r == '\u2029':
			out = append(append(out, text[from:i]...), '\\', 'u', '2', '0', '2', hex[r&0xf])
			from = i + size
		}
		i += size
	}
	return append(append(out, text[from:]...), '"')
}

// plain is a length up to which a text has only characters that stand for themselves in
// a JSON string, as most have throughout. It looks at eight bytes at a time, and may stop
// up to seven before the first other one.
func plain(text string) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := uint64(text[i]) | uint64(text[i+1])<<8 | uint64(text[i+2])<<16 | uint64(text[i+3])<<24 |
			uint64(text[i+4])<<32 | uint64(text[i+5])<<40 | uint64(text[i+6])<<48 | uint64(text[i+7])<<56
		// The high bit of a byte is set if it is no ASCII, or if subtracting borrows:
		// from what is less than a space, or from what is zero now since it was equal.
		quotes, backslashes := w^'"'*ones, w^'\\'*ones
		if other := w | (w - ' '*ones) | (quotes - ones) | (backslashes - ones); other&highs != 0 {
			break
		}
	}
	return i
}

// shortEscape is the letter that escapes a character, or 0.
func shortEscape(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 0
}

// clip cuts a text to at most n bytes, not within a character.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}

// asWritten is a text as who reads the record sees it.
func asWritten(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}
