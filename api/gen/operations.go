package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// errors writes the service's errors.
func (g *generator) errors() error {
	g.p("package %s\n\nimport \"github.com/keyreeve/keyreeve/api\"\n", g.pkg)
	names := g.errorNames()
	for _, name := range names {
		s := g.model.Model.Shapes[name]
		code := name
		g.p("var %s = &api.Error{Shape: %q,", errorVar(name), name)
		status, sender := http.StatusBadRequest, !s.Fault // what Smithy takes where the model says nothing
		if s.Fault {
			status = http.StatusInternalServerError
		}
		if s.Error != nil {
			code, sender = cmp.Or(s.Error.Code, name), s.Error.SenderFault
			status = cmp.Or(s.Error.HTTPStatusCode, status)
		}
		g.p("HTTPStatus: %d,", status)
		g.flags("SenderFault", sender)
		g.p("Code: %q,", code)
		g.flags("Retryable", s.Retryable != nil)
		var members []string
		for _, m := range s.Members {
			members = append(members, m.name)
		}
		if members != nil {
			g.p("Members: %#v,", members)
		}
		g.p("}\n")
	}
	g.p("var serviceErrors = []*api.Error{")
	for _, name := range names {
		g.p("%s,", errorVar(name))
	}
	g.p("}")
	return nil
}

func (g *generator) errorNames() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(g.model.Model.Shapes)) {
		if g.model.Model.Shapes[name].Exception {
			names = append(names, name)
		}
	}
	return names
}

// operationTables writes the service and a typed handle for every operation.
func (g *generator) operationTables() error {
	g.p("package %s\n\nimport \"github.com/keyreeve/keyreeve/api\"\n", g.pkg)
	g.service()
	for _, op := range g.operations {
		in, out := op.Name+"Input", op.Name+"Output"
		g.p("// %s is the operation %s.", op.Name, op.Name)
		g.p("var %s = api.Op[%s, %s]{Operation: &api.Operation{Name: %q,", op.Name, in, out, op.Name)
		g.p("Input: %s,", g.rootVar(op.Input, in))
		if op.Output != nil {
			g.p("Output: %s,", shapeVar(op.Output.Shape))
			if op.Output.ResultWrapper != "" {
				g.p("ResultWrapper: %q,", op.Output.ResultWrapper)
			}
		} else {
			g.p("Output: %s,", shapeVar(out))
		}
		g.p("NewInput: func() api.Structure { return new(%s) },", in)
		g.p("NewOutput: func() api.Structure { return new(%s) },", out)
		if err := g.details(op); err != nil {
			return fmt.Errorf("%s: %w", op.Name, err)
		}
		g.p("}}\n")
	}
	return nil
}

func (g *generator) rootVar(r *ref, name string) string {
	if r != nil {
		return shapeVar(r.Shape)
	}
	return shapeVar(name)
}

func (g *generator) details(op *operation) error {
	if len(op.Errors) > 0 {
		g.p("Errors: []*api.Error{")
		for _, e := range op.Errors {
			g.p("%s,", errorVar(e.Shape))
		}
		g.p("},")
	}
	switch op.AuthType {
	case "":
	case "none":
		g.p("Unsigned: true,")
	default:
		return fmt.Errorf("unknown authtype %q", op.AuthType)
	}
	g.flags("Idempotent", op.Idempotent, "ReadOnly", op.ReadOnly)
	code := ""
	if op.HTTP.ResponseCode != 0 {
		code = fmt.Sprintf(", Code: %d", op.HTTP.ResponseCode)
	}
	g.p("HTTP: api.HTTP{Method: %q, URI: %q%s},", op.HTTP.Method, op.HTTP.RequestURI, code)
	p := g.model.Paginators[op.Name]
	if p == nil {
		return nil
	}
	if len(p.InputToken) != 1 || len(p.OutputToken) != 1 {
		return fmt.Errorf("paginator with %d tokens", len(p.InputToken))
	}
	g.p("Pagination: &api.Pagination{InputToken: %q, OutputToken: %q, LimitKey: %q, MoreResults: %q, ResultKeys: %#v},",
		p.InputToken[0], p.OutputToken[0], p.LimitKey, p.MoreResults, []string(p.ResultKey))
	return nil
}

func (g *generator) service() {
	md := g.model.Model.Metadata
	g.p("// Service is %s.", md.ServiceFull)
	g.p("var Service = api.NewService(api.Service{ID: %q,", g.model.Service)
	for _, f := range [][2]string{
		{"Name", md.ServiceID}, {"FullName", md.ServiceFull}, {"Abbreviation", md.ServiceAbbrev}, {"Version", md.APIVersion},
		{"Protocol", md.Protocol}, {"Namespace", md.XMLNamespace}, {"SigningName", cmp.Or(md.SigningName, md.EndpointPrefix)},
		{"EndpointPrefix", md.EndpointPrefix}, {"GlobalEndpoint", md.GlobalEndpoint}, {"TargetPrefix", md.TargetPrefix},
		{"JSONVersion", md.JSONVersion},
	} {
		if f[1] != "" {
			g.p("%s: %q,", f[0], f[1])
		}
	}
	g.p("}, []*api.Operation{")
	for _, op := range g.operations {
		g.p("%s.Operation,", op.Name)
	}
	g.p("}, serviceErrors)\n")
}
