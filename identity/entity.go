package identity

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// User is an IAM user.
type User struct {
	Name        string    `json:"name"`
	Path        string    `json:"path"`
	ID          string    `json:"id"` // AIDA...
	CreateDate  time.Time `json:"created"`
	BoundaryARN string    `json:"boundary,omitempty"`
	Tags        []Tag     `json:"tags,omitempty"`
}

// Group is a group of users. Groups are no principals and have no tags.
type Group struct {
	Name       string    `json:"name"`
	Path       string    `json:"path"`
	ID         string    `json:"id"` // AGPA...
	CreateDate time.Time `json:"created"`
}

// Membership says that a user is in a group.
type Membership struct {
	UserID  string `json:"user"`
	GroupID string `json:"group"`
}

// Role is an IAM role.
type Role struct {
	Name               string    `json:"name"`
	Path               string    `json:"path"`
	ID                 string    `json:"id"` // AROA...
	CreateDate         time.Time `json:"created"`
	Description        *string   `json:"description,omitempty"`
	MaxSessionDuration int       `json:"maxSession"` // seconds
	BoundaryARN        string    `json:"boundary,omitempty"`
	Tags               []Tag     `json:"tags,omitempty"`

	// ServiceName is the service that a service-linked role belongs to, for
	// example "ecs.amazonaws.com"; it is empty for an ordinary role.
	ServiceName string `json:"service,omitempty"`
}

// TrustPolicy says who may assume a role.
type TrustPolicy struct {
	Document string `json:"document"` // as written
	// Pins holds the unique id of each user and role that the document names by
	// ARN, as it was when the document was written. Somebody else who has that
	// ARN later is not meant by it.
	Pins map[string]string `json:"pins,omitempty"`

	compiled compiled
}

// InstanceProfile hands one role to EC2 instances.
type InstanceProfile struct {
	Name       string    `json:"name"`
	Path       string    `json:"path"`
	ID         string    `json:"id"` // AIPA...
	CreateDate time.Time `json:"created"`
	RoleID     string    `json:"role,omitempty"`
	Tags       []Tag     `json:"tags,omitempty"`
}

// Policy is a customer managed policy; its documents are PolicyVersions.
type Policy struct {
	Name           string    `json:"name"`
	Path           string    `json:"path"`
	ID             string    `json:"id"` // ANPA...
	CreateDate     time.Time `json:"created"`
	UpdateDate     time.Time `json:"updated"`
	Description    *string   `json:"description,omitempty"`
	DefaultVersion int       `json:"default"`
	LastVersion    int       `json:"last"` // numbers are not used again
	Tags           []Tag     `json:"tags,omitempty"`
}

// PolicyVersion is one document of a customer managed policy.
type PolicyVersion struct {
	Number     int       `json:"number"`
	CreateDate time.Time `json:"created"`
	Document   string    `json:"document"` // as written

	compiled compiled
}

// InlinePolicy is a policy that is part of one user, group or role.
type InlinePolicy struct {
	OwnerID  string `json:"owner"`
	Name     string `json:"name"`
	Document string `json:"document"` // as written

	compiled compiled
}

// Attachment says that a managed policy applies to a user, group or role.
type Attachment struct {
	OwnerID   string `json:"owner"`
	PolicyARN string `json:"policy"`
}

// AccessKey is a long-term credential of a user, or of the root user, whose
// UserID is then the account's number.
type AccessKey struct {
	ID         string    `json:"id"` // AKIA...
	UserID     string    `json:"user"`
	Active     bool      `json:"active"`
	CreateDate time.Time `json:"created"`
}

// AccessKeySecret is the secret access key, sealed. It is an entity apart so
// that it stays out of history.
type AccessKeySecret struct {
	Sealed []byte `json:"sealed"`

	opened atomic.Pointer[string] // the secret, once it was asked for
}

// Open gives the secret, which open undoes the sealing of. The first answer is
// kept with the entity, for as long as that is in memory: the secret is needed for
// every request that is signed with it.
func (s *AccessKeySecret) Open(open func(sealed []byte) ([]byte, error)) (string, error) {
	if secret := s.opened.Load(); secret != nil {
		return *secret, nil
	}
	plain, err := open(s.Sealed)
	if err != nil {
		return "", err
	}
	secret := string(plain)
	s.opened.Store(&secret)
	return secret, nil
}

// DeletionTask is the deletion of a service-linked role, which AWS carries out
// in the background and here is carried out at once.
type DeletionTask struct {
	ID         string    `json:"id"`
	RoleName   string    `json:"role"`
	Status     string    `json:"status"` // SUCCEEDED, IN_PROGRESS, FAILED or NOT_STARTED
	CreateDate time.Time `json:"created"`
}

// Facts are what an account knows of itself.
type Facts struct {
	// SessionEpoch grows when the operator ends all sessions of the account:
	// a session of an earlier epoch is not valid any more.
	SessionEpoch int `json:"sessionEpoch"`
	// GlobalTokens is the version of the session tokens that STS's global endpoint
	// gives, 1 or 2; 0 stands for 1, the default.
	GlobalTokens int `json:"globalTokens,omitempty"`
}

// The kinds of entities of an account. Keys: the folded name for what has a
// name; for what belongs to another entity, that one's unique id first.
var (
	users            = state.Define[User](state.AccountAggregate, "user", 1)
	groups           = state.Define[Group](state.AccountAggregate, "group", 1)
	memberships      = state.Define[Membership](state.AccountAggregate, "membership", 1) // user id, group id
	roles            = state.Define[Role](state.AccountAggregate, "role", 1)
	trustPolicies    = state.Define[TrustPolicy](state.AccountAggregate, "trust-policy", 1) // role id
	instanceProfiles = state.Define[InstanceProfile](state.AccountAggregate, "instance-profile", 1)
	policies         = state.Define[Policy](state.AccountAggregate, "policy", 1)
	policyVersions   = state.Define[PolicyVersion](state.AccountAggregate, "policy-version", 1) // policy id, number
	inlinePolicies   = state.Define[InlinePolicy](state.AccountAggregate, "inline-policy", 1)   // owner id, folded name
	attachments      = state.Define[Attachment](state.AccountAggregate, "attachment", 1)        // owner id, policy ARN
	accessKeys       = state.Define[AccessKey](state.AccountAggregate, "access-key", 1)         // key id
	accessKeySecrets = state.Define[AccessKeySecret](state.AccountAggregate, "access-key-secret", 1).Secret()
	deletionTasks    = state.Define[DeletionTask](state.AccountAggregate, "deletion-task", 1) // id
	facts            = state.Define[Facts](state.AccountAggregate, "facts", 1)                // ""
)

// The ways in which entities are found other than by their key.
var (
	usersByID  = users.Index(func(_ string, u *User) []string { return []string{u.ID} })
	groupsByID = groups.Index(func(_ string, g *Group) []string { return []string{g.ID} })
	rolesByID  = roles.Index(func(_ string, r *Role) []string { return []string{r.ID} })

	membershipsByGroup = memberships.Index(func(_ string, m *Membership) []string { return []string{m.GroupID} })
	profilesByRole     = instanceProfiles.Index(func(_ string, p *InstanceProfile) []string { return some(p.RoleID) })
	attachmentsByARN   = attachments.Index(func(_ string, a *Attachment) []string { return []string{a.PolicyARN} })
	accessKeysByUser   = accessKeys.Index(func(_ string, k *AccessKey) []string { return []string{k.UserID} })

	usersByBoundary = users.Index(func(_ string, u *User) []string { return some(u.BoundaryARN) })
	rolesByBoundary = roles.Index(func(_ string, r *Role) []string { return some(r.BoundaryARN) })
)

// some is s as an index key, or none if it is empty.
func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// Kinds lists the kinds for the store.
func Kinds() []*state.KindInfo {
	return append(slices.Concat(credentialKinds(), passwordKinds(), samlKinds()), []*state.KindInfo{
		users.Info(), groups.Info(), memberships.Info(), roles.Info(), trustPolicies.Info(), instanceProfiles.Info(),
		policies.Info(), policyVersions.Info(), inlinePolicies.Info(), attachments.Info(),
		accessKeys.Info(), accessKeySecrets.Info(), deletionTasks.Info(), facts.Info(), accessReports.Info(),
		mfaDevices.Info(), mfaSeeds.Info(), securityKeys.Info(), credentialReports.Info(),
		oidcProviders.Info(), outboundFederations.Info(), outboundKeys.Info(), outboundKeySecrets.Info(),
	}...)
}
