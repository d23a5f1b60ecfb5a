package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestSettled: no event can come any more of the time before the oldest request that is
// being answered.
func TestSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{Config: Config{Now: time.Now}}
		answer := make(chan struct{})
		h := s.through(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-answer }))
		serve := func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)) }
		start := time.Now()
		if got := s.Settled(); !got.Equal(start) {
			t.Errorf("without a request up to %s, want %s", got, start)
		}
		time.Sleep(1500 * time.Millisecond)
		came := time.Now()
		go serve()
		synctest.Wait()
		time.Sleep(time.Minute)
		go serve()
		synctest.Wait()
		if got := s.Settled(); got.After(came) || came.Sub(got) >= time.Second {
			t.Errorf("with requests up to %s, want the second of %s", got, came)
		}
		answer <- struct{}{}
		answer <- struct{}{}
		synctest.Wait()
		if got := s.Settled(); !got.Equal(time.Now()) {
			t.Errorf("when all are answered up to %s, want %s", got, time.Now())
		}
	})
}
