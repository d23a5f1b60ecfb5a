package api

import "time"

// treeTime is how CloudTrail prints times inside the parameters and response
// elements of IAM and STS calls: "Mar 24, 2014 9:11:59 PM".
const treeTime = "Jan 2, 2006 3:04:05 PM"

// Tree shows a structure as nested maps for the audit record: names with a lower
// first letter, scalars as string, int64, float64, bool or []byte, times as text in
// UTC, lists as []any. Members that the model marks as sensitive are left out, at
// every depth. A structure without visible members is nil, as CloudTrail writes
// null for it.
func Tree(v Structure) map[string]any {
	var e treeEncoder
	e.open(map[string]any{})
	v.Encode(&e)
	if root := e.close().(map[string]any); len(root) > 0 {
		return root
	}
	return nil
}

// treeEncoder is an Encoder with a stack of the containers that are open.
type treeEncoder struct {
	stack []any    // map[string]any or *[]any
	keys  []string // of open map entries
}

func (e *treeEncoder) open(container any) { e.stack = append(e.stack, container) }

func (e *treeEncoder) close() any {
	top := e.stack[len(e.stack)-1]
	e.stack = e.stack[:len(e.stack)-1]
	if list, ok := top.(*[]any); ok {
		return *list
	}
	return top
}

// put adds v to the innermost container.
func (e *treeEncoder) put(m *Member, v any) {
	if m.Shape.Sensitive {
		return
	}
	switch top := e.stack[len(e.stack)-1].(type) {
	case *[]any:
		*top = append(*top, v)
	case treeMap:
		top[e.keys[len(e.keys)-1]] = v
	case map[string]any:
		top[m.CamelName()] = v
	}
}

// treeMap is a map shape under construction: its keys are data, not member names.
type treeMap map[string]any

func (e *treeEncoder) String(m *Member, v string)  { e.put(m, v) }
func (e *treeEncoder) Integer(m *Member, v int64)  { e.put(m, v) }
func (e *treeEncoder) Float(m *Member, v float64)  { e.put(m, v) }
func (e *treeEncoder) Bool(m *Member, v bool)      { e.put(m, v) }
func (e *treeEncoder) Time(m *Member, v time.Time) { e.put(m, v.UTC().Format(treeTime)) }
func (e *treeEncoder) Blob(m *Member, v []byte)    { e.put(m, v) }

func (e *treeEncoder) BeginStructure(*Member)           { e.open(map[string]any{}) }
func (e *treeEncoder) EndStructure(m *Member)           { e.put(m, e.close()) }
func (e *treeEncoder) BeginList(_ *Member, n int)       { list := make([]any, 0, n); e.open(&list) }
func (e *treeEncoder) EndList(m *Member)                { e.put(m, e.close()) }
func (e *treeEncoder) BeginMap(_ *Member, n int)        { e.open(make(treeMap, n)) }
func (e *treeEncoder) BeginEntry(_ *Member, key string) { e.keys = append(e.keys, key) }
func (e *treeEncoder) EndEntry(*Member)                 { e.keys = e.keys[:len(e.keys)-1] }
func (e *treeEncoder) EndMap(m *Member)                 { e.put(m, map[string]any(e.close().(treeMap))) }
