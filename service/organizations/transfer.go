package organizations

import (
	"iter"

	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func transferOperations() []service.Operation {
	return []service.Operation{
		service.WriteElsewhere(orgapi.InviteOrganizationToTransferResponsibility, inviteToTransferTargets, inviteToTransfer, changesMembers),
		service.Read(orgapi.DescribeResponsibilityTransfer, onTransfer("DescribeResponsibilityTransfer", func(in *orgapi.DescribeResponsibilityTransferInput) string { return in.Id }), describeTransfer),
		service.Read(orgapi.ListInboundResponsibilityTransfers, onTransfers("ListInboundResponsibilityTransfers", inbound, func(in *orgapi.ListInboundResponsibilityTransfersInput) string { return in.Type }), listInbound),
		service.Read(orgapi.ListOutboundResponsibilityTransfers, onTransfers("ListOutboundResponsibilityTransfers", outbound, func(in *orgapi.ListOutboundResponsibilityTransfersInput) string { return in.Type }), listOutbound),
		service.WriteElsewhere(orgapi.UpdateResponsibilityTransfer, onTransfer("UpdateResponsibilityTransfer", func(in *orgapi.UpdateResponsibilityTransferInput) string { return in.Id }), updateTransfer,
			func(c *service.Call, in *orgapi.UpdateResponsibilityTransferInput) []state.AggregateID {
				return changesTransfer(c, in.Id)
			}),
		service.WriteElsewhere(orgapi.TerminateResponsibilityTransfer, onTransfer("TerminateResponsibilityTransfer", func(in *orgapi.TerminateResponsibilityTransferInput) string { return in.Id }), terminateTransfer,
			func(c *service.Call, in *orgapi.TerminateResponsibilityTransferInput) []state.AggregateID {
				return changesTransfer(c, in.Id)
			}),
	}
}

// The directions of a transfer, as an organization sees it.
const (
	inbound  = "INBOUND"
	outbound = "OUTBOUND"
)

// direction is how the caller's account sees a transfer.
func direction(c *service.Call, t *organization.Transfer) string {
	if t.Target == c.Caller.Account {
		return inbound
	}
	return outbound
}

func transferKeys(kind, direction string) []authz.Key {
	return []authz.Key{authz.Value("organizations:TransferType", kind), authz.Value("organizations:TransferDirection", direction)}
}

// onTransfer is for operations on a transfer. Whichever side it is that calls, the
// transfer is its own.
func onTransfer[In any](action string, id func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		o, t, err := organization.TransferOf(c.World, id(in), c.Caller.Account)
		if err != nil {
			return on(c, action, arns(c).Transfer("*", "*", id(in))), nil
		}
		way := direction(c, t)
		keys := append(transferKeys(t.Type, way), authz.ResourceTags(o.Tags(t.ID), false)...)
		return on(c, action, arns(c).Transfer(t.Type, way, t.ID), keys...), nil
	}
}

// onTransfers is for operations that list transfers.
func onTransfers[In any](action, direction string, kind func(*In) string) service.Targets[In] {
	return func(c *service.Call, in *In) ([]authz.Target, error) {
		return on(c, action, "*", transferKeys(kind(in), direction)...), nil
	}
}

// changesTransfer: the organization that keeps a transfer is changed, and what the
// deployment knows of it.
func changesTransfer(c *service.Call, id string) []state.AggregateID {
	scope := []state.AggregateID{state.Deployment}
	if o, _, err := organization.TransferOf(c.World, id, c.Caller.Account); err == nil {
		scope = append(scope, state.Organization(o.ID()))
	}
	return scope
}

// editTransfer is the organization that keeps a transfer, as the call may change it.
func editTransfer(c *service.Call, id string) (organization.Editor, error) {
	o, _, err := organization.TransferOf(c.World, id, c.Caller.Account)
	if err != nil {
		return organization.Editor{}, err
	}
	return editIn(c, o.ID(), o.Facts().Management), nil
}

func inviteToTransferTargets(c *service.Call, in *orgapi.InviteOrganizationToTransferResponsibilityInput) ([]authz.Target, error) {
	asked := arns(c).Account("*")
	if in.Target.Type == organization.AccountParty {
		asked = arns(c).Account(in.Target.Id)
	}
	targets := on(c, "InviteOrganizationToTransferResponsibility", asked, transferKeys(in.Type, inbound)...)
	return creation(c, targets, arns(c).Transfer(in.Type, inbound, "*"), tagsOf(in.Tags)), nil
}

func inviteToTransfer(c *service.Call, in *orgapi.InviteOrganizationToTransferResponsibilityInput) (*orgapi.InviteOrganizationToTransferResponsibilityOutput, error) {
	e, err := edit(c)
	if err != nil {
		return nil, err
	}
	h, err := e.InviteToTransfer(organization.Party{Type: in.Target.Type, ID: in.Target.Id}, in.SourceName, service.Or(in.Notes, ""), in.StartTimestamp, tagsOf(in.Tags))
	if err != nil {
		return nil, err
	}
	return &orgapi.InviteOrganizationToTransferResponsibilityOutput{Handshake: newHandshake(c, e.Organization, h)}, nil
}

func newTransfer(c *service.Call, t *organization.Transfer) orgapi.ResponsibilityTransfer {
	return orgapi.ResponsibilityTransfer{
		Id: &t.ID, Arn: new(arns(c).Transfer(t.Type, direction(c, t), t.ID)), Name: &t.Name, Type: &t.Type, Status: new(t.StatusAt(c.Now)),
		Source: participant(c, t.Source), Target: participant(c, t.Target), StartTimestamp: &t.Start, EndTimestamp: service.Moment(t.End),
		ActiveHandshakeId: &t.Handshake,
	}
}

func participant(c *service.Call, account string) *orgapi.TransferParticipant {
	a, ok := c.Deployment().Account(account)
	if !ok {
		return nil
	}
	return &orgapi.TransferParticipant{ManagementAccountId: &a.ID, ManagementAccountEmail: service.Optional(a.Email)}
}

func describeTransfer(c *service.Call, in *orgapi.DescribeResponsibilityTransferInput) (*orgapi.DescribeResponsibilityTransferOutput, error) {
	_, t, err := organization.TransferOf(c.World, in.Id, c.Caller.Account)
	if err != nil {
		return nil, err
	}
	return &orgapi.DescribeResponsibilityTransferOutput{ResponsibilityTransfer: new(newTransfer(c, t))}, nil
}

func listInbound(c *service.Call, in *orgapi.ListInboundResponsibilityTransfersInput) (*orgapi.ListInboundResponsibilityTransfersOutput, error) {
	o, err := current(c)
	if err != nil {
		return nil, err
	}
	only1 := ""
	if in.Id != nil {
		only1 = *in.Id
		if _, _, err := organization.TransferOf(c.World, only1, c.Caller.Account); err != nil {
			return nil, err
		}
	}
	list, next, err := pageBy(c, "inbound transfers "+in.Type+" "+only1, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.ResponsibilityTransfer] {
		all := only(o.Inbound(from), func(t *organization.Transfer) bool { return t.Type == in.Type && (only1 == "" || t.ID == only1) })
		return shaped(all, func(t *organization.Transfer) orgapi.ResponsibilityTransfer { return newTransfer(c, t) })
	})
	return &orgapi.ListInboundResponsibilityTransfersOutput{ResponsibilityTransfers: list, NextToken: next}, err
}

func listOutbound(c *service.Call, in *orgapi.ListOutboundResponsibilityTransfersInput) (*orgapi.ListOutboundResponsibilityTransfersOutput, error) {
	if _, err := current(c); err != nil {
		return nil, err
	}
	list, next, err := pageBy(c, "outbound transfers "+in.Type, in.NextToken, in.MaxResults, func(from string) iter.Seq2[string, orgapi.ResponsibilityTransfer] {
		all := organization.Outbound(c.World, c.Caller.Account, from, func(t *organization.Transfer) bool { return t.Type == in.Type })
		return shaped(all, func(t *organization.Transfer) orgapi.ResponsibilityTransfer { return newTransfer(c, t) })
	})
	return &orgapi.ListOutboundResponsibilityTransfersOutput{ResponsibilityTransfers: list, NextToken: next}, err
}

func updateTransfer(c *service.Call, in *orgapi.UpdateResponsibilityTransferInput) (*orgapi.UpdateResponsibilityTransferOutput, error) {
	e, err := editTransfer(c, in.Id)
	if err != nil {
		return nil, err
	}
	t, err := e.RenameTransfer(in.Id, c.Caller.Account, in.Name)
	if err != nil {
		return nil, err
	}
	return &orgapi.UpdateResponsibilityTransferOutput{ResponsibilityTransfer: new(newTransfer(c, t))}, nil
}

func terminateTransfer(c *service.Call, in *orgapi.TerminateResponsibilityTransferInput) (*orgapi.TerminateResponsibilityTransferOutput, error) {
	e, err := editTransfer(c, in.Id)
	if err != nil {
		return nil, err
	}
	t, err := e.TerminateTransfer(in.Id, c.Caller.Account, in.EndTimestamp)
	if err != nil {
		return nil, err
	}
	return &orgapi.TerminateResponsibilityTransferOutput{ResponsibilityTransfer: new(newTransfer(c, t))}, nil
}
