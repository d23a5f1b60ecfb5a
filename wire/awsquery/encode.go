package awsquery

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/keyreeve/keyreeve/api"
)

// ContentType is the media type of all answers.
const ContentType = "text/xml"

// timeFormat is ISO 8601 in whole seconds, as IAM and STS write it.
const timeFormat = "2006-01-02T15:04:05Z"

// AppendResponse appends the answer to a call of op to dst.
func AppendResponse(dst []byte, op *api.Operation, out api.Structure, requestID string) []byte {
	e := &encoder{dst: dst}
	e.raw("<", op.Name, `Response xmlns="`)
	e.text(op.Service.Namespace)
	e.raw(`">`)
	if op.ResultWrapper != "" {
		e.open(op.ResultWrapper)
		out.Encode(e)
		e.close(op.ResultWrapper)
	}
	e.raw("<ResponseMetadata><RequestId>")
	e.text(requestID)
	e.raw("</RequestId></ResponseMetadata></", op.Name, "Response>")
	return e.dst
}

// encoder is the api.Encoder that writes XML.
type encoder struct{ dst []byte }

func (e *encoder) raw(parts ...string) {
	for _, p := range parts {
		e.dst = append(e.dst, p...)
	}
}

func (e *encoder) text(s string)  { e.dst = appendText(e.dst, s) }
func (e *encoder) open(n string)  { e.raw("<", n, ">") }
func (e *encoder) close(n string) { e.raw("</", n, ">") }

func (e *encoder) element(m *api.Member, text string) {
	e.open(m.WireName())
	e.text(text)
	e.close(m.WireName())
}

func (e *encoder) String(m *api.Member, v string)  { e.element(m, v) }
func (e *encoder) Integer(m *api.Member, v int64)  { e.element(m, strconv.FormatInt(v, 10)) }
func (e *encoder) Float(m *api.Member, v float64)  { e.element(m, strconv.FormatFloat(v, 'g', -1, 64)) }
func (e *encoder) Bool(m *api.Member, v bool)      { e.element(m, strconv.FormatBool(v)) }
func (e *encoder) Time(m *api.Member, v time.Time) { e.element(m, v.UTC().Format(timeFormat)) }
func (e *encoder) Blob(m *api.Member, v []byte) {
	e.element(m, base64.StdEncoding.EncodeToString(v))
}

func (e *encoder) BeginStructure(m *api.Member) { e.open(m.WireName()) }
func (e *encoder) EndStructure(m *api.Member)   { e.close(m.WireName()) }

// A flattened list has no element of its own; none of IAM and STS is flattened, and
// its elements would need the list's name, so BeginList refuses to write it wrongly.
func (e *encoder) BeginList(m *api.Member, n int) { e.begin(m) }
func (e *encoder) EndList(m *api.Member)          { e.close(m.WireName()) }

func (e *encoder) BeginMap(m *api.Member, n int) { e.begin(m) }
func (e *encoder) EndMap(m *api.Member)          { e.close(m.WireName()) }

func (e *encoder) begin(m *api.Member) {
	if flattened(m) {
		panic("awsquery: flattened " + m.Name + " is not supported")
	}
	e.open(m.WireName())
}

func (e *encoder) BeginEntry(m *api.Member, key string) {
	e.open("entry")
	e.element(m.Shape.Key, key)
}

func (e *encoder) EndEntry(*api.Member) { e.close("entry") }
