package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Monitoring serves /healthz, /readyz and /metrics, which need no credentials
// and tell nothing of any account.
func (s *Server) Monitoring() *http.ServeMux {
	mux := s.health()
	s.addMetrics(mux)
	return mux
}

func (s *Server) health() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", s.ready)
	return mux
}

func (s *Server) addMetrics(mux *http.ServeMux) {
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
}

// ready tells whether calls can be carried out. A node that cannot write goes on
// reading and deciding, and says so.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.store.CheckWritable(r.Context()); err != nil {
		say(w, http.StatusServiceUnavailable, "alive and reading, not ready for changes: the store cannot be written")
		return
	}
	say(w, http.StatusOK, "ready")
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(text + "\n"))
}
