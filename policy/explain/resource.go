package explain

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/catalog"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// wrongType says that a statement is for resources of a type on which the action
// does not act, while the resource of the request is of one on which it does.
func (q *Question) wrongType(f eval.Failure) string {
	service, action, ok := q.action()
	if !ok || !q.actsOn(service, action, f.Seen[0]) {
		return ""
	}
	asked, _ := typeOf(service, f.Seen[0])
	for _, wanted := range nearest(f.Wanted, f.Seen[0]) {
		if t, ok := typeOf(service, wanted); ok && t.Name != asked.Name && !uses(action, t.Name) {
			return action.String() + " acts on " + article(asked.Name) + ", and " + wanted + " is " + article(t.Name) +
				": add " + f.Seen[0] + " to its Resource"
		}
	}
	return ""
}

// aboutQuestion are hints on the action and the resource that were asked about.
func (q *Question) aboutQuestion() []string {
	r := q.Request
	service, action, ok := q.action()
	if service == nil {
		return nil
	}
	if !ok {
		return []string{noAction(service, r.Action)}
	}
	if len(action.Resources) == 0 {
		if r.Resource != "*" && service.Prefix() != "iam" && service.Prefix() != "s3" {
			return []string{action.String() + " acts on no resource that policies can name: it is allowed on * only"}
		}
		return nil
	}
	if r.Resource == "*" {
		return []string{"this asks about all resources at once, which only a Resource of * allows; " + action.String() + " acts on " + typesOf(action)}
	}
	if t, ok := typeOf(service, r.Resource); ok && !uses(action, t.Name) {
		return []string{action.String() + " acts on " + typesOf(action) + ", and " + r.Resource + " is " + article(t.Name)}
	}
	return nil
}

// action is the action of the request in the catalog. Without its service nothing
// can be said.
func (q *Question) action() (*catalog.Service, catalog.Action, bool) {
	if q.Catalog == nil {
		return nil, catalog.Action{}, false
	}
	prefix, name, _ := strings.Cut(q.Request.Action, ":")
	service, ok := q.Catalog.Service(prefix)
	if !ok {
		return nil, catalog.Action{}, false
	}
	action, ok := service.Action(name)
	return service, action, ok
}

// known tells whether the action exists, as far as the catalog knows its service.
func (q *Question) known() bool {
	service, _, ok := q.action()
	return ok || service == nil
}

func (q *Question) actsOn(service *catalog.Service, action catalog.Action, resource string) bool {
	t, ok := typeOf(service, resource)
	return ok && uses(action, t.Name)
}

func uses(action catalog.Action, name string) bool {
	return slices.ContainsFunc(action.Resources, func(u catalog.ResourceUse) bool { return strings.EqualFold(u.Type, name) })
}

func typesOf(action catalog.Action) string {
	var names []string
	for _, u := range action.Resources {
		names = append(names, article(u.Type))
	}
	return list(names, " or ")
}

func article(name string) string {
	if strings.ContainsRune("aeio", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// authorizedAs are operations of S3 that are not called like the action that allows
// them, from its user guide, "Required permissions for Amazon S3 API operations". Of
// all services that is where one most often takes the one for the other.
var authorizedAs = map[string]string{
	"s3:listobjects": "s3:ListBucket", "s3:listobjectsv2": "s3:ListBucket", "s3:headbucket": "s3:ListBucket",
	"s3:listbuckets": "s3:ListAllMyBuckets", "s3:headobject": "s3:GetObject", "s3:deleteobjects": "s3:DeleteObject",
	"s3:createmultipartupload": "s3:PutObject", "s3:uploadpart": "s3:PutObject", "s3:completemultipartupload": "s3:PutObject",
}

// noAction says that there is no such action, and which may be meant.
func noAction(service *catalog.Service, asked string) string {
	said := service.Name() + " has no action " + asked
	if action, ok := authorizedAs[strings.ToLower(asked)]; ok {
		_, operation, _ := strings.Cut(asked, ":")
		return said + ": the operation " + operation + " is authorized as " + action
	}
	_, name, _ := strings.Cut(asked, ":")
	best, most := "", -1
	for _, a := range service.Actions() {
		if n := alike(a.Name, name); n > most {
			best, most = a.Name, n
		}
	}
	if most < len(best)*2/3 {
		return said
	}
	return said + "; the nearest is " + service.Prefix() + ":" + best
}

// typeOf is the type of a resource by its ARN: of the types whose pattern fits, the
// one that says most. Where two say as much none is meant.
func typeOf(service *catalog.Service, arn string) (catalog.ResourceType, bool) {
	var best catalog.ResourceType
	most, tie := -1, false
	for _, t := range service.ResourceTypes() {
		pieces, literal := piecesOf(t.ARN)
		if !fits(pieces, arn) || literal < most {
			continue
		}
		best, tie, most = t, literal == most, literal
	}
	return best, most >= 0 && !tie
}

// piecesOf are the texts between the holes of an ARN pattern, and how long they are.
func piecesOf(pattern string) (pieces []string, literal int) {
	for {
		before, rest, ok := strings.Cut(pattern, "${")
		pieces, literal = append(pieces, before), literal+len(before)
		if !ok {
			return pieces, literal
		}
		if _, pattern, ok = strings.Cut(rest, "}"); !ok {
			return pieces, literal
		}
	}
}

// fits tells whether a text is the pieces with something between them.
func fits(pieces []string, text string) bool {
	last := len(pieces) - 1
	if last == 0 {
		return text == pieces[0]
	}
	if !strings.HasPrefix(text, pieces[0]) {
		return false
	}
	text = text[len(pieces[0]):]
	for _, p := range pieces[1:last] {
		i := strings.Index(text, p)
		if i < 0 {
			return false
		}
		text = text[i+len(p):]
	}
	return len(text) > len(pieces[last]) && strings.HasSuffix(text, pieces[last])
}
