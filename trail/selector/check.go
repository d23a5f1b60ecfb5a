package selector

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of selectors (CloudTrail User Guide, "Quotas in AWS CloudTrail").
const (
	maxBasic     = 5
	maxResources = 250
	maxValues    = 500
)

// Check tells what is wrong with selectors, in words for the caller; "" is nothing.
func (s Set) Check() string {
	switch {
	case len(s.Basic) > 0 && len(s.Advanced) > 0:
		return "You cannot specify both event selectors and advanced event selectors for a trail."
	case !s.Custom():
		return "Specify at least one event selector or advanced event selector."
	case len(s.Basic) > maxBasic:
		return fmt.Sprintf("A trail can have up to %d event selectors.", maxBasic)
	}
	resources, values := 0, 0
	for _, b := range s.Basic {
		if wrong := b.check(); wrong != "" {
			return wrong
		}
		for _, r := range b.Resources {
			resources += len(r.Values)
		}
	}
	for _, a := range s.Advanced {
		if wrong := a.check(); wrong != "" {
			return wrong
		}
		for _, c := range a.Conditions {
			values += len(slices.Concat(c.operators()...))
		}
	}
	if resources > maxResources {
		return fmt.Sprintf("The total number of data resources cannot exceed %d across all event selectors of a trail.", maxResources)
	}
	if values > maxValues {
		return fmt.Sprintf("The total number of values of all conditions in all advanced event selectors cannot exceed %d.", maxValues)
	}
	return ""
}

// basicTypes are the types of resources that event selectors can name, and what their
// ARNs begin with.
var basicTypes = map[string]string{
	"AWS::S3::Object": ":s3", "AWS::Lambda::Function": ":lambda", "AWS::DynamoDB::Table": ":dynamodb",
}

// excludable are the event sources that event selectors can leave out.
var excludable = []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}

func (b Basic) check() string {
	if !slices.Contains([]string{"", "All", "ReadOnly", "WriteOnly"}, b.ReadWrite) {
		return fmt.Sprintf("The ReadWriteType %s is not valid: it is All, ReadOnly or WriteOnly.", b.ReadWrite)
	}
	for _, source := range b.Excluded {
		if !slices.Contains(excludable, source) {
			return fmt.Sprintf("The value %s of ExcludeManagementEventSources is not valid: it can be kms.amazonaws.com or rdsdata.amazonaws.com.", source)
		}
	}
	if b.NoManagement && len(b.Excluded) > 0 {
		return "ExcludeManagementEventSources can be specified only if the event selector includes management events."
	}
	if b.NoManagement && len(b.Resources) == 0 {
		return "An event selector must include management events or at least one data resource."
	}
	for _, r := range b.Resources {
		service, ok := basicTypes[r.Type]
		if !ok {
			return fmt.Sprintf("The resource type %s is not valid in an event selector: use an advanced event selector.", r.Type)
		}
		for _, v := range r.Values {
			if parts := strings.SplitN(v, ":", 3); len(parts) < 3 || parts[0] != "arn" || !strings.HasPrefix(":"+parts[2], service) {
				return fmt.Sprintf("Value %s for DataResources.Values is invalid.", v)
			}
		}
	}
	return ""
}

func (c Condition) operators() [][]string {
	return [][]string{c.Equals, c.StartsWith, c.EndsWith, c.NotEquals, c.NotStartsWith, c.NotEndsWith}
}

// onlyEquals tells whether Equals is the only operator.
func (c Condition) onlyEquals() bool {
	return len(c.Equals) == len(slices.Concat(c.operators()...)) && len(c.Equals) > 0
}

// allowed are the fields that the conditions of trails can be about, for each category
// of events (API reference, "AdvancedFieldSelector").
var allowed = map[string][]string{
	management: {"eventCategory", "readOnly", "eventSource"},
	data:       {"eventCategory", "resources.type", "readOnly", "eventName", "resources.ARN", "eventSource", "eventType", "sessionCredentialFromConsole", "userIdentity.arn"},
	network:    {"eventCategory", "eventSource", "eventName", "errorCode", "vpcEndpointId"},
}

func (a Advanced) check() string {
	byField := map[string]Condition{}
	for _, c := range a.Conditions {
		if _, twice := byField[c.Field]; twice {
			return fmt.Sprintf("The field %s is used more than once in an advanced event selector.", c.Field)
		}
		if len(slices.Concat(c.operators()...)) == 0 {
			return fmt.Sprintf("The field selector for %s has no operator.", c.Field)
		}
		byField[c.Field] = c
	}
	category := byField["eventCategory"]
	if !category.onlyEquals() || len(category.Equals) != 1 || allowed[category.Equals[0]] == nil {
		return "An advanced event selector must have a field selector for eventCategory with the operator Equals and one of the values Management, Data or NetworkActivity."
	}
	for _, c := range a.Conditions {
		if !slices.Contains(allowed[category.Equals[0]], c.Field) {
			return fmt.Sprintf("The field %s is not valid for the event category %s.", c.Field, category.Equals[0])
		}
	}
	return checkFields(category.Equals[0], byField)
}

// checkFields holds conditions to the operators and values that their fields can have.
func checkFields(category string, byField map[string]Condition) string {
	if c, ok := byField["readOnly"]; ok && (!c.onlyEquals() || len(c.Equals) != 1 || c.Equals[0] != "true" && c.Equals[0] != "false") {
		return "The field readOnly can only have the operator Equals and the value true or false."
	}
	source, hasSource := byField["eventSource"]
	switch category {
	case management:
		if hasSource && len(source.NotEquals) != len(slices.Concat(source.operators()...)) {
			return "For management events of a trail the field eventSource can only have the operator NotEquals."
		}
		for _, v := range source.NotEquals {
			if !slices.Contains(excludable, v) {
				return fmt.Sprintf("For management events of a trail the field eventSource cannot have the value %s: it can be kms.amazonaws.com or rdsdata.amazonaws.com.", v)
			}
		}
	case data:
		if c := byField["resources.type"]; !c.onlyEquals() || len(c.Equals) != 1 {
			return "A selector for data events must have a field selector for resources.type with the operator Equals and one value."
		}
	case network:
		if !hasSource || !source.onlyEquals() {
			return "A selector for network activity events must have a field selector for eventSource with the operator Equals."
		}
		if c, ok := byField["errorCode"]; ok && (!c.onlyEquals() || !slices.Equal(c.Equals, []string{"VpceAccessDenied"})) {
			return "The field errorCode can only have the operator Equals and the value VpceAccessDenied."
		}
	}
	return ""
}
