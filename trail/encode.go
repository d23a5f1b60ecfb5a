package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

const (
	textLimit   = 1 << 10   // bytes of errorCode, errorMessage and userAgent
	treeLimit   = 100 << 10 // bytes of requestParameters and responseElements, as JSON
	usualRecord = 1 << 10   // bytes that most records fit in

	usualResources = 4 // how many most records name at most
)

// Encode writes the record as one line of JSON, without a line break. Secret says
// which members are secret beside those that [IsSecret] names; it may be nil. The
// event is not changed.
func (e Event) Encode(secret func(name string) bool) ([]byte, error) {
	w := &Writer{out: make([]byte, 0, usualRecord), more: secret}
	return e.encode(w)
}

// room is where a record is written before it is known how long it gets, and its summary.
type room struct {
	writer    Writer
	summary   Summary
	out       []byte
	resources []NamedResource
}

var rooms = sync.Pool{New: func() any {
	return &room{out: make([]byte, 0, 2*usualRecord), resources: make([]NamedResource, 0, usualResources)}
}}

// largestRoom is how large a room may be that is kept for other records, in bytes.
const largestRoom = 16 << 10

// Index is [Event.Encode], and gives also the terms that the record is found by in the account
// of its recipient: those of its [Summary], which then need not be read from it.
func (e Event) Index(secret func(name string) bool) (record []byte, terms []Term, err error) {
	r := rooms.Get().(*room)
	r.summary = Summary{
		EventName: asWritten(e.EventName), EventSource: asWritten(e.EventSource), ReadOnly: e.ReadOnly,
		Username: asWritten(e.UserIdentity.username()), AccessKeyID: asWritten(e.UserIdentity.AccessKeyID),
		Resources: r.resources[:0],
	}
	r.writer = Writer{out: r.out[:0], more: secret, mentions: &r.summary}
	whole, err := e.encode(&r.writer)
	if err != nil {
		return nil, nil, err
	}
	record = bytes.Clone(whole) // as large as it is: many wait to be written
	for _, named := range e.Resources {
		r.summary.resource(asWritten(named.Type), asWritten(named.ARN))
	}
	terms = r.summary.Terms(e.RecipientAccountID)
	if r.out, r.resources = whole, r.summary.Resources; cap(whole) <= largestRoom {
		clear(r.resources)
		r.writer, r.summary = Writer{}, Summary{}
		rooms.Put(r)
	}
	return record, terms, nil
}

func (e Event) encode(w *Writer) ([]byte, error) {
	e.complete()
	w.BeginObject()
	w.text("eventVersion", e.EventVersion)
	w.Name("userIdentity")
	e.UserIdentity.write(w)
	w.instant("eventTime", e.EventTime)
	w.text("eventSource", e.EventSource)
	w.text("eventName", e.EventName)
	w.text("awsRegion", e.AWSRegion)
	w.text("sourceIPAddress", e.SourceIPAddress)
	w.text("userAgent", e.UserAgent)
	w.known("errorCode", e.ErrorCode)
	w.known("errorMessage", e.ErrorMessage)
	var omitted []string
	for _, part := range []struct {
		name string
		tree Tree
	}{{"requestParameters", e.RequestParameters}, {"responseElements", e.ResponseElements}} {
		w.Name(part.name)
		if !w.tree(part.tree) {
			omitted = append(omitted, part.name)
			w.Null()
		}
	}
	w.mentions = nil // what else is said names nothing
	w.additional(e.AdditionalData, omitted)
	w.text("requestID", e.RequestID)
	w.text("eventID", e.EventID)
	w.Name("readOnly")
	w.Bool(e.ReadOnly)
	w.resources(e.Resources)
	w.text("eventType", string(e.EventType))
	w.Name("managementEvent")
	w.Bool(e.ManagementEvent)
	w.text("recipientAccountId", e.RecipientAccountID)
	w.known("sharedEventID", e.SharedEventID)
	w.text("eventCategory", string(e.EventCategory))
	w.tls(e.TLS)
	w.known("sessionCredentialFromConsole", e.FromConsole)
	w.EndObject()
	if w.err != nil {
		return nil, fmt.Errorf("encoding the record of %s: %w", e.EventName, w.err)
	}
	return w.out, nil
}

// complete fills in what has a usual value, and cuts what is too long.
func (e *Event) complete() {
	if e.EventVersion == "" {
		e.EventVersion = Version
	}
	if e.EventType == "" {
		e.EventType = APICall
	}
	if e.EventCategory == "" {
		e.EventCategory, e.ManagementEvent = Management, true
	}
	if e.ReadOnly && !e.issuesCredentials() {
		e.ResponseElements = nil
	}
	e.EventTime = e.EventTime.UTC()
	e.ErrorCode, e.ErrorMessage = clip(e.ErrorCode, textLimit), clip(e.ErrorMessage, textLimit)
	e.UserAgent = clip(e.UserAgent, textLimit)
}

// issuesCredentials tells whether the call is one of STS that gives somebody temporary
// credentials: its record says which access key they have, so that what is done with
// them is found (CloudTrail User Guide, "Logging IAM and AWS STS API calls").
func (e *Event) issuesCredentials() bool {
	if e.EventSource != "sts.amazonaws.com" {
		return false
	}
	switch e.EventName {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetFederationToken", "GetSessionToken", "GetDelegatedAccessToken":
		return true
	}
	return false
}

// text writes a text with its name, known does so unless it is empty.
func (w *Writer) text(name, v string) {
	w.Name(name)
	w.String(v)
}

func (w *Writer) known(name, v string) {
	if v != "" {
		w.text(name, v)
	}
}

func (w *Writer) instant(name string, v time.Time) {
	if year := v.Year(); year < 0 || year > 9999 {
		w.fail("the year %d has no four digits", year)
	}
	w.Name(name)
	if w.value() {
		w.out = append(w.out, '"')
		w.out = v.AppendFormat(w.out, time.RFC3339)
		w.out = append(w.out, '"')
	}
}

// tree writes a tree without secrets and of at most treeLimit bytes: with its long
// texts cut if it has to be. It is false, and has written nothing, if even then
// the tree is too large.
func (w *Writer) tree(t Tree) (fits bool) {
	if t == nil {
		w.Null()
		return true
	}
	before, mentioned := *w, 0
	if w.mentions != nil {
		mentioned = len(w.mentions.Resources)
	}
	for _, limit := range []int{0, textLimit, 64} {
		w.again(before, mentioned)
		w.value()
		from := len(w.out)
		w.object(t, limit)
		if w.err != nil {
			return true
		}
		if string(w.out[from:]) == "{}" {
			w.out = append(w.out[:from], "null"...)
		}
		if len(w.out)-from <= treeLimit {
			return true
		}
	}
	out := w.out
	w.again(before, mentioned)
	w.out = out[:len(before.out)]
	return false
}

// again makes the writer what it was before a tree.
func (w *Writer) again(before Writer, mentioned int) {
	*w = before
	if w.mentions != nil {
		w.mentions.Resources = w.mentions.Resources[:mentioned]
	}
}

// object writes the object around a tree, where a value has begun.
func (w *Writer) object(t Tree, limit int) {
	w.out = append(w.out, '{')
	w.comma, w.redact, w.clip, w.depth = false, true, limit, w.depth+1
	w.lists &^= 1 << w.depth
	t.WriteTree(w)
	w.out = append(w.out, '}')
	w.comma, w.redact, w.clip, w.depth = true, false, 0, w.depth-1
}

// additional writes what else there is to say, and what was omitted.
func (w *Writer) additional(t Tree, omitted []string) {
	if t == nil && len(omitted) == 0 {
		return
	}
	before := *w
	w.Name("additionalEventData")
	all := t
	if len(omitted) > 0 {
		all = notes{tree: t, omitted: omitted}
	}
	if !w.tree(all) {
		w.tree(notes{omitted: append(omitted, "additionalEventData")})
	}
	if bytes.HasSuffix(w.out, []byte(":null")) { // nothing to be said, or nothing that may be said
		w.out, w.comma = w.out[:len(before.out)], before.comma
	}
}

// notes is a tree with notes of what was omitted.
type notes struct {
	tree    Tree
	omitted []string
}

func (n notes) WriteTree(w *Writer) {
	if n.tree != nil {
		n.tree.WriteTree(w)
	}
	for _, name := range n.omitted {
		w.text(name, "omitted: too large")
	}
}

func (w *Writer) resources(list []Resource) {
	if len(list) == 0 {
		return
	}
	w.Name("resources")
	w.BeginList()
	for _, r := range list {
		w.BeginObject()
		w.text("ARN", r.ARN)
		w.known("accountId", r.AccountID)
		w.known("type", r.Type)
		w.EndObject()
	}
	w.EndList()
}

func (w *Writer) tls(t *TLSDetails) {
	if t == nil {
		return
	}
	w.Name("tlsDetails")
	w.BeginObject()
	w.known("tlsVersion", t.Version)
	w.known("cipherSuite", t.CipherSuite)
	w.known("clientProvidedHostHeader", t.Host)
	w.EndObject()
}

// MarshalTree is a tree as JSON, with nothing left out beyond what the tree itself
// hides.
func MarshalTree(t Tree) ([]byte, error) {
	w := new(Writer)
	w.BeginObject()
	t.WriteTree(w)
	w.EndObject()
	return w.out, w.err
}

// UnmarshalJSON reads a record back.
func (e *Event) UnmarshalJSON(record []byte) error {
	type plain Event
	var trees struct {
		*plain
		RequestParameters Map `json:"requestParameters"`
		ResponseElements  Map `json:"responseElements"`
		AdditionalData    Map `json:"additionalEventData"`
	}
	*e = Event{}
	trees.plain = (*plain)(e)
	if err := json.Unmarshal(record, &trees); err != nil {
		return err
	}
	for to, tree := range map[*Tree]Map{
		&e.RequestParameters: trees.RequestParameters, &e.ResponseElements: trees.ResponseElements, &e.AdditionalData: trees.AdditionalData,
	} {
		if tree != nil {
			*to = tree
		}
	}
	return nil
}
