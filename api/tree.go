package api

import (
	"time"

	"github.com/keyreeve/keyreeve/trail"
)

// Tree is a structure as audit records show it: names with a lower first letter,
// times as CloudTrail prints them. Members that the model marks as sensitive are
// left out, at every depth.
type Tree struct{ Structure }

// WriteTree implements [trail.Tree].
func (t Tree) WriteTree(w *trail.Writer) { t.Encode(treeEncoder{w}) }

// MarshalJSON is the tree as JSON.
func (t Tree) MarshalJSON() ([]byte, error) { return trail.MarshalTree(t) }

// treeEncoder is an Encoder for structures within the object that is open.
type treeEncoder struct{ *trail.Writer }

// name names a value, unless it is in a list, or in a map, where its entry has
// named it.
func (e treeEncoder) name(m *Member) {
	e.Member(m.Name, m.secret())
	if m.Shape.Sensitive {
		e.Hide()
	}
}

func (e treeEncoder) String(m *Member, v string)  { e.name(m); e.Writer.String(v) }
func (e treeEncoder) Integer(m *Member, v int64)  { e.name(m); e.Int(v) }
func (e treeEncoder) Float(m *Member, v float64)  { e.name(m); e.Writer.Float(v) }
func (e treeEncoder) Bool(m *Member, v bool)      { e.name(m); e.Writer.Bool(v) }
func (e treeEncoder) Time(m *Member, v time.Time) { e.name(m); e.Writer.Time(v) }
func (e treeEncoder) Blob(m *Member, v []byte)    { e.name(m); e.Bytes(v) }

func (e treeEncoder) BeginStructure(m *Member)         { e.name(m); e.BeginObject() }
func (e treeEncoder) EndStructure(*Member)             { e.EndObject() }
func (e treeEncoder) BeginList(m *Member, _ int)       { e.name(m); e.Writer.BeginList() }
func (e treeEncoder) EndList(*Member)                  { e.Writer.EndList() }
func (e treeEncoder) BeginMap(m *Member, _ int)        { e.name(m); e.BeginObject() }
func (e treeEncoder) BeginEntry(_ *Member, key string) { e.Name(key) }
func (e treeEncoder) EndEntry(*Member)                 {}
func (e treeEncoder) EndMap(*Member)                   { e.EndObject() }
