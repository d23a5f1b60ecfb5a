package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
)

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
