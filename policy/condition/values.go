package condition

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Number is a decimal number, exact. The digits stay where they were written,
// so parsing one costs no memory.
type Number struct {
	ok       bool
	negative bool
	whole    string // digits before the point, without leading zeros
	fraction string // digits behind it, without trailing zeros
	skipped  int    // zeros that the fraction begins with, if there is no whole part
	exponent int
}

// ParseNumber reads an optional sign, digits, an optional fraction and an
// optional exponent, and nothing else.
func ParseNumber(s string) (Number, bool) {
	var n Number
	s, n.negative = cutSign(s)
	whole, s := cutDigits(s)
	if whole == "" {
		return Number{}, false
	}
	if tail, found := strings.CutPrefix(s, "."); found {
		if n.fraction, s = cutDigits(tail); n.fraction == "" {
			return Number{}, false
		}
	}
	if s != "" {
		var ok bool
		if n.exponent, ok = parseExponent(s); !ok {
			return Number{}, false
		}
	}
	n.whole = strings.TrimLeft(whole, "0")
	n.fraction = strings.TrimRight(n.fraction, "0")
	if n.whole == "" {
		n.skipped = len(n.fraction) - len(strings.TrimLeft(n.fraction, "0"))
	}
	n.ok = true
	if n.digits() == 0 {
		n.negative = false
	}
	return n, true
}

func cutSign(s string) (rest string, negative bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func cutDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

// parseExponent reads e and up to nine digits: more is no number but an attack.
func parseExponent(s string) (int, bool) {
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	s, negative := cutSign(s[1:])
	digits, rest := cutDigits(s)
	if digits == "" || rest != "" || len(digits) > 9 {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	if negative {
		n = -n
	}
	return n, err == nil
}

// digits is the number of significant places, counted from the first that is
// not zero.
func (n *Number) digits() int { return len(n.whole) + len(n.fraction) - n.skipped }

// magnitude is the power of ten just above the first significant digit.
func (n *Number) magnitude() int { return len(n.whole) - n.skipped + n.exponent }

// digit is the i-th significant digit; behind the last there are zeros.
func (n *Number) digit(i int) byte {
	i += n.skipped
	if i < len(n.whole) {
		return n.whole[i]
	}
	if i -= len(n.whole); i < len(n.fraction) {
		return n.fraction[i]
	}
	return '0'
}

// Compare orders two numbers: -1, 0 or 1.
func (n Number) Compare(m Number) int {
	switch {
	case n.negative && !m.negative:
		return -1
	case !n.negative && m.negative:
		return 1
	case n.negative:
		return m.compareSize(&n)
	}
	return n.compareSize(&m)
}

func (n *Number) compareSize(m *Number) int {
	if n.digits() == 0 || m.digits() == 0 {
		return cmp.Compare(min(n.digits(), 1), min(m.digits(), 1))
	}
	if c := cmp.Compare(n.magnitude(), m.magnitude()); c != 0 {
		return c
	}
	for i := range max(n.digits(), m.digits()) {
		if c := cmp.Compare(n.digit(i), m.digit(i)); c != 0 {
			return c
		}
	}
	return 0
}

// Instant is a point in time.
type Instant struct {
	ok      bool
	seconds int64
	nanos   int
}

// Compare orders two instants: -1, 0 or 1.
func (a Instant) Compare(b Instant) int {
	if c := cmp.Compare(a.seconds, b.seconds); c != 0 {
		return c
	}
	return cmp.Compare(a.nanos, b.nanos)
}

// ParseInstant reads a date of the W3C profile of ISO 8601, missing parts being
// the earliest, or a Unix time in seconds, digits only. Four digits are a year.
//
//	YYYY  YYYY-MM  YYYY-MM-DD  YYYY-MM-DDThh:mmTZD  YYYY-MM-DDThh:mm:ssTZD  YYYY-MM-DDThh:mm:ss.sTZD
//
// TZD is Z, +hh:mm or -hh:mm. Fractions of up to nine digits are accepted.
func ParseInstant(s string) (Instant, bool) {
	digits, rest := cutDigits(s)
	if rest == "" && len(digits) != 4 {
		n, err := strconv.ParseInt(digits, 10, 64)
		return Instant{ok: err == nil, seconds: n}, err == nil
	}
	if len(digits) != 4 {
		return Instant{}, false
	}
	return parseDate(digits, rest)
}

func parseDate(year, s string) (Instant, bool) {
	p := reader{s: s}
	y, _ := strconv.Atoi(year)
	month, day := 1, 1
	if p.more() {
		month = p.after('-', 1, 12)
	}
	if p.more() {
		day = p.after('-', 1, 31)
	}
	var hour, minute, second, nanos, offset int
	if p.more() {
		hour, minute = p.after('T', 0, 23), p.after(':', 0, 59)
		if p.next(':') {
			second = p.after(':', 0, 59)
			nanos = p.fraction()
		}
		offset = p.zone()
	}
	t := time.Date(y, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if p.failed || p.s != "" || t.Day() != day {
		return Instant{}, false // a 30th of February, for one, has become a day in March
	}
	return Instant{ok: true, seconds: t.Unix() - int64(offset), nanos: nanos}, true
}

// reader takes a date apart; once it has failed it stays so.
type reader struct {
	s      string
	failed bool
}

func (p *reader) more() bool       { return !p.failed && p.s != "" }
func (p *reader) next(c byte) bool { return p.more() && p.s[0] == c }

// after reads c and two digits with a value in the range.
func (p *reader) after(c byte, low, high int) int {
	if p.failed || len(p.s) < 3 || p.s[0] != c || !isDigit(p.s[1]) || !isDigit(p.s[2]) {
		p.failed = true
		return low
	}
	n := int(p.s[1]-'0')*10 + int(p.s[2]-'0')
	p.s = p.s[3:]
	p.failed = n < low || n > high
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// fraction reads an optional fraction of a second, in nanoseconds.
func (p *reader) fraction() int {
	if !p.next('.') {
		return 0
	}
	digits, rest := cutDigits(p.s[1:])
	if digits == "" || len(digits) > 9 {
		p.failed = true
		return 0
	}
	p.s = rest
	n := 0
	for i := range 9 {
		n *= 10
		if i < len(digits) {
			n += int(digits[i] - '0')
		}
	}
	return n
}

// zone reads the time zone, in seconds east of Greenwich.
func (p *reader) zone() int {
	switch {
	case p.next('Z'):
		p.s = p.s[1:]
		return 0
	case p.next('+'):
		return p.after('+', 0, 23)*3600 + p.after(':', 0, 59)*60
	case p.next('-'):
		return -p.after('-', 0, 23)*3600 - p.after(':', 0, 59)*60
	}
	p.failed = true
	return 0
}

// ParseAddress reads an IP address. An IPv4 address written as IPv6 is the IPv4
// address. Zones are not allowed.
func ParseAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

// ParseRange reads an address range in CIDR notation, or an address, which is
// the range of itself. Bits behind the prefix are ignored.
func ParseRange(s string) (netip.Prefix, bool) {
	if a, ok := ParseAddress(s); ok {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}
