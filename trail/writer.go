package trail

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Tree is what a call was asked or answered: an object of named values. It shows
// itself to a [Writer] member by member, so that no copy of it has to be made.
type Tree interface {
	// WriteTree writes the members of the tree; the object around them is there.
	WriteTree(w *Writer)
}

// timeInTree is how CloudTrail prints times inside the parameters and response
// elements of IAM and STS calls: "Mar 24, 2014 9:11:59 PM".
const timeInTree = "Jan 2, 2006 3:04:05 PM"

// maxDepth bounds a tree; the deepest shape of the APIs is far from it.
const maxDepth = 63

// Writer writes JSON, and leaves out every value, however large, whose name is
// secret. Each value in an object comes after its name. The zero Writer hides
// nothing; those that [Event.Encode] hands out hide what [IsSecret] names.
type Writer struct {
	out    []byte
	redact bool
	more   func(name string) bool // what is secret beside IsSecret; may be nil
	clip   int                    // cut texts longer than this, if positive

	name   string // of the value that comes next
	named  bool
	lower  bool // its first letter is to be in lower case
	comma  bool // a value stands before the next one
	hide   bool // the value that comes next is left out
	hidden int  // containers that are open within a value that is left out
	depth  int
	lists  uint64 // bit n tells whether the container at depth n is a list
	err    error

	mentions *Summary // takes the resources that trees name; may be nil
	member   []byte   // the name of the last value, as it was written
}

// Name names the value that comes next.
func (w *Writer) Name(name string) {
	if w.hidden > 0 {
		return
	}
	w.give(name, w.redact && IsSecret(name))
}

// Member names the value that comes next as CloudTrail names the members of shapes:
// with the first letter in lower case. Secret is what [IsSecret] says of the name. A
// value that has a name already keeps it, and an element of a list gets none.
func (w *Writer) Member(name string, secret bool) {
	if w.hidden > 0 || w.named || w.lists>>w.depth&1 == 1 {
		return
	}
	w.give(name, secret)
	w.lower = true
}

// give gives the value that comes next a name, which may be secret.
func (w *Writer) give(name string, secret bool) {
	w.name, w.named, w.lower = name, true, false
	w.hide = w.redact && (secret || w.more != nil && w.more(name))
}

// Hide leaves out the value that comes next.
func (w *Writer) Hide() { w.hide = w.hidden == 0 }

// value begins a value. It is false if the value is to be left out.
func (w *Writer) value() bool {
	if w.hidden > 0 {
		return false
	}
	if w.hide {
		w.hide, w.named, w.lower = false, false, false
		return false
	}
	if w.comma {
		w.out = append(w.out, ',')
	}
	w.comma = true
	if w.named {
		at := len(w.out) + 1
		w.out = appendText(w.out, w.name)
		if first := w.out[at]; w.lower && 'A' <= first && first <= 'Z' {
			w.out[at] = first + 'a' - 'A'
		}
		w.member = w.out[at : len(w.out)-1]
		w.out = append(w.out, ':')
		w.named, w.lower = false, false
	}
	return true
}

func (w *Writer) begin(bracket byte) {
	if w.depth++; w.depth > maxDepth {
		w.fail("tree is deeper than %d", maxDepth)
	}
	w.lists &^= 1 << w.depth
	if bracket == '[' {
		w.lists |= 1 << w.depth
	}
	if !w.value() {
		w.hidden++
		return
	}
	w.out, w.comma = append(w.out, bracket), false
}

func (w *Writer) end(bracket byte) {
	w.depth--
	if w.hidden > 0 {
		w.hidden--
		return
	}
	w.out, w.comma = append(w.out, bracket), true
}

// fail remembers the first thing that could not be written.
func (w *Writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// The values. Objects and lists are written between their Begin and their End.
func (w *Writer) BeginObject() { w.begin('{') }
func (w *Writer) EndObject()   { w.end('}') }
func (w *Writer) BeginList()   { w.begin('[') }
func (w *Writer) EndList()     { w.end(']') }

// String writes a text, cut where it is too long for a record.
func (w *Writer) String(v string) {
	if w.value() {
		if w.clip > 0 {
			v = clip(v, w.clip)
		}
		w.out = appendText(w.out, v)
		w.mention(v)
	}
}

// mention notes what a member of a tree names, as [Summarize] finds it in the record: a
// tree's own members, and those of structures in it.
func (w *Writer) mention(v string) {
	const members = 2 // how deep a tree's members are in a record
	if w.mentions == nil || !w.redact || w.depth > members+1 || w.lists>>w.depth&1 == 1 {
		return
	}
	if kind, ok := resourceParameters[string(w.member)]; ok {
		w.mentions.resource(kind, asWritten(v))
	}
}

// Bytes writes bytes in base64.
func (w *Writer) Bytes(v []byte) {
	if w.value() {
		if w.clip > 0 {
			v = v[:min(len(v), w.clip)]
		}
		w.out = append(w.out, '"')
		from := len(w.out)
		w.out = base64.StdEncoding.AppendEncode(w.out, v)
		if w.mentions != nil {
			w.mention(string(w.out[from:]))
		}
		w.out = append(w.out, '"')
	}
}

// Int writes a whole number.
func (w *Writer) Int(v int64) {
	if w.value() {
		w.out = strconv.AppendInt(w.out, v, 10)
	}
}

// Float writes a number, of which JSON has neither NaN nor infinities.
func (w *Writer) Float(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		w.fail("%v is no number of JSON", v)
		v = 0
	}
	if w.value() {
		w.out = strconv.AppendFloat(w.out, v, 'g', -1, 64)
	}
}

// Bool writes true or false.
func (w *Writer) Bool(v bool) {
	if w.value() {
		w.out = strconv.AppendBool(w.out, v)
	}
}

// Null writes null.
func (w *Writer) Null() {
	if w.value() {
		w.out = append(w.out, "null"...)
	}
}

// Time writes a time as CloudTrail does in trees, in UTC.
func (w *Writer) Time(v time.Time) {
	if w.value() {
		w.out = append(w.out, '"')
		w.out = v.UTC().AppendFormat(w.out, timeInTree)
		w.out = append(w.out, '"')
	}
}

// Map is a tree of Go's general types: map[string]any, []any, string, []byte, nil,
// bool, int, int64, float64 and json.Number. Anything else in it is an error,
// because nobody could tell whether a secret hides in it.
type Map map[string]any

// WriteTree implements [Tree]. The members are in order of their names.
func (m Map) WriteTree(w *Writer) {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w.Name(name)
		w.any(m[name])
	}
}

func (w *Writer) any(v any) {
	if w.err != nil {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		w.BeginObject()
		Map(v).WriteTree(w)
		w.EndObject()
	case []any:
		w.BeginList()
		for _, element := range v {
			w.any(element)
		}
		w.EndList()
	case string:
		w.String(v)
	case []byte:
		w.Bytes(v)
	case nil:
		w.Null()
	case bool:
		w.Bool(v)
	case int:
		w.Int(int64(v))
	case int64:
		w.Int(v)
	case float64:
		w.Float(v)
	case json.Number:
		w.number(v)
	default:
		w.fail("%T is no part of a tree", v)
	}
}

func (w *Writer) number(v json.Number) {
	if _, err := v.Float64(); err != nil || !json.Valid([]byte(v)) {
		w.fail("%q is no number of JSON", string(v))
		return
	}
	if w.value() {
		w.out = append(w.out, v...)
	}
}
