package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
)

// The texts are those that AWS's services answer with; where the troubleshooting
// page of Signature Version 4 in the IAM user guide has one, it is that.

// mismatch is the error for whatever the signature does not prove.
func mismatch() *apierror.Error {
	return apierror.New(apierror.SignatureDoesNotMatch, "The request signature we calculated does not match the signature you provided. "+
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

// errUnsigned is the error for a request that carries no signature at all. It is one for all:
// calls that need no signature come by it each time.
var errUnsigned = apierror.New(apierror.MissingAuthenticationToken, "Request is missing Authentication Token")

func bothForms() *apierror.Error {
	return apierror.New(apierror.SignatureDoesNotMatch,
		"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
}

// notSigned is the error for a header that has to be signed and is not.
func notSigned(name string) *apierror.Error {
	return apierror.New(apierror.SignatureDoesNotMatch, "'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
}

// badPair quotes the Authorization header as a hash: it may hold a password that
// was meant for somebody else, and errors go into the audit trail.
func badPair(authorization string) *apierror.Error {
	return apierror.New(apierror.IncompleteSignature,
		"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '%s'.",
		hashed(authorization))
}

// repeated is the error for a part of the signature that is there twice, or
// that is none.
func repeated(name string) *apierror.Error {
	return apierror.New(apierror.IncompleteSignature, "Authorization component '%s' is unknown or occurs more than once.", name)
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// headerLacks lists what an Authorization header lacks.
func headerLacks(lacking []string, date bool, authorization string) *apierror.Error {
	var text strings.Builder
	for _, name := range lacking {
		text.WriteString("Authorization header requires '" + name + "' parameter. ")
	}
	if date {
		text.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	return apierror.New(apierror.IncompleteSignature, "%s(Hashed with SHA-256 and encoded with Base64) Authorization=%s",
		text.String(), hashed(authorization))
}

// queryLacks lists what a presigned query lacks.
func queryLacks(lacking []string) *apierror.Error {
	var text strings.Builder
	for _, name := range lacking {
		text.WriteString("AWS query-string parameters must include '" + name + "'. ")
	}
	return apierror.New(apierror.IncompleteSignature, "%sRe-examine the query-string parameters.", text.String())
}

func badAlgorithm(algorithm string) *apierror.Error {
	return apierror.New(apierror.IncompleteSignature, "Unsupported AWS 'algorithm': '%s'.", algorithm)
}

func badDate(date string) *apierror.Error {
	return apierror.New(apierror.IncompleteSignature,
		"Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", date)
}

func badCredential(credential string) *apierror.Error {
	return apierror.New(apierror.IncompleteSignature,
		"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", credential)
}

func badTerminator(got string) *apierror.Error {
	return apierror.New(apierror.SignatureDoesNotMatch, "Credential should be scoped with a valid terminator: 'aws4_request', not '%s'.", got)
}

func badScopeDate(scope, timestamp string) *apierror.Error {
	return apierror.New(apierror.SignatureDoesNotMatch,
		"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
		scope, timestamp[:len(dateLayout)], timestamp)
}

func badExpires() *apierror.Error {
	return apierror.New(apierror.IncompleteSignature, "X-Amz-Expires must be a number of seconds between 1 and 604800.")
}
