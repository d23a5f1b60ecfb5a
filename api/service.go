package api

import (
	"cmp"
	"slices"
)

// Service is an AWS service as its model describes it.
type Service struct {
	ID             string // the name of its model and its IAM prefix: "iam"
	Name           string // the service id: "IAM"
	FullName       string
	Abbreviation   string
	Version        string // of the API: "2010-05-08"
	Protocol       string // "query", "json", "rest-json"
	Namespace      string // of XML answers
	SigningName    string
	EndpointPrefix string
	GlobalEndpoint string
	TargetPrefix   string // of X-Amz-Target in JSON protocols
	JSONVersion    string
	EventSource    string // in audit records: "iam.amazonaws.com"

	operations []*Operation // sorted by name
	errors     []*Error     // sorted by code
}

// NewService completes s by its operations and errors. Generated code calls it.
func NewService(s Service, operations []*Operation, errors []*Error) *Service {
	slices.SortFunc(operations, func(a, b *Operation) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(errors, func(a, b *Error) int { return cmp.Compare(a.Code, b.Code) })
	s.operations, s.errors = operations, errors
	s.EventSource = s.ID + ".amazonaws.com"
	seen := map[*Shape]bool{}
	for _, op := range operations {
		op.Input.complete(seen)
		op.Output.complete(seen)
		op.Service, op.FullName = &s, s.ID+":"+op.Name
	}
	return &s
}

// Operations gives all operations, sorted by name.
func (s *Service) Operations() []*Operation { return slices.Clone(s.operations) }

// Operation gives the operation of that name, or nil. Names are case-sensitive.
func (s *Service) Operation(name string) *Operation {
	i, ok := slices.BinarySearchFunc(s.operations, name, func(op *Operation, name string) int {
		return cmp.Compare(op.Name, name)
	})
	if !ok {
		return nil
	}
	return s.operations[i]
}

// Error gives the service's own error with that code, or nil.
func (s *Service) Error(code string) *Error {
	i, ok := slices.BinarySearchFunc(s.errors, code, func(e *Error, code string) int {
		return cmp.Compare(e.Code, code)
	})
	if !ok {
		return nil
	}
	return s.errors[i]
}

// Error is an error that a service declares.
type Error struct {
	Code        string // as it is sent: "NoSuchEntity"
	Shape       string // the model's name for it: "NoSuchEntityException"
	HTTPStatus  int    // 400 or 500 by whose fault it is, where the model says nothing
	SenderFault bool   // the caller's fault, not the service's
	Retryable   bool
	Members     []string
}

// Operation is one call of a service.
type Operation struct {
	Service  *Service
	Name     string
	FullName string // with the service's id: "iam:CreateUser"

	Input, Output *Shape
	ResultWrapper string // Query: the element around the output's members, "" without output

	Errors     []*Error
	Unsigned   bool // may be called without a signature (AssumeRoleWithSAML)
	Pagination *Pagination
	HTTP       HTTP
	Idempotent bool
	ReadOnly   bool // only where the model says so

	// NewInput and NewOutput make empty structs for Input and Output.
	NewInput, NewOutput func() Structure
}

// HTTP is the HTTP binding of an operation. Query and JSON have POST / for all.
type HTTP struct {
	Method, URI string
	Code        int // of a successful answer, 0 is 200
}

// Pagination says how an operation's list is read page by page; the strings are
// members of its input and output.
type Pagination struct {
	InputToken, OutputToken string
	LimitKey                string
	MoreResults             string // boolean output member, "" if there is none
	ResultKeys              []string
}

// Op is an operation that knows the Go types of its input and output. Both are
// structs whose pointers are [Structure].
type Op[In, Out any] struct{ *Operation }
