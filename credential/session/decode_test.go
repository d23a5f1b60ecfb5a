package session

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzDecode: what decodes is written and read back the same. Only what was
// verified is decoded, so this guards against mistakes, not attacks.
func FuzzDecode(f *testing.F) {
	r := Record{Kind: Role, AccessKeyID: "ASIA", InlinePolicy: "{}", Tags: []Tag{{"a", "b"}}, Context: []Tag{{"c", "d"}}}
	packed, err := pack(&r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(appendRecord(nil, &r, packed))
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decode(data)
		if err != nil {
			return
		}
		packed, err := pack(&r)
		if err != nil {
			t.Skip("larger than what is packed")
		}
		again, err := decode(appendRecord(nil, &r, packed))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Errorf("record (-decoded +decoded again):\n%s", diff)
		}
	})
}

func TestCutRecordsAreDamaged(t *testing.T) {
	r := Record{Kind: User, AccessKeyID: "ASIA", Incarnation: "x", Epoch: 200, Context: []Tag{{"c", "d"}}}
	whole := appendRecord(nil, &r, packedPart{})
	if _, err := decode(whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := decode(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes decode", n, len(whole))
		}
	}
}
