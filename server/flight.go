package server

import (
	"net/http"
	"sync/atomic"
	"time"
)

// flight counts the requests that are being answered, by the second in which they came.
// So it is known of which time no event can be recorded any more: those who read events
// one after the other read up to there.
type flight struct{ came [1 << 13]atomic.Int64 }

func (f *flight) at(second int64) *atomic.Int64 { return &f.came[second&(1<<13-1)] }

// settled is the time before which all requests are answered, and their events recorded.
// The time of an event is after its request has come.
func (f *flight) settled(now time.Time) time.Time {
	oldest := now
	for i := range int64(len(f.came)) {
		if second := now.Unix() - i; f.at(second).Load() > 0 {
			oldest = time.Unix(second, 0)
		}
	}
	return oldest.UTC()
}

// through counts the requests that a handler answers.
func (s *Server) through(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came := s.flight.at(s.Now().Unix())
		came.Add(1)
		defer came.Add(-1)
		h.ServeHTTP(w, r)
	})
}

// Settled is the time before which no event will be recorded any more, as long as the
// clock is not set back.
func (s *Server) Settled() time.Time { return s.flight.settled(s.Now()) }
