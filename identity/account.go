package identity

import (
	"io"
	"iter"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential"
	"github.com/keyreeve/keyreeve/state"
)

// Site is what the accounts of a deployment have in common.
type Site struct {
	Partition string // "aws", as in ARNs
	Library   *Library
}

// Account is one account as a rule sees it.
type Account struct {
	Site
	ID        string // 12 digits
	world     state.World
	aggregate state.AggregateID
}

// In is the account with a number in a world.
func In(world state.World, site Site, id string) Account {
	return Account{Site: site, ID: id, world: world, aggregate: state.Account(id)}
}

// World is the world that the account is seen in.
func (a Account) World() state.World { return a.world }

func (a Account) snapshot() *state.Snapshot { return a.world.Snapshot(a.aggregate) }

// Revision is the revision of the account's state.
func (a Account) Revision() uint64 { return a.snapshot().Revision() }

// facts are what the account knows of itself.
func (a Account) facts() Facts {
	if f, ok := facts.Get(a.snapshot(), ""); ok {
		return *f
	}
	return Facts{}
}

// SessionEpoch is the epoch that sessions must have been issued in.
func (a Account) SessionEpoch() int { return a.facts().SessionEpoch }

// GlobalTokens is the version of the session tokens that STS's global endpoint gives.
func (a Account) GlobalTokens() int { return max(1, a.facts().GlobalTokens) }

// SetGlobalTokens sets the version of the session tokens that STS's global endpoint
// gives. All tokens are good in all regions here, so that it is only told.
func (e Editor) SetGlobalTokens(version int) {
	next := e.facts()
	next.GlobalTokens = version
	facts.Put(e.draft, e.aggregate, "", &next)
}

// Quotas gives the limit with a name, spelled as GetAccountSummary does.
type Quotas func(name string) int

// Env is what a rule depends on beside the world.
type Env struct {
	Now time.Time
	// Random gives the same bytes again each time that the rule is run.
	Random io.Reader
	Quotas Quotas
	// Seal encrypts a secret so that it can be stored; what the secret belongs
	// to is bound to it.
	Seal func(secret []byte, belongsTo string) ([]byte, error)
	// Open undoes Seal, for the few rules that look into a secret; it may be nil
	// for the others.
	Open func(sealed []byte, belongsTo string) ([]byte, error)
}

// Editor is an account that a draft may change.
type Editor struct {
	Account
	Env
	draft *state.Draft
}

// Edit is the account with a number as a draft may change it.
func Edit(draft *state.Draft, site Site, id string, env Env) Editor {
	return Editor{Account: In(draft, site, id), Env: env, draft: draft}
}

// newID is a new unique id with one of the credential package's prefixes.
func (e Editor) newID(prefix credential.Prefix) (string, error) {
	return credential.NewUniqueID(prefix, e.Random)
}

// within refuses one more where count has reached the quota with a name;
// AWS's message has a name of its own for it.
func (e Editor) within(count int, quota, spoken string) error {
	if limit := e.Quotas(quota); count >= limit {
		return apierror.New(apierror.LimitExceeded, "Cannot exceed quota for %s: %d", spoken, limit)
	}
	return nil
}

// arn is the ARN of something of the account: its type, its path and its name.
func (a Account) arn(kind, path, name string) string {
	return "arn:" + a.Partition + ":iam::" + a.ID + ":" + kind + path + name
}

// arnIs tells whether arn is the ARN of something of the account.
func (a Account) arnIs(arn, kind, path, name string) bool {
	rest := arn
	for _, part := range [...]string{"arn:", a.Partition, ":iam::", a.ID, ":", kind, path} {
		var ok bool
		if rest, ok = strings.CutPrefix(rest, part); !ok {
			return false
		}
	}
	return rest == name
}

// RootARN is the ARN of the account's root user.
func (a Account) RootARN() string { return "arn:" + a.Partition + ":iam::" + a.ID + ":root" }

// CollectionARN is what a list operation is authorized on, for example
// arn:aws:iam::111122223333:user/ for ListUsers.
func (a Account) CollectionARN(kind string) string { return a.arn(kind, "/", "") }

// underPath keeps the entities whose path begins with a prefix.
func underPath[V any](all iter.Seq2[string, *V], prefix string, path func(*V) string) iter.Seq2[string, *V] {
	return func(yield func(string, *V) bool) {
		for key, v := range all {
			if hasPathPrefix(path(v), prefix) && !yield(key, v) {
				return
			}
		}
	}
}
