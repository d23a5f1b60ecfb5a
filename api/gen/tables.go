package main

import (
	"fmt"
	"slices"
	"strings"
)

func (g *generator) doc() error {
	md := g.model.Model.Metadata
	g.p("// Package %s is the API of %s as Go types and tables.", g.pkg, md.ServiceFull)
	g.p("//")
	g.p("// It holds data and member access, no logic; package api says how to read it.")
	g.p("// Version %s, %d operations.", md.APIVersion, len(g.operations))
	g.p("package %s", g.pkg)
	return nil
}

var typeNames = map[string]string{
	"structure": "Structure", "list": "List", "map": "Map", "string": "String", "integer": "Integer",
	"long": "Long", "float": "Float", "double": "Double", "boolean": "Boolean", "timestamp": "Timestamp", "blob": "Blob",
}

// shapeTables writes the shapes as tables.
func (g *generator) shapeTables() error {
	g.p("package %s\n\nimport \"github.com/keyreeve/keyreeve/api\"\n", g.pkg)
	var knots []string // lists of structures that have such a list
	for _, name := range g.shapes {
		s := g.model.Model.Shapes[name]
		typ := typeNames[s.Type]
		if typ == "" {
			return fmt.Errorf("shape %s: unknown type %q", name, s.Type)
		}
		g.p("var %s = &api.Shape{Name: %q, Type: api.%sType,", shapeVar(name), name, typ)
		if err := g.constraints(name, s); err != nil {
			return err
		}
		if len(s.Members) > 0 {
			g.p("Members: []*api.Member{")
			for i, m := range s.Members {
				g.p("%s,", memberLiteral(m.name, m.ref, i, slices.Contains(s.Required, m.name)))
			}
			g.p("},")
		}
		for _, part := range []struct {
			field, name string
			ref         *ref
		}{{"Element", "member", s.Member}, {"Key", "key", s.Key}, {"Value", "value", s.Value}} {
			if part.ref != nil && part.name == "member" && g.within(name, part.ref.Shape) {
				g.p("%s: &api.Member{Name: %q},", part.field, part.name)
				knots = append(knots, fmt.Sprintf("%s.Element.Shape = %s", shapeVar(name), shapeVar(part.ref.Shape)))
			} else if part.ref != nil {
				g.p("%s: &api.Member%s,", part.field, memberLiteral(part.name, *part.ref, 0, false))
			}
		}
		g.p("}\n")
	}
	for _, name := range g.empty {
		g.p("var %s = &api.Shape{Name: %q, Type: api.StructureType}", shapeVar(name), name)
	}
	if knots != nil { // variables may not be made of each other
		g.p("func init() {\n%s\n}", strings.Join(knots, "\n"))
	}
	return nil
}

func (g *generator) constraints(name string, s *shape) error {
	if s.Min != nil {
		g.p("Min: new(int64(%d)),", *s.Min)
	}
	if s.Max != nil {
		g.p("Max: new(int64(%d)),", *s.Max)
	}
	if s.Pattern != "" {
		re2 := s.re2
		if re2 == "" {
			var err error
			if re2, err = translate(s.Pattern); err != nil {
				return fmt.Errorf("shape %s: %w", name, err)
			}
		}
		g.p("Pattern: &api.Pattern{Java: %s, RE2: %s},", quote(s.Pattern), quote(re2))
	}
	if s.Enum != nil {
		g.p("Enum: %#v,", s.Enum)
	}
	g.flags("Sensitive", s.Sensitive, "Flattened", s.Flattened, "Union", s.Union)
	if s.TimestampFormat != "" {
		g.p("TimestampFormat: %q,", s.TimestampFormat)
	}
	return nil
}

func (g *generator) flags(pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1].(bool) {
			g.p("%s: true,", pairs[i])
		}
	}
}

func quote(s string) string {
	if strings.Contains(s, "`") {
		return fmt.Sprintf("%q", s)
	}
	return "`" + s + "`"
}

func memberLiteral(name string, r ref, index int, required bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{Name: %q, Shape: %s", name, shapeVar(r.Shape))
	if index != 0 {
		fmt.Fprintf(&b, ", Index: %d", index)
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"Required", required}, {"Flattened", r.Flattened}, {"IdempotencyToken", r.IdempotencyToken}} {
		if f.set {
			fmt.Fprintf(&b, ", %s: true", f.name)
		}
	}
	for _, f := range [][2]string{{"Location", r.Location}, {"LocationName", r.LocationName}, {"TimestampFormat", r.TimestampFormat}} {
		if f[1] != "" {
			fmt.Fprintf(&b, ", %s: %q", f[0], f[1])
		}
	}
	b.WriteString("}")
	return b.String()
}
