package server

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// call is one call on its way. What is known of it grows step by step; the audit
// record shows what is known in the end.
type call struct {
	id     string
	start  time.Time
	origin authn.Origin
	seed   seed // of the randomness that operations may draw

	service   *api.Service // nil until the signature or the action tells
	operation *api.Operation
	action    string // as the caller wrote it, where there is no operation
	caller    authn.Caller
	claimed   string // access key id of a caller whose signature was refused
	input     api.Structure
	output    api.Structure
	prepared  any // what the operation has found out before its turn
	note      map[string]any
	asked     []authz.Target    // what the caller had to be allowed, once that was asked
	permitted bool              // all of asked is allowed
	denied    string            // encoded authorization message, for the caller of a refused call
	event     string            // id of the audit event
	concerned service.Concerned // another account, once the call has been carried out
	recorded  bool              // the event is part of a commit
	wire      protocol          // as the request looks, until it is known what service it is for

	context context.Context // of the request

	// Room for what every call needs, in one piece with it.
	seen    service.Call // the call as its operation sees it
	drawn   drawn
	trees   [2]api.Tree // input and output, for the record
	headers [2]string   // values of the answer's headers
}

// serve is the sentence: a call goes through these steps and through no others.
// shown is the proof of a caller who has shown it otherwise than by a signature.
func (s *Server) serve(c *call, r *http.Request, body []byte, shown *authn.Proof) (err error) {
	view := s.store.View()
	c.context = r.Context()
	proof, err := s.authenticate(c, view, r, body, shown)
	if err != nil {
		return err
	}
	if err := s.rates.allow(proof.Account); err != nil {
		return err
	}
	if err := unbuilt(r, proof.Service); err != nil {
		return err
	}
	m, err := c.wire.read(r, body)
	if err != nil {
		return err
	}
	c.action = m.action()
	if c.operation, err = s.find(m, proof.Service); err == nil {
		c.service = c.operation.Service
	}
	if !proof.Signed() && (err != nil || !c.operation.Unsigned) {
		return missingToken() // before what may be wrong with the action: nobody has shown who asks
	}
	if err != nil {
		return err
	}
	op, ok := s.operations[c.operation]
	if !ok {
		return notImplemented(c.operation.Name, c.service.ID)
	}
	if c.input, err = m.decode(c.operation); err != nil {
		return err
	}
	if op.Reads(c.input) {
		return s.attempt(c, op, proof, view, nil, view.Err)
	}
	if op.Prepare != nil {
		if err := s.prepare(c, op, proof, view); err != nil {
			return err
		}
	}
	c.caller.Account = proof.Account
	scope := op.Changes(s.serviceCall(c, view, nil), c.input)
	return s.store.Update(r.Context(), scope, func(d *state.Draft) (*store.Event, error) {
		if err := s.attempt(c, op, proof, d, d, d.Err); err != nil {
			return nil, err
		}
		c.recorded = true
		return s.storedEvent(c, nil)
	})
}

// prepare does what an operation has to do before its turn, once the caller is known
// and was allowed the operation. Both are asked again when its turn has come.
func (s *Server) prepare(c *call, op service.Operation, proof authn.Proof, view *state.View) error {
	ready := op
	ready.Run = func(sc *service.Call, in api.Structure) (api.Structure, error) {
		sc.Random = cryptorand.Reader // what is found out is kept, and not found out again
		found, err := op.Prepare(sc, in)
		c.prepared = found
		return nil, err
	}
	return s.attempt(c, ready, proof, view, nil, view.Err)
}

// serviceCall is the call as an operation sees it, until it is asked for anew.
func (s *Server) serviceCall(c *call, w state.World, d *state.Draft) *service.Call {
	c.drawn = drawn{seed: &c.seed}
	c.seen = service.Call{
		RequestID: c.id, Caller: c.caller, World: w, Draft: d,
		Now: c.start, Random: &c.drawn, Tools: s.tools,
		Context: c.context, Prepared: c.prepared,
	}
	return &c.seen
}

// seed is what the randomness of a call is made of: its first half is the beginning, which
// is enough for credentials, and its second half is what the rest is a stream of.
type seed [2 * halfSeed]byte

const halfSeed = 32

// drawn is the randomness of a call, which is the same each time that the call is
// run. Most calls need none.
type drawn struct {
	seed   *seed
	used   int // of its first half
	stream *rand.ChaCha8
}

func (d *drawn) Read(p []byte) (int, error) {
	n := copy(p, d.seed[d.used:halfSeed])
	if d.used += n; n == len(p) {
		return n, nil
	}
	if d.stream == nil {
		d.stream = rand.NewChaCha8([halfSeed]byte(d.seed[halfSeed:]))
	}
	d.stream.Read(p[n:])
	return len(p), nil
}

// attempt carries a call out over a world: who calls, may they, do it. It may be
// run again from the start over a newer world. unknown tells whether the world
// could not be seen as a whole, in which case nothing that was found holds.
func (s *Server) attempt(c *call, op service.Operation, proof authn.Proof, w state.World, d *state.Draft, unknown func() error) (err error) {
	c.recorded, c.asked, c.permitted, c.concerned = false, nil, false, service.Concerned{}
	defer func() {
		if lost := unknown(); lost != nil {
			err = unavailable(lost)
		}
	}()
	if c.caller, err = s.authn.Caller(w, proof, c.origin, c.start); err != nil {
		return err
	}
	sc := s.serviceCall(c, w, d)
	if err := s.permit(c, sc, op); err != nil {
		return err
	}
	c.output, err = op.Run(sc, c.input)
	c.note, c.concerned = sc.Note, sc.Concerned
	return err
}

// permit asks whether the caller may make the call. The targets of an operation that
// needs no signature find out who the caller is by what the input shows; from there
// on it is this one, whoever may have signed the request.
func (s *Server) permit(c *call, sc *service.Call, op service.Operation) error {
	if !c.operation.Unsigned {
		if err := authz.HardLimit(&c.caller, c.service.ID, c.operation.Name); err != nil {
			return err
		}
	}
	targets, err := op.Targets(sc, c.input)
	if c.operation.Unsigned {
		c.caller = sc.Caller
	}
	if err != nil {
		if c.operation.Unsigned && errors.Is(err, apierror.InvalidIdentityToken) {
			s.failures.failed(c.origin.SourceIP) // like a signature that is not genuine
		}
		return err
	}
	return s.authorize(c, sc, targets)
}

// authenticate finds out whether the signature of a call is genuine. Who that
// is, and whether they still are, is looked up in the world of the attempt.
func (s *Server) authenticate(c *call, view *state.View, r *http.Request, body []byte, shown *authn.Proof) (authn.Proof, error) {
	if shown != nil {
		s.signedFor(c, shown.Service)
		return *shown, nil
	}
	if err := s.failures.allow(c.origin.SourceIP); err != nil {
		return authn.Proof{}, err
	}
	proof, err := s.authn.Verify(view, r, body, c.start)
	if lost := view.Err(); lost != nil {
		return authn.Proof{}, unavailable(lost)
	}
	if err != nil {
		s.failures.failed(c.origin.SourceIP)
		c.claimed = proof.AccessKeyID
		return authn.Proof{}, err
	}
	s.signedFor(c, proof.Service)
	c.origin.Region = proof.Region
	return proof, nil
}

// signedFor notes which service a call is signed for, which decides what protocol it
// speaks. The protocol of a service that is not known is that which it seemed to be.
func (s *Server) signedFor(c *call, service string) {
	if c.service = s.serviceOf(service); c.service != nil {
		c.wire = protocolOf(c.service)
	}
}

func missingToken() error {
	return apierror.New(apierror.MissingAuthenticationToken, "Request is missing Authentication Token")
}

func unavailable(cause error) error {
	return apierror.New(apierror.ServiceUnavailable, "The state that this call needs cannot be read at the moment.").Because(cause)
}

// answers are buffers for answers, which are encoded whole before they are sent.
var answers = sync.Pool{New: func() any { return new([]byte) }}

// largestKept is how large a buffer may be that is kept for other answers, in bytes.
const largestKept = 64 << 10

// answer encodes what came of a call.
func (s *Server) answer(w http.ResponseWriter, c *call, err error) int {
	h := w.Header()
	h["Content-Type"] = c.wire.contentType()
	c.headers[0] = c.id
	h["X-Amzn-Requestid"] = c.headers[0:1:1]
	buffer := answers.Get().(*[]byte)
	status, out := http.StatusOK, (*buffer)[:0]
	if err != nil {
		out, status = c.wire.appendError(out, c, err)
		if c.denied != "" {
			h.Set("X-Keyreeve-Authorization-Message", c.denied)
		}
		if status == http.StatusServiceUnavailable {
			h.Set("Retry-After", "1")
		}
	} else {
		out = c.wire.appendResponse(out, c)
	}
	c.headers[1] = strconv.Itoa(len(out))
	h["Content-Length"] = c.headers[1:2:2]
	w.WriteHeader(status)
	w.Write(out)
	if clear(out); cap(out) <= largestKept { // answers hold secrets
		*buffer = out
		answers.Put(buffer)
	}
	return status
}
