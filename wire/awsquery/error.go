package awsquery

import (
	"net/http"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
)

// internalMessage is AWS's text for an InternalFailure.
const internalMessage = "The request processing has failed because of an unknown error, exception or failure."

// AppendError appends the answer to a failed call to dst and gives its HTTP status.
// The service may be nil if it is not known yet.
func AppendError(dst []byte, s *api.Service, err error, requestID string) ([]byte, int) {
	shown := apierror.Of(err)
	if shown == nil {
		shown = apierror.New(apierror.InternalFailure, internalMessage)
	}
	status, sender := Status(s, shown.Code)
	e := &encoder{dst: dst}
	e.raw("<ErrorResponse")
	if s != nil {
		e.raw(` xmlns="`)
		e.text(s.Namespace)
		e.raw(`"`)
	}
	e.raw("><Error><Type>")
	if sender {
		e.raw("Sender")
	} else {
		e.raw("Receiver")
	}
	e.raw("</Type><Code>")
	e.text(string(shown.Code))
	e.raw("</Code>")
	if shown.Message != "" { // AWS leaves it out with the few errors that have no text
		e.raw("<Message>")
		e.text(shown.Message)
		e.raw("</Message>")
	}
	e.raw("</Error><RequestId>")
	e.text(requestID)
	e.raw("</RequestId></ErrorResponse>")
	return e.dst, status
}

// Status gives the HTTP status of an error code and whether it is the sender's fault:
// as the service's model says, then as for all services, then 400.
func Status(s *api.Service, code apierror.Code) (status int, sender bool) {
	if s != nil {
		if e := s.Error(string(code)); e != nil {
			return e.HTTPStatus, e.SenderFault
		}
	}
	status, ok := common[code]
	if !ok {
		status = http.StatusBadRequest
	}
	return status, status < http.StatusInternalServerError
}

// common is the page "Common Error Types" of the IAM API reference, and what IAM and
// STS are known to send besides. What is not here is 400.
var common = map[apierror.Code]int{
	apierror.AccessDenied:               http.StatusForbidden,
	"AccessDeniedException":             http.StatusForbidden,
	apierror.ExpiredToken:               http.StatusForbidden,
	"ExpiredTokenException":             http.StatusForbidden,
	apierror.IncompleteSignature:        http.StatusBadRequest,
	apierror.InternalFailure:            http.StatusInternalServerError,
	apierror.InvalidAction:              http.StatusBadRequest,
	apierror.InvalidClientTokenId:       http.StatusForbidden,
	apierror.MalformedQueryString:       http.StatusNotFound,
	apierror.MissingAction:              http.StatusBadRequest,
	apierror.MissingAuthenticationToken: http.StatusForbidden,
	apierror.NotImplemented:             http.StatusNotImplemented,
	"OptInRequired":                     http.StatusForbidden,
	apierror.RequestEntityTooLarge:      http.StatusRequestEntityTooLarge,
	apierror.RequestExpired:             http.StatusBadRequest,
	apierror.ServiceUnavailable:         http.StatusServiceUnavailable,
	apierror.SignatureDoesNotMatch:      http.StatusForbidden,
	apierror.Throttling:                 http.StatusBadRequest,
	apierror.ValidationError:            http.StatusBadRequest,
}
