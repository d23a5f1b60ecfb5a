package identity

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// TrackingPeriod is how far last accessed information goes back (IAM User Guide,
// "Refine permissions in AWS using last accessed information").
const TrackingPeriod = 400 * 24 * time.Hour

const (
	// reportsLast is how long a report can be fetched.
	reportsLast = 7 * 24 * time.Hour
	// reportsKept is how many reports an account has at the most; the oldest go.
	reportsKept = 100
)

// tracked are the services whose use is told action by action: those that are here.
var tracked = map[string]bool{"iam": true, "sts": true}

// untracked are actions that are never called by themselves.
var untracked = map[string]bool{"iam:PassRole": true}

// Access is the last attempt of a user or role to use an action of a service,
// whether it was allowed or denied.
type Access struct {
	Service, Action string
	Region          string
	Time            time.Time
}

// Accesses gives the last accesses of the users and roles with these unique ids.
type Accesses func(entityIDs []string) map[string][]Access

// AccessReport is what GenerateServiceLastAccessedDetails found out.
type AccessReport struct {
	ID          string            `json:"id"`
	ARN         string            `json:"arn"` // of the user, group, role or policy; of something of an organization its path
	ActionLevel bool              `json:"actionLevel,omitempty"`
	CreateDate  time.Time         `json:"created"`
	Services    []AccessedService `json:"services"` // that policies let use, in order of prefixes
}

// AccessedService is a service that could be used.
type AccessedService struct {
	Namespace string           `json:"namespace"`
	Entities  int              `json:"entities,omitempty"` // that tried to use it
	Last      *LastAccess      `json:"last,omitempty"`     // nil if nobody did in the tracking period
	Actions   []AccessedAction `json:"actions,omitempty"`  // of services that are tracked action by action
}

// AccessedAction is an action of such a service.
type AccessedAction struct {
	Name string      `json:"name"`
	Last *LastAccess `json:"last,omitempty"`
}

// LastAccess is who accessed something last.
type LastAccess struct {
	EntityARN string    `json:"entity"`
	Region    string    `json:"region"`
	Time      time.Time `json:"time"`
}

// NewAccessReport makes a report of the services that a user, group, role or
// managed policy lets use, and when they were used last.
func (e Editor) NewAccessReport(id, arn string, actionLevel bool, accesses Accesses) (*AccessReport, error) {
	policies, entities, err := e.subject(arn)
	if err != nil {
		return nil, err
	}
	r := &AccessReport{ID: id, ARN: arn, ActionLevel: actionLevel, CreateDate: e.Now, Services: []AccessedService{}}
	used := summarize(e.used(entities, e.Now, accesses))
	g := grantsOf(policies)
	for s := range e.Library.Services() {
		if !g.reaches(s) {
			continue
		}
		of := used[s.Prefix()]
		in := AccessedService{Namespace: s.Prefix(), Entities: of.entities, Last: of.last}
		if actionLevel && tracked[s.Prefix()] {
			for _, action := range s.Actions() {
				if !untracked[action.String()] && g.allows(s.Prefix(), action.Name) {
					in.Actions = append(in.Actions, AccessedAction{Name: action.Name, Last: of.actions[action.Name]})
				}
			}
		}
		r.Services = append(r.Services, in)
	}
	slices.SortFunc(r.Services, func(x, y AccessedService) int { return strings.Compare(x.Namespace, y.Namespace) })
	e.keepReport(r)
	return r, nil
}

// keepReport puts a report, in the place of the oldest if there are too many.
func (e Editor) keepReport(r *AccessReport) {
	e.forgetReports()
	accessReports.Put(e.draft, e.aggregate, r.ID, r)
}

// NewOrganizationReport keeps what was found out of something of an organization, whose
// management account this is, by its path.
func (e Editor) NewOrganizationReport(id, entityPath string, services []AccessedService) {
	e.keepReport(&AccessReport{ID: id, ARN: entityPath, CreateDate: e.Now, Services: services})
}

// OrganizationReport finds a report of an organization by the id of its job.
func (a Account) OrganizationReport(id string) (*AccessReport, error) {
	if r, ok := accessReports.Get(a.snapshot(), id); ok && r.ofOrganization() {
		return r, nil
	}
	return nil, noReport(id)
}

// ofOrganization tells reports of an organization from those of a user, group, role or
// policy.
func (r *AccessReport) ofOrganization() bool { return strings.HasPrefix(r.ARN, "o-") }

func noReport(id string) error {
	return apierror.New(apierror.NoSuchEntity, "Access report job %s cannot be found.", id)
}

// AccessedByPaths lists the services that each of some levels of SCPs lets use, with
// those of some accounts that have tried to use them: used has the accesses of all users
// and roles of an account, by its path in the organization. Entities of the services
// are accounts.
func AccessedByPaths(library *Library, levels [][]*eval.Policy, used map[string]map[string][]Access, now time.Time) []AccessedService {
	byPath := map[string][]Access{}
	for path, entities := range used {
		for _, all := range entities {
			byPath[path] = append(byPath[path], within(all, now)...)
		}
	}
	services, list := summarize(byPath), []AccessedService{}
	var open []grants
	for _, level := range levels {
		open = append(open, grantsOf(level))
	}
	for s := range library.Services() {
		if slices.ContainsFunc(open, func(g grants) bool { return !g.reaches(s) }) {
			continue
		}
		of := services[s.Prefix()]
		list = append(list, AccessedService{Namespace: s.Prefix(), Entities: of.entities, Last: of.last})
	}
	slices.SortFunc(list, func(x, y AccessedService) int { return strings.Compare(x.Namespace, y.Namespace) })
	return list
}

// forgetReports makes room for one more report.
func (e Editor) forgetReports() {
	all := slices.SortedFunc(values(accessReports.All(e.snapshot())), func(x, y *AccessReport) int { return x.CreateDate.Compare(y.CreateDate) })
	for i, r := range all {
		if i <= len(all)-reportsKept || e.Now.Sub(r.CreateDate) > reportsLast {
			accessReports.Delete(e.draft, e.aggregate, r.ID)
		}
	}
}

// AccessReport finds a report by the id of its job.
func (a Account) AccessReport(id string) (*AccessReport, error) {
	if r, ok := accessReports.Get(a.snapshot(), id); ok && !r.ofOrganization() {
		return r, nil
	}
	return nil, noReport(id)
}

// AccessingEntity is a user or role that could have used a service.
type AccessingEntity struct {
	Owner
	ARN  string
	Last *LastAccess // nil if it has not tried to
}

// AccessingEntities lists who could have used a service by a report's user, group,
// role or policy, the latest use first.
func (a Account) AccessingEntities(r *AccessReport, service string, now time.Time, accesses Accesses) ([]AccessingEntity, error) {
	_, entities, err := a.subject(r.ARN)
	if err != nil {
		return nil, err
	}
	var list []AccessingEntity
	used := a.used(entities, now, accesses)
	for _, o := range entities {
		x := AccessingEntity{Owner: o, ARN: a.OwnerARN(o)}
		x.Last = latest(x.ARN, used[x.ARN], func(a Access) bool { return a.Service == service })
		list = append(list, x)
	}
	slices.SortStableFunc(list, func(x, y AccessingEntity) int {
		if x.Last == nil || y.Last == nil {
			return cmp.Compare(missing(x.Last), missing(y.Last))
		}
		return y.Last.Time.Compare(x.Last.Time)
	})
	return list, nil
}

func missing(l *LastAccess) int {
	if l == nil {
		return 1
	}
	return 0
}

// subject finds what a report is about: the policies whose services are listed, and
// the users and roles who have them.
func (a Account) subject(arn string) ([]*eval.Policy, []Owner, error) {
	o, err := a.OwnerByARN(arn)
	if err == nil {
		if o.Type != "group" {
			return a.IdentityPolicies(o), []Owner{o}, nil
		}
		return a.IdentityPolicies(o), a.membersOf(o), nil
	}
	p, ok := a.ManagedPolicy(arn)
	if !ok {
		return nil, nil, err
	}
	var entities []Owner
	for _, o := range a.AttachedTo(arn) {
		some := []Owner{o}
		if o.Type == "group" {
			some = a.membersOf(o)
		}
		for _, o := range some {
			if !slices.Contains(entities, o) {
				entities = append(entities, o)
			}
		}
	}
	return []*eval.Policy{a.compileManaged(p)}, sortedOwners(entities), nil
}

func (a Account) membersOf(o Owner) (members []Owner) {
	if g, ok := a.GroupByID(o.ID); ok {
		for _, u := range a.Members(g) {
			members = append(members, userOwner(u))
		}
	}
	return members
}

// OwnerByARN finds the user, group or role with an ARN.
func (a Account) OwnerByARN(arn string) (Owner, error) {
	_, resource, _ := strings.Cut(arn, "::"+a.ID+":")
	kind, rest, _ := strings.Cut(resource, "/")
	if kind == "user" || kind == "group" || kind == "role" {
		o, err := a.Owner(kind, rest[strings.LastIndexByte(rest, '/')+1:])
		if err == nil && a.OwnerARN(o) == arn {
			return o, nil
		}
	}
	return Owner{}, apierror.New(apierror.NoSuchEntity, "ARN %s not found.", arn)
}

// used is what entities used within the tracking period, by their ARNs.
func (a Account) used(entities []Owner, now time.Time, accesses Accesses) map[string][]Access {
	ids := make([]string, len(entities))
	for i, o := range entities {
		ids[i] = o.ID
	}
	all, used := accesses(ids), map[string][]Access{}
	for _, o := range entities {
		if recent := within(all[o.ID], now); len(recent) > 0 {
			used[a.OwnerARN(o)] = recent
		}
	}
	return used
}

// within leaves out what is older than the tracking period.
func within(all []Access, now time.Time) []Access {
	return slices.DeleteFunc(slices.Clone(all), func(a Access) bool { return now.Sub(a.Time) > TrackingPeriod })
}

// serviceUse is the use of a service by all who are looked at.
type serviceUse struct {
	entities int
	last     *LastAccess
	actions  map[string]*LastAccess
}

// summarize turns what each entity used around: who used each service.
func summarize(used map[string][]Access) map[string]serviceUse {
	services := map[string]serviceUse{}
	for _, entity := range slices.Sorted(maps.Keys(used)) { // of several at the same second the first counts
		all, counted := used[entity], map[string]bool{}
		for _, a := range all {
			s := services[a.Service]
			if s.actions == nil {
				s.actions = map[string]*LastAccess{}
			}
			if !counted[a.Service] {
				counted[a.Service] = true
				s.entities++
			}
			at := accessBy(entity, a)
			s.last, s.actions[a.Action] = later(s.last, at), later(s.actions[a.Action], at)
			services[a.Service] = s
		}
	}
	return services
}

func accessBy(entity string, a Access) *LastAccess {
	return &LastAccess{EntityARN: entity, Region: a.Region, Time: a.Time.UTC().Truncate(time.Second)}
}

// latest is the last of an entity's accesses that are meant.
func latest(entity string, all []Access, meant func(Access) bool) (last *LastAccess) {
	for _, a := range all {
		if meant(a) {
			last = later(last, accessBy(entity, a))
		}
	}
	return last
}

// later is the later one of two accesses. Of two at the same time it is the one
// whose ARN comes first, so that a report does not depend on chance.
func later(x, y *LastAccess) *LastAccess {
	switch {
	case x == nil:
		return y
	case y == nil || x.Time.After(y.Time):
		return x
	case y.Time.After(x.Time) || y.EntityARN < x.EntityARN:
		return y
	}
	return x
}

// accessReports has the reports by their ids.
var accessReports = state.Define[AccessReport](state.AccountAggregate, "access-report", 1)
