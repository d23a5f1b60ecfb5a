package awsquery

import "unicode/utf8"

// appendText appends s as XML text, which may stand between elements and in a quoted
// attribute. See the package documentation for what XML cannot carry.
func appendText(dst []byte, s string) []byte {
	start := 0
	for i := plainBeginning(s); i < len(s); {
		if plain[s[i]] { // as most are
			i++
			continue
		}
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		if ref := reference(r, size); ref != "" {
			dst = append(append(dst, s[start:i]...), ref...)
			start = i + size
		}
		i += size
	}
	return append(dst, s[start:]...)
}

// plainBeginning is a length up to which s has only characters that stand for themselves, as
// most texts have throughout. It looks at eight bytes at a time, and may stop before the
// first other one: up to seven bytes, and at a tab or a line feed.
func plainBeginning(s string) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		// The high bit of a byte is set if it is no ASCII, or if subtracting borrows: from
		// what is less than a space, or from what is zero now since it was equal. '"' differs
		// from '&', and '<' from '>', in one bit only, which is set for both.
		quotes, brackets := (w|4*ones)^'&'*ones, (w|2*ones)^'>'*ones
		if other := w | (w - ' '*ones) | (quotes - ones) | (brackets - ones); other&highs != 0 {
			break
		}
	}
	return i
}

// plain are the bytes of ASCII that stand for themselves in XML text.
var plain = func() (plain [256]bool) {
	for c := range byte(utf8.RuneSelf) {
		plain[c] = reference(rune(c), 1) == ""
	}
	return plain
}()

// reference is what stands for r in XML text, "" if r can stand there itself. Size 1
// and U+FFFD is an invalid byte.
func reference(r rune, size int) string {
	switch {
	case r == '&':
		return "&amp;"
	case r == '<':
		return "&lt;"
	case r == '>':
		return "&gt;" // only needed in "]]>"
	case r == '"':
		return "&quot;"
	case r == '\r':
		return "&#xD;"
	case r == '\t', r == '\n':
		return ""
	case r < ' ', r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError && size == 1:
		return "\uFFFD"
	}
	return ""
}
