package sigv4

import "strings"

// checkHeaders checks the list of signed headers against the request's headers.
func (s *Signature) checkHeaders() error {
	hasHost, before, n := false, "", 0
	for name := range strings.SplitSeq(s.signedHeaders, ";") {
		if name <= before || !isLowerName(name) {
			return mismatch() // not sorted, twice, or not in lower case: no signer does that
		}
		before = name
		if name == "host" {
			hasHost = true
			continue
		}
		values := s.request.values(name)
		if len(values) == 0 {
			return mismatch()
		}
		if n < len(s.signed) {
			s.signed[n] = values
			n++
		}
	}
	if !hasHost || s.request.Host == "" {
		return notSigned("Host' or ':authority")
	}
	for name, values := range s.request.Header {
		// Another spelling would be a second header of the same name, which one
		// reader sees and another does not.
		if !isCanonical(name) || name == "Host" {
			return mismatch()
		}
		if err := s.checkAmz(name, values); err != nil {
			return err
		}
	}
	return nil
}

// checkAmz refuses a header that says what is done without being signed, or that
// says it twice.
func (s *Signature) checkAmz(name string, values []string) error {
	if !strings.HasPrefix(name, "X-Amz-") {
		return nil
	}
	switch name {
	case "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Target":
		if len(values) != 1 {
			return repeated(name)
		}
	}
	if s.signs(name) {
		return nil
	}
	if name == "X-Amz-Security-Token" {
		s.tokenUnsigned = true // Verify refuses it, unless the rules allow it
		return nil
	}
	return notSigned(clip(name))
}

// Signs reports whether the signature covers a header.
func (s *Signature) Signs(name string) bool { return s.signs(name) }

func (s *Signature) signs(name string) bool {
	for signed := range strings.SplitSeq(s.signedHeaders, ";") {
		if equalLower(name, signed) {
			return true
		}
	}
	return false
}

// isLowerName reports whether text is a header's name without upper-case letters.
func isLowerName(text string) bool {
	for i := range len(text) {
		if c := text[i]; !tokenByte[c] || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return text != ""
}
