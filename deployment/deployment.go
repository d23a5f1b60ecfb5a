package deployment

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// Account is what the deployment knows of an account.
type Account struct {
	ID         string    `json:"id"` // 12 digits
	Name       string    `json:"name"`
	CreateDate time.Time `json:"created"`
	// Email is that of the root user; no two accounts have the same, ignoring case. It
	// is empty where nobody has said it.
	Email string `json:"email,omitempty"`
	// Closed is when the account was closed: from then on nobody has a part in it.
	Closed time.Time `json:"closed,omitzero"`
}

// Alias is another name of an account, used in sign-in addresses.
type Alias struct {
	Alias   string `json:"alias"`
	Account string `json:"account"`
}

// KeyOwner tells the account of an access key whose id does not.
type KeyOwner struct {
	Account string `json:"account"`
}

// Quota is a limit that the operator has set.
type Quota struct {
	Value int `json:"value"`
}

// The kinds of entities of the deployment.
var (
	// accountQuotas are limits that hold for one account; key: account number, quota name.
	accountQuotas = state.Define[Quota](state.DeploymentAggregate, "account-quota", 1)

	accounts  = state.Define[Account](state.DeploymentAggregate, "account", 1)    // account number
	aliases   = state.Define[Alias](state.DeploymentAggregate, "alias", 1)        // alias
	keyOwners = state.Define[KeyOwner](state.DeploymentAggregate, "key-owner", 1) // access key id
	quotas    = state.Define[Quota](state.DeploymentAggregate, "quota", 1)        // quota name

	accountsByEmail  = accounts.Index(func(_ string, a *Account) []string { return emailKeys(a.Email) })
	aliasesByAccount = aliases.Index(func(_ string, a *Alias) []string { return []string{a.Account} })
)

// Kinds lists the kinds for the store.
func Kinds() []*state.KindInfo {
	return []*state.KindInfo{accounts.Info(), aliases.Info(), keyOwners.Info(), quotas.Info(), accountQuotas.Info(), delegationRequests.Info(), memberships.Info(), handshakes.Info(), transfers.Info(), notifications.Info()}
}

// Deployment is the deployment as a rule sees it.
type Deployment struct{ world state.World }

// In is the deployment in a world.
func In(world state.World) Deployment { return Deployment{world} }

func (d Deployment) snapshot() *state.Snapshot { return d.world.Snapshot(state.Deployment) }

// Account finds an account by its number.
func (d Deployment) Account(id string) (*Account, bool) { return accounts.Get(d.snapshot(), id) }

// Accounts ranges over all accounts in order of their numbers.
func (d Deployment) Accounts() iter.Seq[*Account] {
	return func(yield func(*Account) bool) {
		for _, a := range accounts.All(d.snapshot()) {
			if !yield(a) {
				return
			}
		}
	}
}

// FirstAccount is the account that was made first, or "" if there is none.
func (d Deployment) FirstAccount() string {
	var first *Account
	for a := range d.Accounts() {
		if first == nil || a.CreateDate.Before(first.CreateDate) {
			first = a
		}
	}
	if first == nil {
		return ""
	}
	return first.ID
}

// Alias is the alias of an account, or "" if it has none.
func (d Deployment) Alias(account string) string {
	if a, ok := aliasesByAccount.First(d.snapshot(), account); ok {
		return a.Alias
	}
	return ""
}

// AliasOwner is the account with an alias.
func (d Deployment) AliasOwner(alias string) (string, bool) {
	a, ok := aliases.Get(d.snapshot(), alias)
	if !ok {
		return "", false
	}
	return a.Account, true
}

// KeyOwner is the account of an access key whose id does not tell it.
func (d Deployment) KeyOwner(accessKeyID string) (string, bool) {
	o, ok := keyOwners.Get(d.snapshot(), accessKeyID)
	if !ok {
		return "", false
	}
	return o.Account, true
}

// QuotaOf is the limit with a name for an account: what the operator has set for it,
// or for all, or AWS's default.
func (d Deployment) QuotaOf(account, name string) int {
	if q, ok := accountQuotas.Get(d.snapshot(), state.Key(account, name)); ok {
		return q.Value
	}
	return d.Quota(name)
}

// Quota is the limit with a name: what the operator has set, or AWS's default.
func (d Deployment) Quota(name string) int {
	if q, ok := quotas.Get(d.snapshot(), name); ok {
		return q.Value
	}
	return defaultQuotas[name]
}

// defaultQuotas are AWS's limits, named as GetAccountSummary names them where it
// does (IAM User Guide, "IAM and STS quotas").
var defaultQuotas = map[string]int{
	"UsersQuota":                      5000,
	"GroupsQuota":                     300,
	"GroupsPerUserQuota":              10,
	"RolesQuota":                      1000,
	"InstanceProfilesQuota":           1000,
	"PoliciesQuota":                   1500,
	"PolicyVersionsInUseQuota":        10000,
	"VersionsPerPolicyQuota":          5,
	"AttachedPoliciesPerUserQuota":    10,
	"AttachedPoliciesPerGroupQuota":   10,
	"AttachedPoliciesPerRoleQuota":    10,
	"AccessKeysPerUserQuota":          2,
	"SigningCertificatesPerUserQuota": 2,
	"SSHPublicKeysPerUserQuota":       5,
	"ServerCertificatesQuota":         20,
	"UserPolicySizeQuota":             2048,
	"GroupPolicySizeQuota":            5120,
	"RolePolicySizeQuota":             10240,
	"PolicySizeQuota":                 6144,
	"AssumeRolePolicySizeQuota":       2048,

	// Of identity providers; GetAccountSummary shows none of these.
	"OpenIDConnectProvidersQuota":              100,
	"ClientIDsPerOpenIDConnectProviderQuota":   100,
	"ThumbprintsPerOpenIDConnectProviderQuota": 5,
	// Of SAML providers; GetAccountSummary does not show it.
	"SAMLProvidersQuota": 100,

	// For each user and service (IAM API reference, CreateServiceSpecificCredential).
	"ServiceSpecificCredentialsPerUserQuota": 2,

	DelegationsQuota: 100,

	// Of organizations; they are those of the management account (AWS Organizations
	// User Guide, "Quotas and service limits").
	MembersQuota:     10,
	UnitsQuota:       2000,
	InvitationsQuota: 20,
	CreatedDaysQuota: 4,

	// For each region (CloudTrail User Guide, "Quotas in AWS CloudTrail").
	TrailsQuota: 5,
}

// QuotaNames lists the names of all quotas.
func QuotaNames() []string { return slices.Sorted(maps.Keys(defaultQuotas)) }

// CheckQuota refuses a quota that does not exist or a value that cannot be one.
func CheckQuota(name string, value int) error {
	if _, ok := defaultQuotas[name]; !ok {
		return apierror.New(apierror.ValidationError, "There is no quota named %s. The quotas are: %s.", name, strings.Join(QuotaNames(), ", "))
	}
	if value < 0 {
		return apierror.New(apierror.ValidationError, "The quota %s cannot be %d.", name, value)
	}
	return nil
}

// Editor is the deployment as a draft may change it.
type Editor struct {
	Deployment
	draft *state.Draft
}

// Edit is the deployment as a draft may change it.
func Edit(draft *state.Draft) Editor { return Editor{In(draft), draft} }

// CreateAccount adds an account.
func (e Editor) CreateAccount(id, name string, now time.Time) (*Account, error) {
	if !ValidAccountID(id) {
		return nil, apierror.New(apierror.ValidationError, "An account id has 12 digits: %s has not.", id)
	}
	if accounts.Has(e.snapshot(), id) {
		return nil, apierror.New(apierror.EntityAlreadyExists, "Account %s already exists.", id)
	}
	a := &Account{ID: id, Name: name, CreateDate: now}
	accounts.Put(e.draft, state.Deployment, id, a)
	return a, nil
}

// ValidAccountID tells whether a text has the form of an account number.
func ValidAccountID(id string) bool {
	return twelveDigits(id) && id != "000000000000"
}

func twelveDigits(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

// OwnKey records the account of an access key whose id does not tell it.
func (e Editor) OwnKey(accessKeyID, account string) error {
	if owner, ok := e.KeyOwner(accessKeyID); ok && owner != account {
		return apierror.New(apierror.EntityAlreadyExists, "Access key id %s is in use.", accessKeyID)
	}
	keyOwners.Put(e.draft, state.Deployment, accessKeyID, &KeyOwner{account})
	return nil
}

// SetAlias makes a name the alias of an account, in the place of the one that it
// has.
func (e Editor) SetAlias(account, alias string) error {
	if twelveDigits(alias) {
		// IAM User Guide, "IAM name requirements": it could be taken for an account.
		return apierror.New(apierror.InvalidInput, "The account alias %s must not be a 12-digit number.", alias)
	}
	if taken, ok := aliases.Get(e.snapshot(), alias); ok {
		if taken.Account == account {
			return nil
		}
		return apierror.New(apierror.EntityAlreadyExists, "The account alias %s already exists.", alias)
	}
	if old := e.Alias(account); old != "" {
		aliases.Delete(e.draft, state.Deployment, old)
	}
	aliases.Put(e.draft, state.Deployment, alias, &Alias{Alias: alias, Account: account})
	return nil
}

// DeleteAlias takes the alias of an account away.
func (e Editor) DeleteAlias(account, alias string) error {
	if e.Alias(account) != alias {
		return apierror.New(apierror.NoSuchEntity, "The account alias with name %s cannot be found.", alias)
	}
	aliases.Delete(e.draft, state.Deployment, alias)
	return nil
}

// SetQuotaOf sets a limit for one account.
func (e Editor) SetQuotaOf(account, name string, value int) error {
	if err := CheckQuota(name, value); err != nil {
		return err
	}
	if _, ok := e.Account(account); !ok {
		return apierror.New(apierror.NoSuchEntity, "Account %s does not exist.", account)
	}
	accountQuotas.Put(e.draft, state.Deployment, state.Key(account, name), &Quota{value})
	return nil
}

// SetQuota sets a limit for the accounts that have none of their own.
func (e Editor) SetQuota(name string, value int) error {
	if err := CheckQuota(name, value); err != nil {
		return err
	}
	quotas.Put(e.draft, state.Deployment, name, &Quota{value})
	return nil
}
