package awsquery

import "unicode/utf8"

// appendText appends s as XML text, which may stand between elements and in a quoted
// attribute. See the package documentation for what XML cannot carry.
func appendText(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
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
