package main

import "slices"

// types writes a Go struct for every structure.
func (g *generator) types() error {
	g.p("package %s\n", g.pkg)
	if g.has("timestamp") {
		g.p("import \"time\"\n")
	}
	for _, name := range g.shapes {
		s := g.model.Model.Shapes[name]
		if s.Type != "structure" {
			continue
		}
		g.p("// %s is the shape %s.", g.goName[name], name)
		g.p("type %s struct {", g.goName[name])
		for _, m := range s.Members {
			required := slices.Contains(s.Required, m.name)
			typ := g.goType(m.ref.Shape, required)
			switch {
			case required:
				g.p("%s %s // required", exported(m.name), typ)
			default:
				g.p("%s %s", exported(m.name), typ)
			}
		}
		g.p("}\n")
	}
	for _, name := range g.empty {
		g.p("// %s has no members.", name)
		g.p("type %s struct{}\n", name)
	}
	for _, a := range g.aliases {
		g.p("// %s shares its shape with another operation.", a[0])
		g.p("type %s = %s\n", a[0], a[1])
	}
	return nil
}

var scalarTypes = map[string]string{
	"string": "string", "integer": "int32", "long": "int64", "float": "float64", "double": "float64",
	"boolean": "bool", "timestamp": "time.Time",
}

// goType is the type of a member, as package api's documentation says.
func (g *generator) goType(name string, required bool) string {
	s := g.model.Model.Shapes[name]
	var typ string
	switch s.Type {
	case "list":
		return "[]" + g.goType(s.Member.Shape, true)
	case "map":
		return "map[string]" + g.goType(s.Value.Shape, true)
	case "blob":
		return "[]byte"
	case "structure":
		typ = g.goName[name]
	default:
		typ = scalarTypes[s.Type]
	}
	if !required {
		return "*" + typ
	}
	return typ
}

func (g *generator) has(typ string) bool {
	return slices.ContainsFunc(g.shapes, func(n string) bool { return g.model.Model.Shapes[n].Type == typ })
}

// enums writes the values of enums as constants.
func (g *generator) enums() error {
	g.p("package %s\n", g.pkg)
	for _, name := range g.shapes {
		values := g.model.Model.Shapes[name].Enum
		if values == nil {
			continue
		}
		g.p("// Values of %s.", name)
		g.p("const (")
		for _, v := range values {
			g.p("%s%s = %q", exported(name), identifier(v), v)
		}
		g.p(")\n")
	}
	return nil
}

// identifier drops what a Go name cannot hold and starts words in upper case.
func identifier(value string) string {
	var out []byte
	up := true
	for i := range len(value) {
		c := value[i]
		switch {
		case c >= 'a' && c <= 'z' && up:
			out = append(out, c-'a'+'A')
			up = false
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			out = append(out, c)
			up = false
		default:
			up = true
		}
	}
	return string(out)
}
