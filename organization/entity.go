package organization

import (
	"sync"
	"time"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// Facts are what an organization knows of itself.
type Facts struct {
	ID          string    `json:"id"`         // "o-" and 10 to 32 letters or digits
	Management  string    `json:"management"` // the management account
	RootID      string    `json:"root"`       // "r-" and 4 to 32 letters or digits
	AllFeatures bool      `json:"allFeatures"`
	CreateDate  time.Time `json:"created"`
	// PolicyTypes are the types of policies that are enabled in the root, sorted.
	PolicyTypes []string `json:"policyTypes,omitempty"`
}

// Unit is an organizational unit.
type Unit struct {
	ID         string    `json:"id"` // "ou-", the root's letters, "-" and 8 to 32 letters or digits
	Name       string    `json:"name"`
	Parent     string    `json:"parent"` // the id of the root or of a unit
	CreateDate time.Time `json:"created"`
}

// Member is an account of the organization. What is true of an account whether or
// not it is a member, such as its name, the deployment knows.
type Member struct {
	Account string `json:"account"`
	Parent  string `json:"parent"` // the id of the root or of a unit
	// Joined says how it came in: INVITED or CREATED.
	Joined     string    `json:"joined"`
	JoinedDate time.Time `json:"joinedDate"`
}

// CreateStatus is what came of a call of CreateAccount.
type CreateStatus struct {
	ID          string    `json:"id"` // "car-" and 8 to 32 letters or digits
	AccountName string    `json:"name"`
	State       string    `json:"state"` // IN_PROGRESS, SUCCEEDED or FAILED
	Requested   time.Time `json:"requested"`
	Completed   time.Time `json:"completed,omitzero"`
	Account     string    `json:"account,omitempty"`
	Failure     string    `json:"failure,omitempty"` // why it failed
}

// Policy is a policy of any type that the organization's management account, or one
// with that right, has written.
type Policy struct {
	ID          string `json:"id"` // "p-" and 8 to 128 letters or digits
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type"`     // SERVICE_CONTROL_POLICY ...
	Document    string `json:"document"` // as written
	// Updated is when the document was last written.
	Updated time.Time `json:"updated,omitzero"`

	once     sync.Once
	compiled *eval.Policy

	parse  sync.Once
	parsed *branch // nil if it cannot be read
}

// Attachment says that a policy applies to a root, a unit or an account.
type Attachment struct {
	PolicyID string `json:"policy"`
	Target   string `json:"target"` // the id of a root or a unit, or an account number
	Type     string `json:"type"`   // of the policy
	// Order counts up with the attachments to a target: management policies of one
	// level are merged in this order.
	Order    int       `json:"order,omitempty"`
	Attached time.Time `json:"attached,omitzero"`
}

// Tags are the tags of a resource of the organization.
type Tags struct {
	Tags []identity.Tag `json:"tags"`
}

// ServiceAccess says that a service is trusted in the organization.
type ServiceAccess struct {
	ServicePrincipal string    `json:"service"` // iam.amazonaws.com
	Enabled          time.Time `json:"enabled"`
}

// Delegation says that a member account administers a service for the
// organization.
type Delegation struct {
	Account          string    `json:"account"`
	ServicePrincipal string    `json:"service"`
	Enabled          time.Time `json:"enabled"`
}

// ResourcePolicy is the policy that says which member accounts may do what with the
// organization.
type ResourcePolicy struct {
	ID       string `json:"id"` // "rp-" and 4 to 32 letters or digits
	Document string `json:"document"`

	once     sync.Once
	compiled *eval.Policy
}

// The kinds of entities of an organization.
var (
	facts            = state.Define[Facts](state.OrganizationAggregate, "organization", 1)                          // ""
	units            = state.Define[Unit](state.OrganizationAggregate, "organizational-unit", 1)                    // id
	members          = state.Define[Member](state.OrganizationAggregate, "member", 1)                               // account number
	createStatuses   = state.Define[CreateStatus](state.OrganizationAggregate, "create-account-status", 1)          // id
	policies         = state.Define[Policy](state.OrganizationAggregate, "organization-policy", 1)                  // id
	attachments      = state.Define[Attachment](state.OrganizationAggregate, "organization-attachment", 1)          // target, policy id
	tags             = state.Define[Tags](state.OrganizationAggregate, "organization-tags", 1)                      // id of the root, a unit, a policy, the resource policy, or account number
	serviceAccess    = state.Define[ServiceAccess](state.OrganizationAggregate, "service-access", 1)                // service principal
	delegations      = state.Define[Delegation](state.OrganizationAggregate, "delegated-administrator", 1)          // account number, service principal
	resourcePolicies = state.Define[ResourcePolicy](state.OrganizationAggregate, "organization-resource-policy", 1) // ""

	closures   = state.Define[Closure](state.OrganizationAggregate, "account-closure", 1)          // account number
	handshakes = state.Define[Handshake](state.OrganizationAggregate, "organization-handshake", 1) // id
	transfers  = state.Define[Transfer](state.OrganizationAggregate, "responsibility-transfer", 1) // id
)

// The ways in which entities are found other than by their key.
var (
	unitsByParent   = units.Index(func(_ string, u *Unit) []string { return []string{u.Parent} })
	membersByParent = members.Index(func(_ string, m *Member) []string { return []string{m.Parent} })
	policiesByName  = policies.Index(func(_ string, p *Policy) []string { return []string{state.Key(p.Type, state.Fold(p.Name))} })
	targetsByPolicy = attachments.Index(func(_ string, a *Attachment) []string { return []string{a.PolicyID} })
)

// Kinds lists the kinds for the store.
func Kinds() []*state.KindInfo {
	return []*state.KindInfo{
		facts.Info(), units.Info(), members.Info(), createStatuses.Info(), policies.Info(), attachments.Info(), tags.Info(),
		serviceAccess.Info(), delegations.Info(), resourcePolicies.Info(), rootAccess.Info(),
		closures.Info(), handshakes.Info(), transfers.Info(),
	}
}
