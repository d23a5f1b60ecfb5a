package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/service"
)

// serveAWS answers a call of an AWS API.
func (s *Server) serveAWS(w http.ResponseWriter, r *http.Request) {
	c := s.begin(s.origin(r))
	c.wire = spoken(r)
	room := bodies.Get().(*[]byte)
	defer giveBack(room)
	body, err := readBody(w, r, room)
	if err == nil {
		err = s.guarded(c, func() error { return s.serve(c, r, body, nil) })
	}
	s.end(w, c, err)
}

// serveOperator answers a call that came by the operators' socket.
func (s *Server) serveOperator(w http.ResponseWriter, r *http.Request) {
	c := s.begin(authn.Origin{SourceIP: "", SecureTransport: true, UserAgent: r.UserAgent()})
	c.wire = query{}
	proof := authn.ByOperator()
	room := bodies.Get().(*[]byte)
	defer giveBack(room)
	body, err := readBody(w, r, room)
	if err == nil {
		err = s.guarded(c, func() error { return s.serve(c, r, body, &proof) })
	}
	s.end(w, c, err)
}

// begin gives a call its ids, its time and its randomness. The id of its event
// begins with the time (UUID version 7): events that happen one after the other
// then lie side by side in the database, too.
func (s *Server) begin(o authn.Origin) *call {
	c := &call{start: s.Now(), origin: o}
	var random [len(c.seed) + 2*16]byte
	rand.Read(random[:])
	rest := random[copy(c.seed[:], random[:]):]
	c.id, c.event = service.UUID([16]byte(rest[:16]), 4), timedUUID([16]byte(rest[16:]), c.start)
	return c
}

// timedUUID is a UUID of version 7: it begins with a time.
func timedUUID(id [16]byte, at time.Time) string {
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return service.UUID(id, 7)
}

// eventID is an id for another event of a call.
func eventID(at time.Time) string {
	var id [16]byte
	rand.Read(id[:])
	return timedUUID(id, at)
}

func newUUID() string {
	var id [16]byte
	rand.Read(id[:])
	return service.UUID(id, 4)
}

// guarded turns a panic into an internal failure of this one call.
func (s *Server) guarded(c *call, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}

// end records a call, answers it, and logs it in one line.
func (s *Server) end(w http.ResponseWriter, c *call, err error) {
	err = c.wire.named(err)
	if failed := s.guarded(c, func() error { s.record(c, err); return nil }); failed != nil {
		s.Log.Error("a call could not be recorded", "request", c.id, "cause", failed)
	}
	status := s.answer(w, c, err)
	took := time.Since(c.start)
	s.metrics.called(c, err, took)
	s.logCall(c, err, status, took)
}

func (s *Server) logCall(c *call, err error, status int, took time.Duration) {
	var room [8]slog.Attr
	attrs := append(room[:0],
		slog.String("request", c.id), slog.String("action", c.name()), slog.Int("status", status),
		slog.Duration("took", took), slog.String("from", c.origin.SourceIP),
	)
	if c.caller.ARN != "" {
		attrs = append(attrs, slog.String("caller", c.caller.ARN))
	}
	level := slog.LevelInfo
	if err != nil {
		code, cause := apierror.InternalFailure, err
		if shown := apierror.Of(err); shown != nil {
			code, cause = shown.Code, shown.Cause
		}
		attrs = append(attrs, slog.String("error", string(code)))
		if cause != nil {
			attrs = append(attrs, slog.Any("cause", cause))
		}
		if status >= http.StatusInternalServerError && status != http.StatusNotImplemented {
			level = slog.LevelError
		}
	}
	// Log itself would find out which line of the program has called it.
	if h, ctx := s.Log.Handler(), context.Background(); h.Enabled(ctx, level) {
		r := slog.NewRecord(c.start.Add(took), level, "call", 0)
		r.AddAttrs(attrs...)
		h.Handle(ctx, r)
	}
}

// name is the operation of a call for logs: only names that exist, so that a
// caller cannot write into them.
func (c *call) name() string {
	if c.operation == nil {
		return "unknown"
	}
	return c.operation.FullName
}
