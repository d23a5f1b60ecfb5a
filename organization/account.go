package organization

import (
	"cmp"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
)

// The states of a request to create an account.
const (
	InProgress = "IN_PROGRESS"
	Succeeded  = "SUCCEEDED"
	Failed     = "FAILED"
)

// Closure says that an account was closed while it was a member.
type Closure struct {
	Account string    `json:"account"`
	Closed  time.Time `json:"closed"`
}

// NewAccount is what an account is made of.
type NewAccount struct {
	ID          string // not in use
	Name, Email string
	// RoleName is the role by which the management account looks after the new one;
	// where it is empty, AWS's name for it.
	RoleName string
	Tags     []identity.Tag
}

// accessRole is how the role is called by which a management account looks after an
// account that it has created.
const accessRole = "OrganizationAccountAccessRole"

// CreateAccount makes an account in the organization. All is done at once; what AWS
// finds out later, such as that the e-mail address is in use, is in the status.
func (e Editor) CreateAccount(in NewAccount) (*CreateStatus, error) {
	e.purge()
	if strings.HasPrefix(in.RoleName, "AWSServiceRoleFor") {
		return nil, invalid("INVALID_ROLE_NAME", "You provided a role name that isn't valid. A role name can't begin with the reserved prefix AWSServiceRoleFor.")
	}
	if members.Count(e.snapshot())+e.openInvitations("") >= e.Quotas(membersQuota) {
		return nil, violation("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
	}
	id, err := e.newID("car-", requestLetters)
	if err != nil {
		return nil, err
	}
	s := &CreateStatus{ID: id, AccountName: in.Name, State: Succeeded, Requested: e.Now, Completed: e.Now, Account: in.ID}
	if _, taken := e.deployment().AccountOfEmail(in.Email); taken {
		if err := e.checkNewTags(in.Tags); err != nil {
			return nil, err
		}
		s.State, s.Account, s.Failure = Failed, "", "EMAIL_ALREADY_EXISTS"
	} else if err := e.makeAccount(in); err != nil {
		return nil, err
	}
	createStatuses.Put(e.draft, e.aggregate(), id, s)
	return s, nil
}

// makeAccount makes the account with its role. Its root user has no credentials.
func (e Editor) makeAccount(in NewAccount) error {
	if _, err := e.deployment().CreateAccount(in.ID, in.Name, e.Now); err != nil {
		return err
	}
	if err := e.deployment().SetEmail(in.ID, in.Email); err != nil {
		return err
	}
	if err := e.join(in.ID, Created, in.Tags); err != nil {
		return err
	}
	a, name := e.account(in.ID), cmp.Or(in.RoleName, accessRole)
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:%s:iam::%s:root"},"Action":"sts:AssumeRole"}]}`,
		e.Site.Partition, e.Facts().Management)
	if _, err := a.CreateRole(identity.NewRole{Name: name, Trust: trust}); err != nil {
		return err
	}
	return a.Attach("role", name, "arn:"+e.Site.Partition+":iam::aws:policy/AdministratorAccess")
}

// CreateStatus finds what came of a request to create an account.
func (o Organization) CreateStatus(id string) (*CreateStatus, error) {
	if s, ok := createStatuses.Get(o.snapshot(), id); ok {
		return s, nil
	}
	return nil, apierror.New(CreateStatusNotFound, "You specified an account creation request that doesn't exist.")
}

// CreateStatuses ranges over all of them, in order of their ids, from one on.
func (o Organization) CreateStatuses(from string) iter.Seq2[string, *CreateStatus] {
	return createStatuses.From(o.snapshot(), from)
}

// CloseAccount closes an account: from then on nobody's credentials of it work.
func (e Editor) CloseAccount(account string) error {
	e.purge()
	if !e.Facts().AllFeatures {
		return violation("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "You attempted to perform an operation that requires the organization to be configured to support all features. An organization that supports only consolidated billing features can't perform this operation.")
	}
	_, err := e.MemberAt(account, e.Now)
	switch {
	case err != nil:
		return err
	case account == e.Facts().Management:
		return violation("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account.")
	case e.deployment().Closed(account):
		return apierror.New(AccountAlreadyClosed, "You attempted to close an account that is already closed.")
	case e.closedLately() >= e.mayClose():
		return violation("CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded close account quota for the past 30 days.")
	}
	closures.Put(e.draft, e.aggregate(), account, &Closure{Account: account, Closed: e.Now})
	e.deployment().Close(account, e.Now)
	return nil
}

// mayClose is how many accounts may be closed in 30 days: a fifth of the member
// accounts, between 250 and 1000 (AWS Organizations User Guide, "Quotas and service
// limits").
func (e Editor) mayClose() int {
	return min(max((members.Count(e.snapshot())-1)/5, 250), 1000)
}

func (e Editor) closedLately() int {
	n := 0
	for _, c := range closures.All(e.snapshot()) {
		if e.Now.Sub(c.Closed) < 30*day {
			n++
		}
	}
	return n
}

// State is the state of an account, and Status the older and coarser word for it.
func State(a *deployment.Account) (state, status string) {
	if !a.Closed.IsZero() {
		return "CLOSED", "SUSPENDED"
	}
	return "ACTIVE", "ACTIVE"
}

// CreateGovCloudAccount is refused, as in AWS where the management account has no
// account in AWS GovCloud (US): there is none here.
func (e Editor) CreateGovCloudAccount() error {
	return violation("MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED", "To complete this operation, you must first associate your account with an AWS GovCloud (US) account.")
}
