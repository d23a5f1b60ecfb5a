package policy

import (
	"encoding/json"
	"sort"
	"strings"
	"unicode/utf8"
)

// Version2012 is the version of the policy language that has policy variables.
const (
	Version2008 = "2008-10-17"
	Version2012 = "2012-10-17"
)

// Span is a piece of a document's text, in bytes. End is behind the last one.
type Span struct{ Start, End int }

// Position is a place in a document's text. Line and Column count from 1, the
// column in characters.
type Position struct{ Line, Column int }

// Text is a string of a document.
type Text struct {
	Value string
	Span  // of the JSON literal, with its quotes
}

// Document is a policy document. It is immutable.
type Document struct {
	Text       string // as written
	Version    Text   // Value is empty if the document has none
	ID         Text   // Value is empty if the document has none
	Statements []*Statement

	lines []int // offsets at which lines begin
}

// Variables reports whether the document's version has policy variables.
func (d *Document) Variables() bool { return d.Version.Value == Version2012 }

// Effect is what a statement does with the requests that it applies to.
type Effect uint8

// The effects.
const (
	Deny Effect = iota
	Allow
)

// String is the effect as documents spell it.
func (e Effect) String() string {
	if e == Allow {
		return "Allow"
	}
	return "Deny"
}

// Statement is one statement of a document.
type Statement struct {
	Span                // from brace to brace
	Begin, End Position // of the first brace and of the last one
	Index      int      // among the document's statements
	Sid        *Text    // nil if there is none
	Effect     Effect
	EffectText Text
	Principal  *Principal // or NotPrincipal; nil if there is none
	Action     *List      // or NotAction; nil if there is none
	Resource   *List      // or NotResource; nil if there is none
	Condition  []Block
}

// List is an Action or Resource element, or its negation.
type List struct {
	Span
	Not    bool // it is the NotAction or NotResource
	Values []Text
}

// Principal is a Principal or NotPrincipal element.
type Principal struct {
	Span
	Not      bool
	Everyone bool // it is "*" rather than an object
	Values   []PrincipalValue
}

// PrincipalType is the kind of principal that a value names.
type PrincipalType string

// The types of principals.
const (
	AWS           PrincipalType = "AWS"
	Service       PrincipalType = "Service"
	Federated     PrincipalType = "Federated"
	CanonicalUser PrincipalType = "CanonicalUser"
)

// PrincipalValue is one principal of a Principal element. The bare "*" is the
// value "*" of type AWS: the two mean the same.
type PrincipalValue struct {
	Type PrincipalType
	Text
}

// Block is one operator of a Condition element with the keys under it.
type Block struct {
	Operator Text
	Keys     []KeyValues
}

// KeyValues is a condition key with its values. Numbers and booleans have
// become strings.
type KeyValues struct {
	Key    Text
	Values []Text
}

// Principals gives every principal that the document names, in order.
func (d *Document) Principals() []PrincipalValue {
	var all []PrincipalValue
	for _, s := range d.Statements {
		if s.Principal != nil {
			all = append(all, s.Principal.Values...)
		}
	}
	return all
}

// Position tells line and column of an offset in the text.
func (d *Document) Position(offset int) Position { return position(d.Text, d.lines, offset) }

func lineStarts(text string) []int {
	lines := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			lines = append(lines, i+1)
		}
	}
	return lines
}

func position(text string, lines []int, offset int) Position {
	line := sort.SearchInts(lines, offset+1)
	return Position{Line: line, Column: utf8.RuneCountInString(text[lines[line-1]:offset]) + 1}
}

// Replacement puts a string in the place of a JSON literal.
type Replacement struct {
	Span
	Value string
}

// Splice gives text with the literals at the replacements' spans replaced, and
// all else as it was. Spans must lie in text and not overlap.
func Splice(text string, rs []Replacement) string {
	rs = append([]Replacement(nil), rs...)
	sort.Slice(rs, func(i, j int) bool { return rs[i].Start < rs[j].Start })
	var b strings.Builder
	done := 0
	for _, r := range rs {
		b.WriteString(text[done:r.Start])
		b.WriteString(quote(r.Value))
		done = r.End
	}
	b.WriteString(text[done:])
	return b.String()
}

func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return `""` // cannot happen: every string can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Size is the number of characters that count for the quotas of identity-based
// and trust policies: white space does not.
func Size(text string) int {
	n := 0
	for _, r := range text {
		switch r {
		case ' ', '\t', '\n', '\r':
		default:
			n++
		}
	}
	return n
}
