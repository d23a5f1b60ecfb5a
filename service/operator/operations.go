package operator

import (
	"context"
	"time"

	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

// Host is what operations need of the process that runs them: the data folder
// and the store as a whole, which no operation sees otherwise.
type Host interface {
	// WriteRootCredentials keeps root's new access key of an account where the
	// operator finds it, and tells the file.
	WriteRootCredentials(account, accessKeyID, secret string) (file string, err error)
	// Backup copies the deployment to a new folder while it runs.
	Backup(folder string) error
	// RotateKey makes a new key that seals from now on, seals all secrets again,
	// and tells of how many accounts.
	RotateKey() (accounts int, err error)
	// Events gives the audit events from a time to before another, oldest first,
	// until each returns false.
	Events(from, to time.Time, each func(id string, at time.Time, record []byte) bool) error
	// Asked gives what calls from a time to before another have asked of the decision
	// engine (authz/asked), oldest first, until each returns false.
	Asked(ctx context.Context, from, to time.Time, each func(id string, at time.Time, asked []byte) bool) error
	// AsOf shows what was true at a time.
	AsOf(at time.Time) *state.View
}

// Operations lists the operators' operations.
func Operations(h Host) []service.Operation {
	o := operations{h}
	return append(rootPasswordOperations(), []service.Operation{
		service.WriteElsewhere(keyreeveapi.CreateAccount, o.createAccountTargets, o.createAccount, changesOfCreateAccount),
		service.Read(keyreeveapi.ListAccounts, on[keyreeveapi.ListAccountsInput]("ListAccounts", "account/*"), listAccounts),
		service.WriteElsewhere(keyreeveapi.ResetRoot, func(c *service.Call, in *keyreeveapi.ResetRootInput) ([]authz.Target, error) {
			return target(c, "ResetRoot", "account/"+in.AccountId), nil
		}, o.resetRoot, func(_ *service.Call, in *keyreeveapi.ResetRootInput) []state.AggregateID {
			return []state.AggregateID{state.Account(in.AccountId)}
		}),
		service.WriteElsewhere(keyreeveapi.ImportMFADevice, func(c *service.Call, in *keyreeveapi.ImportMFADeviceInput) ([]authz.Target, error) {
			return target(c, "ImportMFADevice", "account/"+in.AccountId), nil
		}, importMFADevice, func(_ *service.Call, in *keyreeveapi.ImportMFADeviceInput) []state.AggregateID {
			return []state.AggregateID{state.Account(in.AccountId)}
		}),
		service.WriteElsewhere(keyreeveapi.RemoveMFADevice, func(c *service.Call, in *keyreeveapi.RemoveMFADeviceInput) ([]authz.Target, error) {
			return target(c, "RemoveMFADevice", "account/"+in.AccountId), nil
		}, removeMFADevice, func(_ *service.Call, in *keyreeveapi.RemoveMFADeviceInput) []state.AggregateID {
			return []state.AggregateID{state.Account(in.AccountId)}
		}),
		service.WriteElsewhere(keyreeveapi.EndSessions, func(c *service.Call, in *keyreeveapi.EndSessionsInput) ([]authz.Target, error) {
			return target(c, "EndSessions", "account/"+in.AccountId), nil
		}, endSessions, func(_ *service.Call, in *keyreeveapi.EndSessionsInput) []state.AggregateID {
			return []state.AggregateID{state.Account(in.AccountId)}
		}),
		service.WriteElsewhere(keyreeveapi.SetQuota, func(c *service.Call, in *keyreeveapi.SetQuotaInput) ([]authz.Target, error) {
			return target(c, "SetQuota", "quota/"+in.Name), nil
		}, setQuota, func(*service.Call, *keyreeveapi.SetQuotaInput) []state.AggregateID {
			return []state.AggregateID{state.Deployment}
		}),
		service.Read(keyreeveapi.ListQuotas, on[keyreeveapi.ListQuotasInput]("ListQuotas", "quota/*"), listQuotas),
		service.Read(keyreeveapi.Backup, on[keyreeveapi.BackupInput]("Backup", "deployment"), o.backup),
		service.Read(keyreeveapi.RotateKey, on[keyreeveapi.RotateKeyInput]("RotateKey", "deployment"), o.rotateKey),
		service.Read(keyreeveapi.Explain, explainTargets, o.explain),
		service.Read(keyreeveapi.GetAsOf, getAsOfTargets, o.getAsOf),
		service.Read(keyreeveapi.CheckImpact, on[keyreeveapi.CheckImpactInput]("CheckImpact", "event/*"), o.checkImpact),
		service.Read(keyreeveapi.CheckPosture, postureTargets, checkPosture),
		service.Read(keyreeveapi.ListEvents, on[keyreeveapi.ListEventsInput]("ListEvents", "event/*"), o.listEvents),
	}...)
}

type operations struct{ Host }

func target(c *service.Call, action, resource string) []authz.Target {
	return []authz.Target{{Action: "keyreeve:" + action, Resource: "arn:" + c.Tools.Site.Partition + ":keyreeve:::" + resource}}
}

func on[In any](action, resource string) service.Targets[In] {
	return func(c *service.Call, _ *In) ([]authz.Target, error) { return target(c, action, resource), nil }
}

func (operations) createAccountTargets(c *service.Call, in *keyreeveapi.CreateAccountInput) ([]authz.Target, error) {
	return target(c, "CreateAccount", "account/"+service.Or(in.AccountId, "*")), nil
}

// changesOfCreateAccount draws the id that createAccount will draw: randomness of
// a call is the same each time.
func changesOfCreateAccount(c *service.Call, in *keyreeveapi.CreateAccountInput) []state.AggregateID {
	id, err := accountID(c, in.AccountId)
	if err != nil {
		return nil
	}
	return []state.AggregateID{state.Deployment, state.Account(id)}
}

// createAccount makes an account with its root user and root's access key.
func (o operations) createAccount(c *service.Call, in *keyreeveapi.CreateAccountInput) (*keyreeveapi.CreateAccountOutput, error) {
	id, err := accountID(c, in.AccountId)
	if err != nil {
		return nil, err
	}
	a, err := deployment.Edit(c.Draft).CreateAccount(id, in.Name, c.Now)
	if err != nil {
		return nil, err
	}
	if in.Email != nil {
		if err := deployment.Edit(c.Draft).SetEmail(id, *in.Email); err != nil {
			return nil, err
		}
		a, _ = c.Deployment().Account(id)
	}
	k, secret, err := c.EditOther(id).CreateAccessKey(id)
	if err != nil {
		return nil, err
	}
	file, err := o.WriteRootCredentials(id, k.ID, secret)
	if err != nil {
		return nil, err
	}
	return &keyreeveapi.CreateAccountOutput{Account: accountShape(c, a), AccessKeyId: k.ID, CredentialsFile: file}, nil
}

// accountID is the id that is asked for, or one that is drawn.
func accountID(c *service.Call, asked *string) (string, error) {
	if asked != nil {
		return *asked, nil
	}
	return c.NewAccountID()
}

func accountShape(c *service.Call, a *deployment.Account) keyreeveapi.Account {
	s := keyreeveapi.Account{Id: a.ID, Name: a.Name, CreateDate: a.CreateDate}
	if alias := c.Deployment().Alias(a.ID); alias != "" {
		s.Alias = &alias
	}
	if a.Email != "" {
		s.Email = &a.Email
	}
	if !a.Closed.IsZero() {
		s.Closed = &a.Closed
	}
	return s
}

func listAccounts(c *service.Call, _ *keyreeveapi.ListAccountsInput) (*keyreeveapi.ListAccountsOutput, error) {
	out := &keyreeveapi.ListAccountsOutput{Accounts: []keyreeveapi.Account{}}
	for a := range c.Deployment().Accounts() {
		out.Accounts = append(out.Accounts, accountShape(c, a))
	}
	return out, nil
}

// edit is an account that exists, as the call may change it.
func edit(c *service.Call, id string) (identity.Editor, error) {
	if err := exists(c, id); err != nil {
		return identity.Editor{}, err
	}
	return c.EditOther(id), nil
}

// exists refuses the number of an account that there is not.
func exists(c *service.Call, id string) error {
	if _, ok := c.Deployment().Account(id); !ok {
		return apierror.New(apierror.NoSuchEntity, "There is no account %s.", id)
	}
	return nil
}

// resetRoot replaces the access keys of an account's root user.
func (o operations) resetRoot(c *service.Call, in *keyreeveapi.ResetRootInput) (*keyreeveapi.ResetRootOutput, error) {
	e, err := edit(c, in.AccountId)
	if err != nil {
		return nil, err
	}
	k, secret, err := e.ResetRoot()
	if err != nil {
		return nil, err
	}
	file, err := o.WriteRootCredentials(in.AccountId, k.ID, secret)
	if err != nil {
		return nil, err
	}
	return &keyreeveapi.ResetRootOutput{AccessKeyId: k.ID, CredentialsFile: file}, nil
}

func endSessions(c *service.Call, in *keyreeveapi.EndSessionsInput) (*keyreeveapi.EndSessionsOutput, error) {
	e, err := edit(c, in.AccountId)
	if err != nil {
		return nil, err
	}
	e.EndSessions()
	return &keyreeveapi.EndSessionsOutput{}, nil
}

func setQuota(c *service.Call, in *keyreeveapi.SetQuotaInput) (*keyreeveapi.SetQuotaOutput, error) {
	if in.AccountId != nil {
		return &keyreeveapi.SetQuotaOutput{}, deployment.Edit(c.Draft).SetQuotaOf(*in.AccountId, in.Name, int(in.Value))
	}
	return &keyreeveapi.SetQuotaOutput{}, deployment.Edit(c.Draft).SetQuota(in.Name, int(in.Value))
}

// listQuotas lists the quotas of an account, or those of accounts that have none of
// their own.
func listQuotas(c *service.Call, in *keyreeveapi.ListQuotasInput) (*keyreeveapi.ListQuotasOutput, error) {
	out, account := &keyreeveapi.ListQuotasOutput{}, ""
	if in.AccountId != nil {
		if _, ok := c.Deployment().Account(*in.AccountId); !ok {
			return nil, apierror.New(apierror.NoSuchEntity, "Account %s does not exist.", *in.AccountId)
		}
		account = *in.AccountId
	}
	for _, name := range deployment.QuotaNames() {
		out.Quotas = append(out.Quotas, keyreeveapi.Quota{Name: name, Value: int32(c.QuotaOf(account, name))})
	}
	return out, nil
}

func (o operations) backup(_ *service.Call, in *keyreeveapi.BackupInput) (*keyreeveapi.BackupOutput, error) {
	if err := o.Host.Backup(in.Folder); err != nil {
		return nil, apierror.New(apierror.InvalidInput, "The backup could not be made: %v.", err).Because(err)
	}
	return &keyreeveapi.BackupOutput{Folder: in.Folder}, nil
}

func (o operations) rotateKey(_ *service.Call, _ *keyreeveapi.RotateKeyInput) (*keyreeveapi.RotateKeyOutput, error) {
	n, err := o.RotateKey()
	if err != nil {
		return nil, err
	}
	return &keyreeveapi.RotateKeyOutput{Accounts: int32(n)}, nil
}
