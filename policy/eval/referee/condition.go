package referee

import (
	"encoding/base64"
	"math/big"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/policy"
)

var names = strings.Fields(`StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase
	StringLike StringNotLike NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals
	NumericGreaterThan NumericGreaterThanEquals DateEquals DateNotEquals DateLessThan DateLessThanEquals
	DateGreaterThan DateGreaterThanEquals Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnLike
	ArnNotEquals ArnNotLike Null`)

// condition is one operator with one key.
func (c *Case) condition(operator string, kv policy.KeyValues, variables bool) bool {
	op := strings.ToLower(operator)
	set := ""
	for _, s := range []string{"forallvalues:", "foranyvalue:"} {
		if strings.HasPrefix(op, s) {
			set, op = s, op[len(s):]
		}
	}
	ifExists := strings.HasSuffix(op, "ifexists")
	op = strings.TrimSuffix(op, "ifexists")
	known := false
	for _, n := range names {
		known = known || strings.ToLower(n) == op
	}
	if !known || op == "null" && ifExists {
		return false
	}
	values, _ := c.values(kv.Key.Value)
	if op == "null" {
		return null(set, kv, len(values) == 0)
	}
	if len(values) == 0 && ifExists {
		return true
	}
	holds := func(v string) bool { return c.operator(op, v, kv, variables) }
	onlyEmpty := true
	for _, v := range values {
		onlyEmpty = onlyEmpty && v == ""
	}
	switch set {
	case "forallvalues:":
		if onlyEmpty {
			return true
		}
		for _, v := range values {
			if !holds(v) {
				return false
			}
		}
		return true
	case "foranyvalue:":
		if onlyEmpty {
			return false
		}
		for _, v := range values {
			if holds(v) {
				return true
			}
		}
		return false
	}
	if len(values) == 0 {
		return strings.Contains(op, "not")
	}
	return len(values) == 1 && holds(values[0])
}

func null(set string, kv policy.KeyValues, missing bool) bool {
	if set != "" {
		return set == "forallvalues:"
	}
	for _, v := range kv.Values {
		switch strings.ToLower(v.Value) {
		case "true":
			if missing {
				return true
			}
		case "false":
			if !missing {
				return true
			}
		}
	}
	return false
}

// operator applies the operator to one value of the request.
func (c *Case) operator(op, value string, kv policy.KeyValues, variables bool) bool {
	not := strings.Contains(op, "not")
	op = strings.Replace(op, "not", "", 1)
	ordered := strings.HasPrefix(op, "numeric") || strings.HasPrefix(op, "date")
	for _, pv := range kv.Values {
		fits, unusable := c.fits(op, value, pv.Value, variables)
		if unusable && not && ordered {
			return false
		}
		if fits {
			// In a negated operator an unusable value later in the list makes
			// the operator fail too, so nothing is lost by saying no now.
			return !not
		}
	}
	if ordered && not && len(kv.Values) == 0 {
		if _, unusable := compare(op, value, value); unusable {
			return false
		}
	}
	return not
}

// fits compares a value of the request with one of the policy.
func (c *Case) fits(op, value, pattern string, variables bool) (fits, unusable bool) {
	switch op {
	case "stringequals", "stringequalsignorecase", "bool":
		p, ok := c.substitute(pattern, variables, false)
		text := ""
		for _, s := range p {
			text += string(s.char)
		}
		switch {
		case !ok:
			return false, false
		case op == "stringequals":
			return text == value, false
		case op == "bool":
			t, v := strings.ToLower(text), strings.ToLower(value)
			return t == v && (t == "true" || t == "false"), false
		}
		return strings.EqualFold(text, value), false
	case "stringlike":
		p, ok := c.substitute(pattern, variables, true)
		return ok && glob(p, []rune(value)), false
	case "arnequals", "arnlike":
		p, ok := c.substitute(pattern, variables, true)
		return ok && arnLike(p, value), false
	case "binaryequals":
		b, err := base64.StdEncoding.DecodeString(pattern)
		return err == nil && string(b) == value && !strings.ContainsAny(pattern, "\r\n"), false
	case "ipaddress":
		return inRange(value, pattern), false
	}
	order, unusable := compare(op, value, pattern)
	if unusable {
		return false, true
	}
	switch {
	case strings.HasSuffix(op, "lessthan"):
		return order < 0, false
	case strings.HasSuffix(op, "lessthanequals"):
		return order <= 0, false
	case strings.HasSuffix(op, "greaterthan"):
		return order > 0, false
	case strings.HasSuffix(op, "greaterthanequals"):
		return order >= 0, false
	}
	return order == 0, false
}

func arnLike(p []sign, value string) bool {
	v := parts(value)
	if len(v) < 6 || v[0] != "arn" {
		return false
	}
	if len(p) == 1 && p[0].wild == '*' {
		return true
	}
	cut := [][]sign{nil}
	for _, s := range p {
		if s.wild == 0 && s.char == ':' && len(cut) < 6 {
			cut = append(cut, nil)
			continue
		}
		cut[len(cut)-1] = append(cut[len(cut)-1], s)
	}
	if len(cut) < 6 {
		return false
	}
	for i := range cut {
		if !glob(cut[i], []rune(v[i])) {
			return false
		}
	}
	return true
}

func inRange(value, pattern string) bool {
	ip := net.ParseIP(value)
	if ip == nil {
		return false
	}
	if single := net.ParseIP(pattern); single != nil {
		return single.Equal(ip)
	}
	_, network, err := net.ParseCIDR(pattern)
	return err == nil && network.Contains(ip)
}

// compare orders two numbers or two dates.
func compare(op, a, b string) (order int, unusable bool) {
	if strings.HasPrefix(op, "numeric") {
		x, okX := number(a)
		y, okY := number(b)
		if !okX || !okY {
			return 0, true
		}
		return x.Cmp(y), false
	}
	x, okX := date(a)
	y, okY := date(b)
	if !okX || !okY {
		return 0, true
	}
	return x.Compare(y), false
}

var (
	isNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,9})?$`)
	isDigits = regexp.MustCompile(`^[0-9]+$`)
	isDate   = regexp.MustCompile(`^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$`)
)

func number(s string) (*big.Rat, bool) {
	if !isNumber.MatchString(s) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func date(s string) (time.Time, bool) {
	if isDigits.MatchString(s) && len(s) != 4 {
		n, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(n, 0), err == nil
	}
	if !isDate.MatchString(s) {
		return time.Time{}, false
	}
	for _, layout := range []string{"2006", "2006-01", "2006-01-02", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
