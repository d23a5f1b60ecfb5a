package operator

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func getAsOfTargets(_ *service.Call, in *keyreeveapi.GetAsOfInput) ([]authz.Target, error) {
	return []authz.Target{{Action: "keyreeve:GetAsOf", Resource: in.Resource}}, nil
}

// back is a call as it would have been at an earlier time: with the world and the
// clock of then. The world's Err is to be asked before anything is answered.
func (o operations) back(c *service.Call, at time.Time) (*service.Call, *state.View, error) {
	if at.After(c.Now) {
		return nil, nil, apierror.New(apierror.ValidationError, "%s lies ahead.", at.UTC().Format(time.RFC3339))
	}
	view := o.AsOf(at)
	then := *c
	then.World, then.Draft, then.Now = view, nil, at
	return &then, view, nil
}

// explain is explainOne, at the present or at an earlier time; then by an authorizer of
// its own, so that what the one of live calls has worked out stays.
func (o operations) explain(c *service.Call, in *keyreeveapi.ExplainInput) (*keyreeveapi.ExplainOutput, error) {
	if in.AsOf == nil {
		return explainOne(c, c.Tools.Authorizer, in)
	}
	then, view, err := o.back(c, *in.AsOf)
	if err != nil {
		return nil, err
	}
	out, err := explainOne(then, authz.New(c.Tools.Site), in)
	if lost := view.Err(); lost != nil {
		return nil, lost
	}
	return out, err
}

// getAsOf tells what was true of something at a time, as a JSON document.
func (o operations) getAsOf(c *service.Call, in *keyreeveapi.GetAsOfInput) (*keyreeveapi.GetAsOfOutput, error) {
	then, view, err := o.back(c, in.AsOf)
	if err != nil {
		return nil, err
	}
	shown, err := show(then, in.Resource)
	if lost := view.Err(); lost != nil {
		return nil, lost
	}
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(shown); err != nil {
		return nil, err
	}
	return &keyreeveapi.GetAsOfOutput{Document: b.String()}, nil
}

// show is what a call's world says of the thing with an ARN.
func show(c *service.Call, name string) (any, error) {
	parsed, err := arn.Parse(name)
	if err != nil {
		return nil, apierror.New(apierror.ValidationError, "%s is no ARN.", name)
	}
	none := apierror.New(apierror.NoSuchEntity, "There was nothing with the ARN %s at %s.", name, c.Now.UTC().Format(time.RFC3339))
	if parsed.Service == "organizations" {
		if shown, ok := showControl(c, name); ok {
			return shown, nil
		}
		return nil, none
	}
	if _, ok := c.Deployment().Account(parsed.Account); parsed.Service != "iam" || !ok && parsed.Account != "aws" {
		return nil, none
	}
	a := c.OtherAccount(parsed.Account)
	if name == a.RootARN() {
		return showAccount(c, a), nil
	}
	if p, ok := a.ManagedPolicy(name); ok {
		return showPolicy(a, p), nil
	}
	if owner, err := a.OwnerByARN(name); err == nil && a.OwnerARN(owner) == name {
		return showOwner(a, owner), nil
	}
	return nil, none
}
