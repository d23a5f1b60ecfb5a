package catalog

import (
	"iter"
	"strings"
	"sync"
)

// An AccessLevel says what an action does, as the Service Authorization Reference
// classifies it.
type AccessLevel string

// The access levels.
const (
	List                  AccessLevel = "List"
	Read                  AccessLevel = "Read"
	Write                 AccessLevel = "Write"
	Tagging               AccessLevel = "Tagging"
	PermissionsManagement AccessLevel = "Permissions management"
)

// An Action is something that can be allowed or denied.
type Action struct {
	Service       string        // prefix: "iam"
	Name          string        // in AWS's spelling: "CreateUser"
	AccessLevel   AccessLevel   //
	Resources     []ResourceUse // none: the action is authorized on "*" only
	ConditionKeys []string      // those that do not depend on the resource type
}

// String is the action as a policy names it: "iam:CreateUser".
func (a Action) String() string { return a.Service + ":" + a.Name }

// A ResourceUse is a resource type that an action acts on.
type ResourceUse struct {
	Type          string // a ResourceType of the action's service
	Required      bool   // the action acts on one in every call
	ConditionKeys []string
}

// A ResourceType is a kind of resource that a service has.
type ResourceType struct {
	Name          string
	ARN           string // "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"
	ConditionKeys []string
}

// A Service is what the Service Authorization Reference says of a service.
type Service struct {
	prefix, name string
	rcp          bool
	keys         []ConditionKey
	resources    []ResourceType
	actions      []Action
	byName       map[string]int // folded name -> index in actions
	byKey        map[string]int // folded name -> index in keys
}

// Prefix starts the names of the service's actions: "iam".
func (s *Service) Prefix() string { return s.prefix }

// Name is the service's name for people: "AWS Identity and Access Management (IAM)".
func (s *Service) Name() string { return s.name }

// RCP reports whether resource control policies apply to the service.
func (s *Service) RCP() bool { return s.rcp }

// Action finds an action by its name without prefix, ignoring case.
func (s *Service) Action(name string) (Action, bool) {
	var buf [128]byte
	i, ok := s.byName[string(fold(buf[:0], name))]
	if !ok {
		return Action{}, false
	}
	return s.actions[i], true
}

// Actions gives all actions, sorted by name ignoring case.
func (s *Service) Actions() []Action { return s.actions }

// ResourceType finds a resource type, ignoring case.
func (s *Service) ResourceType(name string) (ResourceType, bool) {
	name = folded(name)
	for _, t := range s.resources {
		if folded(t.Name) == name {
			return t, true
		}
	}
	return ResourceType{}, false
}

// ResourceTypes gives all resource types, sorted by name ignoring case.
func (s *Service) ResourceTypes() []ResourceType { return s.resources }

// Key finds a condition key in the spelling that [Action] and [ResourceType] use,
// ignoring case, with the type that this service gives it. To look up a key that
// a policy names, ask [Release.Key].
func (s *Service) Key(name string) (ConditionKey, bool) {
	i, ok := s.byKey[folded(name)]
	if !ok {
		return ConditionKey{}, false
	}
	return s.keys[i], true
}

// Keys gives all condition keys that the service names, sorted ignoring case.
func (s *Service) Keys() []ConditionKey { return s.keys }

// serviceTable is services.tsv: each service decoded when first asked for.
type serviceTable struct {
	prefixes []string // sorted
	services map[string]func() *Service
}

func loadServices(r *Release) *serviceTable {
	// Services are kept decoded, so the text of a piece is not kept as well.
	records := openPack(r.folder, "services.pack", false)
	n := r.count("services")
	t := &serviceTable{prefixes: make([]string, 0, n), services: make(map[string]func() *Service, n)}
	for row := range rows(r.read("services.tsv"), 3) {
		at := parsePlace(row[2])
		t.prefixes = append(t.prefixes, row[0])
		t.services[row[0]] = sync.OnceValue(func() *Service {
			return parseService(strings.Clone(records.record(at)))
		})
	}
	return t
}

// Service finds a service by its prefix, ignoring case.
func (r *Release) Service(prefix string) (*Service, bool) {
	var buf [64]byte
	decode, ok := r.services().services[string(fold(buf[:0], prefix))]
	if !ok {
		return nil, false
	}
	return decode(), true
}

// Services walks all services by prefix. Each is decoded as it is reached.
func (r *Release) Services() iter.Seq[*Service] {
	return func(yield func(*Service) bool) {
		t := r.services()
		for _, prefix := range t.prefixes {
			if !yield(t.services[prefix]()) {
				return
			}
		}
	}
}

// Action finds an action by its name in a policy or request, "iam:createuser",
// ignoring case.
func (r *Release) Action(name string) (Action, bool) {
	prefix, action, _ := strings.Cut(name, ":")
	s, ok := r.Service(prefix)
	if !ok {
		return Action{}, false
	}
	return s.Action(action)
}

// ResourceType finds a type of resource by its service and name, ignoring case.
func (r *Release) ResourceType(prefix, name string) (ResourceType, bool) {
	s, ok := r.Service(prefix)
	if !ok {
		return ResourceType{}, false
	}
	return s.ResourceType(name)
}
