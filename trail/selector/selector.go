package selector

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Set is what a trail has: basic or advanced selectors, or none, which is the default.
type Set struct {
	Basic    []Basic    `json:"basic,omitempty"`
	Advanced []Advanced `json:"advanced,omitempty"`
}

// Basic is an event selector.
type Basic struct {
	// ReadWrite is All, ReadOnly or WriteOnly; empty is All.
	ReadWrite string `json:"readWrite,omitempty"`
	// NoManagement leaves management events out.
	NoManagement bool `json:"noManagement,omitempty"`
	// Resources are those whose data events are logged.
	Resources []DataResource `json:"resources,omitempty"`
	// Excluded are event sources whose management events are left out.
	Excluded []string `json:"excluded,omitempty"`
}

// DataResource names resources of one type by the beginnings of their ARNs.
type DataResource struct {
	Type   string   `json:"type"` // AWS::S3::Object
	Values []string `json:"values,omitempty"`
}

// Advanced is an advanced event selector: all of its conditions must hold.
type Advanced struct {
	Name       string      `json:"name,omitempty"`
	Conditions []Condition `json:"conditions"`
}

// Condition is a condition on one field of a record. Each operator that has texts must
// hold.
type Condition struct {
	Field         string   `json:"field"`
	Equals        []string `json:"equals,omitempty"`
	StartsWith    []string `json:"startsWith,omitempty"`
	EndsWith      []string `json:"endsWith,omitempty"`
	NotEquals     []string `json:"notEquals,omitempty"`
	NotStartsWith []string `json:"notStartsWith,omitempty"`
	NotEndsWith   []string `json:"notEndsWith,omitempty"`
}

// Custom tells whether the set is another than that of a new trail.
func (s Set) Custom() bool { return len(s.Basic) > 0 || len(s.Advanced) > 0 }

// Event is what selectors look at in a record.
type Event struct {
	Source    string `json:"eventSource"` // iam.amazonaws.com
	Name      string `json:"eventName"`
	Region    string `json:"awsRegion"`
	ReadOnly  bool   `json:"readOnly"`
	Category  string `json:"eventCategory"` // Management, Data
	Type      string `json:"eventType"`
	ErrorCode string `json:"errorCode"`
	VPCE      string `json:"vpcEndpointId"`
	Console   string `json:"sessionCredentialFromConsole"`
	ID        string `json:"eventID"`
	Account   string `json:"recipientAccountId"`
	Identity  struct {
		ARN      string `json:"arn"`
		UserName string `json:"userName"`
		Session  struct {
			Issuer struct {
				UserName string `json:"userName"`
			} `json:"sessionIssuer"`
		} `json:"sessionContext"`
	} `json:"userIdentity"`
	Resources []struct {
		ARN  string `json:"ARN"`
		Type string `json:"type"`
	} `json:"resources"`
}

// Read gives of a record what selectors look at.
func Read(record []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(record, &e); err != nil {
		return e, fmt.Errorf("a record that is none: %w", err)
	}
	return e, nil
}

// Match tells whether an event is logged.
func (s Set) Match(e *Event) bool {
	switch {
	case len(s.Advanced) > 0:
		return slices.ContainsFunc(s.Advanced, func(a Advanced) bool { return a.match(e) })
	case len(s.Basic) > 0:
		return slices.ContainsFunc(s.Basic, func(b Basic) bool { return b.match(e) })
	}
	return e.Category == management
}

// The categories of events.
const (
	management = "Management"
	data       = "Data"
	network    = "NetworkActivity"
)

func (b Basic) match(e *Event) bool {
	if b.ReadWrite == "ReadOnly" && !e.ReadOnly || b.ReadWrite == "WriteOnly" && e.ReadOnly {
		return false
	}
	switch e.Category {
	case management:
		return !b.NoManagement && !slices.Contains(b.Excluded, e.Source)
	case data:
		return slices.ContainsFunc(b.Resources, func(r DataResource) bool { return r.match(e) })
	}
	return false
}

// match: functions are named whole, the others by the beginning of their ARNs; three
// colons less are all resources of the service (API reference, "DataResource").
func (r DataResource) match(e *Event) bool {
	for _, resource := range e.Resources {
		if resource.Type != r.Type {
			continue
		}
		for _, v := range r.Values {
			whole := r.Type == "AWS::Lambda::Function" && strings.Count(v, ":") > 2
			if resource.ARN == v || !whole && strings.HasPrefix(resource.ARN, v) {
				return true
			}
		}
	}
	return false
}

func (a Advanced) match(e *Event) bool {
	return !slices.ContainsFunc(a.Conditions, func(c Condition) bool { return !c.match(e) })
}

func (c Condition) match(e *Event) bool {
	values := fields[c.Field](e)
	is := func(v, text string) bool { return v == text }
	return c.some(values, c.Equals, is) && c.some(values, c.StartsWith, strings.HasPrefix) && c.some(values, c.EndsWith, strings.HasSuffix) &&
		!c.any(values, c.NotEquals, is) && !c.any(values, c.NotStartsWith, strings.HasPrefix) && !c.any(values, c.NotEndsWith, strings.HasSuffix)
}

// some tells whether a positive operator holds: one without texts always does.
func (c Condition) some(values, texts []string, holds func(value, text string) bool) bool {
	return len(texts) == 0 || c.any(values, texts, holds)
}

func (c Condition) any(values, texts []string, holds func(value, text string) bool) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return holds(v, text) })
	})
}

// fields are what conditions can be about, and the values that an event has there.
var fields = map[string]func(*Event) []string{
	"eventCategory":                func(e *Event) []string { return present(e.Category) },
	"eventSource":                  func(e *Event) []string { return present(e.Source) },
	"eventName":                    func(e *Event) []string { return present(e.Name) },
	"eventType":                    func(e *Event) []string { return present(e.Type) },
	"errorCode":                    func(e *Event) []string { return present(e.ErrorCode) },
	"vpcEndpointId":                func(e *Event) []string { return present(e.VPCE) },
	"userIdentity.arn":             func(e *Event) []string { return present(e.Identity.ARN) },
	"readOnly":                     func(e *Event) []string { return present(fmt.Sprint(e.ReadOnly)) },
	"sessionCredentialFromConsole": func(e *Event) []string { return present(e.Console) },
	"resources.type": func(e *Event) (values []string) {
		for _, r := range e.Resources {
			values = append(values, r.Type)
		}
		return values
	},
	"resources.ARN": func(e *Event) (values []string) {
		for _, r := range e.Resources {
			values = append(values, r.ARN)
		}
		return values
	},
}

func present(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
