package server

import (
	"net/http"
	"strings"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/wire/awsjson"
	"github.com/keyreeve/keyreeve/wire/awsquery"
)

// protocol is how the calls of a service look on the wire.
type protocol interface {
	// read takes a request apart as far as it can be without knowing the operation.
	read(r *http.Request, body []byte) (message, error)
	// named gives an error the name that services of the protocol have for it.
	named(err error) error
	// appendResponse and appendError append the answer to a call to dst.
	appendResponse(dst []byte, c *call) []byte
	appendError(dst []byte, c *call, err error) (out []byte, status int)
	// contentType is the header Content-Type of answers.
	contentType() []string
}

// message is a request whose operation is not known yet.
type message interface {
	// action is what the caller asks for, as they wrote it.
	action() string
	// find gives the operation among those of services.
	find(services ...*api.Service) (*api.Operation, error)
	// decode gives the input of the operation that was found.
	decode(op *api.Operation) (api.Structure, error)
}

// protocolOf is the protocol of a service.
func protocolOf(m *api.Service) protocol {
	if m.Protocol == "query" {
		return query{}
	}
	return jsonProtocol{}
}

// spoken is the protocol that a request seems to speak, as long as its service is not
// known.
func spoken(r *http.Request) protocol {
	if r.Header.Get("X-Amz-Target") != "" || strings.Contains(r.Header.Get("Content-Type"), "json") {
		return jsonProtocol{}
	}
	return query{}
}

// query is the protocol of IAM and STS.
type query struct{}

type queryMessage struct{ form awsquery.Form }

func (query) read(r *http.Request, body []byte) (message, error) {
	f, err := form(r, body)
	return queryMessage{f}, err
}

func (m queryMessage) action() string { return m.form.Get("Action") }

func (m queryMessage) find(services ...*api.Service) (*api.Operation, error) {
	return awsquery.FindOperation(m.form, services...)
}

func (m queryMessage) decode(op *api.Operation) (api.Structure, error) {
	return awsquery.Decode(op, m.form)
}

func (query) named(err error) error { return err }

// contentXML and contentJSON are header values that are never changed.
var (
	contentXML  = []string{awsquery.ContentType}
	contentJSON = []string{awsjson.ContentType}
)

func (query) contentType() []string { return contentXML }

func (query) appendResponse(dst []byte, c *call) []byte {
	return awsquery.AppendResponse(dst, c.operation, c.output, c.id)
}

func (query) appendError(dst []byte, c *call, err error) ([]byte, int) {
	return awsquery.AppendError(dst, c.service, err, c.id)
}

// jsonProtocol is the protocol of Organizations and CloudTrail. REST services that are
// not built are refused in its form, too.
type jsonProtocol struct{}

type jsonMessage struct {
	target string
	body   []byte
}

func (jsonProtocol) read(r *http.Request, body []byte) (message, error) {
	return jsonMessage{r.Header.Get("X-Amz-Target"), body}, nil
}

func (m jsonMessage) action() string { return m.target[strings.LastIndexByte(m.target, '.')+1:] }

// find looks at the services that the header may name. An operation that AWS's service
// has and that is not in our model is told from one that nobody has.
func (m jsonMessage) find(services ...*api.Service) (*api.Operation, error) {
	s, op, name := awsjson.FindOperation(m.target, services...)
	switch {
	case op != nil:
		return op, nil
	case s == nil:
		return nil, apierror.New(apierror.UnknownOperation, "X-Amz-Target names no service that is here.")
	case known(s.ID, name):
		return nil, notImplemented(name, s.ID)
	}
	return nil, apierror.New(apierror.UnknownOperation, "The operation that X-Amz-Target names is not one of %s.", s.ID)
}

func (m jsonMessage) decode(op *api.Operation) (api.Structure, error) {
	return awsjson.Decode(op, m.body)
}

func (jsonProtocol) named(err error) error { return awsjson.Named(err) }

func (jsonProtocol) contentType() []string { return contentJSON }

func (jsonProtocol) appendResponse(dst []byte, c *call) []byte {
	return awsjson.AppendResponse(dst, c.operation, c.output)
}

func (jsonProtocol) appendError(dst []byte, c *call, err error) ([]byte, int) {
	return awsjson.AppendError(dst, c.service, err)
}
