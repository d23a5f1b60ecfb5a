package organization

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/policy"
)

// MalformedPolicy is the code of what is wrong with a policy's content.
const MalformedPolicy apierror.Code = "MalformedPolicyDocumentException"

// checkContent refuses a content that cannot be a policy of a type. The error has
// AWS's words first, and then the place and what is wrong there, which AWS does not
// tell.
func checkContent(t PolicyType, content string) error {
	switch t.Name {
	case ServiceControl:
		return checkDeciding(policy.SCP, content)
	case ResourceControl:
		return checkDeciding(policy.RCP, content)
	}
	b, err := parseContent(content)
	if err == nil {
		err = b.check(t.content, "")
	}
	if err != nil {
		line, column := lineAndColumn(content, err.offset)
		return malformed(line, column, err.detail)
	}
	return nil
}

// checkDeciding is for policies in IAM's language.
func checkDeciding(kind policy.Kind, content string) error {
	doc, err := policy.ParseAs(kind, content)
	if err == nil {
		return checkServices(kind, doc)
	}
	if bad, ok := errors.AsType[*policy.Error](err); ok {
		return malformed(bad.Line, bad.Column, bad.Detail)
	}
	return malformed(0, 0, "")
}

// checkServices refuses an RCP about a service that RCPs do not count for: it would have
// no effect.
func checkServices(kind policy.Kind, doc *policy.Document) error {
	if kind != policy.RCP {
		return nil
	}
	for _, s := range doc.Statements {
		for _, action := range s.Action.Values {
			if service, _, _ := strings.Cut(action.Value, ":"); !supportsRCPs(service) {
				at := doc.Position(action.Start)
				return malformed(at.Line, at.Column, "resource control policies do not count for the service "+service)
			}
		}
	}
	return nil
}

func malformed(line, column int, detail string) error {
	message := "The provided policy document does not meet the requirements of the specified policy type."
	if line > 0 {
		message += fmt.Sprintf(" (line %d, column %d: %s)", line, column, detail)
	}
	return apierror.New(MalformedPolicy, "%s", message)
}

// lineAndColumn counts from 1, columns in characters.
func lineAndColumn(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// A branch is a part of the content of a management policy: a setting, which has
// operators that set its value, or something with named parts.
type branch struct {
	name     string // as written; "" for the whole
	offset   int    // of the name, in bytes
	parts    []*branch
	assign   *value
	append   *value
	remove   *value
	allowed  operators // those that child policies may use
	controls bool      // the policy says which those are
}

// A value is what a setting is set to: one text, number or truth value, or a list of
// texts.
type value struct {
	offset int
	list   bool
	items  []string
	bare   bool // the one item is a number or a truth value
}

// operators is a set of value-setting operators.
type operators uint8

const (
	assigning operators = 1 << iota
	appending
	removing

	noOperators  operators = 0
	allOperators           = assigning | appending | removing
)

const (
	assignOperator = "@@assign"
	appendOperator = "@@append"
	removeOperator = "@@remove"
	childControl   = "@@operators_allowed_for_child_policies"
)

var operatorsByName = map[string]operators{
	assignOperator: assigning, appendOperator: appending, removeOperator: removing,
	"@@all": allOperators, "@@none": noOperators,
}

// contentFault is what is wrong with a content.
type contentFault struct {
	offset int
	detail string
}

func faultAt(offset int, format string, args ...any) *contentFault {
	return &contentFault{offset, fmt.Sprintf(format, args...)}
}

// deepestPart is how deep parts may be nested; no type of policies needs half of it.
const deepestPart = 32

// parseContent reads a management policy: JSON in which everything is an object but
// for what stands under an operator.
func parseContent(text string) (*branch, *contentFault) {
	p := contentParser{text: text, decoder: json.NewDecoder(strings.NewReader(text))}
	p.decoder.UseNumber()
	if at := p.next(); p.token() != json.Delim('{') {
		return nil, p.faultOr(at, "a policy is an object")
	}
	root := &branch{allowed: allOperators}
	if fault := p.object(root, 0); fault != nil {
		return nil, fault
	}
	at := p.next()
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, faultAt(at, "something follows the policy")
	}
	return root, nil
}

type contentParser struct {
	text    string
	decoder *json.Decoder
	err     error
}

// next is where the next token begins.
func (p *contentParser) next() int {
	at := int(p.decoder.InputOffset())
	return len(p.text) - len(strings.TrimLeft(p.text[at:], " \t\r\n,:"))
}

func (p *contentParser) token() json.Token {
	t, err := p.decoder.Token()
	if err != nil {
		p.err = err
		return nil
	}
	return t
}

// faultOr is the error of the decoder, or else one that says what is wrong.
func (p *contentParser) faultOr(at int, format string, args ...any) *contentFault {
	if syntax, ok := errors.AsType[*json.SyntaxError](p.err); ok {
		return faultAt(max(0, int(syntax.Offset)-1), "%s", syntax)
	}
	if p.err != nil {
		return faultAt(len(p.text), "the policy ends too early")
	}
	return faultAt(at, format, args...)
}

// object reads the members of an object whose brace has been read, up to its end.
func (p *contentParser) object(b *branch, depth int) *contentFault {
	if depth > deepestPart {
		return faultAt(b.offset, "too much is nested here")
	}
	seen := map[string]bool{}
	for p.decoder.More() {
		at := p.next()
		name, ok := p.token().(string)
		if !ok {
			return p.faultOr(at, "a name is expected")
		}
		if seen[foldName(name)] {
			return faultAt(at, "%s stands here twice; names are the same whatever the case of their letters", name)
		}
		seen[foldName(name)] = true
		if fault := p.member(b, name, at, depth); fault != nil {
			return fault
		}
	}
	if at := p.next(); p.token() != json.Delim('}') {
		return p.faultOr(at, "the object does not end")
	}
	return nil
}

func (p *contentParser) member(b *branch, name string, at, depth int) *contentFault {
	if strings.HasPrefix(name, "@@") {
		return p.operator(b, name, at)
	}
	valueAt := p.next()
	if p.token() != json.Delim('{') {
		return p.faultOr(valueAt, "%s has no operator: a value stands under @@assign, @@append or @@remove", name)
	}
	part := &branch{name: name, offset: at, allowed: allOperators}
	b.parts = append(b.parts, part)
	return p.object(part, depth+1)
}

func (p *contentParser) operator(b *branch, name string, at int) *contentFault {
	v, fault := p.value(name)
	if fault != nil {
		return fault
	}
	switch name {
	case assignOperator:
		b.assign = v
	case appendOperator:
		b.append = v
	case removeOperator:
		b.remove = v
	case childControl:
		b.controls = true
		b.allowed, fault = v.operators()
		return fault
	default:
		return faultAt(at, "there is no operator %s", name)
	}
	return nil
}

// operators reads what stands under the operator that controls child policies.
func (v *value) operators() (operators, *contentFault) {
	var set operators
	if !v.list || len(v.items) == 0 {
		return 0, faultAt(v.offset, "%s has a list of operators", childControl)
	}
	for _, name := range v.items {
		o, ok := operatorsByName[name]
		if !ok {
			return 0, faultAt(v.offset, "there is no operator %s", name)
		}
		if (o == noOperators || o == allOperators) && len(v.items) > 1 {
			return 0, faultAt(v.offset, "%s stands alone", name)
		}
		set |= o
	}
	return set, nil
}

// value reads what stands under an operator.
func (p *contentParser) value(operator string) (*value, *contentFault) {
	v := &value{offset: p.next()}
	switch t := p.token().(type) {
	case string:
		v.items = []string{t}
	case json.Number:
		v.items, v.bare = []string{t.String()}, true
	case bool:
		v.items, v.bare = []string{fmt.Sprint(t)}, true
	case json.Delim:
		if t != '[' {
			return nil, faultAt(v.offset, "%s has a value or a list of values", operator)
		}
		v.list = true
		for p.decoder.More() {
			at := p.next()
			text, ok := p.token().(string)
			if !ok {
				return nil, p.faultOr(at, "the values of a list are texts")
			}
			v.items = append(v.items, text)
		}
		if p.token() != json.Delim(']') {
			return nil, p.faultOr(v.offset, "the list does not end")
		}
	default:
		return nil, p.faultOr(v.offset, "%s has a value or a list of values", operator)
	}
	return v, nil
}

// foldName is the form of a name by which it is told from others: the names in
// management policies are the same whatever the case of their letters.
func foldName(name string) string { return strings.ToLower(name) }

// A form is what AWS documents of a part of a type of policies.
type form struct {
	// fixed are names that a part may have, spelled so; named is the form of parts
	// whose names the author chooses. Nil: there are none.
	fixed map[string]*form
	named *form

	// A setting has one value or a list of them, or either; a form that is neither
	// has parts.
	one, many bool
	// only are the values that there are, match is what they look like; nil: any.
	only  []string
	match *regexp.Regexp
	// likeName says that the value is the name of the part that the setting is in,
	// in letters of whatever case.
	likeName bool
	// noAppend says that only @@assign may be used.
	noAppend bool

	// What an effective policy must have here: the names, and how many named parts or
	// values at least and at most (0: any number).
	needs    []string
	min, max int
}

// check holds a part against its form. owner is the name of the part that it is in.
func (b *branch) check(f *form, owner string) *contentFault {
	sets := b.assign != nil || b.append != nil || b.remove != nil
	switch {
	case f.one || f.many:
		if len(b.parts) > 0 {
			return faultAt(b.parts[0].offset, "%s is a setting: it has operators and no parts", b.name)
		}
		if !sets && !b.controls {
			return faultAt(b.offset, "%s has no operator", b.name)
		}
		return b.checkSetting(f, owner)
	case sets && b.name == "":
		return faultAt(0, "the policy is no setting: no value can be set here")
	case sets:
		return faultAt(b.offset, "%s is no setting: no value can be set here", b.name)
	case b.name == "" && b.controls:
		return faultAt(0, "%s cannot stand at the top", childControl)
	case b.name == "" && len(b.parts) == 0:
		return faultAt(0, "the policy is empty")
	}
	for _, part := range b.parts {
		to := f.fixed[part.name]
		if to == nil {
			to = f.named
		}
		if to == nil {
			return faultAt(part.offset, "%s cannot stand here", part.name)
		}
		if fault := part.check(to, b.name); fault != nil {
			return fault
		}
	}
	return nil
}

func (b *branch) checkSetting(f *form, owner string) *contentFault {
	for _, o := range []struct {
		name string
		v    *value
	}{{assignOperator, b.assign}, {appendOperator, b.append}, {removeOperator, b.remove}} {
		switch {
		case o.v == nil:
		case o.name != assignOperator && (!f.many || f.noAppend):
			return faultAt(o.v.offset, "%s cannot be used with %s", o.name, b.name)
		case o.v.list && !f.many:
			return faultAt(o.v.offset, "%s has one value", b.name)
		case !o.v.list && !f.one:
			return faultAt(o.v.offset, "%s has a list of values", b.name)
		default:
			for _, item := range o.v.items {
				if fault := f.checkItem(b, o.v, item, owner); fault != nil {
					return fault
				}
			}
		}
	}
	return nil
}

func (f *form) checkItem(b *branch, v *value, item, owner string) *contentFault {
	switch {
	case f.only != nil && !slices.Contains(f.only, item):
		return faultAt(v.offset, "%s is one of %s", b.name, strings.Join(f.only, ", "))
	case f.match != nil && !f.match.MatchString(item):
		return faultAt(v.offset, "%q is no value of %s", item, b.name)
	case f.likeName && foldName(item) != foldName(owner):
		return faultAt(v.offset, "%s differs from %s by more than the case of its letters", b.name, owner)
	}
	return nil
}
