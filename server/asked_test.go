package server_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/store"
)

// askedAgain holds what was recorded of calls to what was so when they were made: each
// asks again, of the state of then, and must be told the same; and of what was refused
// with AccessDenied, or answered, something must be recorded. It takes one call in so
// many. Calls must have been made one after the other.
func askedAgain(t *testing.T, h *server.Host, oneIn int) {
	t.Helper()
	type call struct {
		id   string
		at   time.Time
		data []byte
	}
	var calls []call
	err := h.Asked(context.Background(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), func(id string, at time.Time, data []byte) bool {
		calls = append(calls, call{id, at, data})
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) < 5 {
		t.Errorf("only %d calls have asked anything", len(calls))
	}
	for i := 0; i < len(calls); i += oneIn {
		c, err := asked.Decode(calls[i].data)
		if err != nil {
			t.Fatalf("event %s: %v", calls[i].id, err)
		}
		then := h.AsOf(calls[i].at.Add(-1))
		c.In(then, h.Site)
		allowed, _ := c.Decide(authz.New(h.Site), then, calls[i].at)
		if allowed != c.Allowed || then.Err() != nil {
			t.Errorf("%s by %s on %s was decided: %v; asked again: %v, %v", c.Targets[0].Action, c.Principal(), c.Targets[0].Resource, c.Allowed, allowed, then.Err())
		}
	}
}

// Every call that was answered has asked something, but for the few that need no
// permission; and nothing else has. What is recorded of operators' calls is nothing, for
// no policy decides them.
func TestWhoeverWasAnsweredHasAsked(t *testing.T) {
	w := start(t)
	w.operate(t, "ListAccounts")
	ada, all := w.sessions(t)
	w.iam(t, all, "ListUsers").want(t, "the session", "")
	poor := w.User(t, "poor", allow("sts:*")).Credentials
	w.iam(t, poor, "DeleteUser", "UserName", "nobody").want(t, "a user without the right", "AccessDenied")
	w.iam(t, ada, "NoSuchOperation").want(t, "no operation", "InvalidAction")
	askedAgain(t, w.Host, 1)
	found := map[string]bool{}
	err := w.Host.Store.Events(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), func(e store.Event) bool {
		var record struct{ EventName, EventSource, ErrorCode string }
		if err := json.Unmarshal(e.Record, &record); err != nil {
			t.Fatal(err)
		}
		has := e.Asked != nil
		if has {
			found[record.EventName] = true
		}
		wants := record.EventSource != "keyreeve.amazonaws.com" && (record.ErrorCode == "" || record.ErrorCode == "AccessDenied")
		if has != wants {
			t.Errorf("%s of %s (%s): something is asked: %v", record.EventName, record.EventSource, record.ErrorCode, has)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ListUsers", "DeleteUser", "AssumeRole"} {
		if !found[name] {
			t.Errorf("%s has asked nothing", name)
		}
	}
}
