package selector

import (
	"fmt"
	"path"
	"slices"
)

// Filter chooses events for people and programs that look at them, as trails do by
// their selectors. Each of its lists that is not empty must have one that fits.
type Filter struct {
	Accounts []string // account numbers
	Names    []string // operations; * and ? stand for any letters, as in Delete*
	Sources  []string // services: iam.amazonaws.com, or iam
	Users    []string // names of users, of roles, or of the last part of the caller's ARN
	// Changes leaves out what only reads, Errors what was done.
	Changes, Errors bool
}

// Check tells what is wrong with a filter.
func (f Filter) Check() error {
	for _, name := range f.Names {
		if _, err := path.Match(name, ""); err != nil {
			return fmt.Errorf("%q is no pattern for names of operations", name)
		}
	}
	return nil
}

// Match tells whether an event is chosen.
func (f Filter) Match(e *Event) bool {
	named := func(pattern string) bool { ok, err := path.Match(pattern, e.Name); return ok && err == nil }
	from := func(source string) bool { return e.Source == source || e.Source == source+".amazonaws.com" }
	by := func(user string) bool {
		return user == e.Identity.UserName || user == e.Identity.Session.Issuer.UserName || user == path.Base(e.Identity.ARN)
	}
	return (len(f.Accounts) == 0 || slices.Contains(f.Accounts, e.Account)) &&
		(len(f.Names) == 0 || slices.ContainsFunc(f.Names, named)) &&
		(len(f.Sources) == 0 || slices.ContainsFunc(f.Sources, from)) &&
		(len(f.Users) == 0 || slices.ContainsFunc(f.Users, by)) &&
		(!f.Changes || !e.ReadOnly) && (!f.Errors || e.ErrorCode != "")
}
