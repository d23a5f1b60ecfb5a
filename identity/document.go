package identity

import (
	"errors"
	"fmt"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/policy"
)

// checkDocument refuses a document that cannot be a policy of a kind.
func checkDocument(kind policy.Kind, document string) error {
	_, err := policy.ParseAs(kind, document)
	if err == nil {
		return nil
	}
	return Malformed(err)
}

// syntaxErrors is AWS's message for all that the grammar refuses.
const syntaxErrors = "Syntax errors in policy."

// Malformed turns the error of a policy document into the one that callers see:
// AWS's message, letter for letter. Only the one that says no more than that
// there are syntax errors is followed by the place and the reason; clients that
// look for AWS's text still find it at the beginning.
func Malformed(err error) error {
	bad, ok := errors.AsType[*policy.Error](err)
	if !ok {
		return apierror.New(apierror.MalformedPolicyDocument, syntaxErrors).Because(err)
	}
	message := bad.Message
	if message == syntaxErrors && bad.Line > 0 {
		place := fmt.Sprintf("line %d, column %d", bad.Line, bad.Column)
		if bad.Detail != "" {
			place += ": " + bad.Detail
		}
		message += " (" + place + ")"
	}
	return apierror.New(apierror.MalformedPolicyDocument, "%s", message).Because(err)
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
