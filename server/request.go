package server

import (
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/wire/awsquery"
)

// maxBody is how large the body of a call may be.
const maxBody = 1 << 20

// readBody reads the whole body into room, if it fits there, or refuses it where it is too
// large.
func readBody(w http.ResponseWriter, r *http.Request, room *[]byte) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, tooLarge()
	}
	var body []byte
	var err error
	if r.ContentLength >= 0 { // net/http reads no more than that
		if r.ContentLength <= largestKept {
			*room = slices.Grow((*room)[:0], int(r.ContentLength))[:r.ContentLength]
			body = *room
		} else {
			body = make([]byte, r.ContentLength)
		}
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	return nil, apierror.New(apierror.MalformedInput, "The body of the request could not be read.").Because(err)
}

// bodies are where bodies are read. They last as long as the call: what a protocol takes from
// one is a copy.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// giveBack ends the use of a body, in which there may be secrets.
func giveBack(room *[]byte) {
	clear(*room)
	bodies.Put(room)
}

func tooLarge() error {
	return apierror.New(apierror.RequestEntityTooLarge, "The body of a request may have 1 MiB at most.")
}

// form gives the parameters of a Query call: those of the query string and of
// the body as one form, in which no name is there twice, so that nothing can say
// one thing in the address and another in the body. The parameters of a presigned
// address belong to the signature and not to the call.
func form(r *http.Request, body []byte) (awsquery.Form, error) {
	if len(body) > 0 && !isForm(r.Header.Get("Content-Type")) {
		return nil, apierror.New(apierror.MalformedInput, "The body of a Query request must be of the type application/x-www-form-urlencoded.")
	}
	all, err := awsquery.ParseForm(r.URL.RawQuery, string(body))
	if err != nil {
		return nil, err
	}
	call := all[:0]
	for _, p := range all {
		if !(len(p.Name) >= 6 && strings.EqualFold(p.Name[:6], "x-amz-")) {
			call = append(call, p)
		}
	}
	return call, nil
}

// isForm tells whether a body of a content type is a form.
func isForm(contentType string) bool {
	const form = "application/x-www-form-urlencoded"
	switch contentType { // as clients of AWS write it
	case form, form + "; charset=utf-8":
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == form
}

// origin tells where a call comes from: the TCP peer, unless that is a trusted
// proxy, which says for whom it asks.
func (s *Server) origin(r *http.Request) authn.Origin {
	o := authn.Origin{
		SourceIP: peer(r), SecureTransport: r.TLS != nil,
		UserAgent: r.UserAgent(), Referer: r.Referer(),
	}
	if !s.trusted(o.SourceIP) {
		return o
	}
	if client := s.forwardedFor(r); client != "" {
		o.SourceIP = client
	}
	o.SecureTransport = strings.EqualFold(last(r.Header.Values("X-Forwarded-Proto")), "https")
	return o
}

// last is the last element of a header that is a list: what the nearest proxy has
// written, where it adds to what it was sent.
func last(values []string) string {
	all := strings.Join(values, ",")
	return strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])
}

// forwardedFor is the last address in X-Forwarded-For that is not itself a
// trusted proxy: what stands before it was written by whoever called, and may be
// a lie.
func (s *Server) forwardedFor(r *http.Request) string {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return ""
		}
		if ip := addr.Unmap().String(); !s.trusted(ip) {
			return ip
		}
	}
	return ""
}

func (s *Server) trusted(ip string) bool {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, p := range s.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// peer is the address of the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Is4() { // which has one spelling
		return host
	}
	return addr.Unmap().WithZone("").String()
}

// find gives the operation that a call asks for. The service is the one that the
// signature is for; without a signature it is the one that has the operation.
func (s *Server) find(m message, signedFor string) (*api.Operation, error) {
	if signedFor == "" {
		return m.find(s.models...)
	}
	if signed := s.serviceOf(signedFor); signed != nil {
		op, err := m.find(signed)
		if err != nil {
			if other, e := m.find(s.models...); e == nil {
				return nil, wrongScope(other.Service)
			}
		}
		return op, err
	}
	op, err := m.find(s.models...)
	if err != nil {
		return nil, err
	}
	return nil, wrongScope(op.Service)
}

func wrongScope(m *api.Service) error {
	return apierror.New(apierror.SignatureDoesNotMatch, "Credential should be scoped to correct service: '%s'. ", m.SigningName)
}

// serviceOf is the API model of the service that a call was signed for, or nil.
func (s *Server) serviceOf(signedFor string) *api.Service {
	for _, m := range s.models {
		if m.SigningName == signedFor {
			return m
		}
	}
	return nil
}
