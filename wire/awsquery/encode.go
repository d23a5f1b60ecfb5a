package awsquery

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/keyreeve/keyreeve/api"
)

// ContentType is the media type of all answers.
const ContentType = "text/xml"

// timeFormat is ISO 8601 in whole seconds, as IAM and STS write it; they end in Z.
const timeFormat = time.RFC3339

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
func (e *encoder) open(n string)  { e.dst = append(append(append(e.dst, '<'), n...), '>') }
func (e *encoder) close(n string) { e.dst = append(append(append(e.dst, "</"...), n...), '>') }

func (e *encoder) element(m *api.Member, text string) {
	e.open(m.WireName())
	e.text(text)
	e.close(m.WireName())
}

func (e *encoder) String(m *api.Member, v string) { e.element(m, v) }
func (e *encoder) Bool(m *api.Member, v bool)     { e.element(m, strconv.FormatBool(v)) }

func (e *encoder) Integer(m *api.Member, v int64) {
	e.open(m.WireName())
	e.dst = strconv.AppendInt(e.dst, v, 10)
	e.close(m.WireName())
}

func (e *encoder) Float(m *api.Member, v float64) {
	e.open(m.WireName())
	e.dst = strconv.AppendFloat(e.dst, v, 'g', -1, 64)
	e.close(m.WireName())
}

func (e *encoder) Time(m *api.Member, v time.Time) {
	e.open(m.WireName())
	e.dst = v.UTC().AppendFormat(e.dst, timeFormat)
	e.close(m.WireName())
}

func (e *encoder) Blob(m *api.Member, v []byte) {
	e.open(m.WireName())
	e.dst = base64.StdEncoding.AppendEncode(e.dst, v)
	e.close(m.WireName())
}

func (e *encoder) BeginStructure(m *api.Member) { e.open(m.WireName()) }
func (e *encoder) EndStructure(m *api.Member)   { e.close(m.WireName()) }

func (e *encoder) BeginList(m *api.Member, _ int) { e.begin(m) }
func (e *encoder) EndList(m *api.Member)          { e.close(m.WireName()) }

func (e *encoder) BeginMap(m *api.Member, _ int) { e.begin(m) }
func (e *encoder) EndMap(m *api.Member)          { e.close(m.WireName()) }

// begin opens a list or map. A flattened one has no element of its own, and those inside
// it bear its name; IAM and STS have none (a test says so), and it must not be written
// wrongly.
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
