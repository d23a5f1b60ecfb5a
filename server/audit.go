package server

import (
	"encoding/json"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/service/sts"
	"github.com/keyreeve/keyreeve/store"
)

// authorize asks for every target of a call whether the caller may.
func (s *Server) authorize(c *call, sc *service.Call, targets []authz.Target) error {
	c.denied = ""
	for _, t := range targets {
		d := s.authz.Decide(sc.World, &c.caller, t, c.start)
		if d.Allowed() {
			continue
		}
		if c.caller.Account != "" {
			text := authz.DenialMessage(&c.caller, t, d)
			c.denied, _ = s.host.SealText(text, sts.AuthorizationMessage(c.caller.Account), sc.Random)
		}
		return authz.Denied(&c.caller, t, d)
	}
	return nil
}

// record makes the audit event of a call that was not part of a commit, and notes
// what was used.
func (s *Server) record(c *call, err error) {
	if err == nil {
		s.touch(c)
	}
	if c.recorded && err == nil {
		return
	}
	event, e := s.eventOf(c, err)
	if e != nil {
		s.Log.Error("an audit event could not be made", "request", c.id, "cause", e)
		return
	}
	if event != nil {
		s.store.Record(*event)
	}
}

// touch notes the last use of a caller's access key, or of the role of its
// session.
func (s *Server) touch(c *call) {
	if c.caller.Account == "" || c.service == nil {
		return
	}
	use := store.Usage{Account: c.caller.Account, Service: c.service.ID, Region: c.origin.Region, Time: c.start}
	if c.caller.Session == nil {
		use.Kind, use.Subject = "access-key", c.caller.AccessKeyID
		s.store.Touch(use)
	} else if c.caller.RoleName() != "" {
		use.Kind, use.Subject = "role", c.caller.UniqueID
		s.store.Touch(use)
	}
}

func (s *Server) eventOf(c *call, err error) (*store.Event, error) {
	m := map[string]any{"eventID": c.event, "requestID": c.id}
	if e := apierror.Of(err); e != nil {
		m["errorCode"] = e.Code
	}
	b, _ := json.Marshal(m)
	return &store.Event{ID: c.event, Time: c.start, Account: c.caller.Account, Record: b}, nil
}
