package identity

import (
	"errors"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy"
)

// checkDocument refuses a document that cannot be a policy of a kind. The
// message is AWS's own; where AWS says no more than that there is a syntax
// error, the place and the reason follow.
func checkDocument(kind policy.Kind, document string) error {
	_, err := policy.ParseAs(kind, document)
	if err == nil {
		return nil
	}
	return Malformed(err)
}

// Malformed turns the error of a policy document into the one that callers see.
func Malformed(err error) error {
	if bad, ok := errors.AsType[*policy.Error](err); ok {
		return apierror.New(apierror.MalformedPolicyDocument, "%s", bad.Message).Because(err)
	}
	return apierror.New(apierror.MalformedPolicyDocument, "Syntax errors in policy.").Because(err)
}

// checkPolicyARN refuses what is no ARN at all; whether there is such a policy
// is another question.
func checkPolicyARN(s string) error {
	if _, err := arn.Parse(s); err != nil {
		// Two spaces, as AWS writes it.
		return apierror.New(apierror.ValidationError, "Invalid ARN:  Could not be parsed!")
	}
	return nil
}
