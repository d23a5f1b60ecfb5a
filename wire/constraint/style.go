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
}

// StyleOf gives the style of a service.
func StyleOf(s *api.Service) Style {
	if s != nil && s.ID == "iam" {
		return iamStyle
	}
	return Style{Values: true, Enums: true} // STS, and what AWS's framework does by itself
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
