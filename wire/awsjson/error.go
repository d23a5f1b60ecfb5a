package awsjson

import (
	"net/http"
	"slices"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
)

// internalMessage is AWS's text for an InternalFailure.
const internalMessage = "The request processing has failed because of an unknown error, exception or failure."

// names are what services that speak JSON call the errors that are common to all
// services, where that is not what IAM and STS call them (as DescribeTrails and
// DescribeOrganization were seen to answer; AWS General Reference, "Common errors").
var names = map[apierror.Code]apierror.Code{
	apierror.AccessDenied:               "AccessDeniedException",
	apierror.ExpiredToken:               "ExpiredTokenException",
	apierror.IncompleteSignature:        "IncompleteSignatureException",
	apierror.InvalidAction:              apierror.UnknownOperation,
	apierror.InvalidClientTokenId:       "UnrecognizedClientException",
	apierror.MalformedInput:             apierror.SerializationException,
	apierror.MissingAction:              apierror.UnknownOperation,
	apierror.MissingAuthenticationToken: "MissingAuthenticationTokenException",
	apierror.SignatureDoesNotMatch:      "InvalidSignatureException",
	apierror.Throttling:                 "ThrottlingException",
	apierror.ValidationError:            "ValidationException",
}

// Named gives an error the name that services have for it which speak JSON. An error
// that is not for callers stays as it is.
func Named(err error) error {
	shown := apierror.Of(err)
	if shown == nil {
		return err
	}
	name, ok := names[shown.Code]
	if !ok {
		return err
	}
	renamed := *shown
	renamed.Code = name
	return &renamed
}

// AppendError appends the answer to a failed call to dst and gives its HTTP status. The
// service may be nil if it is not known yet.
func AppendError(dst []byte, s *api.Service, err error) ([]byte, int) {
	shown := apierror.Of(Named(err))
	if shown == nil {
		shown = apierror.New(apierror.InternalFailure, internalMessage)
	}
	var model *api.Error
	if s != nil {
		model = s.Error(string(shown.Code))
	}
	dst = appendString(append(dst, `{"__type":`...), string(shown.Code))
	dst = appendString(append(append(append(dst, `,"`...), messageMember(model)...), `":`...), shown.Message)
	if shown.ReasonCode != "" && model != nil && slices.Contains(model.Members, "Reason") {
		dst = appendString(append(dst, `,"Reason":`...), shown.ReasonCode)
	}
	return append(dst, '}'), statusOf(model, shown.Code)
}

// messageMember is how a service spells the message of an error. The model of
// CloudTrail has no members of errors; they are sent as "Message".
func messageMember(model *api.Error) string {
	if model == nil || slices.Contains(model.Members, "message") {
		return "message"
	}
	return "Message"
}

func statusOf(model *api.Error, code apierror.Code) int {
	if model != nil {
		return model.HTTPStatus
	}
	if status, ok := common[code]; ok {
		return status
	}
	return http.StatusBadRequest
}

// common are the statuses of errors common to all services (Organizations API
// reference, "Common errors"). What is not here is 400, also AccessDeniedException and
// what is wrong with a signature.
var common = map[apierror.Code]int{
	apierror.InternalFailure:       http.StatusInternalServerError,
	apierror.NotImplemented:        http.StatusNotImplemented,
	apierror.RequestEntityTooLarge: http.StatusRequestEntityTooLarge,
	apierror.ServiceUnavailable:    http.StatusServiceUnavailable,
}
