package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// decide answers one question per line of in with one line of out, both JSON.
// A line that cannot be understood gives a deny with an "error"; it stops
// nothing. The error that decide returns is one of reading or writing.
//
// Unknown members of the request are refused, and so are unknown members of the
// case that hold a list or an object: one of them may be a policy whose name is
// misspelled. Other unknown members are taken as notes.
func decide(in io.Reader, out io.Writer) error {
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<16)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for {
		line, err := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := e.Encode(decideLine(line)); err != nil {
				return err
			}
			if r.Buffered() == 0 { // nobody has asked more yet: answer now
				if err := w.Flush(); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return w.Flush()
		}
		if err != nil {
			return errors.Join(err, w.Flush())
		}
	}
}

type decideAnswer struct {
	ID       json.RawMessage `json:"id"`
	Decision string          `json:"decision"`
	Reason   *decideReason   `json:"reason,omitempty"`
	Error    string          `json:"error,omitempty"`
}

// decideReason explains a decision. PolicyKind is the kind of policy that
// decided; Message is the denial as a caller would see it.
type decideReason struct {
	PolicyKind   string        `json:"policy_kind"`
	Message      string        `json:"message,omitempty"`
	CrossAccount bool          `json:"cross_account"`
	Matched      []decideMatch `json:"matched_statements"`
}

// decideMatch is a statement that determined the decision. Policy names its
// document by the member of the case and its index there.
type decideMatch struct {
	Policy    string `json:"policy"`
	Sid       string `json:"sid"`
	Effect    string `json:"effect"`
	Statement int    `json:"statement"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
}

func decideLine(line []byte) decideAnswer {
	id := json.RawMessage("null")
	fail := func(err error) decideAnswer {
		return decideAnswer{ID: id, Decision: eval.ImplicitDeny.String(), Error: err.Error()}
	}
	members, err := jsonObject(line)
	if err != nil {
		return fail(err)
	}
	if raw, ok := members["id"]; ok {
		id = raw
	}
	c, err := readCase(members)
	if err != nil {
		return fail(err)
	}
	d := eval.Decide(&c.request, &c.policies)
	return decideAnswer{ID: id, Decision: d.Outcome.String(), Reason: reason(&d, c), Error: d.Fault}
}

func reason(d *eval.Decision, c *decideCase) *decideReason {
	r := &decideReason{PolicyKind: d.Kind.String(), CrossAccount: d.CrossAccount, Matched: []decideMatch{}}
	if !d.Allowed() {
		r.Message = d.Message(c.principal, c.request.Action, c.request.Resource)
	}
	for _, m := range d.Matched {
		s := m.Statement
		match := decideMatch{
			Policy: m.Policy.Source().ID, Effect: s.Effect.String(), Statement: s.Index,
			Line: s.Begin.Line, Column: s.Begin.Column, EndLine: s.End.Line, EndColumn: s.End.Column,
		}
		if s.Sid != nil {
			match.Sid = s.Sid.Value
		}
		r.Matched = append(r.Matched, match)
	}
	return r
}

// decideCase is a line, understood.
type decideCase struct {
	principal string
	request   eval.Request
	policies  eval.Policies
}

func readCase(members map[string]json.RawMessage) (*decideCase, error) {
	c := &decideCase{}
	if err := c.readRequest(members["request"]); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) { // the first error is always the same
		if err := c.readMember(name, members[name]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *decideCase) readMember(name string, raw json.RawMessage) (err error) {
	p := &c.policies
	switch name {
	case "id", "request":
	case "identity_policies":
		p.Identity, err = readPolicies(name, raw)
	case "resource_policy":
		p.Resource, err = readPolicy(name, raw)
	case "permission_boundary":
		p.Boundary, err = readPolicies(name, raw)
	case "session_policies":
		p.Session, err = readPolicies(name, raw)
	case "vpc_endpoint_policies":
		p.Endpoint, err = readPolicies(name, raw)
	case "scps":
		p.SCPs, err = readLevels(name, raw)
	case "rcps":
		p.RCPs, err = readLevels(name, raw)
	default:
		if raw[0] == '{' || raw[0] == '[' {
			return fmt.Errorf("%s: unknown member", name)
		}
	}
	return err
}

// readLevels reads a list of lists of documents.
func readLevels(name string, raw json.RawMessage) ([][]*eval.Policy, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("%s: expected a list of lists of policies", name)
	}
	var levels [][]*eval.Policy
	for i, item := range items {
		if isNull(item) {
			return nil, fmt.Errorf("%s[%d]: expected a list of policies", name, i)
		}
		ps, err := readPolicies(fmt.Sprintf("%s[%d]", name, i), item)
		if err != nil {
			return nil, err
		}
		levels = append(levels, ps)
	}
	return levels, nil
}

// readPolicies reads a list of documents; nil if it is empty or null.
func readPolicies(name string, raw json.RawMessage) ([]*eval.Policy, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("%s: expected a list of policies", name)
	}
	var ps []*eval.Policy
	for i, item := range items {
		p, err := readPolicy(fmt.Sprintf("%s[%d]", name, i), item)
		if err != nil {
			return nil, err
		}
		if p == nil {
			return nil, fmt.Errorf("%s[%d]: expected a policy", name, i)
		}
		ps = append(ps, p...)
	}
	return ps, nil
}

// readPolicy reads a document, which may also be given as a string that holds
// its text; then lines and columns are those of the text. Null is no document.
func readPolicy(name string, raw json.RawMessage) ([]*eval.Policy, error) {
	if isNull(raw) {
		return nil, nil
	}
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		}
	}
	doc, err := policy.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return []*eval.Policy{eval.Compile(doc, eval.Source{ID: name})}, nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func (c *decideCase) readRequest(raw json.RawMessage) error {
	members, err := jsonObject(raw)
	if err != nil {
		return err
	}
	var context map[string]json.RawMessage
	var multivalued []string
	var owner string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var err error
		raw, p := members[name], &c.request.Principal
		switch name {
		case "principal":
			err = json.Unmarshal(raw, &c.principal)
		case "action":
			err = json.Unmarshal(raw, &c.request.Action)
		case "resource":
			err = json.Unmarshal(raw, &c.request.Resource)
		case "resource_account":
			err = json.Unmarshal(raw, &owner)
		case "context":
			if !isNull(raw) {
				context, err = jsonObject(raw)
			}
		case "multivalued":
			err = json.Unmarshal(raw, &multivalued)
		case "principal_is_management_account":
			err = json.Unmarshal(raw, &p.ManagementAccount)
		case "principal_is_service_linked_role":
			err = json.Unmarshal(raw, &p.ServiceLinkedRole)
		case "resource_is_management_account":
			err = json.Unmarshal(raw, &c.request.ResourceInManagementAccount)
		case "principal_issuer":
			err = json.Unmarshal(raw, &p.Issuer)
		default:
			err = errors.New("unknown member")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := c.complete(owner); err != nil {
		return err
	}
	c.request.Context, err = readContext(context, multivalued)
	return err
}

// complete works out who the principal is and, if the case does not say so, who
// owns the resource: the account in its ARN, or else the caller's.
func (c *decideCase) complete(owner string) error {
	r := &c.request
	if c.principal == "" || r.Action == "" || r.Resource == "" {
		return errors.New("principal, action and resource are needed")
	}
	if vendor, name, ok := strings.Cut(r.Action, ":"); !ok || vendor == "" || name == "" {
		return fmt.Errorf("action: %q is not of the form service:Name", r.Action)
	}
	if err := readPrincipal(c.principal, strings.ToLower(r.Action), &r.Principal); err != nil {
		return err
	}
	r.ResourceAccount = owner
	if owner == "" {
		r.ResourceAccount = r.Principal.Account
		if a, err := arn.Parse(r.Resource); err == nil && a.Account != "" && a.Account != "aws" {
			r.ResourceAccount = a.Account
		}
	}
	return nil
}

// readPrincipal tells what kind of principal a text names.
func readPrincipal(text, action string, p *eval.Principal) error {
	if text == "anonymous" {
		return nil
	}
	a, err := arn.Parse(text)
	switch {
	case err == nil:
		return readPrincipalARN(text, a, p)
	case strings.HasPrefix(text, "arn:") || !strings.Contains(text, "."):
		return fmt.Errorf("principal: %q is neither an ARN, a host name nor anonymous", text)
	}
	p.Name, p.Kind = text, eval.Service
	if federated(text, action) {
		p.Kind = eval.FederatedIdentity
	}
	return nil
}

// federated tells identity providers from services, which are both host names:
// only a provider's identities call STS without a signature. A service assumes a
// role plainly, as which its host may be anybody's; the actions that accompany
// either call go by the host.
func federated(host, action string) bool {
	switch action {
	case "sts:assumerolewithsaml", "sts:assumerolewithwebidentity":
		return true
	case "sts:assumerole":
		return false
	}
	if !strings.HasPrefix(action, "sts:") {
		return false
	}
	return host == "cognito-identity.amazonaws.com" || !strings.HasSuffix(host, ".amazonaws.com") && !strings.HasSuffix(host, ".amazonaws.com.cn")
}

func readPrincipalARN(text string, a arn.ARN, p *eval.Principal) error {
	kind, name, _ := strings.Cut(a.Resource, "/")
	p.ARN, p.Account = text, a.Account
	switch {
	case a.Service == "iam" && a.Resource == "root":
		p.Kind = eval.Root
	case name == "":
		return fmt.Errorf("principal: %q is no principal", text)
	case a.Service == "iam" && kind == "user":
		p.Kind = eval.User
	case a.Service == "iam" && kind == "role", a.Service == "sts" && kind == "assumed-role":
		p.Kind = eval.RoleSession
	case a.Service == "sts" && kind == "federated-user":
		p.Kind = eval.FederatedUser
	case a.Service == "iam" && (kind == "saml-provider" || kind == "oidc-provider"):
		*p = eval.Principal{Kind: eval.FederatedIdentity, Name: text}
	default:
		return fmt.Errorf("principal: %q is no principal", text)
	}
	return nil
}

func readContext(members map[string]json.RawMessage, multivalued []string) (*eval.Context, error) {
	multi := map[string]bool{}
	for _, name := range multivalued {
		multi[strings.ToLower(name)] = true
	}
	c, seen := &eval.Context{}, map[string]bool{}
	for name, raw := range members {
		folded := strings.ToLower(name)
		if seen[folded] {
			return nil, fmt.Errorf("context: %s is given twice", name)
		}
		seen[folded] = true
		values, err := readValues(raw)
		if err != nil {
			return nil, fmt.Errorf("context: %s: %w", name, err)
		}
		c.SetValues(name, values, multi[folded])
	}
	return c, nil
}

// readValues reads a list of values, or a single one. Numbers and booleans are
// taken as they are written.
func readValues(raw json.RawMessage) ([]string, error) {
	items := []json.RawMessage{raw}
	if raw[0] == '[' {
		items = nil
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
	}
	values := make([]string, len(items))
	for i, item := range items {
		switch item[0] {
		case '"':
			if err := json.Unmarshal(item, &values[i]); err != nil {
				return nil, err
			}
		case '{', '[', 'n':
			return nil, errors.New("a value is a string, a number or a boolean")
		default:
			values[i] = string(item)
		}
	}
	return values, nil
}

// jsonObject splits an object into its members. Unlike encoding/json it takes
// names as they are, in their case, and none twice: the second of two policies
// must not silently replace the first.
func jsonObject(raw []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("expected a JSON object")
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := name.(string)
		if _, twice := members[key]; twice {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		members[key] = bytes.TrimSpace(value)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return members, nil
}
