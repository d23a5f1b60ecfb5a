// Package apierror is the one kind of error that a caller of Keyreeve may see.
//
// An [Error] carries a [Code] in AWS's own spelling and a message written for
// the caller. Rules raise it where they know best what went wrong; it knows
// nothing of HTTP. The protocol encoder, and only it, turns a code into a
// status, a fault and XML or JSON, by the error table of the API model. What is
// common to all services has its name of the Query protocol here, and another one in
// services that speak JSON (AccessDeniedException), which is that encoder's business.
//
// Every other error is an internal failure: the caller is told a request id
// and InternalFailure, the log is told the cause.
//
// Codes are comparable, so that a test or a rule can ask
//
//	errors.Is(err, apierror.NoSuchEntity)
package apierror

import (
	"errors"
	"fmt"
)

// Code is an error code as AWS spells it. It is an error itself, so that it can
// be the target of errors.Is.
type Code string

// Error makes a Code usable with errors.Is; it is the code's spelling.
func (c Code) Error() string { return string(c) }

// Codes of IAM, STS and of the request path common to all AWS services.
const (
	AccessDenied                  Code = "AccessDenied"
	ConcurrentModification        Code = "ConcurrentModification"
	DeleteConflict                Code = "DeleteConflict"
	EntityAlreadyExists           Code = "EntityAlreadyExists"
	EntityTemporarilyUnmodifiable Code = "EntityTemporarilyUnmodifiable"
	ExpiredToken                  Code = "ExpiredToken"
	ExpiredWebIdentityToken       Code = "ExpiredTokenException"
	FeatureDisabled               Code = "FeatureDisabled"
	FeatureEnabled                Code = "FeatureEnabled"
	IDPCommunicationError         Code = "IDPCommunicationError"
	IncompleteSignature           Code = "IncompleteSignature"
	InternalFailure               Code = "InternalFailure"
	InvalidAction                 Code = "InvalidAction"
	InvalidAuthenticationCode     Code = "InvalidAuthenticationCode"
	InvalidAuthorizationMessage   Code = "InvalidAuthorizationMessageException"
	InvalidClientTokenId          Code = "InvalidClientTokenId"
	InvalidIdentityToken          Code = "InvalidIdentityToken"
	InvalidInput                  Code = "InvalidInput"
	InvalidInputException         Code = "InvalidInputException"
	InvalidParameterCombination   Code = "InvalidParameterCombination"
	InvalidParameterValue         Code = "InvalidParameterValue"
	InvalidQueryParameter         Code = "InvalidQueryParameter"
	JWTPayloadSizeExceeded        Code = "JWTPayloadSizeExceededException"
	LimitExceeded                 Code = "LimitExceeded"
	MalformedInput                Code = "MalformedInput"
	MalformedPolicyDocument       Code = "MalformedPolicyDocument"
	MalformedQueryString          Code = "MalformedQueryString"
	MissingAction                 Code = "MissingAction"
	MissingAuthenticationToken    Code = "MissingAuthenticationToken"
	MissingParameter              Code = "MissingParameter"
	NoSuchEntity                  Code = "NoSuchEntity"
	NotImplemented                Code = "NotImplemented"
	OpenIDIDPCommunicationError   Code = "OpenIdIdpCommunicationError"
	OutboundFederationDisabled    Code = "OutboundWebIdentityFederationDisabledException"
	PackedPolicyTooLarge          Code = "PackedPolicyTooLarge"
	PolicyEvaluation              Code = "PolicyEvaluation"
	PolicyNotAttachable           Code = "PolicyNotAttachable"
	RequestEntityTooLarge         Code = "RequestEntityTooLarge"
	RequestExpired                Code = "RequestExpired"
	RegionDisabled                Code = "RegionDisabledException"
	ServiceUnavailable            Code = "ServiceUnavailable"
	SessionDurationEscalation     Code = "SessionDurationEscalationException"
	SerializationException        Code = "SerializationException"
	SignatureDoesNotMatch         Code = "SignatureDoesNotMatch"
	Throttling                    Code = "Throttling"
	UnknownOperation              Code = "UnknownOperationException"
	UnmodifiableEntity            Code = "UnmodifiableEntity"
	ValidationError               Code = "ValidationError"
)

// Error is what a caller may see of a failure.
type Error struct {
	Code    Code   // what kind of failure, in AWS's spelling
	Message string // for the caller; names nothing that the caller may not know
	// ReasonCode says more exactly what is wrong, for the errors of Organizations that
	// have a member Reason: OU_DEPTH_LIMIT_EXCEEDED. Empty with all others.
	ReasonCode string
	Cause      error // for the log only; may be nil
}

// New returns an Error with a formatted message.
func New(code Code, format string, args ...any) *Error {
	if len(args) == 0 {
		return &Error{Code: code, Message: format}
	}
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Reason returns a copy of e that says more exactly what is wrong, in the spelling of
// the API model.
func (e *Error) Reason(code string) *Error {
	c := *e
	c.ReasonCode = code
	return &c
}

// Because returns a copy of e that carries cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Error is the text for a log or a test: code and message, without the cause.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is e's code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Of gives the Error in err's chain, or nil if err is an internal failure.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}
