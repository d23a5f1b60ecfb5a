package server

import (
	"errors"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/signin"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail"
)

// hiddenName stands where a name is that nobody has: it may be a password in the wrong
// field (CloudTrail User Guide, "AWS Management Console sign-in events").
const hiddenName = "HIDDEN_DUE_TO_SECURITY_REASONS"

// event is the ConsoleLogin event of an attempt.
func (in *signingIn) event(err error) (*store.Event, error) {
	c := in.call
	e := trail.Event{
		UserIdentity: in.identity(err == nil), EventTime: c.start, EventSource: "signin.amazonaws.com", EventName: "ConsoleLogin",
		EventType: trail.ConsoleSignIn, AWSRegion: c.region(), SourceIPAddress: c.origin.SourceIP, UserAgent: c.origin.UserAgent,
		RequestID: c.id, EventID: c.event, RecipientAccountID: in.who.account.ID,
		ResponseElements: trail.Map{"ConsoleLogin": "Success"},
		AdditionalData:   in.additional(),
	}
	if err != nil {
		e.ResponseElements = trail.Map{"ConsoleLogin": "Failure"}
		e.ErrorMessage = in.reason(err)
	}
	return encoded(e, c)
}

func (in *signingIn) additional() trail.Map {
	m := trail.Map{"MobileVersion": "No", "MFAUsed": "No"}
	if in.device != "" {
		m["MFAUsed"] = "Yes"
	}
	return m
}

// reason is why an attempt has opened nothing, for the record: the first two are
// CloudTrail's.
func (in *signingIn) reason(err error) string {
	switch {
	case errors.Is(err, signin.ErrReplace):
		return "Password must be replaced"
	case !in.who.inside, in.who.user == nil && in.who.owner == "":
		return "No username found in supplied account"
	case errors.Is(err, apierror.Throttling):
		return "Too many failed authentications"
	case in.tooOld:
		return "Password expired"
	}
	return "Failed authentication"
}

// identity is who the attempt was for.
func (in *signingIn) identity(opened bool) trail.Identity {
	a, u := in.who.account, in.who.user
	switch {
	case u != nil:
		id := trail.User(a.ID, u.ID, a.UserARN(u), u.Name, "", nil)
		if !opened {
			id.ARN = ""
		}
		return id
	case in.who.owner != "":
		return trail.Root(in.host.Site.Partition, a.ID, "", nil)
	}
	return trail.Identity{Type: trail.UserType, AccountID: a.ID, UserName: hiddenName}
}

// recordUse records what a program, or whoever has a cookie, wanted of a session.
func (e entrance) recordUse(c *call, u signin.Use, err error) {
	event := trail.Event{
		UserIdentity: identityOf(e.host.Site.Partition, c), EventTime: c.start, EventSource: "signin.amazonaws.com", EventName: u.Action,
		AWSRegion: c.region(), SourceIPAddress: c.origin.SourceIP, UserAgent: c.origin.UserAgent,
		RequestID: c.id, EventID: c.event, RecipientAccountID: c.caller.Account, ReadOnly: true,
	}
	if u.Client != "" {
		event.RequestParameters = trail.Map{"client_id": u.Client}
	}
	if err != nil {
		event.ErrorCode, event.ErrorMessage = string(apierror.InternalFailure), "An internal failure; the log has its cause."
		if shown := apierror.Of(err); shown != nil {
			event.ErrorCode, event.ErrorMessage = string(shown.Code), shown.Message
		} else if errors.Is(err, signin.ErrOver) || errors.Is(err, signin.ErrChanged) {
			event.ErrorCode, event.ErrorMessage = string(apierror.ExpiredToken), err.Error()
		} else {
			e.Log.Error("a sign-in session could not be used", "request", c.id, "cause", err)
		}
	}
	stored, encodeErr := encoded(event, c)
	if encodeErr != nil {
		e.Log.Error("an audit event could not be made", "request", c.id, "cause", encodeErr)
		return
	}
	e.store.Record(*stored)
}
