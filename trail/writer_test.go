package trail_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/trail"
	"pgregory.net/rapid"
)

// values are what a tree without secrets may hold.
func values(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch kind := rapid.IntRange(0, 8).Draw(t, "kind"); {
		case kind <= 2 || depth == 0:
			return texts.Draw(t, "text")
		case kind == 3:
			return rapid.Int64().Draw(t, "number")
		case kind == 4:
			return rapid.Bool().Draw(t, "bool")
		case kind == 5:
			return nil
		case kind == 6:
			return rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		case kind == 7:
			return rapid.SliceOfN(values(depth-1), 0, 4).Draw(t, "list")
		default:
			return rapid.MapOfN(texts, values(depth-1), 0, 4).Draw(t, "map")
		}
	})
}

// texts have every character that JSON escapes, and bytes that are no characters.
var texts = rapid.OneOf(
	rapid.String(),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	rapid.SampledFrom([]string{"", "<&>", "\u2028\u2029", "\x00\x1f\x7f\b\f\n\r\t\"\\", "é\xff\xc3"}),
)

// The record is what encoding/json makes of the same structures.
func TestRecordIsTheJSONOfItsStructures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) string { return texts.Draw(t, label) }
		session := &trail.Session{IssuedAt: noon, MFA: rapid.Bool().Draw(t, "mfa"), SourceIdentity: text("identity"), FederatedProvider: text("provider"), AssumedRoot: rapid.Bool().Draw(t, "assumed root")}
		who := trail.AssumedRole(text("account"), text("id"), text("session"), text("arn"), text("roleARN"), text("role"), text("key"), session)
		if f := who.SessionContext.WebFederation; f != nil {
			f.Attributes = rapid.MapOf(texts, texts).Draw(t, "attributes")
		}
		e := trail.Event{
			EventVersion: trail.Version, UserIdentity: who, EventTime: noon.UTC().Truncate(time.Second), EventSource: text("source"), EventName: text("event"),
			AWSRegion: text("region"), SourceIPAddress: text("ip"), UserAgent: text("agent"), ErrorCode: text("code"), ErrorMessage: text("message"),
			RequestID: text("request"), EventID: text("event id"), EventType: trail.APICall, ManagementEvent: true, EventCategory: trail.Management,
			RecipientAccountID: text("recipient"), SharedEventID: text("shared"), FromConsole: text("console"),
			Resources: []trail.Resource{{ARN: text("resource"), AccountID: text("owner"), Type: text("type")}},
			TLS:       &trail.TLSDetails{Version: text("tls"), CipherSuite: text("cipher"), Host: text("host")},
		}
		for _, tree := range []*trail.Tree{&e.RequestParameters, &e.ResponseElements, &e.AdditionalData} {
			if rapid.Bool().Draw(t, "there") {
				*tree = trail.Map{"x": values(3).Draw(t, "tree")}
			}
		}
		got, err := e.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.UserAgent) > 1024 || len(e.ErrorMessage) > 1024 {
			t.Skip("texts that are cut")
		}
		var want bytes.Buffer
		reflecting := json.NewEncoder(&want)
		reflecting.SetEscapeHTML(false)
		if err := reflecting.Encode(e); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, bytes.TrimSuffix(want.Bytes(), []byte("\n"))) {
			t.Fatalf("got\n%s\nwant\n%s", got, want.Bytes())
		}
	})
}

func TestMarshalTree(t *testing.T) {
	got, err := trail.MarshalTree(trail.Map{
		"password": "shown: nobody said that this is a record", "number": json.Number("1.50"), "float": 0.25, "int": 3, "nothing": map[string]any{},
	})
	want := `{"float":0.25,"int":3,"nothing":{},"number":1.50,"password":"shown: nobody said that this is a record"}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []any{json.Number("1,5"), json.Number(`"1"`), json.Number(""), math.NaN(), math.Inf(1)} {
		if got, err := trail.MarshalTree(trail.Map{"x": bad}); err == nil {
			t.Errorf("%v: %s", bad, got)
		}
	}
}

// A tree that hides something hides all of it, and nothing else.
func TestHide(t *testing.T) {
	got, err := trail.MarshalTree(hiding{})
	if want := `{"userName":"a","list":[1,4],"URL":"u"}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

type hiding struct{}

func (hiding) WriteTree(w *trail.Writer) {
	w.Member("UserName", false)
	w.String("a")
	w.Member("Hidden", false)
	w.Hide()
	w.BeginObject()
	w.Name("x")
	w.BeginList()
	w.Int(1)
	w.EndList()
	w.EndObject()
	w.Member("List", false)
	w.BeginList()
	w.Int(1)
	w.Hide()
	w.Int(2)
	w.Hide()
	w.BeginList()
	w.Int(3)
	w.EndList()
	w.Int(4)
	w.EndList()
	w.Name("URL")
	w.String("u")
}

// Texts are written as encoding/json writes them, wherever in them something special is.
func TestTextsAreWrittenAsJSON(t *testing.T) {
	for _, length := range []int{1, 7, 8, 9, 20} {
		for at := range length {
			for c := range 256 {
				text := []byte(strings.Repeat("z", length))
				text[at] = byte(c)
				var want bytes.Buffer
				encoder := json.NewEncoder(&want)
				encoder.SetEscapeHTML(false)
				if err := encoder.Encode(map[string]string{"a": string(text)}); err != nil {
					t.Fatal(err)
				}
				got, err := trail.MarshalTree(trail.Map{"a": string(text)})
				if err != nil || string(got) != strings.TrimSuffix(want.String(), "\n") {
					t.Errorf("%q: %s, want %s (%v)", text, got, want.Bytes(), err)
				}
			}
		}
	}
}
