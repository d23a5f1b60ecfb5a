package deployment

import (
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

func emailKeys(email string) []string {
	if email == "" {
		return nil
	}
	return []string{state.Fold(email)}
}

// AccountOfEmail finds the account whose root user has an e-mail address.
func (d Deployment) AccountOfEmail(email string) (*Account, bool) {
	return accountsByEmail.First(d.snapshot(), state.Fold(email))
}

// Active finds an account that is there and not closed: one that somebody may have a
// part in.
func (d Deployment) Active(id string) (*Account, bool) {
	a, ok := d.Account(id)
	return a, ok && a.Closed.IsZero()
}

// Closed tells whether an account was closed.
func (d Deployment) Closed(account string) bool {
	a, ok := d.Account(account)
	return ok && !a.Closed.IsZero()
}

// SetEmail gives an account the e-mail address of its root user.
func (e Editor) SetEmail(account, email string) error {
	a, ok := e.Account(account)
	if !ok {
		return apierror.New(apierror.NoSuchEntity, "Account %s does not exist.", account)
	}
	if other, ok := e.AccountOfEmail(email); ok && other.ID != account {
		return apierror.New(apierror.EntityAlreadyExists, "An account with the e-mail address %s already exists.", email)
	}
	next := *a
	next.Email = email
	accounts.Put(e.draft, state.Deployment, account, &next)
	return nil
}

// Close closes an account for good.
func (e Editor) Close(account string, now time.Time) {
	if a, ok := e.Account(account); ok {
		next := *a
		next.Closed = now
		accounts.Put(e.draft, state.Deployment, account, &next)
	}
}
