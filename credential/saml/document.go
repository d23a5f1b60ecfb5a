package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/beevik/etree"
)

// Namespaces of the elements that are looked for.
const (
	protocolNS  = "urn:oasis:names:tc:SAML:2.0:protocol"
	assertionNS = "urn:oasis:names:tc:SAML:2.0:assertion"
	metadataNS  = "urn:oasis:names:tc:SAML:2.0:metadata"
	signatureNS = "http://www.w3.org/2000/09/xmldsig#"
	encryptNS   = "http://www.w3.org/2001/04/xmlenc#"
	encrypt11NS = "http://www.w3.org/2009/xmlenc11#"
)

const (
	// maxDepth is how deep elements may stand in each other; responses have ten.
	maxDepth = 40
	// maxAttributes is how many attributes one element may have.
	maxAttributes = 60
)

// parse reads a document that may have so many elements. There is nothing in it that
// would make another parser see other things: no document type and so no entities,
// no processing instructions, one root with only white space around it, and no
// attribute twice.
func parse(text []byte, maxElements int) (*etree.Element, error) {
	if err := scan(text, maxElements); err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(text); err != nil || doc.Root() == nil {
		return nil, errors.New("no XML")
	}
	return doc.Root(), nil
}

func scan(text []byte, maxElements int) error {
	d := xml.NewDecoder(bytes.NewReader(text)) // without a reader for other encodings than UTF-8
	depth, elements, roots := 0, 0, 0
	for first := true; ; first = false {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return errors.New("no well-formed XML")
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
			elements++
			if depth > maxDepth || elements > maxElements {
				return errors.New("too many elements")
			}
			if err := distinct(t.Attr); err != nil {
				return err
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errors.New("a document type")
		case xml.ProcInst:
			if !first || t.Target != "xml" {
				return errors.New("a processing instruction")
			}
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(t)) > 0 {
				return errors.New("text outside of the root")
			}
		}
	}
	if roots != 1 || depth != 0 {
		return errors.New("not one root")
	}
	return nil
}

// distinct refuses an attribute that stands twice in an element: readers of XML
// differ in which of them they take.
func distinct(attrs []xml.Attr) error {
	if len(attrs) > maxAttributes {
		return errors.New("too many attributes")
	}
	seen := make(map[xml.Name]bool, len(attrs))
	for _, a := range attrs {
		if seen[a.Name] {
			return errors.New("an attribute twice")
		}
		seen[a.Name] = true
	}
	return nil
}

// is tells whether an element has a name.
func is(el *etree.Element, ns, tag string) bool { return el.Tag == tag && el.NamespaceURI() == ns }

// children are the elements directly in an element that have a name.
func children(el *etree.Element, ns, tag string) []*etree.Element {
	var list []*etree.Element
	for _, c := range el.ChildElements() {
		if is(c, ns, tag) {
			list = append(list, c)
		}
	}
	return list
}

// only is the one element directly in an element that has a name, or nil if there
// is none or there are several.
func only(el *etree.Element, ns, tag string) *etree.Element {
	if list := children(el, ns, tag); len(list) == 1 {
		return list[0]
	}
	return nil
}

// walk calls visit for an element and for all that stand in it.
func walk(el *etree.Element, visit func(*etree.Element)) {
	visit(el)
	for _, c := range el.ChildElements() {
		walk(c, visit)
	}
}

// text is the whole text of an element. An element in which there is something else
// than text has none: the part before a comment is not the value that was signed.
func text(el *etree.Element) (string, bool) {
	var b strings.Builder
	for _, token := range el.Child {
		data, ok := token.(*etree.CharData)
		if !ok {
			return "", false
		}
		b.WriteString(data.Data)
	}
	return strings.TrimSpace(b.String()), true
}

// attr is an attribute without prefix, "" if it is not there.
func attr(el *etree.Element, name string) string {
	for _, a := range el.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value
		}
	}
	return ""
}
