package constraint

import "github.com/keyreeve/keyreeve/api"

// Style is how a service words its errors.
type Style struct {
	// Values puts the offending value into the message, unless it is sensitive.
	Values bool
	// Enums lists the values that an enum takes.
	Enums bool
	// Text replaces the whole message when the pattern of a member is all that
	// is wrong. The key is the member's name with its first letter in lower case,
	// wherever it is; the text begins after the name.
	Text map[string]string
	// Inputs words what is wrong as Organizations does, for each kind of constraint;
	// nil is a validation error in the words of AWS's framework.
	Inputs func(broken, *api.Shape) (reason, message string)
}

// StyleOf gives the style of a service.
func StyleOf(s *api.Service) Style {
	switch {
	case s == nil:
	case s.ID == "iam":
		return iamStyle
	case s.ID == "organizations":
		return Style{Inputs: invalidInput}
	}
	return Style{Values: true, Enums: true} // STS, CloudTrail, and what AWS's framework does by itself
}

// iamStyle: no values and no lists of enum values, as UpdateServiceSpecificCredential
// was seen to answer (Value at 'status' failed to satisfy constraint: Member must
// satisfy enum value set).
var iamStyle = Style{
	Text: map[string]string{
		// Seen for roleName in AttachRolePolicy and CreateRole (aws-amplify/amplify-cli#9120).
		"roleName": onlyNameCharacters,
		// The same characters, and the same check by all accounts, in IAM's other names.
		"userName":                 onlyNameCharacters,
		"newUserName":              onlyNameCharacters,
		"groupName":                onlyNameCharacters,
		"newGroupName":             onlyNameCharacters,
		"policyName":               onlyNameCharacters,
		"instanceProfileName":      onlyNameCharacters,
		"serverCertificateName":    onlyNameCharacters,
		"newServerCertificateName": onlyNameCharacters,
		"virtualMFADeviceName":     onlyNameCharacters,
		// Seen for users and roles (aws-cloudformation/cfn-lint#722).
		"path":    beginAndEnd,
		"newPath": beginAndEnd,
		// Seen in ListPolicies, which demands more than it says (aws/aws-cli#5860).
		"pathPrefix": "It must begin with the / character and contain only alphanumeric characters and/or / characters.",
	},
}

const (
	onlyNameCharacters = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
	beginAndEnd        = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
)

// invalidInput gives reason and text of an InvalidInputException: the first thing that
// is wrong, and not where. The reasons and their sentences are those of the
// Organizations API reference; the one for a pattern was seen in these words
// (boto/boto3#4565, RoadieHQ/roadie-backstage-plugins#1391), without the contraction
// of the reference.
func invalidInput(b broken, s *api.Shape) (reason, message string) {
	numeric := s.Type == api.IntegerType || s.Type == api.LongType
	switch {
	case b.absent:
		return "INPUT_REQUIRED", "You must include a value for all required parameters."
	case b.element:
		return "INVALID_LIST_MEMBER", "You provided a list to a parameter that contains at least one invalid value."
	case b.rule == enum && s.Name == "PolicyType":
		return "INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type string."
	case b.rule == enum:
		return "INVALID_ENUM", "You specified an invalid value."
	case b.rule == pattern:
		return "INVALID_PATTERN", "You provided a value that does not match the required pattern."
	case b.rule == maximum && numeric:
		return "MAX_VALUE_EXCEEDED", "You provided a numeric parameter that has a larger value than allowed."
	case b.rule == maximum:
		return "MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed."
	case numeric:
		return "MIN_VALUE_EXCEEDED", "You provided a numeric parameter that has a smaller value than allowed."
	}
	return "MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed."
}
