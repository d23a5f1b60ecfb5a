package operator

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/arn"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

// shownOwner is a user, group or role with all that its rights are made of.
type shownOwner struct {
	ARN        string            `json:"arn"`
	ID         string            `json:"id"`
	CreateDate time.Time         `json:"createDate,omitzero"`
	Trust      json.RawMessage   `json:"trustPolicy,omitempty"`
	MaxSession int               `json:"maxSessionDuration,omitempty"`
	Boundary   string            `json:"permissionsBoundary,omitempty"`
	Attached   []string          `json:"attachedPolicies"`
	Inline     []shownInline     `json:"inlinePolicies"`
	Groups     []string          `json:"groups,omitempty"`
	Members    []string          `json:"members,omitempty"`
	Keys       []shownKey        `json:"accessKeys,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
}

type shownInline struct {
	Name     string          `json:"name"`
	Document json.RawMessage `json:"document"`
}

type shownKey struct {
	ID         string    `json:"id"`
	Active     bool      `json:"active"`
	CreateDate time.Time `json:"createDate"`
}

func showOwner(a identity.Account, o identity.Owner) shownOwner {
	s := shownOwner{ARN: a.OwnerARN(o), ID: o.ID, Boundary: o.Boundary, Attached: []string{}, Inline: []shownInline{}}
	for _, p := range a.Attached(o) {
		s.Attached = append(s.Attached, p.ARN)
	}
	for _, p := range a.InlinePolicies(o) {
		s.Inline = append(s.Inline, shownInline{p.Name, document(p.Document)})
	}
	switch o.Type {
	case "user":
		s.showUser(a, o.ID)
	case "role":
		s.showRole(a, o.ID)
	case "group":
		s.showGroup(a, o.ID)
	}
	return s
}

func (s *shownOwner) showUser(a identity.Account, id string) {
	u, ok := a.UserByID(id)
	if !ok {
		return
	}
	s.CreateDate, s.Tags = u.CreateDate, shownTags(u.Tags)
	for _, g := range a.GroupsOf(u) {
		s.Groups = append(s.Groups, a.GroupARN(g))
	}
	for _, k := range a.AccessKeysOf(id) {
		s.Keys = append(s.Keys, shownKey{k.ID, k.Active, k.CreateDate})
	}
}

func (s *shownOwner) showRole(a identity.Account, id string) {
	r, ok := a.RoleByID(id)
	if !ok {
		return
	}
	s.CreateDate, s.Tags, s.MaxSession, s.Trust = r.CreateDate, shownTags(r.Tags), r.MaxSessionDuration, document(a.TrustDocument(r))
}

func (s *shownOwner) showGroup(a identity.Account, id string) {
	g, ok := a.GroupByID(id)
	if !ok {
		return
	}
	s.CreateDate = g.CreateDate
	for _, u := range a.Members(g) {
		s.Members = append(s.Members, a.UserARN(u))
	}
}

// shownPolicy is a managed policy with its versions, the newest first.
type shownPolicy struct {
	ARN        string            `json:"arn"`
	ID         string            `json:"id,omitempty"`
	CreateDate time.Time         `json:"createDate"`
	Default    string            `json:"defaultVersion"`
	Versions   []shownVersion    `json:"versions"`
	AttachedTo []string          `json:"attachedTo"`
	BoundaryOf []string          `json:"boundaryOf,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
}

type shownVersion struct {
	ID         string          `json:"id"`
	CreateDate time.Time       `json:"createDate"`
	Document   json.RawMessage `json:"document"`
}

func showPolicy(a identity.Account, p identity.ManagedPolicy) shownPolicy {
	s := shownPolicy{
		ARN: p.ARN, ID: p.ID, CreateDate: p.CreateDate, Default: p.DefaultVersion, Tags: shownTags(p.Tags),
		Versions: []shownVersion{}, AttachedTo: []string{},
	}
	for _, v := range a.Versions(p) {
		s.Versions = append(s.Versions, shownVersion{v.ID, v.CreateDate, document(v.Document)})
	}
	for _, o := range a.AttachedTo(p.ARN) {
		s.AttachedTo = append(s.AttachedTo, a.OwnerARN(o))
	}
	for _, o := range a.BoundaryOf(p.ARN) {
		s.BoundaryOf = append(s.BoundaryOf, a.OwnerARN(o))
	}
	return s
}

// shownAccount is an account's settings and its place in an organization.
type shownAccount struct {
	ID             string                `json:"id"`
	Name           string                `json:"name"`
	Email          string                `json:"email,omitempty"`
	Alias          string                `json:"alias,omitempty"`
	CreateDate     time.Time             `json:"createDate"`
	Closed         time.Time             `json:"closed,omitzero"`
	SessionEpoch   int                   `json:"sessionEpoch"`
	PasswordPolicy *shownPasswords       `json:"passwordPolicy,omitempty"`
	Quotas         map[string]int        `json:"quotas"`
	Organization   string                `json:"organization,omitempty"`
	Path           string                `json:"organizationPath,omitempty"`
	Controls       map[string][][]string `json:"controls,omitempty"`
	Providers      []string              `json:"identityProviders,omitempty"`
}

type shownPasswords struct {
	MinimumLength   int  `json:"minimumLength"`
	Symbols         bool `json:"requireSymbols"`
	Numbers         bool `json:"requireNumbers"`
	Uppercase       bool `json:"requireUppercase"`
	Lowercase       bool `json:"requireLowercase"`
	UsersMayChange  bool `json:"allowUsersToChangePassword"`
	MaxAge          int  `json:"maxAgeDays,omitempty"`
	ReusePrevention int  `json:"reusePrevention,omitempty"`
	HardExpiry      bool `json:"hardExpiry"`
}

func showAccount(c *service.Call, a identity.Account) shownAccount {
	d := c.Deployment()
	s := shownAccount{ID: a.ID, Alias: d.Alias(a.ID), SessionEpoch: a.SessionEpoch(), Quotas: map[string]int{}}
	if known, ok := d.Account(a.ID); ok {
		s.Name, s.Email, s.CreateDate, s.Closed = known.Name, known.Email, known.CreateDate, known.Closed
	}
	if p, ok := a.PasswordPolicy(); ok {
		s.PasswordPolicy = &shownPasswords{
			p.MinimumLength, p.RequireSymbols, p.RequireNumbers, p.RequireUppercase, p.RequireLowercase,
			p.UsersMayChange, p.MaxAge, p.ReusePrevention, p.HardExpiry,
		}
	}
	for _, name := range deployment.QuotaNames() {
		s.Quotas[name] = d.QuotaOf(a.ID, name)
	}
	for _, p := range a.OIDCProviders() {
		s.Providers = append(s.Providers, a.OIDCProviderARN(p))
	}
	for _, p := range a.SAMLProviders() {
		s.Providers = append(s.Providers, a.SAMLProviderARN(p))
	}
	if o, ok := organization.OfAccount(c.World, a.ID); ok {
		s.Organization, s.Path, s.Controls = o.ID(), o.OrgPath(a.ID), shownControls(o, a.ID)
	}
	return s
}

// shownControls are the names of the SCPs and RCPs in force for an account, those of
// the root first.
func shownControls(o organization.Organization, account string) map[string][][]string {
	controls := map[string][][]string{}
	for _, kind := range []string{organization.ServiceControl, organization.ResourceControl} {
		for _, level := range o.Controls(account, kind) {
			names := []string{}
			for _, p := range level {
				names = append(names, p.Source().ID)
			}
			controls[kind] = append(controls[kind], names)
		}
	}
	return controls
}

// shownControl is a policy of an organization.
type shownControl struct {
	ARN      string          `json:"arn"`
	Name     string          `json:"name"`
	Type     string          `json:"type"`
	Document json.RawMessage `json:"document"`
	Targets  []string        `json:"targets"`
}

// showControl finds a policy of an organization by its ARN, which names the
// organization: arn:aws:organizations::MANAGEMENT:policy/ORGANIZATION/TYPE/ID.
func showControl(c *service.Call, name string) (shownControl, bool) {
	parsed, _ := arn.Parse(name)
	o, ok := organization.OfAccount(c.World, parsed.Account)
	if !ok {
		return shownControl{}, false
	}
	p, err := o.Policy(name[strings.LastIndexByte(name, '/')+1:])
	if err != nil || o.ARNs(c.Tools.Site.Partition).Policy(p.Type, p.ID) != name {
		return shownControl{}, false
	}
	targets, _ := o.PolicyTargets(p.ID)
	return shownControl{name, p.Name, p.Type, document(p.Document), append([]string{}, targets...)}, true
}

func shownTags(tags []identity.Tag) map[string]string {
	shown := map[string]string{}
	for _, t := range tags {
		shown[t.Key] = t.Value
	}
	return shown
}

// document is a policy document as it was written.
func document(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}
