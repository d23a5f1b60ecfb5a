package template

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Parameter is a parameter with its values.
type Parameter struct {
	Name   string
	Values []string
	// List says that it is of type stringList.
	List bool
}

// Render fills parameters in and gives the document.
func Render(text string, parameters []Parameter) (string, error) {
	r := renderer{text: text, used: map[string]bool{}, known: map[string]Parameter{}}
	for _, p := range parameters {
		if _, twice := r.known[p.Name]; twice {
			return "", fmt.Errorf("the parameter %s is given twice", p.Name)
		}
		if !p.List && len(p.Values) != 1 {
			return "", fmt.Errorf("the parameter %s of type string has %d values", p.Name, len(p.Values))
		}
		if p.List && len(p.Values) == 0 {
			return "", fmt.Errorf("the parameter %s has no values", p.Name)
		}
		r.known[p.Name] = p
	}
	if !json.Valid([]byte(text)) {
		return "", fmt.Errorf("the template is no JSON document")
	}
	if err := r.run(); err != nil {
		return "", err
	}
	for _, p := range parameters {
		if !r.used[p.Name] {
			return "", fmt.Errorf("the template has no parameter %s", p.Name)
		}
	}
	return r.out.String(), nil
}

// renderer goes over the text of a valid JSON document once.
type renderer struct {
	text  string
	known map[string]Parameter
	used  map[string]bool
	out   strings.Builder
	open  []byte // the brackets that are open
}

func (r *renderer) run() error {
	for i := 0; i < len(r.text); {
		switch c := r.text[i]; c {
		case '"':
			end := endOfString(r.text, i)
			if err := r.literal(r.text[i:end], isKey(r.text[end:])); err != nil {
				return err
			}
			i = end
			continue
		case '{', '[':
			r.open = append(r.open, c)
		case '}', ']':
			r.open = r.open[:len(r.open)-1]
		}
		r.out.WriteByte(r.text[i])
		i++
	}
	return nil
}

// endOfString is the place after the string that begins at i.
func endOfString(text string, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// isKey tells whether the string before rest is an object's key.
func isKey(rest string) bool { return strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":") }

// literal writes a string, with what its parameters stand for.
func (r *renderer) literal(quoted string, key bool) error {
	var s string
	if err := json.Unmarshal([]byte(quoted), &s); err != nil {
		return err
	}
	if !strings.Contains(s, "@{") {
		r.out.WriteString(quoted)
		return nil
	}
	if key {
		return fmt.Errorf("a parameter cannot stand in a key: %s", s)
	}
	if name, after, closed := strings.Cut(strings.TrimPrefix(s, "@{"), "}"); closed && after == "" && s == "@{"+name+"}" {
		if p, ok := r.known[name]; ok && p.List {
			r.used[p.Name] = true
			r.list(p.Values)
			return nil
		}
	}
	filled, err := r.fill(s)
	if err != nil {
		return err
	}
	r.out.WriteString(quote(filled))
	return nil
}

// fill puts values in the places of parameters. What a value holds is not looked at
// again.
func (r *renderer) fill(s string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "@{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("a parameter is not closed: @{%s", rest)
		}
		p, ok := r.known[name]
		switch {
		case !ok:
			return "", fmt.Errorf("there is no value for the parameter %s", name)
		case p.List:
			return "", fmt.Errorf("the parameter %s is a list and must stand alone", name)
		}
		r.used[name] = true
		b.WriteString(p.Values[0])
		s = after
	}
}

// list writes several strings; outside of an array as an array.
func (r *renderer) list(values []string) {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	text := strings.Join(quoted, ",")
	if !slices.Equal(r.open[max(0, len(r.open)-1):], []byte("[")) {
		text = "[" + text + "]"
	}
	r.out.WriteString(text)
}

// quote is s as a JSON string, in which only what must be is escaped.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string, to memory
	return strings.TrimSuffix(b.String(), "\n")
}
