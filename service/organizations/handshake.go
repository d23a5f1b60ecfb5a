package organizations

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func handshakeOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.InviteAccountToOrganization, inviteTargets, inviteAccount, changesMembers),
		service.WriteElsewhere(orgapi.AcceptHandshake, onHandshake("AcceptHandshake", func(in *orgapi.AcceptHandshakeInput) string { return in.HandshakeId }), acceptHandshake,
			func(c *service.Call, in *orgapi.AcceptHandshakeInput) []state.AggregateID {
				return append(changesHandshake(c, in.HandshakeId), state.Account(c.Caller.Account))
			}),
		service.WriteElsewhere(orgapi.DeclineHandshake, onHandshake("DeclineHandshake", func(in *orgapi.DeclineHandshakeInput) string { return in.HandshakeId }), declineHandshake,
			func(c *service.Call, in *orgapi.DeclineHandshakeInput) []state.AggregateID {
				return changesHandshake(c, in.HandshakeId)
			}),
		service.WriteElsewhere(orgapi.CancelHandshake, onHandshake("CancelHandshake", func(in *orgapi.CancelHandshakeInput) string { return in.HandshakeId }), cancelHandshake,
			func(c *service.Call, in *orgapi.CancelHandshakeInput) []state.AggregateID {
				return changesHandshake(c, in.HandshakeId)
			}),
		service.Read(orgapi.DescribeHandshake, onHandshake("DescribeHandshake", func(in *orgapi.DescribeHandshakeInput) string { return in.HandshakeId }), describeHandshake),
		service.Read(orgapi.ListHandshakesForAccount, onAll[orgapi.ListHandshakesForAccountInput]("ListHandshakesForAccount"), listHandshakesForAccount),
		service.Read(orgapi.ListHandshakesForOrganization, onAll[orgapi.ListHandshakesForOrganizationInput]("ListHandshakesForOrganization"), listHandshakesForOrganization),
	}
}

// onHandshake is for operations on a handshake, which is in the management account of
// the organization that has sent it.
func onHandshake[In any](action string, id func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		resource := arns(c).Handshake("*", id(in))
		if o, h, err := organization.HandshakeOf(c.World, id(in), c.Caller.Account, c.Now); err == nil {
			resource = o.ARNs(c.Tools.Site.Partition).Handshake(h.Action, h.ID)
		}
		return on(c, action, resource), nil
	}
}

// changesHandshake: the organization that has sent a handshake is changed, and what the
// deployment knows of it.
func changesHandshake(c *service.Call, id string) []state.AggregateID {
	scope := []state.AggregateID{state.Deployment}
	if h, ok := c.Deployment().Handshake(id); ok {
		scope = append(scope, state.Organization(h.Organization))
	}
	return scope
}

// editHandshake is the organization that has sent a handshake, as the call may change
// it.
func editHandshake(c *service.Call, id string) (organization.Editor, *organization.Handshake, error) {
	o, h, err := organization.HandshakeOf(c.World, id, c.Caller.Account, c.Now)
	if err != nil {
		return organization.Editor{}, nil, err
	}
	return editIn(c, o.ID(), o.Facts().Management), h, nil
}

// concernsSender: a handshake belongs to the account that has sent it.
func concernsSender(c *service.Call, o organization.Organization, h *organization.Handshake) {
	c.Concern(o.Facts().Management, o.ARNs(c.Tools.Site.Partition).Handshake(h.Action, h.ID), "AWS::Organizations::Handshake")
}

func inviteTargets(c *service.Call, in *orgapi.InviteAccountToOrganizationInput) ([]authz.Target, error) {
	made := arns(c).Account("*")
	if in.Target.Type == organization.AccountParty {
		made = arns(c).Account(in.Target.Id)
	}
	return creation(c, on(c, "InviteAccountToOrganization", made), made, tagsOf(in.Tags)), nil
}

func inviteAccount(c *service.Call, in *orgapi.InviteAccountToOrganizationInput) (*orgapi.InviteAccountToOrganizationOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	h, err := e.InviteAccount(organization.Party{Type: in.Target.Type, ID: in.Target.Id}, service.Or(in.Notes, ""), tagsOf(in.Tags))
	if err != nil {
		return nil, err
	}
	return &orgapi.InviteAccountToOrganizationOutput{Handshake: newHandshake(c, e.Organization, h)}, nil
}

func acceptHandshake(c *service.Call, in *orgapi.AcceptHandshakeInput) (*orgapi.AcceptHandshakeOutput, error) {
	e, h, err := editHandshake(c, in.HandshakeId)
	if err != nil {
		return nil, err
	}
	h, err = e.AcceptHandshake(h.ID, c.Caller.Account)
	if err == nil && h.Action == organization.Invite {
		err = mayLinkRole(c)
	}
	if err != nil {
		return nil, err
	}
	concernsSender(c, e.Organization, h)
	return &orgapi.AcceptHandshakeOutput{Handshake: newHandshake(c, e.Organization, h)}, nil
}

func declineHandshake(c *service.Call, in *orgapi.DeclineHandshakeInput) (*orgapi.DeclineHandshakeOutput, error) {
	e, h, err := editHandshake(c, in.HandshakeId)
	if err != nil {
		return nil, err
	}
	if h, err = e.DeclineHandshake(h.ID, c.Caller.Account); err != nil {
		return nil, err
	}
	concernsSender(c, e.Organization, h)
	return &orgapi.DeclineHandshakeOutput{Handshake: newHandshake(c, e.Organization, h)}, nil
}

func cancelHandshake(c *service.Call, in *orgapi.CancelHandshakeInput) (*orgapi.CancelHandshakeOutput, error) {
	e, h, err := editHandshake(c, in.HandshakeId)
	if err != nil {
		return nil, err
	}
	if h, err = e.CancelHandshake(h.ID, c.Caller.Account); err != nil {
		return nil, err
	}
	return &orgapi.CancelHandshakeOutput{Handshake: newHandshake(c, e.Organization, h)}, nil
}

func describeHandshake(c *service.Call, in *orgapi.DescribeHandshakeInput) (*orgapi.DescribeHandshakeOutput, error) {
	o, h, err := organization.HandshakeOf(c.World, in.HandshakeId, c.Caller.Account, c.Now)
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribeHandshakeOutput{Handshake: newHandshake(c, o, h)}, nil
}

// wanted tells which handshakes a filter lets through, and names it.
func wanted(f *orgapi.HandshakeFilter) (string, func(*organization.Handshake) bool) {
	if f == nil {
		return "", func(*organization.Handshake) bool { return true }
	}
	name := ""
	for _, part := range []*string{f.ActionType, f.ParentHandshakeId} {
		if name += " "; part != nil {
			name += *part
		}
	}
	return name, func(h *organization.Handshake) bool {
		return (f.ActionType == nil || *f.ActionType == h.Action) && (f.ParentHandshakeId == nil || *f.ParentHandshakeId == h.Parent)
	}
}

// listHandshakesForAccount lists what was sent to the caller's account, whether or not
// it is in an organization.
func listHandshakesForAccount(c *service.Call, in *orgapi.ListHandshakesForAccountInput) (*orgapi.ListHandshakesForAccountOutput, error) {
	type sent struct {
		o organization.Organization
		h *organization.Handshake
	}
	filter, keep := wanted(in.Filter)
	var all []sent
	for at := range c.Deployment().HandshakesTo(c.Caller.Account) {
		if o, h, err := organization.HandshakeOf(c.World, at.ID, c.Caller.Account, c.Now); err == nil && keep(h) {
			all = append(all, sent{o, h})
		}
	}
	slices.SortFunc(all, func(a, b sent) int { return strings.Compare(a.h.ID, b.h.ID) })
	list, next, err := pageBy(c, "handshakes for account"+filter, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.Handshake] {
		return func(yield func(string, orgapi.Handshake) bool) {
			for _, s := range all {
				if s.h.ID >= from && !yield(s.h.ID, *newHandshake(c, s.o, s.h)) {
					return
				}
			}
		}
	})
	return &orgapi.ListHandshakesForAccountOutput{Handshakes: list, NextToken: next}, err
}

func listHandshakesForOrganization(c *service.Call, in *orgapi.ListHandshakesForOrganizationInput) (*orgapi.ListHandshakesForOrganizationOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	filter, keep := wanted(in.Filter)
	list, next, err := pageBy(c, "handshakes for organization"+filter, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.Handshake] {
		return shaped(only(o.Handshakes(from, c.Now), keep), func(h *organization.Handshake) orgapi.Handshake { return *newHandshake(c, o, h) })
	})
	return &orgapi.ListHandshakesForOrganizationOutput{Handshakes: list, NextToken: next}, err
}

// newHandshake is the shape of a handshake, as the examples of the API reference have
// it: who the organization is, is nested in the resource that names it.
func newHandshake(c *service.Call, o organization.Organization, h *organization.Handshake) *orgapi.Handshake {
	shape := &orgapi.Handshake{
		Id: &h.ID, Arn: new(o.ARNs(c.Tools.Site.Partition).Handshake(h.Action, h.ID)), State: new(h.StateAt(c.Now)),
		RequestedTimestamp: &h.Requested, ExpirationTimestamp: &h.Expires, Action: &h.Action,
		Parties: []orgapi.HandshakeParty{{Id: o.ID(), Type: organization.OrganizationParty}},
	}
	itself := resource("ORGANIZATION", o.ID())
	if h.To.ID == "" {
		shape.Resources = []orgapi.HandshakeResource{itself}
		return shape
	}
	shape.Parties = append(shape.Parties, orgapi.HandshakeParty{Id: h.To.ID, Type: h.To.Type})
	if h.Action == organization.TransferAction {
		transferResources(o, h, shape, itself)
		return shape
	}
	for _, r := range []orgapi.HandshakeResource{
		resource("MASTER_EMAIL", h.ManagementEmail), resource("MASTER_NAME", h.ManagementName),
		resource("ORGANIZATION_FEATURE_SET", featureSet(h.AllFeatures)),
	} {
		if *r.Value != "" {
			itself.Resources = append(itself.Resources, r)
		}
	}
	shape.Resources = []orgapi.HandshakeResource{itself, resource(h.To.Type, h.To.ID)}
	if h.Notes != "" {
		shape.Resources = append(shape.Resources, resource("NOTES", h.Notes))
	}
	if h.Parent != "" {
		shape.Resources = append(shape.Resources, resource("PARENT_HANDSHAKE", h.Parent))
	}
	return shape
}

// transferResources are those of a handshake about a transfer of responsibility.
func transferResources(o organization.Organization, h *organization.Handshake, shape *orgapi.Handshake, itself orgapi.HandshakeResource) {
	itself.Resources = []orgapi.HandshakeResource{resource("MANAGEMENT_ACCOUNT", o.Facts().Management)}
	if h.ManagementEmail != "" {
		itself.Resources = append(itself.Resources, resource("MANAGEMENT_EMAIL", h.ManagementEmail))
	}
	itself.Resources = append(itself.Resources, resource("MANAGEMENT_NAME", h.ManagementName))
	shape.Resources = []orgapi.HandshakeResource{itself, resource(h.To.Type, h.To.ID)}
	if t, ok := o.Transfer(h.Transfer); ok {
		shape.Resources = append(shape.Resources, resource("RESPONSIBILITY_TRANSFER", t.ID), resource("TRANSFER_TYPE", t.Type),
			resource("TRANSFER_START_TIMESTAMP", t.Start.UTC().Format(time.RFC3339)))
	}
	if h.Notes != "" {
		shape.Resources = append(shape.Resources, resource("NOTES", h.Notes))
	}
}

func resource(kind, value string) orgapi.HandshakeResource {
	return orgapi.HandshakeResource{Type: &kind, Value: &value}
}
