package server

import (
	"strings"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/service/sts"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail"
)

// authorize asks for every target of a call whether the caller may.
func (s *Server) authorize(c *call, sc *service.Call, targets []authz.Target) error {
	c.denied, c.asked, c.permitted = "", targets, false // of an earlier run nothing counts
	for _, t := range targets {
		d := s.authz.Check(sc.World, &c.caller, t, c.start)
		if d.Allowed() {
			continue
		}
		if c.caller.Account != "" {
			text := authz.DenialMessage(&c.caller, t, d)
			c.denied, _ = s.host.SealText(text, sts.AuthorizationMessage(c.caller.Account), sc.Random)
		}
		return authz.Denied(&c.caller, t, d)
	}
	c.permitted = true
	return nil
}

// askedOf is what a call has asked of the decision engine, for the record; nil if it came
// not so far, or has asked for what only operators may do, which no policy decides. Of
// several records of one call one has it, so that the call counts once.
func askedOf(c *call) []byte {
	if len(c.asked) == 0 || c.caller.Kind == authn.Operator {
		return nil
	}
	a := asked.Call{Caller: c.caller, Targets: c.asked, Allowed: c.permitted}
	return a.Append(nil)
}

// record makes the audit event of a call that was not part of a commit, and notes
// what was used.
func (s *Server) record(c *call, err error) {
	s.accessed(c)
	if err == nil {
		s.touch(c)
	}
	if c.recorded && err == nil {
		return
	}
	e, encodeErr := s.storedEvent(c, err)
	if encodeErr != nil {
		s.Log.Error("an audit event could not be made", "request", c.id, "cause", encodeErr)
		return
	}
	s.store.Record(*e)
}

// storedEvent is the audit event of a call.
//
// If the call concerns another account, and was carried out, that has a record of it as
// well, with the same sharedEventID, in which the caller has an account and an id and no
// name (CloudTrail User Guide, "Logging IAM and AWS STS API calls": cross-account
// AssumeRole).
func (s *Server) storedEvent(c *call, err error) (*store.Event, error) {
	e := s.trailEvent(c, err)
	if err == nil && c.concerned.Account != "" {
		e.SharedEventID, e.Resources = newUUID(), []trail.Resource{c.concerned.Resource}
	}
	stored, encodeErr := encoded(e, c)
	if encodeErr != nil {
		return nil, encodeErr
	}
	stored.Asked = askedOf(c) // in one record, so that it is counted once
	if e.SharedEventID == "" {
		return stored, nil
	}
	e.UserIdentity = trail.OtherAccount(c.caller.Account, e.UserIdentity.PrincipalID)
	e.EventID, e.RecipientAccountID = eventID(c.start), c.concerned.Account
	if stored.Also, encodeErr = encoded(e, c); encodeErr != nil {
		return nil, encodeErr
	}
	return stored, nil
}

// encoded is an event of a call as it is stored.
func encoded(e trail.Event, c *call) (*store.Event, error) {
	record, terms, err := e.Index(nil)
	if err != nil {
		return nil, err
	}
	return &store.Event{ID: e.EventID, Time: c.start, Account: e.RecipientAccountID, Record: record, Terms: terms}, nil
}

// accessUsage is the kind of use that last accessed information is made of.
const accessUsage = "access"

// accessed notes that a user or role has tried to use an action. What was refused
// counts, too.
func (s *Server) accessed(c *call) {
	if c.operation == nil || c.caller.Account == "" || c.caller.Kind != authn.User && c.caller.Kind != authn.RoleSession {
		return
	}
	s.store.Touch(store.Usage{
		Account: c.caller.Account, Kind: accessUsage, Subject: state.Key(c.caller.UniqueID, c.service.ID, c.operation.Name),
		Service: c.service.ID, Region: c.region(), Time: c.start,
	})
}

// touch notes the last use of a caller's access key, or of the role of its
// session.
func (s *Server) touch(c *call) {
	if c.caller.Account == "" || c.service == nil || c.caller.Kind == authn.FederatedIdentity {
		return
	}
	use := store.Usage{Account: c.caller.Account, Service: c.service.ID, Region: c.region(), Time: c.start}
	switch {
	case c.caller.Session == nil:
		use.Kind, use.Subject = "access-key", c.caller.AccessKeyID
	case c.caller.Kind == authn.RoleSession:
		use.Kind, use.Subject = "role", c.caller.UniqueID
	default:
		return
	}
	s.store.Touch(use)
}

// region is where a call took place: IAM and Organizations are at home in one region.
func (c *call) region() string {
	if c.origin.Region == "" || c.service != nil && (c.service.ID == "iam" || c.service.ID == "organizations") {
		return "us-east-1"
	}
	return c.origin.Region
}

// trailEvent is what a call is in the record of its caller's account.
func (s *Server) trailEvent(c *call, err error) trail.Event {
	e := trail.Event{
		UserIdentity: identityOf(s.host.Site.Partition, c), EventTime: c.start, EventSource: "unknown.amazonaws.com", EventName: c.shownAction(),
		AWSRegion: c.region(), SourceIPAddress: c.origin.SourceIP, UserAgent: c.origin.UserAgent,
		RequestID: c.id, EventID: c.event, RecipientAccountID: c.caller.Account,
	}
	if c.note != nil {
		e.AdditionalData = trail.Map(c.note)
	}
	if c.service != nil {
		e.EventSource = c.service.EventSource
	}
	if op, ok := s.operations[c.operation]; ok {
		e.ReadOnly = op.ReadOnly
	}
	if c.input != nil {
		c.trees[0] = api.Tree{Structure: c.input}
		e.RequestParameters = &c.trees[0]
	}
	if c.output != nil && err == nil {
		c.trees[1] = api.Tree{Structure: c.output}
		e.ResponseElements = &c.trees[1]
	}
	if err != nil {
		e.ErrorCode, e.ErrorMessage = string(apierror.InternalFailure), "An internal failure; the log has its cause."
		if shown := apierror.Of(err); shown != nil {
			e.ErrorCode, e.ErrorMessage = string(shown.Code), shown.Message
		}
	}
	return e
}

// shownAction is the action for the record: what was asked for, also where there
// is no such operation, cut to what names may look like.
func (c *call) shownAction() string {
	if c.operation != nil {
		return c.operation.Name
	}
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, c.action[:min(len(c.action), 64)])
}

// identityOf is the caller as records show it.
func identityOf(partition string, c *call) trail.Identity {
	who := &c.caller
	switch who.Kind {
	case authn.Root:
		return trail.Root(partition, who.Account, who.AccessKeyID, sessionOf(who.Session))
	case authn.User:
		return trail.User(who.Account, who.UniqueID, who.ARN, who.Name, who.AccessKeyID, sessionOf(who.Session))
	case authn.RoleSession:
		return trail.AssumedRole(who.Account, who.UniqueID, who.Name, who.ARN, who.Session.RoleARN, who.RoleName(), who.AccessKeyID, sessionOf(who.Session))
	case authn.FederatedUser:
		return trail.FederatedUser(who.Account, who.Name, who.ARN, who.AccessKeyID, issuerOf(partition, who), sessionOf(who.Session))
	case authn.FederatedIdentity:
		return federatedIdentity(who.Federated)
	case authn.Operator:
		return trail.Service("keyreeve operator")
	}
	if c.claimed != "" {
		return trail.Unknown(c.claimed)
	}
	return trail.Anonymous()
}

// federatedIdentity is somebody for whom an identity provider vouches, as records
// show them.
func federatedIdentity(f *authn.Federated) trail.Identity {
	if f.NameQualifier != "" {
		// The identity provider is the name qualifier, too (CloudTrail User Guide,
		// "Values for AWS STS APIs with SAML and web identity federation").
		return trail.SAMLUser(f.NameQualifier, f.Subject, f.NameQualifier)
	}
	return trail.WebIdentityUser(f.Provider, f.Audience, f.Subject)
}

// issuerOf is who asked for a federated user's session.
func issuerOf(partition string, who *authn.Caller) trail.Identity {
	if who.UniqueID == who.Account {
		return trail.Root(partition, who.Account, "", nil)
	}
	arn := who.Session.IssuedTo
	return trail.User(who.Account, who.UniqueID, arn, arn[strings.LastIndexByte(arn, '/')+1:], "", nil)
}

// sessionOf is what records say of temporary credentials.
func sessionOf(r *session.Record) *trail.Session {
	if r == nil {
		return nil
	}
	s := &trail.Session{IssuedAt: r.IssuedAt, MFA: r.MFAPresent, SourceIdentity: r.SourceIdentity, FederatedProvider: r.FederatedProvider, AssumedRoot: r.AssumedRoot}
	if strings.Contains(s.FederatedProvider, ":saml-provider/") {
		s.FederatedProvider = "" // records tell of providers of OpenID Connect only
	}
	return s
}
