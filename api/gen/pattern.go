package main

import (
	"fmt"
	"regexp"
	"strings"
)

// translate turns a Java regular expression into RE2's syntax. Only what could
// differ is looked at: \uXXXX becomes \x{XXXX}; a hex digit right after it is an
// error, because its author meant more than the four digits that Java reads;
// so is whatever Go cannot compile (lookahead, backreferences). Go reads \w, \d
// and \p{…} as Java does without flags.
func translate(java string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(java); i++ {
		if java[i] != '\\' || i+1 == len(java) {
			b.WriteByte(java[i])
			continue
		}
		if java[i+1] != 'u' {
			b.WriteString(java[i : i+2])
			i++
			continue
		}
		if i+6 > len(java) || !isHex(java[i+2:i+6]) {
			return "", fmt.Errorf(`pattern %s: \u without four digits`, java)
		}
		if i+6 < len(java) && isHex(java[i+6:i+7]) {
			return "", fmt.Errorf(`pattern %s: digit after \u%s, needs an override`, java, java[i+2:i+6])
		}
		b.WriteString(`\x{` + java[i+2:i+6] + `}`)
		i += 5
	}
	re2 := b.String()
	if _, err := regexp.Compile(`\A(?:` + re2 + `)\z`); err != nil {
		return "", fmt.Errorf("pattern %s needs an override: %w", java, err)
	}
	return re2, nil
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
