package deployment

import (
	"cmp"
	"iter"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/policy/template"
	"github.com/keyreeve/keyreeve/state"
)

// The states of a delegation request (IAM User Guide, "Understanding the Request
// Lifecycle").
const (
	Unassigned      = "UNASSIGNED"
	Assigned        = "ASSIGNED"
	PendingApproval = "PENDING_APPROVAL"
	Accepted        = "ACCEPTED"
	Finalized       = "FINALIZED"
	Rejected        = "REJECTED"
	Expired         = "EXPIRED"
)

const (
	day = 24 * time.Hour
	// kept is how long an expired request is kept; AWS does not tell how long it does.
	kept = 7 * day
	// rootDelegates is how long a session may be that the root user approves, in
	// seconds (IAM User Guide, "IAM temporary delegation").
	rootDelegates = 4 * 60 * 60
)

// DelegationRequest is a request of one account to act in another one for a while.
type DelegationRequest struct {
	ID        string    `json:"id"`
	Requestor string    `json:"requestor"` // account number
	Workflow  string    `json:"workflow"`  // unique for the requestor
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"` // when it came into its state, or notes changed
	State     string    `json:"state"`   // but for Expired, which follows from the time

	Description string  `json:"description"`
	Message     *string `json:"message,omitempty"`
	RedirectURL *string `json:"redirect,omitempty"`
	Channel     string  `json:"channel"`

	TemplateARN string               `json:"template"`
	Parameters  []template.Parameter `json:"parameters,omitempty"`
	// Policy is the template filled in: what is asked for, and what is given.
	Policy          string   `json:"policy"`
	Boundaries      []string `json:"boundaries,omitempty"` // that roles must have which are made
	SessionDuration int      `json:"seconds"`
	OnlySendByOwner bool     `json:"onlySendByOwner,omitempty"`

	OwnerAccount string    `json:"ownerAccount,omitempty"`
	OwnerID      string    `json:"owner,omitempty"` // ARN
	Approver     *Approver `json:"approver,omitempty"`
	Notes        string    `json:"notes,omitempty"`
	Rejection    string    `json:"rejection,omitempty"`
	// Sent is when the token was sent, with which the session's time begins.
	Sent time.Time `json:"sent"`
}

// Approver is the identity that accepted a request, whose rights the session has as
// far as the request's policy goes.
type Approver struct {
	Kind           string        `json:"kind"` // "root", "user" or "role"
	ARN            string        `json:"arn"`  // of the user, or of the role's session
	UniqueID       string        `json:"id"`
	RoleARN        string        `json:"role,omitempty"`
	SessionName    string        `json:"session,omitempty"`
	Tags           []session.Tag `json:"tags,omitempty"` // of the role's session
	SourceIdentity string        `json:"source,omitempty"`
}

var (
	delegationRequests = state.Define[DelegationRequest](state.DeploymentAggregate, "delegation-request", 1) // id

	delegationsByRequestor = delegationRequests.Index(func(_ string, r *DelegationRequest) []string { return []string{r.Requestor} })
	delegationsByOwner     = delegationRequests.Index(func(_ string, r *DelegationRequest) []string { return []string{r.OwnerAccount} })
)

// lifetimes are how long a request stays in a state before it expires.
var lifetimes = map[string]time.Duration{Unassigned: day}

// Expires is when the request expires if nothing happens to it.
func (r *DelegationRequest) Expires() time.Time {
	return r.Updated.Add(cmp.Or(lifetimes[r.State], 7*day))
}

// StateAt is the state of the request at a time.
func (r *DelegationRequest) StateAt(now time.Time) string {
	if !now.Before(r.Expires()) {
		return Expired
	}
	return r.State
}

// DelegationEnds is when the sessions of a request whose token was sent end.
func (r *DelegationRequest) DelegationEnds() time.Time {
	return r.Sent.Add(time.Duration(r.SessionDuration) * time.Second)
}

func noDelegation(id string) error {
	// AWS's words are not known here.
	return apierror.New(apierror.NoSuchEntity, "Delegation request %s cannot be found.", id)
}

// Delegation finds a request as an account may see it: the one that made it, the one
// that it is for, and all of them as long as it is for none (IAM API reference,
// GetDelegationRequest). To others it does not exist.
func (d Deployment) Delegation(id, account string) (*DelegationRequest, error) {
	r, ok := delegationRequests.Get(d.snapshot(), id)
	if !ok || r.OwnerAccount != "" && r.OwnerAccount != account && r.Requestor != account {
		return nil, noDelegation(id)
	}
	return r, nil
}

// Delegations ranges over the requests of an account that somebody in it owns, in
// order of their ids.
func (d Deployment) Delegations(account, from string) iter.Seq2[string, *DelegationRequest] {
	return func(yield func(string, *DelegationRequest) bool) {
		for id, r := range delegationsByOwner.At(d.snapshot(), account) {
			if id >= from && r.OwnerID != "" && !yield(id, r) {
				return
			}
		}
	}
}

// CreateDelegation adds a request, of which an account may have limit many. Its policy
// is filled in and checked already.
func (e Editor) CreateDelegation(r DelegationRequest, limit int, now time.Time) error {
	if r.OwnerAccount != "" {
		if _, ok := e.Account(r.OwnerAccount); !ok {
			return apierror.New(apierror.InvalidInput, "The account %s does not exist.", r.OwnerAccount)
		}
	}
	open := 0
	var gone []string
	for id, other := range delegationsByRequestor.At(e.snapshot(), r.Requestor) {
		switch {
		case now.Sub(other.Expires()) > kept:
			gone = append(gone, id)
		case other.Workflow == r.Workflow:
			return apierror.New(apierror.EntityAlreadyExists, "A delegation request with the workflow id %s already exists.", r.Workflow)
		default:
			open++
		}
	}
	if open >= limit {
		return apierror.New(apierror.LimitExceeded, "Cannot exceed quota for DelegationRequestsPerAccount: %d", limit)
	}
	for _, id := range gone {
		delegationRequests.Delete(e.draft, state.Deployment, id)
	}
	r.Created, r.Updated, r.State = now, now, Unassigned
	delegationRequests.Put(e.draft, state.Deployment, r.ID, &r)
	return nil
}

// DelegationsQuota is the name of the quota for how many requests of an account are kept; AWS does not tell
// its limit.
const DelegationsQuota = "DelegationRequestsPerAccountQuota"

// AssociateDelegation makes an identity of an account the owner of a request.
func (e Editor) AssociateDelegation(id, account, ownerARN string, now time.Time) error {
	return e.moveDelegation(id, account, now, func(r *DelegationRequest) error {
		r.OwnerAccount, r.OwnerID = account, ownerARN
		return nil
	}, Assigned, Unassigned)
}

// UpdateDelegation adds notes and forwards a request to somebody who may accept it.
func (e Editor) UpdateDelegation(id, account string, notes *string, now time.Time) error {
	return e.moveDelegation(id, account, now, func(r *DelegationRequest) error {
		if notes != nil {
			r.Notes = *notes
		}
		return nil
	}, PendingApproval, Assigned, PendingApproval)
}

// AcceptDelegation grants a request in the name of the approver.
func (e Editor) AcceptDelegation(id, account string, by Approver, now time.Time) error {
	return e.moveDelegation(id, account, now, func(r *DelegationRequest) error {
		if by.Kind == "root" && r.SessionDuration > rootDelegates {
			return apierror.New(apierror.InvalidInput, "The root user can only accept delegation requests of at most %d seconds.", rootDelegates)
		}
		r.Approver = &by
		return nil
	}, Accepted, Assigned, PendingApproval)
}

// RejectDelegation refuses a request, or takes back that it was accepted.
func (e Editor) RejectDelegation(id, account string, notes *string, now time.Time) error {
	return e.moveDelegation(id, account, now, func(r *DelegationRequest) error {
		r.Approver = nil
		if notes != nil {
			r.Rejection = *notes
		}
		return nil
	}, Rejected, Assigned, PendingApproval, Accepted)
}

// SendDelegationToken begins the time in which the requestor may act.
func (e Editor) SendDelegationToken(id, account, callerARN string, now time.Time) error {
	return e.moveDelegation(id, account, now, func(r *DelegationRequest) error {
		if r.OnlySendByOwner && r.OwnerID != callerARN {
			return apierror.New(apierror.InvalidInput, "The token of delegation request %s can only be sent by its owner.", id)
		}
		r.Sent = now
		return nil
	}, Finalized, Accepted)
}

// moveDelegation changes a request and brings it into another state, for the account
// that it is for.
func (e Editor) moveDelegation(id, account string, now time.Time, change func(*DelegationRequest) error, to string, from ...string) error {
	r, err := e.Delegation(id, account)
	if err != nil {
		return err
	}
	if r.OwnerAccount != account && (r.OwnerAccount != "" || to != Assigned) {
		return noDelegation(id)
	}
	at := r.StateAt(now)
	for _, f := range from {
		if at == f {
			next := *r
			if err := change(&next); err != nil {
				return err
			}
			next.State, next.Updated = to, now
			delegationRequests.Put(e.draft, state.Deployment, id, &next)
			return nil
		}
	}
	return apierror.New(apierror.InvalidInput, "Delegation request %s is in the state %s.", id, at)
}

// DelegationToken finds the request whose token an account trades in: one of its own,
// whose token was sent and whose time is not over.
func (d Deployment) DelegationToken(token, account string, now time.Time) (*DelegationRequest, error) {
	r, ok := delegationRequests.Get(d.snapshot(), token)
	switch {
	case !ok || r.Requestor != account || r.State != Finalized || r.Approver == nil:
		return nil, apierror.New(apierror.ValidationError, "The trade-in token is not valid.")
	case !now.Before(r.DelegationEnds()):
		return nil, apierror.New("ExpiredTradeInTokenException", "The trade-in token has expired.")
	}
	return r, nil
}
