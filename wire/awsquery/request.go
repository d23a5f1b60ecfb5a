package awsquery

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/keyreeve/keyreeve/api"
)

// AppendRequest appends the form of a call of op to dst, Action and Version first. It
// is what a client sends, and Decode reads back.
func AppendRequest(dst []byte, op *api.Operation, in api.Structure) []byte {
	e := &formEncoder{dst: dst}
	e.dst = append(e.dst, "Action="...)
	e.dst = appendEscaped(e.dst, op.Name)
	e.dst = append(e.dst, "&Version="...)
	e.dst = appendEscaped(e.dst, op.Service.Version)
	in.Encode(e)
	return e.dst
}

// formEncoder is the api.Encoder that writes forms.
type formEncoder struct {
	dst  []byte
	path []byte // name of the place that is being written, dots included
	// open are the lists, maps and structures around it: how long the path was before,
	// and in lists and maps the number of elements so far.
	open []frame
}

type frame struct {
	path   int
	list   bool
	length int
}

// enter makes m the current place; leave goes back.
func (e *formEncoder) enter(m *api.Member) int {
	was := len(e.path)
	if n := len(e.open); n > 0 && e.open[n-1].list {
		e.open[n-1].length++
		e.step(strconv.Itoa(e.open[n-1].length))
	} else {
		e.step(m.WireName())
	}
	return was
}

func (e *formEncoder) step(name string) {
	if len(e.path) > 0 {
		e.path = append(e.path, '.')
	}
	e.path = append(e.path, name...)
}

func (e *formEncoder) leave(was int) { e.path = e.path[:was] }

func (e *formEncoder) pair(m *api.Member, value string) {
	was := e.enter(m)
	e.write(value)
	e.leave(was)
}

func (e *formEncoder) write(value string) {
	e.dst = append(e.dst, '&')
	e.dst = appendEscaped(e.dst, string(e.path))
	e.dst = append(e.dst, '=')
	e.dst = appendEscaped(e.dst, value)
}

func (e *formEncoder) String(m *api.Member, v string)  { e.pair(m, v) }
func (e *formEncoder) Integer(m *api.Member, v int64)  { e.pair(m, strconv.FormatInt(v, 10)) }
func (e *formEncoder) Float(m *api.Member, v float64)  { e.pair(m, strconv.FormatFloat(v, 'g', -1, 64)) }
func (e *formEncoder) Bool(m *api.Member, v bool)      { e.pair(m, strconv.FormatBool(v)) }
func (e *formEncoder) Time(m *api.Member, v time.Time) { e.pair(m, v.UTC().Format(time.RFC3339Nano)) }
func (e *formEncoder) Blob(m *api.Member, v []byte) {
	e.pair(m, base64.StdEncoding.EncodeToString(v))
}

func (e *formEncoder) BeginStructure(m *api.Member) {
	e.open = append(e.open, frame{path: e.enter(m)})
}
func (e *formEncoder) EndStructure(*api.Member) { e.end() }

func (e *formEncoder) BeginList(m *api.Member, n int) {
	e.begin(m, n, m.Shape.Element.WireName(), true)
}
func (e *formEncoder) EndList(*api.Member) { e.end() }

func (e *formEncoder) BeginMap(m *api.Member, n int) { e.begin(m, n, "entry", false) }
func (e *formEncoder) EndMap(*api.Member)            { e.end() }

func (e *formEncoder) begin(m *api.Member, n int, element string, list bool) {
	was := e.enter(m)
	if n == 0 {
		e.write("")
	}
	if !flattened(m) {
		e.step(element)
	}
	e.open = append(e.open, frame{path: was, list: list})
}

func (e *formEncoder) BeginEntry(m *api.Member, key string) {
	top := &e.open[len(e.open)-1]
	top.length++
	e.open = append(e.open, frame{path: len(e.path)})
	e.step(strconv.Itoa(top.length))
	e.pair(m.Shape.Key, key)
}
func (e *formEncoder) EndEntry(*api.Member) { e.end() }

func (e *formEncoder) end() {
	top := e.open[len(e.open)-1]
	e.open = e.open[:len(e.open)-1]
	e.leave(top.path)
}

// appendEscaped percent-encodes all but RFC 3986's unreserved characters.
func appendEscaped(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}
