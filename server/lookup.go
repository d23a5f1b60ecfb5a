package server

import (
	"context"

	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/store"
)

// lookupEvents looks events up in the store, for an operation.
func (s *Server) lookupEvents(ctx context.Context, q service.EventQuery) (records [][]byte, next string, err error) {
	events, next, err := s.store.Lookup(ctx, store.Lookup{
		Accounts: []string{q.Account}, From: q.From, To: q.To, Key: q.Key, Value: q.Value, After: q.After, Limit: q.Limit,
	})
	for _, e := range events {
		records = append(records, e.Record)
	}
	return records, next, err
}
