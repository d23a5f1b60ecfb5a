package sigv4

import (
	"net/http"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"

	timeLayout = "20060102T150405Z" // ISO 8601 basic format, in UTC
	dateLayout = "20060102"
)

// Signature is what a request says of its signature. It is a claim until Verify.
type Signature struct {
	AccessKeyID  string
	Date         string // YYYYMMDD, of the credential scope
	Region       string // of the credential scope
	Service      string // of the credential scope
	SessionToken string // empty if there is none
	Time         time.Time
	Presigned    bool
	Expires      time.Duration // of a presigned request; zero if it does not say

	request       Request
	timestamp     string      // Time as it is signed
	signedHeaders string      // names joined by ";"
	signed        [8][]string // the values of the first of them; of the others they are looked up
	signature     string      // as given: 64 hexadecimal digits, if it is right
	tokenUnsigned bool        // the session token stands in a header that is not signed
}

// Parse reads the signature of a request. A request without one gives an error
// with the code MissingAuthenticationToken. The request must not change until the
// Signature has been verified.
func Parse(r Request) (*Signature, error) {
	if r.Method == "" || !strings.HasPrefix(r.Path, "/") {
		return nil, mismatch()
	}
	query, err := scanQuery(r.RawQuery)
	if err != nil {
		return nil, err
	}
	authorization, one := r.one("Authorization")
	_, inHeader := r.Header["Authorization"]
	if !inHeader && !query.present {
		return nil, errUnsigned
	}
	s := &Signature{request: r}
	switch {
	case !one:
		return nil, repeated("Authorization")
	case inHeader && query.present:
		return nil, bothForms()
	case inHeader:
		err = s.parseHeader(authorization)
	default:
		err = s.parseQuery(&query)
	}
	if err != nil {
		return nil, err
	}
	if err := s.checkHeaders(); err != nil {
		return nil, err
	}
	return s, nil
}

// parts are the parts of a signature, of either form, as text.
type parts struct {
	credential, signedHeaders, signature string
}

// parseHeader reads the header form.
func (s *Signature) parseHeader(authorization string) error {
	p, err := parseAuthorization(authorization)
	if err != nil {
		return err
	}
	amzDate, one := s.request.one("X-Amz-Date")
	if !one {
		return repeated("X-Amz-Date")
	}
	date := ""
	if amzDate == "" {
		if date, one = s.request.one("Date"); !one {
			return repeated("Date")
		}
	}
	if lacking := p.lacking("Credential", "Signature", "SignedHeaders"); len(lacking) > 0 || amzDate == "" && date == "" {
		return headerLacks(lacking, amzDate == "" && date == "", authorization)
	}
	if amzDate == "" {
		amzDate = basicFormat(date)
	}
	if s.SessionToken, one = s.request.one("X-Amz-Security-Token"); !one {
		return repeated("X-Amz-Security-Token")
	}
	return s.fill(p, amzDate)
}

// lacking gives the names of the parts that are empty, under the names of a form.
func (p *parts) lacking(credential, signature, signedHeaders string) (names []string) {
	if p.credential == "" {
		names = append(names, credential)
	}
	if p.signature == "" {
		names = append(names, signature)
	}
	if p.signedHeaders == "" {
		names = append(names, signedHeaders)
	}
	return names
}

// basicFormat gives the time of a Date header in the format of X-Amz-Date. What
// is no time stays as it is, and is refused later.
func basicFormat(date string) string {
	if t, err := http.ParseTime(date); err == nil {
		return t.UTC().Format(timeLayout)
	}
	return date
}

// parseAuthorization takes an Authorization header apart. AWS separates its parts
// at commas and spaces, any number of them.
func parseAuthorization(authorization string) (parts, error) {
	var p parts
	scheme, rest, _ := strings.Cut(strings.Trim(authorization, " \t"), " ")
	if scheme != algorithm {
		// Other schemes of AWS may be named; what stands here otherwise may be secret.
		if strings.HasPrefix(scheme, "AWS") && len(scheme) < 40 && !strings.ContainsAny(scheme, ":=") {
			return p, badAlgorithm(scheme)
		}
		return p, badPair(authorization)
	}
	for rest != "" {
		var part string
		if part, rest = cutSeparator(rest); part == "" {
			continue
		}
		name, value, found := strings.Cut(part, "=")
		if !found {
			return p, badPair(authorization)
		}
		into := p.named(name)
		if into == nil || *into != "" {
			return p, repeated(clip(name))
		}
		*into = value
	}
	return p, nil
}

// cutSeparator cuts at the first comma, space or tab.
func cutSeparator(text string) (before, after string) {
	end := len(text)
	for _, c := range [...]byte{',', ' ', '\t'} {
		if i := strings.IndexByte(text[:end], c); i >= 0 {
			end = i
		}
	}
	return text[:end], text[min(end+1, len(text)):]
}

func (p *parts) named(name string) *string {
	switch name {
	case "Credential":
		return &p.credential
	case "SignedHeaders":
		return &p.signedHeaders
	case "Signature":
		return &p.signature
	default:
		return nil
	}
}

// clip shortens what goes into a message.
func clip(text string) string { return text[:min(len(text), 128)] }

// fill sets what both forms have, and checks that the scope is of the time.
func (s *Signature) fill(p parts, timestamp string) error {
	t, ok := parseTime(timestamp)
	if !ok {
		return badDate(clip(timestamp))
	}
	elements := [5]string{}
	rest, more := p.credential, true
	for i := range elements {
		if !more {
			return badCredential(clip(p.credential))
		}
		elements[i], rest, more = strings.Cut(rest, "/")
		if elements[i] == "" || !plain(elements[i]) {
			return badCredential(clip(p.credential))
		}
	}
	if more {
		return badCredential(clip(p.credential))
	}
	if elements[4] != terminator {
		return badTerminator(clip(elements[4]))
	}
	if elements[1] != timestamp[:len(dateLayout)] {
		return badScopeDate(clip(elements[1]), timestamp)
	}
	s.AccessKeyID, s.Date, s.Region, s.Service = elements[0], elements[1], elements[2], elements[3]
	s.Time, s.timestamp = t, timestamp
	s.signedHeaders, s.signature = p.signedHeaders, p.signature
	return nil
}

// parseTime reads a time in timeLayout, and in nothing that is only like it.
func parseTime(text string) (time.Time, bool) {
	if len(text) != len(timeLayout) || text[8] != 'T' || text[15] != 'Z' {
		return time.Time{}, false
	}
	var n [6]int
	for i, at := range [...]struct{ from, to int }{{0, 4}, {4, 6}, {6, 8}, {9, 11}, {11, 13}, {13, 15}} {
		for _, c := range []byte(text[at.from:at.to]) {
			if c < '0' || c > '9' {
				return time.Time{}, false
			}
			n[i] = 10*n[i] + int(c-'0')
		}
	}
	if n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > daysIn(n[0], n[1]) || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC), true
}

// daysIn is how many days a month has.
func daysIn(year, month int) int {
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 29
	}
	return [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
}

// plain reports whether an element of a credential is printable ASCII: it goes
// into the text that is signed, where a line break would begin another line.
func plain(element string) bool {
	for i := range len(element) {
		if element[i] <= ' ' || element[i] >= 0x7f {
			return false
		}
	}
	return len(element) <= 128
}
