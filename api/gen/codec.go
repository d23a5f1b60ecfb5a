package main

import (
	"fmt"
	"slices"
)

// codec writes Schema, Encode and Decode of every struct.
func (g *generator) codec() error {
	g.p("package %s\n", g.pkg)
	g.p("import (")
	if g.has("map") {
		g.p("\"maps\"\n\"slices\"\n")
	}
	g.p("\"github.com/keyreeve/keyreeve/api\"\n)\n")
	for _, name := range g.shapes {
		if s := g.model.Model.Shapes[name]; s.Type == "structure" {
			if err := g.methods(name, s); err != nil {
				return err
			}
		}
	}
	for _, name := range g.empty {
		g.emptyMethods(name, shapeVar(name))
	}
	return nil
}

func (g *generator) emptyMethods(name, shape string) {
	g.p("func (*%s) Schema() *api.Shape { return %s }", name, shape)
	g.p("func (*%s) Encode(api.Encoder) {}", name)
	g.p("func (*%s) Decode(*api.Value) {}\n", name)
}

func (g *generator) methods(name string, s *shape) error {
	if len(s.Members) == 0 {
		g.emptyMethods(g.goName[name], shapeVar(name))
		return nil
	}
	g.p("func (*%s) Schema() *api.Shape { return %s }\n", g.goName[name], shapeVar(name))
	g.p("func (v *%s) Encode(e api.Encoder) {\nm := %s.Members", g.goName[name], shapeVar(name))
	for i, m := range s.Members {
		if err := g.encode(m, i, slices.Contains(s.Required, m.name)); err != nil {
			return fmt.Errorf("%s.%s: %w", name, m.name, err)
		}
	}
	g.p("}\n")
	g.p("func (v *%s) Decode(in *api.Value) {", g.goName[name])
	for i, m := range s.Members {
		if err := g.decode(m, i, slices.Contains(s.Required, m.name)); err != nil {
			return fmt.Errorf("%s.%s: %w", name, m.name, err)
		}
	}
	g.p("}\n")
	return nil
}

func (g *generator) encode(m namedRef, i int, required bool) error {
	field, member := "v."+exported(m.name), fmt.Sprintf("m[%d]", i)
	s := g.model.Model.Shapes[m.ref.Shape]
	if !required {
		g.p("if %s != nil {", field)
		defer g.p("}")
	}
	switch s.Type {
	case "list":
		g.p("e.BeginList(%s, len(%s))\nfor i := range %s {", member, field, field)
		err := g.encodeOne(member+".Shape.Element", field+"[i]", s.Member.Shape)
		g.p("}\ne.EndList(%s)", member)
		return err
	case "map":
		g.p("e.BeginMap(%s, len(%s))\nfor _, key := range slices.Sorted(maps.Keys(%s)) {", member, field, field)
		g.p("value := %s[key]\ne.BeginEntry(%s, key)", field, member)
		err := g.encodeOne(member+".Shape.Value", "value", s.Value.Shape)
		g.p("e.EndEntry(%s)\n}\ne.EndMap(%s)", member, member)
		return err
	case "structure", "blob":
		return g.encodeOne(member, field, m.ref.Shape)
	}
	if !required {
		field = "*" + field
	}
	return g.encodeOne(member, field, m.ref.Shape)
}

// encodeOne writes the encoding of one value that is no list and no map.
func (g *generator) encodeOne(member, value, shape string) error {
	switch t := g.model.Model.Shapes[shape].Type; t {
	case "structure":
		g.p("e.BeginStructure(%s)\n%s.Encode(e)\ne.EndStructure(%s)", member, value, member)
	case "string":
		g.p("e.String(%s, %s)", member, value)
	case "integer":
		g.p("e.Integer(%s, int64(%s))", member, value)
	case "long":
		g.p("e.Integer(%s, %s)", member, value)
	case "float", "double":
		g.p("e.Float(%s, %s)", member, value)
	case "boolean":
		g.p("e.Bool(%s, %s)", member, value)
	case "timestamp":
		g.p("e.Time(%s, %s)", member, value)
	case "blob":
		g.p("e.Blob(%s, %s)", member, value)
	default:
		return fmt.Errorf("cannot encode a %s here", t)
	}
	return nil
}

var readers = map[string]string{
	"string": "AsString", "integer": "AsInt32", "long": "AsInt64", "float": "AsFloat64", "double": "AsFloat64",
	"boolean": "AsBool", "timestamp": "AsTime", "blob": "AsBlob",
}

func (g *generator) decode(m namedRef, i int, required bool) error {
	field, value := "v."+exported(m.name), fmt.Sprintf("in.Get(%d)", i)
	s := g.model.Model.Shapes[m.ref.Shape]
	switch s.Type {
	case "list":
		return g.decodeMany(field, value, "Structures", "Scalars", s.Member.Shape)
	case "map":
		return g.decodeMany(field, value, "StructureMap", "ScalarMap", s.Value.Shape)
	case "structure":
		if required {
			g.p("%s.Decode(%s)", field, value)
		} else {
			g.p("%s = api.OptionalStructure[%s](%s)", field, g.goName[m.ref.Shape], value)
		}
		return nil
	}
	as := readers[s.Type]
	switch {
	case as == "":
		return fmt.Errorf("cannot decode a %s", s.Type)
	case required || s.Type == "blob":
		g.p("%s = %s.%s()", field, value, as)
	default:
		g.p("%s = api.Optional(%s, (*api.Value).%s)", field, value, as)
	}
	return nil
}

func (g *generator) decodeMany(field, value, structures, scalars, element string) error {
	s := g.model.Model.Shapes[element]
	switch as := readers[s.Type]; {
	case s.Type == "structure":
		g.p("%s = api.%s[%s](%s)", field, structures, g.goName[element], value)
	case as != "":
		g.p("%s = api.%s(%s, (*api.Value).%s)", field, scalars, value, as)
	default:
		return fmt.Errorf("cannot decode many of %s", s.Type)
	}
	return nil
}
