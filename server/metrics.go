package server

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/store"
)

// metrics are what is counted, in a registry of their own.
type metrics struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	usual    map[*api.Operation]*usual
}

// usual are the meters of an operation's calls that end well, looked up once.
type usual struct {
	once     sync.Once
	calls    prometheus.Counter
	duration prometheus.Observer
}

func newMetrics(st *store.Store, operations map[*api.Operation]service.Operation) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "keyreeve_calls_total", Help: "Calls by operation and outcome: OK or an error code.",
		}, []string{"operation", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "keyreeve_call_duration_seconds", Help: "How long calls took.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 3, 10),
		}, []string{"operation"}),
		usual: make(map[*api.Operation]*usual, len(operations)),
	}
	for op := range operations {
		m.usual[op] = new(usual)
	}
	m.registry.MustRegister(m.calls, m.duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, g := range storeGauges {
		m.registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: g.name, Help: g.help},
			func() float64 { return g.value(st.Stats()) }))
	}
	return m
}

// Watch adds a figure of something that works beside the calls to those of Monitoring.
func (s *Server) Watch(name, help string, value func() float64) {
	s.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// called counts a call. Labels are operations of the models and known codes
// only, so that callers cannot make new ones.
func (m *metrics) called(c *call, err error, took time.Duration) {
	if u, ok := m.usual[c.operation]; ok && err == nil {
		u.once.Do(func() {
			u.calls, u.duration = m.calls.WithLabelValues(c.name(), "OK"), m.duration.WithLabelValues(c.name())
		})
		u.calls.Inc()
		u.duration.Observe(took.Seconds())
		return
	}
	outcome := "OK"
	if err != nil {
		outcome = string(apierror.InternalFailure)
		if shown := apierror.Of(err); shown != nil {
			outcome = string(shown.Code)
		}
	}
	m.calls.WithLabelValues(c.name(), outcome).Inc()
	m.duration.WithLabelValues(c.name()).Observe(took.Seconds())
}

// storeGauges are the figures of the store that are worth watching.
var storeGauges = []struct {
	name, help string
	value      func(store.Stats) float64
}{
	{"keyreeve_store_batches", "Transactions that made commits durable.", func(s store.Stats) float64 { return float64(s.Batches) }},
	{"keyreeve_store_commits", "Commits that became durable.", func(s store.Stats) float64 { return float64(s.Commits) }},
	{"keyreeve_store_commits_failed", "Commits that failed.", func(s store.Stats) float64 { return float64(s.Failed) }},
	{"keyreeve_store_reruns", "Commands that ran again because others were faster.", func(s store.Stats) float64 { return float64(s.Reruns) }},
	{"keyreeve_store_queue", "Commits that wait.", func(s store.Stats) float64 { return float64(s.Queue) }},
	{"keyreeve_store_commit_seconds", "Time spent in commits.", func(s store.Stats) float64 { return s.CommitTime.Seconds() }},
	{"keyreeve_events_written", "Audit events in segments.", func(s store.Stats) float64 { return float64(s.Events) }},
	{"keyreeve_events_waiting", "Audit events in memory.", func(s store.Stats) float64 { return float64(s.EventQueue) }},
	{"keyreeve_events_blocked", "Audit events that had to wait for room.", func(s store.Stats) float64 { return float64(s.EventsBlocked) }},
	{"keyreeve_events_lost", "Audit events of reads and refusals that found no room.", func(s store.Stats) float64 { return float64(s.EventsLost) }},
	{"keyreeve_loaded_aggregates", "Accounts and other aggregates in memory.", func(s store.Stats) float64 { return float64(s.Aggregates) }},
	{"keyreeve_loaded_bytes", "Memory of loaded aggregates, about.", func(s store.Stats) float64 { return float64(s.LoadedBytes) }},
}
